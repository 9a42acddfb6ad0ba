"""The ridge: what it learns of weather and days, what it may not answer, and how it travels."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.expert import Expert, NotEnoughHistory
from forecasts.experts.floor import DayType
from forecasts.experts.ridge import Ridge
from forecasts.past import Past
from twin.domain.pack import UnpackError, pack

STEPS = 192
TAUGHT = 50  # 20 January, the second day of the cold


@pytest.fixture(scope="module")
def town():
    return towns.series("2015-12-01", TAUGHT + 14, heated=True)


def known(town, day):
    return town.as_of(towns.midnight(town, day), reach=400)


@pytest.fixture(scope="module")
def fitted(town):
    return Ridge().fit(known(town, TAUGHT), days_ahead=2, seed=0)


def error(town, expert):
    found = []
    for day in range(TAUGHT, TAUGHT + 10):
        row = towns.midnight(town, day)
        found.append(np.abs(expert.predict(known(town, day), STEPS) - town.values[row : row + STEPS]).mean())
    return np.mean(found)


def test_it_keeps_the_interface_of_an_expert():
    assert isinstance(Ridge(), Expert)


def test_in_a_cold_spell_it_beats_the_day_type_by_a_third(town, fitted):
    # The spell adds 1.8 MW that no profile can see; the town's own error is about 0.4 MW.
    assert error(town, fitted) < 0.67 * error(town, DayType().fit(known(town, TAUGHT), days_ahead=2, seed=0))


def test_equal_data_give_equal_bytes(town, fitted):
    assert Ridge().fit(known(town, TAUGHT), days_ahead=2, seed=9).to_bytes() == fitted.to_bytes()


def test_what_was_learnt_travels_as_it_is(town, fitted):
    past = known(town, TAUGHT + 1)
    again = Ridge().load(fitted.to_bytes())
    # Coefficients travel in single precision.
    assert again.predict(past, STEPS) == pytest.approx(fitted.predict(past, STEPS), rel=1e-5)


def test_bytes_that_are_no_ridge_are_refused():
    for data in (b"", b"nonsense", pack({"expert": "stack"})):
        with pytest.raises(UnpackError):
            Ridge().load(data)


def test_contributions_sum_to_the_forecast_and_name_the_weather(town, fitted):
    past = known(town, TAUGHT)
    parts = fitted.contributions(past, STEPS)
    assert sum(parts.values()) == pytest.approx(fitted.predict(past, STEPS))
    assert set(parts) == {"profile", "lags", "level", "weather", "calendar"}
    assert np.abs(parts["weather"]).max() > 0.2


def test_an_answer_stays_within_what_was_seen_and_a_little_more(town, fitted):
    past = known(town, TAUGHT)
    polar = {"temp_c": past.weather["temp_c"] - np.where(np.arange(len(past.weather["temp_c"])) >= past.rows, 80.0, 0.0)}
    found = fitted.predict(Past(past.kind, past.start_s, past.step_s, past.values, polar, past.place), STEPS)
    low, high = past.values.min(), past.values.max()
    assert found.max() == pytest.approx(high + 0.15 * (high - low), rel=0.02)


def test_without_any_outlook_it_answers_by_its_other_features(town, fitted):
    past = known(town, TAUGHT)
    blind = Past(past.kind, past.start_s, past.step_s, past.values, {}, past.place)
    assert np.isfinite(fitted.predict(blind, STEPS)).all()
    assert not fitted.contributions(blind, STEPS)["weather"].any()


def test_a_load_that_is_its_profile_is_left_at_its_profile():
    town = towns.series("2016-01-04", 60, edit=lambda labels, values: 5.0 + np.sin(np.arange(len(values)) * 2 * np.pi / 96))
    past = town.as_of(towns.midnight(town, 50), reach=0)
    fitted = Ridge().fit(past, days_ahead=2, seed=0)
    assert fitted.predict(past, STEPS) == pytest.approx(town.values[past.rows : past.rows + STEPS], abs=0.01)


def test_an_hours_blackout_is_no_lesson(town):
    past = known(town, TAUGHT)
    values = past.values.copy()
    values[4000:4004] = 0.0
    hurt = Ridge().fit(Past(past.kind, past.start_s, past.step_s, values, past.weather, past.place), days_ahead=2, seed=0)
    assert error(town, hurt) < 1.1 * error(town, Ridge().fit(past, days_ahead=2, seed=0))


def test_three_weeks_are_needed():
    town = towns.series("2016-06-01", 22)
    with pytest.raises(NotEnoughHistory, match="let the floor experts serve"):
        Ridge().fit(town.as_of(len(town.values), reach=0), days_ahead=2, seed=0)


def test_an_hourly_series_is_learnt_like_one_of_quarter_hours():
    rng = np.random.default_rng(1)
    values = 10.0 + 3.0 * np.sin(np.arange(60 * 24) * 2 * np.pi / 24) + 0.1 * rng.standard_normal(60 * 24)
    past = Past("load", 0, 3600, values, {}, towns.Place("UTC"))
    found = Ridge().fit(past, days_ahead=2, seed=0).predict(past, 48)
    assert found == pytest.approx(10.0 + 3.0 * np.sin(np.arange(48) * 2 * np.pi / 24), abs=0.2)
