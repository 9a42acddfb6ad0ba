"""What the look-ahead of transformers and of lines has in common."""

import numpy as np
import pytest

from twin.boxes.maintenance.thermal.ahead import MIN_FIT, first_reach, fit_squares

WEEK = 7 * 96
POWER = np.linspace(-4.0, 6.0, WEEK)[:, None]  # through zero: a ratio of current to power would burst


def test_active_and_reactive_part_are_found_in_every_column() -> None:
    factors, floors = np.array([0.002, 0.01]), np.array([0.001, 0.2])
    power = np.concatenate([POWER, POWER[::-1]], axis=1)
    current = np.sqrt(factors * power**2 + floors)
    current[::7, 1] = np.nan
    found = fit_squares(current, power)
    np.testing.assert_allclose(found.per_mw2, factors, rtol=1e-9)  # exact but for the sums' rounding
    np.testing.assert_allclose(found.floor, floors, rtol=1e-9)
    np.testing.assert_allclose(found.spread, 0.0, atol=1e-7)  # a root of rounding
    assert found.fitted.all()


def test_what_the_fit_leaves_is_its_spread() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.01, POWER.shape)
    found = fit_squares(np.sqrt(0.002 * POWER**2 + 0.1 + noise), POWER)
    assert found.spread[0] == pytest.approx(0.01, rel=0.08)  # three standard errors of 672 values


def test_a_relation_below_zero_goes_through_zero() -> None:
    found = fit_squares(np.sqrt(np.maximum(0.0, 0.002 * POWER**2 - 0.005)), POWER)
    assert found.floor[0] == 0.0
    assert 0.0 < found.per_mw2[0] < 0.002


@pytest.mark.parametrize(
    "power",
    [np.full((WEEK, 1), 2.0), np.full((WEEK, 1), np.nan), POWER[: MIN_FIT - 1], np.zeros((0, 1))],
    ids=["at rest", "unknown", "too short", "none"],
)
def test_power_that_shows_nothing_is_not_fitted(power) -> None:
    assert not fit_squares(np.full(power.shape, 0.1), power).fitted.any()


def test_current_that_falls_while_the_zone_fills_follows_something_else() -> None:
    assert not fit_squares(np.sqrt(0.1 - 0.002 * POWER**2), POWER).fitted.any()


def test_limit_is_reached_between_two_boundaries() -> None:
    assert first_reach(np.array([100.0, 110.0, 130.0]), 120.0) == pytest.approx(1.5)
    assert first_reach(np.array([121.0, 110.0]), 120.0) == 0.0
    assert first_reach(np.array([100.0, 110.0]), 120.0) is None
