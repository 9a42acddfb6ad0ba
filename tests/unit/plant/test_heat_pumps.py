"""Heat pumps of the demo town: duty and COP by the declared formula, behind six hours of lag."""

import numpy as np
import pytest

from twin.plant.heat_pumps import LAG_STEPS, cop, duty, heating_duty, lagged_temperature


@pytest.mark.parametrize(("temp_c", "expected"), [(14.0, 0.0), (20.0, 0.0), (-8.0, 1.0), (-20.0, 1.15 * 2.6 / 2.2)])
def test_heating_duty_at_the_corners_of_the_formula(temp_c: float, expected: float) -> None:
    assert heating_duty(np.array([temp_c]))[0] == pytest.approx(expected)


@pytest.mark.parametrize(("temp_c", "expected"), [(-8.0, 2.6), (2.0, 3.4), (-30.0, 2.2), (30.0, 4.6)])
def test_cop_rises_eight_hundredths_per_degree_within_its_limits(temp_c: float, expected: float) -> None:
    assert cop(np.array([temp_c]))[0] == pytest.approx(expected)


def test_building_follows_63_percent_of_a_temperature_step_in_six_hours() -> None:
    steps = np.concatenate([np.zeros(LAG_STEPS), np.ones(LAG_STEPS)])
    after = lagged_temperature(steps)[24]  # 24 quarter hours after the step
    # the window ends after a day (2 % of the tail) and quarter hours are discrete (1 %)
    assert after == pytest.approx(1.0 - np.exp(-1.0), abs=0.03)


def test_steady_temperature_passes_the_lag_unchanged() -> None:
    assert lagged_temperature(np.full(LAG_STEPS + 3, -4.2)) == pytest.approx(np.full(4, -4.2))


def test_summer_leaves_hot_water_only() -> None:
    hours = np.arange(0.0, 24.0, 0.25)
    summer = duty(np.full(96, 22.0), hours)
    assert summer.min() > 0.0
    assert summer.max() < 0.1


def test_winter_evening_asks_for_more_than_noon() -> None:
    noon, evening = duty(np.full(2, -4.0), np.array([12.5, 18.5]))
    assert evening > noon
