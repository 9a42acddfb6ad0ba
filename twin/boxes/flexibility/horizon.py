"""The plan's time grid: quarter hours while orders are near, whole hours afterwards; 36 h in 48 steps."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR

DAY_QUARTERS = 96
"""Quarter hours of a day, as habits know it: the same time of day lies so many rows back."""
NEAR_STEPS = 16
FAR_STEPS = 32
QUARTERS = NEAR_STEPS + 4 * FAR_STEPS
"""Quarter hours of the plan."""
HORIZON: timedelta = QUARTERS * QUARTER_HOUR
STEP_HOURS: tuple[float, ...] = (HOURS_PER_STEP,) * NEAR_STEPS + (1.0,) * FAR_STEPS
"""Length of every step [h]: 16 quarter hours, then 32 hours. Costs 0.4 % of objective against quarter hours throughout."""


def mean_of_quarters(values: np.ndarray) -> np.ndarray:
    """Mean of quarter-hour values in every step, dims (..., 144) -> (..., 48). NaN stays in its step."""
    near, far = _split(values)
    return np.concatenate([near, far.mean(axis=-1)], axis=-1)


def highest_of_quarters(values: np.ndarray) -> np.ndarray:
    """Highest quarter-hour value in every step, dims (..., 144) -> (..., 48)."""
    near, far = _split(values)
    return np.concatenate([near, far.max(axis=-1)], axis=-1)


def lowest_of_quarters(values: np.ndarray) -> np.ndarray:
    """Lowest quarter-hour value in every step, dims (..., 144) -> (..., 48)."""
    return -highest_of_quarters(-values)


def quarters_of_steps(values: np.ndarray) -> np.ndarray:
    """Every step's value held over its quarter hours, dims (..., 48) -> (..., 144)."""
    return np.concatenate([values[..., :NEAR_STEPS], np.repeat(values[..., NEAR_STEPS:], 4, axis=-1)], axis=-1)


def step_start_h(hours: tuple[float, ...]) -> np.ndarray:
    """Start of every step, hours after the plan's start, dims (step,)."""
    return np.concatenate([[0.0], np.cumsum(hours)[:-1]])


def share_before(hours: tuple[float, ...], until_h: float) -> np.ndarray:
    """Share of every step that lies before ``until_h`` hours after the plan's start, 0..1, dims (step,)."""
    length = np.asarray(hours)
    return np.clip((until_h - step_start_h(hours)) / length, 0.0, 1.0)


def _split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if values.shape[-1] != QUARTERS:
        raise ValueError(f"the plan needs {QUARTERS} quarter hours on the last axis, got {values.shape}")
    far = values[..., NEAR_STEPS:]
    return values[..., :NEAR_STEPS], far.reshape(*far.shape[:-1], FAR_STEPS, 4)
