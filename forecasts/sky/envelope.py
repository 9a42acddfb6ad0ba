"""The upper envelope of a series by slot of the day: what stands for a clear sky where no sun can be computed."""

from __future__ import annotations

import numpy as np

WINDOW_DAYS = 30
"""Trailing, so that a forecast and its training see the same lag behind the season."""

_LEVEL = 0.9  # of the window's values of a slot
_NIGHT = 2e-3  # of the largest envelope: a meter's offset is no sun


def upper_envelope(values: np.ndarray, *, per_day: int, rows: int) -> np.ndarray:
    """Upper quantile of each slot over the last thirty days, smoothed over neighbouring slots, dims (time,) of ``rows``.

    A row never sees its own day, except in the first thirty days, which share one envelope.

    Args:
        values: any unit, dims (known,), NaN = missing. ``per_day``: slots of a day. ``rows``: how far to go on; beyond the
            known days the last envelope stays.
    """
    days, known = -(-rows // per_day), len(values) // per_day
    grid = np.full((max(known, 1), per_day), np.nan)
    if known:
        grid[:known] = values[: known * per_day].reshape(known, per_day)
    table = np.zeros((days, per_day))
    for day in range(days):
        if day > known:
            table[day] = table[day - 1]
            continue
        end = max(day, min(WINDOW_DAYS, known))
        table[day] = _slots(grid[max(0, end - WINDOW_DAYS) : end])
    smooth = (np.roll(table, 1, axis=1) + 2.0 * table + np.roll(table, -1, axis=1)) / 4.0
    smooth = np.where(table > 0.0, smooth, 0.0)  # a neighbour's light does not reach into the night
    return np.where(smooth > _NIGHT * smooth.max(initial=0.0), smooth, 0.0).ravel()[:rows]


def _slots(window: np.ndarray) -> np.ndarray:
    """The quantile of each slot, 0 where nothing is known."""
    filled = np.sort(np.where(np.isfinite(window), window, np.inf), axis=0)
    count = np.isfinite(filled).sum(axis=0)
    at = np.maximum(np.ceil(_LEVEL * count).astype(np.int64) - 1, 0)
    found = filled[np.minimum(at, len(window) - 1), np.arange(window.shape[1])] if len(window) else np.zeros(window.shape[1])
    return np.where(count > 0, np.maximum(np.where(np.isfinite(found), found, 0.0), 0.0), 0.0)
