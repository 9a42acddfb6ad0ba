"""Published cases of IEC 60076-7 (loading guide for mineral-oil-immersed transformers)."""

import numpy as np
import pytest

from twin.boxes.maintenance.thermal.iec60076 import (
    Paper,
    ThermalParameters,
    ThermalState,
    ageing_rate,
    loss_of_life_h,
    roll,
    steady_state,
)

# IEC 60076-7:2005, annex B: an ONAF transformer through load steps; temperatures at the end of each step.
ANNEX_B = ThermalParameters(38.3, 14.5 * 1.4, 1000.0, 0.8, 1.3, 0.5, 2.0, 2.0, 150.0, 7.0)
BREAKS_MIN = (0, 190, 365, 500, 705, 730, 745)
LOAD_FACTORS = (1.0, 0.6, 1.5, 0.3, 2.1, 0.0)
PUBLISHED = {
    190: (61.9, 83.8),
    365: (44.4, 54.0),
    500: (89.2, 127.0),
    705: (35.0, 37.5),
    730: (67.9, 138.6),
    745: (60.3, 75.3),
}
AMBIENT_C = 25.6


def annex_b(step_min: int) -> ThermalState:
    """Temperatures every ``step_min`` minutes, from a top-oil rise of 12.7 K and no hot-spot gradient."""
    lengths = np.diff(BREAKS_MIN) // step_min
    load = np.repeat(LOAD_FACTORS, lengths)[:, None]
    start = ThermalState(np.array([AMBIENT_C + 12.7]), np.zeros(1), np.zeros(1))
    return roll(ANNEX_B, start, load, np.full_like(load, AMBIENT_C), minutes=step_min)


@pytest.mark.parametrize("minute", PUBLISHED)
def test_annex_b_temperatures_are_met(minute: int) -> None:
    top_oil_c, hot_spot_c = PUBLISHED[minute]
    states = annex_b(5)
    # 1.5 K: the published figures come from difference equations with one-minute steps and rounded inputs.
    assert states.top_oil_c[minute // 5, 0] == pytest.approx(top_oil_c, abs=1.5)
    assert states.hot_spot_c[minute // 5, 0] == pytest.approx(hot_spot_c, abs=1.5)


def test_length_of_the_step_does_not_matter() -> None:
    # The update is exact for constant load, so one-minute and five-minute steps differ by rounding only.
    fine, coarse = annex_b(1), annex_b(5)
    np.testing.assert_allclose(fine.hot_spot_c[::5], coarse.hot_spot_c, atol=1e-10)


@pytest.mark.parametrize(
    ("hot_spot_c", "paper", "published"),
    [
        (98.0, Paper.NORMAL, 1.0),
        (100.0, Paper.NORMAL, 1.259921),
        (110.0, Paper.UPGRADED, 1.0),
        (100.0, Paper.UPGRADED, 0.349942),
        (80.0, Paper.NORMAL, 0.125),
        (140.0, Paper.NORMAL, 128.0),
        (140.0, Paper.UPGRADED, 17.2),
    ],
)
def test_published_ageing_rates_are_met(hot_spot_c: float, paper: Paper, published: float) -> None:
    printed = 0.05 if published == 17.2 else 1e-6  # half of, or one of, the last digit printed
    assert float(ageing_rate(np.array(hot_spot_c), paper)) == pytest.approx(published, abs=printed)


def test_a_day_at_98_degrees_costs_one_day_of_life() -> None:
    # rated load at an ambient that brings exactly 98 degC
    ambient = np.full((96, 1), 98.0 - 38.3 - 14.5 * 1.4)
    load = np.ones((96, 1))
    states = roll(ANNEX_B, steady_state(ANNEX_B, load[0], ambient[0]), load, ambient, minutes=15)
    lost = loss_of_life_h(ANNEX_B, states, load, ambient, minutes=15, paper=Paper.NORMAL)
    assert lost.sum() == pytest.approx(24.0, rel=1e-9)
