"""Telemetry with gaps: what of it may be trusted, and how what is missing is bridged in three lanes."""

from __future__ import annotations

import numpy as np
import xarray as xr

BEST, LOW, HIGH = range(3)
ANY_FLAG = 0xFF
"""Refuses whatever is not a plain measurement: a substituted or questionable value as well."""


def trusted(series: xr.DataArray, *, refused: int) -> np.ndarray:
    """Values without any of the ``refused`` flags of `Quality`; the others NaN.

    Args:
        series: with its coordinate ``quality``, as `AsOfView.history` gives it.
        refused: flags that make a value no value.
    """
    flags = np.asarray(series["quality"].values, dtype=np.uint8)
    return np.where(flags & refused, np.nan, series.values.astype(np.float64))


def bridged(values: np.ndarray, first: int, last: int, last_good: np.ndarray, window: int) -> np.ndarray:
    """Rows ``first`` to ``last`` in three lanes, dims (time, lane, column); gaps hold the last good value.

    With good telemetry the lanes are one. In a gap low and high take the extremes of the window before it.

    Args:
        values: dims (time, column), NaN where missing.
        first, last: rows wanted, the second not included.
        last_good: before ``first``, dims (column,).
        window: rows before a gap whose extremes count.
    """
    rows = values[first:last]
    lanes = np.repeat(rows[:, None, :], 3, axis=1)
    missing = ~np.isfinite(rows)
    for row in np.flatnonzero(missing.any(axis=1)).tolist():
        gap = np.flatnonzero(missing[row])
        best = lanes[row - 1, BEST, gap] if row else last_good[gap]
        seen = values[max(0, first + row - window) : first + row, gap]
        # fmin and fmax pass over NaN, and give it only where there is nothing else
        lanes[row, BEST, gap] = best
        lanes[row, LOW, gap] = np.fmin(best, np.fmin.reduce(seen, axis=0, initial=np.inf))
        lanes[row, HIGH, gap] = np.fmax(best, np.fmax.reduce(seen, axis=0, initial=-np.inf))
    return lanes
