"""A utility's failure records."""

from __future__ import annotations

import numpy as np
import pytest

from twin.boxes.maintenance.risk.survival import (
    NotAssessed,
    WeibullLife,
    calibrated_k,
    weibull_life,
)
from twin.domain.problems import BadInput

SCALE_Y, SHAPE = 60.0, 3.0


def records(seed: int, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Units that entered the records at some age and were followed for 12 years, or until they failed."""
    random = np.random.default_rng(seed)
    lives, entries = SCALE_Y * random.weibull(SHAPE, 6 * units), random.uniform(0.0, 50.0, 6 * units)
    there = lives > entries  # who failed before is in no list
    lives, entries = lives[there][:units], entries[there][:units]
    return entries, np.minimum(lives, entries + 12.0), lives <= entries + 12.0


FLEETS = 12
LEAST_HITS = 9
"""Of 12 intervals at 95 %: fewer than 9 hold the truth with a probability of 0.2 % (binomial)."""


@pytest.fixture(scope="module")
def lives() -> list[WeibullLife]:
    """Fits of `FLEETS` fleets of 600 units."""
    fitted = [weibull_life(*records(seed, 600), confidence=0.95) for seed in range(FLEETS)]
    return [life for life in fitted if isinstance(life, WeibullLife)]


def test_a_weibull_life_is_found_again_in_censored_and_truncated_records(lives: list[WeibullLife]) -> None:
    assert sum(life.scale_low_y < SCALE_Y < life.scale_high_y for life in lives) >= LEAST_HITS
    assert sum(life.shape_low < SHAPE < life.shape_high for life in lives) >= LEAST_HITS


def test_forgetting_when_records_began_makes_assets_look_longer_lived(lives: list[WeibullLife]) -> None:
    """Then every year before the records counts as one survived at risk."""
    entry, end, failed = records(0, 600)

    wrong = weibull_life(np.zeros_like(entry), end, failed, confidence=0.95)

    assert isinstance(wrong, WeibullLife)
    assert wrong.scale_y > lives[0].scale_high_y


def test_too_few_failures_are_not_assessed() -> None:
    entry, end = np.zeros(50), np.full(50, 20.0)
    failed = np.arange(50) < 9

    assert weibull_life(entry, end, failed, confidence=0.9) == NotAssessed(failures=9, needed=10)


def test_records_that_are_no_lifetimes_are_named_by_row() -> None:
    entry, end = np.array([0.0, 5.0, np.nan, -1.0]), np.array([10.0, 5.0, 9.0, 4.0])

    with pytest.raises(BadInput) as caught:
        weibull_life(entry, end, np.ones(4, bool), confidence=0.9)

    places = [problem.place for problem in caught.value.problems]
    assert places == ["failure records, row 1", "failure records, row 2", "failure records, row 3"]


def test_as_many_failures_as_expected_leave_k_and_narrow_its_interval() -> None:
    few = calibrated_k(0.0078, observed=2, expected=2.0, prior_failures=5.0, confidence=0.9)
    many = calibrated_k(0.0078, observed=200, expected=200.0, prior_failures=5.0, confidence=0.9)

    assert few.k_percent == many.k_percent == pytest.approx(0.0078)
    assert many.high_percent - many.low_percent < 0.3 * (few.high_percent - few.low_percent)


def test_a_small_record_moves_k_little_and_a_large_one_settles_it() -> None:
    """No failure where 0.5 were expected: 5 / 5.5. A hundred where 50 were: 105 / 55."""
    small = calibrated_k(0.0078, observed=0, expected=0.5, prior_failures=5.0, confidence=0.9)
    large = calibrated_k(0.0078, observed=100, expected=50.0, prior_failures=5.0, confidence=0.9)

    assert small.multiplier == pytest.approx(5.0 / 5.5)
    assert large.multiplier == pytest.approx(105.0 / 55.0)
    assert small.own_weight == pytest.approx(0.5 / 5.5)
    assert large.own_weight == pytest.approx(50.0 / 55.0)


def test_the_interval_of_k_is_the_gammas() -> None:
    """Prior 5, 3 failures, 1.2 expected: gamma(8, 1/6.2). Of the chi-square with 16 degrees, 7.962 and 26.296."""
    k = calibrated_k(1.0, observed=3, expected=1.2, prior_failures=5.0, confidence=0.9)

    assert k.low_percent == pytest.approx(7.962 / 2.0 / 6.2, abs=1e-4)
    assert k.high_percent == pytest.approx(26.296 / 2.0 / 6.2, abs=1e-4)
