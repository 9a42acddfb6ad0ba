"""Drawn paths: the forecast's own quantiles at every step, coherent over the hours, the same whoever draws them."""

import numpy as np
import pytest
from scipy.stats import kstest, norm
from small_start import MIDDLE, SIGMA, small_start

from forecasts.quantiles import LEVELS
from scenarios.futures.paths import drawn_paths, values_along

DRAWN = 2000


@pytest.fixture(scope="module")
def paths():
    start = small_start(across=0.8)
    return np.stack([drawn_paths(start, number, seed=5) for number in range(DRAWN)])


@pytest.mark.parametrize("step", [0, 7])
def test_drawn_loads_have_the_distribution_that_their_quantiles_say(paths, step):
    # normal quantiles, so the law is known; at 2,000 draws 99.9 % of samples of that law lie within 1.95 / sqrt(n)
    found = kstest(paths[:, 0, step], norm(MIDDLE["load"], SIGMA["load"]).cdf)
    assert found.statistic < 1.95 / np.sqrt(DRAWN)


def test_a_share_of_the_drawn_values_lies_below_each_quantile_as_large_as_its_level(paths):
    start = small_start()
    below = (paths[:, 0, 3][:, None] < start.quantiles[0, 3]).mean(axis=0)
    # four standard deviations of a share at 2,000 draws, at most 4 x 0.5 / sqrt(2000)
    assert np.abs(below - np.array(LEVELS)).max() < 0.045


def test_panels_never_feed_in_less_than_nothing_nor_more_than_they_are(paths):
    assert paths[:, 1].min() >= 0.0
    assert paths[:, 1].max() <= 0.05 + 1e-12


def test_errors_of_neighbouring_quarter_hours_go_together_and_those_of_distant_ones_less(paths):
    load = paths[:, 0]
    near, far = (np.corrcoef(load[:, 0], load[:, step])[0, 1] for step in (1, 7))
    # the law before any issue: a tenth stays, the rest decays within six hours; four standard deviations of a correlation
    assert near == pytest.approx(0.1 + 0.9 * np.exp(-0.25 / 6.0), abs=4.0 * (1.0 - near**2) / np.sqrt(DRAWN))
    assert far == pytest.approx(0.1 + 0.9 * np.exp(-1.75 / 6.0), abs=4.0 * (1.0 - far**2) / np.sqrt(DRAWN))


def test_series_whose_errors_go_together_are_drawn_together(paths):
    # panels are cut at zero and at their rating, which takes a little off the correlation of 0.8
    assert np.corrcoef(paths[:, 0, 4], paths[:, 1, 4])[0, 1] == pytest.approx(0.8, abs=0.06)


def test_without_spread_every_future_is_the_median():
    start = small_start()
    assert np.array_equal(drawn_paths(start, 7, seed=5, spread=0.0), np.repeat([[MIDDLE["load"]], [MIDDLE["pv"]]], 8, axis=1))


def test_a_future_is_the_same_drawn_alone_and_another_with_another_seed(paths):
    start = small_start(across=0.8)
    assert np.array_equal(drawn_paths(start, 1234, seed=5), paths[1234])
    assert not np.array_equal(drawn_paths(start, 1234, seed=6), paths[1234])


def test_values_stand_on_the_quantiles_at_their_own_scores():
    quantiles = np.sort(np.random.default_rng(0).normal(size=(5, len(LEVELS))), axis=1)
    scores = norm.ppf(np.array(LEVELS)[[0, 3, 5, 8, 10]])
    assert np.allclose(values_along(quantiles, scores), quantiles[np.arange(5), [0, 3, 5, 8, 10]], atol=1e-12)
