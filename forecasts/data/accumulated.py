"""Weather that counts up over the day: found by its resets, and turned back into what each interval brought."""

from __future__ import annotations

import numpy as np

_DAY_S = 86_400
_FEWEST_RESETS = 3
_AT_ONE_TIME = 0.95  # share of falls at the reset's time of day
_ROUNDING = 1e-3  # of the largest value: packed weather files fall back by so much without meaning it


def reset_slot(values: np.ndarray, step_s: int) -> int | None:
    """The time of day (row index modulo a day) whose interval counts from zero again, or None for values that do not add up.

    Values that add up never fall within a day, so nearly all their falls are at one time of day, and large. Values of an
    interval fall at any time. A dry or dark day has no fall to show, which is no evidence against it.

    Args:
        values: dims (time,), NaN = missing.
    """
    per_day = _DAY_S // step_s
    step = np.diff(values)
    largest = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    if not largest > 0 or np.nanmin(values) < -_ROUNDING * largest:
        return None
    falls = np.flatnonzero(step < -_ROUNDING * largest) + 1
    if len(falls) < _FEWEST_RESETS:
        return None
    slots, counts = np.unique(falls % per_day, return_counts=True)
    slot = int(slots[np.argmax(counts)])
    before = values[falls[falls % per_day == slot] - 1]
    rises = np.count_nonzero(step > _ROUNDING * largest)
    grows = rises > len(falls) and float(np.nanmedian(before)) > 0.01 * largest
    return slot if grows and counts.max() >= _AT_ONE_TIME * len(falls) else None


def per_interval(values: np.ndarray, step_s: int, slot: int) -> np.ndarray:
    """What each interval brought: the difference to the one before, and the value itself after a reset; never below zero."""
    out = np.empty(len(values))
    out[:1] = np.nan
    out[1:] = np.diff(values)
    after_reset = np.arange(len(values)) % (_DAY_S // step_s) == slot
    out[after_reset] = values[after_reset]
    return np.where(np.isfinite(out), np.maximum(out, 0.0), np.nan)
