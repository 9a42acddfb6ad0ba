"""The Prophet engine: equal to Prophet itself, silent, and the same in every process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import towns

from forecasts.calendar import LocalCalendar
from forecasts.load.box import LoadBox
from forecasts.load.prophet_curve import Curve
from forecasts.load.prophet_fit import curve_of, fit_prophet, hourly_table
from twin.contracts.frame import AsOfView
from twin.domain.time import quarter_hours

AS_OF = "2016-06-15T00:00"

# Twenty days: long enough to train, short enough to train twice.
TRAIN = """
import sys; sys.path.insert(0, "tests/unit/forecasts")
import hashlib, towns
from forecasts.load.box import LoadBox
box = LoadBox({"zone": "town", "engine": "prophet"}, towns.context())
artifact = box.fit(towns.load_view(towns.instant("2016-06-15T00:00"), days=20), seed=11)
sys.stdout.write(hashlib.sha256(artifact).hexdigest())
"""


@pytest.fixture(scope="module")
def box():
    return LoadBox({"zone": "town", "engine": "prophet"}, towns.context())


@pytest.fixture(scope="module")
def artifact(box):
    return box.fit(towns.load_view(towns.instant(AS_OF), days=20), seed=11)


def temperature(labels):
    hours = labels.astype("datetime64[s]").astype(np.int64) / 3600.0
    return 12.0 + 6.0 * np.sin(2.0 * np.pi * hours / 24.0) + 3.0 * towns.slow(labels, "temp", 30.0)


def test_curve_equals_prophets_own_forecast_with_holidays_and_temperature():
    calendar = LocalCalendar(timezone="Europe/Zurich", country="CH", subdivision="ZH")
    labels = quarter_hours(towns.instant("2016-03-20T00:00"), 96 * 56)  # a clock change, four holidays
    day, _ = calendar.locate(labels)
    wall, types, holiday = calendar.wall_clock(labels), calendar.day_type(day), calendar.holiday(day)
    temp = temperature(labels)
    cold = 0.1 * (15.0 - temp)
    table = hourly_table(towns.load_mw(labels) + cold, temp, wall, types, holiday)
    train = table.iloc[: 24 * 52]
    model = fit_prophet(train, seed=3)
    curve = curve_of(model)
    expected = model.predict(table.drop(columns=["y", "holiday"]))
    ds = expected["ds"].to_numpy().astype("datetime64[ns]")
    days = ds.astype("datetime64[D]").astype(np.int64)
    # Prophet sorts by the wall clock; nothing repeats in spring, so the rows keep their order.
    found = curve.load_mw(ds, calendar.day_type(days), calendar.holiday(days), table["temp_c"].to_numpy())
    # Sums of the same doubles in another order.
    assert np.max(np.abs(found - expected["yhat"].to_numpy())) < 1e-9
    assert curve.temp_beta is not None
    assert curve.temp_beta < 0.0
    assert Curve.from_meta(curve.to_meta()) == curve


def test_training_gives_the_same_bytes_in_another_process(artifact):
    root = Path(__file__).parents[3]
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "5"}
    other = subprocess.run(
        [sys.executable, "-c", TRAIN], cwd=root, env=env, capture_output=True, text=True, check=True, timeout=120
    )
    assert other.stdout == hashlib.sha256(artifact).hexdigest()
    assert "cmdstanpy" not in other.stderr  # silent


def test_step_answers_without_importing_prophet(artifact, tmp_path):
    root = Path(__file__).parents[3]
    (tmp_path / "artifact.json").write_bytes(artifact)
    code = (
        "import sys; sys.path.insert(0, 'tests/unit/forecasts')\n"
        "import pathlib, towns\n"
        "from forecasts.load.box import LoadBox\n"
        "box = LoadBox({'zone': 'town', 'engine': 'prophet'}, towns.context())\n"
        f"artifact = pathlib.Path({str(tmp_path / 'artifact.json')!r}).read_bytes()\n"
        "box.step(towns.load_view(towns.instant('2016-06-15T05:00'), days=20), artifact, None)\n"
        "sys.exit('prophet' in sys.modules)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-c", code], cwd=root, env=env, check=True, timeout=120)


def test_forecast_follows_the_town_within_its_own_day_to_day_error(box, artifact):
    view = towns.load_view(towns.instant("2016-06-15T05:00"))
    answer, state = box.step(view, artifact, None)
    array = answer.outputs["load_forecast_p_mw"]
    truth = towns.load_mw(array.time.values)
    assert state is None
    assert (np.diff(array.values, axis=1) >= 0.0).all()
    # The town's slow error has a standard deviation of 0.5 MW; twenty days of training add some to it.
    assert np.mean(np.abs(array.sel(quantile=0.5, zone="town").values - truth)) < 0.9


def test_without_a_trained_model_the_box_says_so(box):
    with pytest.raises(ValueError, match=r"zone 'town'.*no trained model.*fallback"):
        box.step(towns.load_view(towns.instant(AS_OF)), None, None)


def test_too_little_history_to_train_is_refused_with_the_limit(box):
    with pytest.raises(ValueError, match="at least 14"):
        box.fit(towns.load_view(towns.instant(AS_OF), days=9), seed=1)


def test_temperature_outlook_reaches_the_forecast():
    as_of = towns.instant(AS_OF)
    past = towns.load_view(as_of, days=20)
    labels = quarter_hours(towns.instant("2016-05-26T00:00"), 96 * 20)
    temp = temperature(labels)
    load = past.frame.values[:, 0] + 0.1 * (15.0 - temp)
    frame = towns.frame({("zone_load_p_mw", "town"): load, ("temp_c", ""): temp}, towns.instant("2016-05-26T00:00"))
    box = LoadBox({"zone": "town", "engine": "prophet"}, towns.context())
    artifact = box.fit(AsOfView(as_of, frame), seed=2)

    def median(degrees):
        ahead = {"temp_c": towns.outlook("temp_c", as_of, np.full(192, degrees), "degC")}
        answer, _ = box.step(AsOfView(as_of, frame, ahead), artifact, None)
        return answer.outputs["load_forecast_p_mw"].sel(quantile=0.5).values.mean()

    # The town draws 0.1 MW more for each degree below 15; ten degrees are 1 MW, found within a third.
    assert median(5.0) - median(15.0) == pytest.approx(1.0, abs=0.35)
