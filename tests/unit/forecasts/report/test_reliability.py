import numpy as np
import pytest

from forecasts.quantiles import LEVELS
from forecasts.report.reliability import reliability

MEDIAN = LEVELS.index(0.5)


def uniform_band(origins, steps):
    return np.broadcast_to(np.array(LEVELS), (origins, steps, len(LEVELS))).copy()


def test_truths_drawn_from_the_forecast_lie_below_each_level_as_often_as_it_says():
    truth = np.random.default_rng(3).uniform(size=(400, 24))
    found = reliability(truth, uniform_band(400, 24), origins_per_block=1)
    # 9,600 independent draws: three standard errors of a share of one half are 0.015.
    assert np.abs(found.observed - LEVELS).max() < 0.015
    assert np.abs(found.density - 1.0).max() < 0.15


def test_a_share_below_each_level_is_counted_exactly():
    truth = np.array([[0.02, 0.15, 0.45, 0.85, 0.99]])
    found = reliability(truth, uniform_band(1, 5), origins_per_block=1)
    assert found.observed == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.4, 0.6, 0.6, 0.6, 0.6, 0.8, 0.8])


def test_coverage_is_the_share_between_the_outer_levels():
    truth = np.array([[0.02, 0.15, 0.45, 0.85, 0.99]])
    assert reliability(truth, uniform_band(1, 5), origins_per_block=1).coverage == pytest.approx(0.6)


def test_unknown_truth_does_not_count():
    truth = np.array([[0.45, np.nan, 0.45]])
    assert reliability(truth, uniform_band(1, 3), origins_per_block=1).steps == 2


def test_nights_of_a_plant_are_idle_and_leave_calibration_alone():
    truth = np.array([[0.0, 0.0, 0.45]])
    band = uniform_band(1, 3)
    band[0, :2] = 0.0
    found = reliability(truth, band, origins_per_block=1)
    assert (found.steps, found.idle) == (1, 2)


def test_a_missed_point_forecast_is_no_idle_hour():
    found = reliability(np.array([[1.0]]), np.zeros((1, 1, len(LEVELS))), origins_per_block=1)
    assert (found.steps, found.idle) == (1, 0)


def test_a_truth_equal_to_the_lower_half_of_the_band_is_spread_over_that_half():
    band = np.concatenate([np.zeros(MEDIAN + 1), np.arange(1.0, len(LEVELS) - MEDIAN)])[None, None]
    found = reliability(np.array([[0.0]]), band, origins_per_block=1)
    assert found.observed[: MEDIAN + 1] == pytest.approx(2 * np.array(LEVELS[: MEDIAN + 1]))
    assert found.observed[MEDIAN:] == pytest.approx(np.ones(len(LEVELS) - MEDIAN))


def test_days_that_are_wrong_as_a_whole_make_the_verdict_less_sure():
    rng = np.random.default_rng(5)
    alone = rng.uniform(size=(60, 24))
    together = np.broadcast_to(rng.uniform(size=(60, 1)), (60, 24))
    band = uniform_band(60, 24)
    sure = reliability(alone, band, origins_per_block=1).sampling[MEDIAN]
    unsure = reliability(together, band, origins_per_block=1).sampling[MEDIAN]
    # 24 copies of one draw carry the information of one: sqrt(24) = 4.9 times as wide.
    assert unsure / sure == pytest.approx(4.9, rel=0.2)


def test_overlapping_origins_count_as_one_block():
    truth = np.random.default_rng(6).uniform(size=(10, 4))
    assert reliability(truth, uniform_band(10, 4), origins_per_block=2).blocks == 5


def test_one_block_says_nothing_about_chance():
    found = reliability(np.full((1, 4), 0.45), uniform_band(1, 4), origins_per_block=2)
    assert np.isnan(found.sampling).all()


def test_nothing_scored_gives_no_share():
    found = reliability(np.zeros((0, 4)), uniform_band(0, 4), origins_per_block=1)
    assert found.steps == 0
    assert np.isnan(found.observed).all()
