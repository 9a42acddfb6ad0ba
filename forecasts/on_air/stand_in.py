"""What stands in for a weather forecast that did not come: the last known day, else a usual one; and how far off it is."""

from __future__ import annotations

import numpy as np

_WHOLE_DAY = 0.9  # share of a day that must be known for it to be repeated
_OLDEST_DAYS = 14  # a day longer ago says no more than any other of the season


def stand_in(behind: np.ndarray, steps: int, per_day: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of the coming intervals and their standard deviation, both dims (time,); NaN where nothing was ever known.

    Args:
        behind: measured up to now, dims (time,), NaN = missing. ``steps``: intervals ahead. ``per_day``: intervals of a day.
    """
    days = len(behind) // per_day
    sheet = behind[len(behind) - days * per_day :].reshape(days, per_day)
    at = np.arange(steps) % per_day
    if not np.isfinite(sheet).any():
        return np.full(steps, np.nan), np.full(steps, np.nan)
    whole = np.flatnonzero(np.isfinite(sheet[-_OLDEST_DAYS:]).mean(axis=1) >= _WHOLE_DAY)
    if not whole.size:
        return _mean(sheet)[at], _deviation(sheet - _mean(sheet))[at]
    newest = max(days - _OLDEST_DAYS, 0) + int(whole[-1])
    values = np.where(np.isfinite(sheet[newest]), sheet[newest], _mean(sheet))
    later = days - newest + np.arange(steps) // per_day
    apart = {k: _deviation(sheet[k:] - sheet[:-k]) for k in np.unique(later)}
    return values[at], np.array([apart[k][slot] for k, slot in zip(later, at, strict=True)])


def _mean(sheet: np.ndarray) -> np.ndarray:
    """Of every slot, dims (slot,); the mean of all where a slot was never known."""
    known = np.isfinite(sheet)
    count = known.sum(axis=0)
    total = np.where(known, sheet, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nanmean(sheet))


def _deviation(errors: np.ndarray) -> np.ndarray:
    """Root mean square of every slot, dims (slot,); 0 where nothing is known."""
    known = np.isfinite(errors)
    return np.sqrt((np.where(known, errors, 0.0) ** 2).sum(axis=0) / np.maximum(known.sum(axis=0), 1))
