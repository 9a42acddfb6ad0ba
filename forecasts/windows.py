"""Past errors as a box would have met them: seen from hourly origins, for every lead, with what was known at the origin."""

from __future__ import annotations

import numpy as np

from forecasts.quantiles import NODES, STEPS

ORIGIN_EVERY = 4
"""Quarter hours between origins: hourly ones say nearly as much as all of them, at a quarter of the cost."""


def origins(rows: int, first: int) -> np.ndarray:
    """Rows at which past forecasts are pretended to have been issued, dims (origin,)."""
    return np.arange(first, rows, ORIGIN_EVERY, dtype=np.int64)


def window_rows(origin: np.ndarray) -> np.ndarray:
    """Rows that each origin forecasts, dims (origin, time); they may lie beyond the history's end."""
    return origin[:, None] + np.arange(STEPS)


def gather(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``values[rows]`` with NaN beyond the end, same dims as ``rows``."""
    padded = np.concatenate([values, [np.nan]])
    return padded[np.minimum(rows, len(values))]


def by_hour(remaining: np.ndarray, rows: np.ndarray, slot: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Remaining errors sorted into local hours of the forecast quarter hour, with both neighbouring hours.

    Args:
        remaining: dims (origin, time). ``rows``: the forecast rows, same dims.
        slot, day: local slot and day of each row, dims (time,), long enough for every row.

    Returns:
        dims (hour, node, sample), NaN where there is none.
    """
    nodes = np.array(NODES)
    at = rows[:, nodes]
    hour = slot[at] // 4
    which = day[at] - day[0]
    days = int(which.max()) + 1 if which.size else 1
    sheet = np.full((24, len(nodes), days), np.nan)
    sheet[hour, np.broadcast_to(np.arange(len(nodes)), hour.shape), which] = remaining[:, nodes]
    return np.concatenate([np.roll(sheet, 1, axis=0), sheet, np.roll(sheet, -1, axis=0)], axis=-1)
