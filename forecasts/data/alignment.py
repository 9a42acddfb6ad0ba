"""Weather from its own grid onto the series': longer intervals are averaged, shorter ones interpolated or held."""

from __future__ import annotations

from math import gcd

import numpy as np

from forecasts.data.weather_units import STATES

MOST_BRIDGED_S = 3 * 3600
"""States are interpolated between two known values at most so far apart, and never carried beyond the last one."""


def align(
    name: str, values: np.ndarray, start_s: int, step_s: int, *, to_start_s: int, to_step_s: int, rows: int
) -> np.ndarray:
    """A weather column on the series' grid, dims (rows,), NaN where unknown.

    States (temperature, wind, cloud, ...) are the value at the middle of their interval, and are interpolated from there.
    Radiation is a mean and is held, so that its energy stays the same; rain is a sum and is parted.

    Args:
        values: on a grid from ``start_s`` every ``step_s``, dims (time,).
    """
    if step_s <= to_step_s:
        out = _averaged(values, start_s, step_s, to_start_s, to_step_s, rows)
        if name == "rain_mm":
            out *= to_step_s / step_s
        return _bridged(out, to_step_s) if name in STATES else out
    if name in STATES:
        return _interpolated(values, start_s + step_s / 2.0, step_s, to_start_s + to_step_s / 2.0, to_step_s, rows)
    at = (to_start_s + np.arange(rows) * to_step_s - start_s) // step_s
    inside = (at >= 0) & (at < len(values))
    held = np.where(inside, values[np.clip(at, 0, len(values) - 1)], np.nan)
    return held * to_step_s / step_s if name == "rain_mm" else held


def _averaged(values: np.ndarray, start_s: int, step_s: int, to_start_s: int, to_step_s: int, rows: int) -> np.ndarray:
    """Means over the series' intervals, each value weighted by its overlap; at least half of an interval must be known."""
    part_s = gcd(step_s, to_step_s, start_s - to_start_s)
    parts = np.repeat(values, step_s // part_s)
    first = (start_s - to_start_s) // part_s
    grid = np.full(rows * (to_step_s // part_s), np.nan)
    low, high = max(0, first), min(len(grid), first + len(parts))
    if low < high:
        grid[low:high] = parts[low - first : high - first]
    table = grid.reshape(rows, -1)
    known = np.isfinite(table).sum(axis=1)
    enough = (known > 0) & (2 * known >= table.shape[1])
    return np.divide(np.nansum(table, axis=1), known, out=np.full(rows, np.nan), where=enough)


def _bridged(values: np.ndarray, step_s: int) -> np.ndarray:
    return _interpolated(values, 0.0, step_s, 0.0, step_s, len(values))


def _interpolated(values: np.ndarray, at_s: float, step_s: int, to_s: float, to_step_s: int, rows: int) -> np.ndarray:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return np.full(rows, np.nan)
    there = at_s + known * float(step_s)
    wanted = to_s + np.arange(rows) * float(to_step_s)
    after = np.searchsorted(there, wanted)
    left, right = there[np.clip(after - 1, 0, len(there) - 1)], there[np.clip(after, 0, len(there) - 1)]
    near = (right - left <= MOST_BRIDGED_S) & (wanted >= there[0]) & (wanted <= there[-1])
    # Half an interval before the first middle and after the last one, its own value holds.
    beside = np.minimum(np.abs(wanted - left), np.abs(wanted - right)) <= step_s / 2.0
    return np.where(near | beside, np.interp(wanted, there, values[known]), np.nan)
