"""The Prophet expert: equal to Prophet itself, silent, and the same in every process."""

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
from forecasts.expert import NotEnoughHistory
from forecasts.experts.prophet import ProphetExpert
from forecasts.experts.prophet_curve import Curve
from forecasts.experts.prophet_fit import curve_of, fit_prophet, hourly_table
from forecasts.load.box import LoadBox
from forecasts.past import Past
from twin.domain.pack import UnpackError
from twin.domain.time import quarter_hours

ROOT = Path(__file__).parents[4]
AS_OF = "2016-06-15T00:00"
STEPS = 192

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


@pytest.fixture(scope="module")
def winter():
    """Forty heated days, and what was learnt from them."""
    town = towns.series("2015-12-15", 44, heated=True)
    past = town.as_of(towns.midnight(town, 40), reach=400)
    return past, ProphetExpert().fit(past, days_ahead=2, seed=2)


def test_curve_equals_prophets_own_forecast_with_holidays_and_regressors():
    calendar = LocalCalendar(timezone="Europe/Zurich", country="CH", subdivision="ZH")
    labels = quarter_hours(towns.instant("2016-03-20T00:00"), 96 * 56)  # a clock change, four holidays
    day, _ = calendar.locate(labels)
    wall, types, holiday = calendar.wall_clock(labels), calendar.day_type(day), calendar.holiday(day)
    hours = labels.astype("datetime64[s]").astype(np.int64) / 3600.0
    temp = 12.0 + 6.0 * np.sin(2.0 * np.pi * hours / 24.0) + 3.0 * towns.slow(labels, "temp", 30.0)
    load = towns.load_mw(labels) + 0.1 * (15.0 - temp)
    table, centre, scale = hourly_table(load, wall, types, holiday, {"temp_c": temp}, 4)
    model = fit_prophet(table.iloc[: 24 * 52], tuple(centre), seed=3)
    curve = curve_of(model, centre, scale)
    expected = model.predict(table.drop(columns=["y", "holiday"]))
    ds = expected["ds"].to_numpy().astype("datetime64[ns]")
    days = ds.astype("datetime64[D]").astype(np.int64)
    # Prophet sorts by the wall clock; nothing repeats in spring, so the rows keep their order.
    hourly = table["temp_c"].to_numpy() * scale["temp_c"] + centre["temp_c"]
    parts = curve.components(ds, calendar.day_type(days), calendar.holiday(days), {"temp_c": hourly})
    # Sums of the same doubles in another order.
    assert np.max(np.abs(sum(parts.values()) - expected["yhat"].to_numpy())) < 1e-9
    assert set(parts) == {"trend", "daily", "weekly", "holiday", "weather"}
    assert curve.regressors["temp_c"] < 0.0
    assert Curve.from_meta(curve.to_meta()) == curve


def test_components_sum_to_the_forecast(winter):
    past, fitted = winter
    parts = fitted.contributions(past, STEPS)
    assert sum(parts.values()) == pytest.approx(fitted.predict(past, STEPS))
    assert all(part.shape == (STEPS,) for part in parts.values())


def test_what_was_learnt_travels_as_it_is(winter):
    past, fitted = winter
    again = ProphetExpert().load(fitted.to_bytes())
    assert again.predict(past, STEPS).tobytes() == fitted.predict(past, STEPS).tobytes()
    assert again.to_bytes() == fitted.to_bytes()


def test_equal_data_and_seed_give_equal_bytes(winter):
    past, fitted = winter
    assert ProphetExpert().fit(past, days_ahead=2, seed=2).to_bytes() == fitted.to_bytes()


@pytest.mark.parametrize("data", [b"", b"{}", b"nonsense", b'{"start_s": 1}'])
def test_bytes_that_are_no_curve_are_refused(data):
    with pytest.raises(UnpackError, match="no Prophet curve"):
        ProphetExpert().load(data)


def test_temperature_outlook_reaches_the_forecast(winter):
    past, fitted = winter
    colder = {"temp_c": past.weather["temp_c"] - np.where(np.arange(len(past.weather["temp_c"])) >= past.rows, 3.0, 0.0)}
    cold = Past(past.kind, past.start_s, past.step_s, past.values, colder, past.place)
    # 0.2 MW for each degree of the last half day; found within a quarter.
    assert np.mean((fitted.predict(cold, STEPS) - fitted.predict(past, STEPS))[96:]) == pytest.approx(0.6, rel=0.25)


def test_without_any_outlook_the_weather_is_at_its_mean(winter):
    past, fitted = winter
    blind = Past(past.kind, past.start_s, past.step_s, past.values, {}, past.place)
    assert np.isfinite(fitted.predict(blind, STEPS)).all()
    assert not fitted.contributions(blind, STEPS)["weather"].any()


def test_a_day_without_telemetry_leaves_the_forecast_as_it_is(winter):
    past, fitted = winter
    values = past.values.copy()
    values[-96:] = np.nan
    silent = Past(past.kind, past.start_s, past.step_s, values, past.weather, past.place)
    assert np.array_equal(fitted.predict(silent, STEPS), fitted.predict(past, STEPS))


def test_a_week_and_six_days_are_too_few():
    town = towns.series("2016-06-01", 13)
    with pytest.raises(NotEnoughHistory, match="at least 14"):
        ProphetExpert().fit(town.as_of(len(town.values), reach=0), days_ahead=2, seed=1)


def test_training_gives_the_same_bytes_in_another_process(artifact):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "5"}
    other = subprocess.run(
        [sys.executable, "-c", TRAIN], cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=300
    )
    assert other.stdout == hashlib.sha256(artifact).hexdigest()
    assert "cmdstanpy" not in other.stderr  # silent


def test_step_answers_without_importing_prophet(artifact, tmp_path):
    (tmp_path / "artifact").write_bytes(artifact)
    code = (
        "import sys; sys.path.insert(0, 'tests/unit/forecasts')\n"
        "import pathlib, towns\n"
        "from forecasts.load.box import LoadBox\n"
        "box = LoadBox({'zone': 'town', 'engine': 'prophet'}, towns.context())\n"
        f"artifact = pathlib.Path({str(tmp_path / 'artifact')!r}).read_bytes()\n"
        "box.step(towns.load_view(towns.instant('2016-06-15T05:00'), days=20), artifact, None)\n"
        "sys.exit('prophet' in sys.modules)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, check=True, timeout=300)


def test_forecast_follows_the_town_within_its_own_day_to_day_error(box, artifact):
    view = towns.load_view(towns.instant("2016-06-15T05:00"))
    answer, _ = box.step(view, artifact, None)
    array = answer.outputs["load_forecast_p_mw"]
    truth = towns.load_mw(array.time.values)
    assert (np.diff(array.values, axis=1) >= 0.0).all()
    # The town's slow error has a standard deviation of 0.5 MW; twenty days of training add some to it.
    assert np.mean(np.abs(array.sel(quantile=0.5, zone="town").values - truth)) < 0.9


def test_without_a_trained_model_the_floor_serves_and_says_so(box):
    answer, _ = box.step(towns.load_view(towns.instant(AS_OF)), None, None)
    assert answer.reason == "load_cold_start"
    assert np.isfinite(answer.outputs["load_forecast_p_mw"].values).all()


def test_too_little_history_to_train_is_refused(box):
    with pytest.raises(ValueError, match="no expert can learn"):
        box.fit(towns.load_view(towns.instant(AS_OF), days=9), seed=1)
