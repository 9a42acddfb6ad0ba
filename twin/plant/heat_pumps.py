"""Heat pumps on their thermostats: electric power from the outside temperature of the last hours and the time of day.

Assumption of the demo town, not a standard: duty = clip((14 - Ts) / 22, 0, 1.15) x 2.6 / COP with
COP = clip(2.6 + 0.08 (Ts + 8), 2.2, 4.6), where Ts is the ambient temperature behind a first-order lag of six hours
(a building's light mass), plus a morning and an evening bump (set-back ends) and a little hot water all year.
"""

from __future__ import annotations

import numpy as np

from twin.domain.time import HOURS_PER_STEP

LAG_H = 6.0
LAG_STEPS = 96  # a day: the filter's tail beyond it weighs exp(-4) = 2 %
REFERENCE_COP = 2.6

# Shape of a day: heating rises when set-back ends and people come home; hot water is drawn morning and evening.
MORNING_H, MORNING_WIDTH_H, MORNING_SHARE = 6.75, 1.3, 0.05
EVENING_H, EVENING_WIDTH_H, EVENING_SHARE = 18.25, 1.2, 0.04
HOT_WATER_SHARE = 0.01
HOT_WATER_PEAK_SHARE = 0.05


def _lag_weights() -> np.ndarray:
    weights = np.exp(-np.arange(LAG_STEPS) * HOURS_PER_STEP / LAG_H)
    return weights / weights.sum()


def lagged_temperature(temp_c: np.ndarray) -> np.ndarray:
    """Ambient temperature behind the building's lag.

    Args:
        temp_c: quarter-hour ambient temperature [degC], dims (time,), starting ``LAG_STEPS - 1`` steps early.

    Returns:
        Lagged temperature [degC], dims (time - LAG_STEPS + 1,): a finite window, so that it is a function of the weather
        alone and needs no state across a restart.
    """
    return np.convolve(temp_c, _lag_weights(), mode="valid")


def cop(lagged_c: np.ndarray) -> np.ndarray:
    """Coefficient of performance at the lagged ambient temperature [degC]."""
    return np.clip(REFERENCE_COP + 0.08 * (lagged_c + 8.0), 2.2, 4.6)


def heating_duty(lagged_c: np.ndarray) -> np.ndarray:
    """Share of rated electric power that heating asks for, before the shape of the day."""
    return np.clip((14.0 - lagged_c) / 22.0, 0.0, 1.15) * REFERENCE_COP / cop(lagged_c)


def _bump(hour: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.exp(-0.5 * ((hour - centre) / width) ** 2)


def duty(lagged_c: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Mean electric power over rated power of many heat pumps.

    Args:
        lagged_c: from `lagged_temperature` [degC], dims (time,). ``hour``: local time of day [h], dims (time,).
    """
    morning, evening = _bump(hour, MORNING_H, MORNING_WIDTH_H), _bump(hour, EVENING_H, EVENING_WIDTH_H)
    shape = 1.0 + MORNING_SHARE * morning + EVENING_SHARE * evening
    return heating_duty(lagged_c) * shape + HOT_WATER_SHARE + HOT_WATER_PEAK_SHARE * (morning + evening)
