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
from forecasts.load.prophet_engine import judge
from forecasts.load.prophet_fit import curve_of, fit_prophet, hourly_table
from forecasts.load.temperature import warmth
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
    warm_k = warmth(temp, 12.0)
    table = hourly_table(towns.load_mw(labels) + cold, warm_k, wall, types, holiday)
    train = table.iloc[: 24 * 52]
    model = fit_prophet(train, seed=3)
    curve = curve_of(model, reference_c=12.0)
    expected = model.predict(table.drop(columns=["y", "holiday"]))
    ds = expected["ds"].to_numpy().astype("datetime64[ns]")
    days = ds.astype("datetime64[D]").astype(np.int64)
    # Prophet sorts by the wall clock; nothing repeats in spring, so the rows keep their order.
    found = curve.load_mw(ds, calendar.day_type(days), calendar.holiday(days))
    found += curve.slope @ table[["warmth_now", "warmth_day"]].to_numpy().T
    # Sums of the same doubles in another order.
    assert np.max(np.abs(found - expected["yhat"].to_numpy())) < 1e-9
    assert curve.slope.sum() < 0.0
    assert Curve.from_meta(curve.to_meta()) == curve


def test_past_path_reads_no_curve_that_was_trained_after_its_origin():
    calendar = LocalCalendar(timezone="UTC", country="", subdivision="")
    labels = quarter_hours(towns.instant("2016-05-01T00:00"), 96 * 30)

    def trained_until(row):
        return Curve(0, 1.0, 1.0, 0.0, float(row), (), (), (), 0.0, 0.0, (0.0, 0.0))  # flat, as high as its last row

    errors, predictors, rows = judge(trained_until, calendar, labels, np.zeros(len(labels)), np.zeros((2, len(labels))))
    last_trained = -errors[:, 0]
    assert (last_trained <= rows[:, 0]).all()
    assert (last_trained > rows[:, 0] - 3 * 96).all()  # and none that is older than the three days of a fold
    known = np.isfinite(errors)
    assert known[:-192].all()
    assert np.array_equal(errors[known], np.broadcast_to(errors[:, :1], errors.shape)[known])
    assert np.array_equal(predictors, np.stack([errors[:, 0], errors[:, 0]]))


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


def test_temperature_outlook_reaches_the_forecast(box):
    as_of = towns.instant("2016-01-24T00:00")
    artifact = box.fit(towns.heated_view(as_of, days=40), seed=2)

    def mean_mw(degrees):
        answer, _ = box.step(towns.heated_view(as_of, days=40, degrees=degrees), artifact, None)
        return answer.outputs["load_forecast_p_mw"].sel(quantile=0.5).values[96:].mean()

    # 0.2 MW for each degree of the last half day; found within a quarter.
    assert mean_mw(-3.0) - mean_mw(0.0) == pytest.approx(0.6, rel=0.25)
