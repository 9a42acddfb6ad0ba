"""Photovoltaic experts: between night and clear sky, with and without weather, position and yesterday."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import suns

from forecasts.expert import Expert, NotEnoughHistory
from forecasts.experts.pv_boosted import SkyBoosted
from forecasts.experts.pv_days import SkyDays
from forecasts.experts.pv_forest import SkyForest
from forecasts.experts.pv_quantile import SkyQuantile
from forecasts.experts.pv_ridge import SkyRidge
from forecasts.past import Place
from forecasts.quantiles import LEVELS, pinball
from forecasts.sky.reference import HEADROOM, learn_reference
from twin.domain.pack import UnpackError

EXPERTS = (SkyDays, SkyRidge, SkyBoosted, SkyQuantile, SkyForest)
LEARNERS = EXPERTS[1:]
DAY = 24
FIRST = 71 * DAY - 2  # local midnight in summer time
TEST_DAYS = 20


@pytest.fixture(scope="module")
def roof():
    return suns.plant(days=95)


@pytest.fixture(scope="module")
def past(roof):
    return roof.as_of(FIRST, reach=2 * DAY)


@pytest.fixture(scope="module")
def fits(past):
    return {expert: expert().fit(past, days_ahead=2, seed=7) for expert in EXPERTS}


@pytest.fixture(scope="module")
def bare(roof):
    return replace(roof, weather={})


@pytest.fixture(scope="module")
def bare_fits(bare):
    return {expert: expert().fit(bare.as_of(FIRST, reach=2 * DAY), days_ahead=2, seed=7) for expert in EXPERTS}


def midnights():
    return range(FIRST, FIRST + TEST_DAYS * DAY, DAY)


def score(roof, fitted) -> float:
    losses = []
    for row in midnights():
        path = fitted.predict(roof.as_of(row, reach=2 * DAY), DAY)
        quantiles = path if path.ndim == 2 else np.repeat(path[:, None], len(LEVELS), axis=1)
        losses.append(pinball(roof.values[row : row + DAY], quantiles))
    return float(np.mean(losses))


@pytest.mark.parametrize("expert", EXPERTS)
def test_every_expert_keeps_the_interface(expert):
    assert isinstance(expert(), Expert)
    assert "pv" in expert().kinds


@pytest.mark.parametrize("expert", EXPERTS)
def test_power_lies_between_nothing_and_the_clear_sky(roof, fits, past, expert):
    reference = learn_reference(past)
    for row in midnights():
        now = roof.as_of(row, reach=2 * DAY)
        path = fits[expert].predict(now, 2 * DAY)
        clear = reference.rows(now, row, row + 2 * DAY).p_mw
        highest = path if path.ndim == 1 else path.max(axis=1)
        assert path.min() >= 0.0
        assert np.all(highest <= HEADROOM * reference.share * clear + 1e-12)


@pytest.mark.parametrize("expert", EXPERTS)
def test_night_is_exactly_dark(roof, fits, expert):
    path = fits[expert].predict(roof.as_of(FIRST, reach=2 * DAY), 2 * DAY)
    night = roof.values[FIRST : FIRST + 2 * DAY] == 0.0
    assert night.sum() > 12
    assert np.all(path[night] == 0.0)


@pytest.mark.parametrize("expert", [SkyQuantile, SkyForest])
def test_quantiles_ascend(roof, fits, expert):
    for row in midnights():
        path = fits[expert].predict(roof.as_of(row, reach=2 * DAY), 2 * DAY)
        assert path.shape == (2 * DAY, len(LEVELS))
        assert np.all(np.diff(path, axis=1) >= 0.0)


@pytest.mark.parametrize("expert", LEARNERS)
def test_who_looks_at_the_weather_beats_the_days_before(roof, fits, expert):
    assert score(roof, fits[expert]) < 0.7 * score(roof, fits[SkyDays])


@pytest.mark.parametrize("expert", EXPERTS)
def test_one_seed_gives_one_model_whatever_comes_after_as_of(roof, past, fits, expert):
    values = roof.values.copy()
    values[FIRST:] = np.random.default_rng(5).random(len(values) - FIRST)
    other = replace(roof, values=values).as_of(FIRST, reach=2 * DAY)
    again = expert().fit(other, days_ahead=2, seed=7)
    assert again.to_bytes() == fits[expert].to_bytes()
    np.testing.assert_array_equal(again.predict(other, DAY), fits[expert].predict(past, DAY))


@pytest.mark.parametrize("expert", [SkyBoosted, SkyForest])
def test_another_seed_grows_other_trees(past, fits, expert):
    assert expert().fit(past, days_ahead=2, seed=8).to_bytes() != fits[expert].to_bytes()


@pytest.mark.parametrize("expert", EXPERTS)
def test_a_model_survives_its_bytes(roof, fits, expert):
    data = fits[expert].to_bytes()
    read = expert().load(data)
    now = roof.as_of(FIRST + 3 * DAY, reach=2 * DAY)
    np.testing.assert_array_equal(read.predict(now, 2 * DAY), fits[expert].predict(now, 2 * DAY))
    assert read.to_bytes() == data


@pytest.mark.parametrize(("expert", "other"), list(pairwise((*EXPERTS, EXPERTS[0]))))
def test_bytes_of_another_expert_are_refused(fits, expert, other):
    with pytest.raises(UnpackError):
        expert().load(fits[other].to_bytes())


@pytest.mark.parametrize("expert", EXPERTS)
def test_a_plant_works_without_a_known_position(expert):
    series = suns.plant(days=60, place=Place("UTC"))
    now = series.as_of(50 * DAY, reach=2 * DAY)
    path = expert().fit(now, days_ahead=2, seed=0).predict(now, 2 * DAY)
    truth = series.values[50 * DAY : 52 * DAY]
    assert np.isfinite(path).all()
    assert np.all(path[truth == 0.0] < 0.05 * truth.max())
    assert path[truth > 0.5 * truth.max()].mean() > 0.2 * truth.max()


@pytest.mark.parametrize("expert", EXPERTS)
def test_weather_that_is_unknown_throughout_is_as_good_as_none(roof, bare, bare_fits, expert):
    unknown = {name: np.full(len(column), np.nan) for name, column in roof.weather.items()}
    now = replace(roof, weather=unknown).as_of(FIRST, reach=2 * DAY)
    path = expert().fit(now, days_ahead=2, seed=7).predict(now, DAY)
    assert np.isfinite(path).all()
    np.testing.assert_array_equal(path, bare_fits[expert].predict(bare.as_of(FIRST, reach=2 * DAY), DAY))


@pytest.mark.parametrize("expert", LEARNERS)
def test_losing_the_weather_costs_little_more_than_never_having_had_it(bare, fits, bare_fits, expert):
    assert score(bare, fits[expert]) < 1.25 * score(bare, bare_fits[expert])  # it saw fewer rows without weather


@pytest.mark.parametrize("expert", [SkyQuantile, SkyForest])
def test_losing_the_weather_widens_the_band(roof, bare, fits, expert):
    def width(series) -> float:
        paths = [fits[expert].predict(series.as_of(row, reach=2 * DAY), DAY) for row in midnights()]
        return float(np.mean([path[:, -1] - path[:, 0] for path in paths]))

    assert width(bare) > 1.2 * width(roof)


@pytest.mark.parametrize("expert", EXPERTS)
def test_a_silent_meter_of_the_last_day_leaves_a_forecast(roof, fits, expert):
    values = roof.values.copy()
    values[FIRST - DAY : FIRST] = np.nan
    path = fits[expert].predict(replace(roof, values=values).as_of(FIRST, reach=2 * DAY), DAY)
    usual = fits[expert].predict(roof.as_of(FIRST, reach=2 * DAY), DAY)
    assert np.isfinite(path).all()
    assert np.abs(path - usual).mean() < 0.25 * roof.values.max()


@pytest.mark.parametrize("expert", LEARNERS)
def test_a_fortnight_is_too_little_to_learn_from(expert):
    series = suns.plant(days=14)
    with pytest.raises(NotEnoughHistory, match="20"):
        expert().fit(series.as_of(14 * DAY, reach=2 * DAY), days_ahead=2, seed=0)


def test_two_days_are_enough_for_the_floor():
    series = suns.plant(days=6)
    now = series.as_of(3 * DAY, reach=DAY)
    path = SkyDays().fit(now, days_ahead=2, seed=0).predict(now, DAY)
    truth = series.values[3 * DAY : 4 * DAY]
    assert np.isfinite(path).all()
    assert path[truth > 0.0].max() > 0.0


def test_no_power_at_all_is_too_little_for_the_floor():
    series = suns.plant(days=6)
    empty = replace(series, values=np.full(len(series.values), np.nan))
    with pytest.raises(NotEnoughHistory):
        SkyDays().fit(empty.as_of(3 * DAY, reach=DAY), days_ahead=2, seed=0)


@pytest.mark.parametrize("expert", EXPERTS)
def test_a_day_of_twenty_five_hours_has_as_many_steps(expert):
    from datetime import UTC, datetime

    series = suns.plant(days=60, start=datetime(2021, 9, 10, tzinfo=UTC))
    row = int((datetime(2021, 10, 30, 22, tzinfo=UTC) - datetime(2021, 9, 10, tzinfo=UTC)).total_seconds()) // 3600
    now = series.as_of(row, reach=25)
    path = expert().fit(now, days_ahead=2, seed=0).predict(now, 25)
    assert len(path) == 25
    assert np.isfinite(path).all()
