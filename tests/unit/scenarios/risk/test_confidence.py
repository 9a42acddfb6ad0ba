"""Intervals cover as often as they say."""

import numpy as np
import pytest
from scipy.stats import binom

from scenarios.risk.confidence import LEVEL, of_difference, of_mean, of_probability, ranks_of_quantile
from scenarios.risk.tally import Tally


@pytest.mark.parametrize("futures", [10, 50, 200])
def test_interval_of_a_probability_never_covers_less_than_it_says(futures):
    counts = np.arange(futures + 1)
    low, high = of_probability(counts, futures)
    for share in np.linspace(0.005, 0.995, 100):
        covered = binom.pmf(counts, futures, share)[(low <= share) & (share <= high)].sum()
        assert covered >= LEVEL


def test_nothing_seen_in_n_futures_leaves_three_over_n():
    low, high = of_probability(0, 1000)
    # the rule of three says 3/n one-sided; two-sided it is 3.69/n
    assert low == 0.0
    assert high == pytest.approx(3.69 / 1000, rel=0.01)


def test_bounds_of_a_quantile_cover_it_for_a_skewed_distribution():
    draws = np.random.default_rng(1).exponential(size=(4000, 60))
    _, low, high = ranks_of_quantile(0.75, 60)
    ordered = np.sort(draws, axis=1)
    truth = -np.log(0.25)
    covered = ((ordered[:, low - 1] <= truth) & (truth <= ordered[:, high - 1])).mean()
    # three standard errors of a coverage of 0.95 in 4,000 trials
    assert covered >= LEVEL - 3 * np.sqrt(LEVEL * (1 - LEVEL) / 4000)


def test_bounds_of_a_difference_cover_it_in_the_same_futures():
    futures, trials = 100, 4000
    rng = np.random.default_rng(2)
    shares = np.array([0.05, 0.15, 0.80])  # only first, only second, neither or both
    drawn = rng.multinomial(futures, shares, size=trials)
    low, high = of_difference(drawn[:, 0], drawn[:, 1], futures)
    covered = ((low <= -0.10) & (high >= -0.10)).mean()
    # Agresti and Min: close to the level, and seldom more than a point below it
    assert covered >= LEVEL - 0.015


def test_bounds_of_a_mean_cover_it():
    draws = np.random.default_rng(3).normal(5.0, 2.0, (2000, 20))
    bounds = np.array([of_mean(row) for row in draws])
    covered = ((bounds[:, 0] <= 5.0) & (bounds[:, 1] >= 5.0)).mean()
    assert covered == pytest.approx(LEVEL, abs=3 * np.sqrt(LEVEL * (1 - LEVEL) / 2000))


def test_too_few_futures_have_no_bound_for_an_extreme_quantile():
    tally = Tally(1, -300.0, 100.0)
    tally.add(np.arange(10.0)[:, None])
    found = tally.quantile(0.05)
    assert found.low[0] == -np.inf
    assert np.isfinite(found.high[0])


def test_a_tally_gives_the_quantiles_of_the_values_themselves():
    values = np.random.default_rng(4).normal(60.0, 15.0, (999, 3))
    tally = Tally(3, 0.0, 400.0)
    for part in np.array_split(values, 7):
        tally.add(part)
    # 999 draws: the quantile is the value of that rank, which lies in a bin of 0.1 %
    expected = np.sort(values, axis=0)[[int(np.ceil(share * 999)) - 1 for share in (0.05, 0.5, 0.95)]]
    found = np.stack([tally.quantile(share).value for share in (0.05, 0.5, 0.95)])
    assert np.abs(found - expected).max() <= 0.051
