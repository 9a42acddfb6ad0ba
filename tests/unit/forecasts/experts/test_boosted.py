"""Boosted trees on the value, on the profile and on the ridge: determinism, journeys, and what they are better at."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.expert import Expert, NotEnoughHistory
from forecasts.experts.boosted import Boosted, BoostedProfile, BoostedRidge, BoostedSettings
from forecasts.experts.floor import DayType
from forecasts.past import Past
from twin.domain.pack import UnpackError

STEPS = 192
TAUGHT = 50  # 20 January, the second day of the cold
ALL = (Boosted, BoostedProfile, BoostedRidge)
SMALL = BoostedSettings(trees=60)


@pytest.fixture(scope="module")
def town():
    return towns.series("2015-12-01", TAUGHT + 14, heated=True)


def known(town, day):
    return town.as_of(towns.midnight(town, day), reach=400)


@pytest.fixture(scope="module")
def fitted(town):
    past = known(town, TAUGHT)
    return {expert.name: expert(SMALL).fit(past, days_ahead=2, seed=3) for expert in ALL}


def error(town, one):
    found = []
    for day in range(TAUGHT, TAUGHT + 10):
        row = towns.midnight(town, day)
        found.append(np.abs(one.predict(known(town, day), STEPS) - town.values[row : row + STEPS]).mean())
    return np.mean(found)


@pytest.mark.parametrize("expert", ALL)
def test_it_keeps_the_interface_of_an_expert(expert):
    assert isinstance(expert(), Expert)


@pytest.mark.parametrize("expert", ALL)
def test_equal_data_and_seed_give_equal_bytes(town, fitted, expert):
    again = expert(SMALL).fit(known(town, TAUGHT), days_ahead=2, seed=3)
    assert again.to_bytes() == fitted[expert.name].to_bytes()


def test_another_seed_draws_other_trees(town, fitted):
    other = BoostedProfile(SMALL).fit(known(town, TAUGHT), days_ahead=2, seed=4)
    assert other.to_bytes() != fitted["boosted_profile"].to_bytes()


@pytest.mark.parametrize("expert", ALL)
def test_what_was_learnt_travels_as_it_is(town, fitted, expert):
    past, one = known(town, TAUGHT + 1), fitted[expert.name]
    again = expert().load(one.to_bytes())
    # Trees travel as text with every digit, the ridge under them in single precision.
    assert again.predict(past, STEPS) == pytest.approx(one.predict(past, STEPS), rel=1e-5)
    assert again.to_bytes() == one.to_bytes()


@pytest.mark.parametrize("expert", ALL)
def test_bytes_of_another_expert_are_refused(fitted, expert):
    other = next(one for name, one in fitted.items() if name != expert.name)
    for data in (b"", b"nonsense", other.to_bytes()):
        with pytest.raises(UnpackError):
            expert().load(data)


@pytest.mark.parametrize("expert", [BoostedProfile, BoostedRidge])
def test_in_a_cold_spell_it_beats_the_day_type(town, fitted, expert):
    # The spell adds 1.8 MW that no profile can see, and the trees have seen two days of it.
    assert error(town, fitted[expert.name]) < 0.85 * error(town, DayType().fit(known(town, TAUGHT), days_ahead=2, seed=0))


@pytest.mark.parametrize("expert", ALL)
def test_contributions_sum_to_the_forecast(town, fitted, expert):
    past, one = known(town, TAUGHT), fitted[expert.name]
    parts = one.contributions(past, STEPS)
    assert set(parts) == {"profile", "lags", "level", "weather", "calendar"}
    # What lies beyond the training range was drawn in, which no contribution shows.
    found = np.clip(sum(parts.values()), one.low, one.high)
    assert found == pytest.approx(one.predict(past, STEPS), abs=1e-6)


@pytest.mark.parametrize("expert", ALL)
def test_without_any_outlook_it_still_answers(town, fitted, expert):
    past = known(town, TAUGHT)
    blind = Past(past.kind, past.start_s, past.step_s, past.values, {}, past.place)
    assert np.isfinite(fitted[expert.name].predict(blind, STEPS)).all()


@pytest.mark.parametrize("expert", ALL)
def test_a_missing_last_day_costs_at_most_fifteen_percent_more_than_a_day_further_ahead(town, fitted, expert):
    one = fitted[expert.name]
    silent, deeper = [], []
    for day in range(TAUGHT, TAUGHT + 10):
        past = known(town, day)
        values = past.values.copy()
        values[-96:] = np.nan
        truth = town.values[past.rows : past.rows + 96]
        gap = Past(past.kind, past.start_s, past.step_s, values, past.weather, past.place)
        silent.append(np.abs(one.predict(gap, 96) - truth).mean())
        deeper.append(np.abs(one.predict(known(town, day - 1), STEPS)[96:] - truth).mean())
    assert np.mean(silent) <= 1.15 * np.mean(deeper)


def test_three_weeks_are_needed():
    town = towns.series("2016-06-01", 22)
    with pytest.raises(NotEnoughHistory):
        Boosted().fit(town.as_of(len(town.values), reach=0), days_ahead=2, seed=0)


def test_a_long_history_is_learnt_from_within_its_limit_of_rows():
    town = towns.series("2016-03-01", 100)
    past = town.as_of(len(town.values), reach=0)
    few = BoostedProfile(BoostedSettings(trees=5, max_rows=2000)).fit(past, days_ahead=2, seed=1)
    assert np.isfinite(few.predict(past, STEPS)).all()
