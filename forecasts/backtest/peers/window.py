"""What a peer is given: the last weeks of a series with the weather that is known throughout them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.past import Past

_FEWEST_DAYS = 14  # two weeks: a weekly cycle seen twice
_HOUR_S = 3600
_KNOWN = 0.9  # a weather column with more holes than this would be mostly made up


@dataclass(frozen=True)
class Window:
    """The last rows of a past.

    Attributes:
        past: where the rows come from. ``first``: oldest row taken; the newest is the last of the past.
        values: [MW], dims (time,), NaN = missing.
        weather: usable columns, dims (time,) each, NaN where unknown.
    """

    past: Past
    first: int
    values: np.ndarray
    weather: dict[str, np.ndarray]

    @property
    def labels(self) -> np.ndarray:
        """UTC labels, ``datetime64[ns]``, dims (time,)."""
        return self.past.labels(self.first, self.past.rows)


def last_days(past: Past, days: int) -> Window:
    """The last ``days`` days of ``past``.

    Raises:
        NotEnoughHistory: when fewer than two weeks of values are known in them.
    """
    first = max(0, past.rows - days * past.slots_per_day)
    values = past.values[first:]
    known = int(np.isfinite(values).sum())
    if known < _FEWEST_DAYS * past.slots_per_day:
        raise NotEnoughHistory(f"{known / past.slots_per_day:.1f} days of values in the last {days}; {_FEWEST_DAYS} are needed")
    columns = {name: column[first : past.rows] for name, column in past.weather.items()}
    weather = {name: column for name, column in sorted(columns.items()) if _is_usable(column)}
    return Window(past, first, values, weather)


def hourly_means(column: np.ndarray, per_hour: int) -> np.ndarray:
    """Means of the known values of each hour, counted back from the end; NaN where none is known.

    Args:
        column: dims (time,). ``per_hour``: rows of an hour; a rest before the first whole hour is left out.
    """
    parts = column[len(column) % per_hour :].reshape(-1, per_hour)
    known = np.isfinite(parts)
    total = np.where(known, parts, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def rows_per_hour(past: Past) -> int:
    """Rows of an hour; 1 where a row is longer than that."""
    return max(1, _HOUR_S // past.step_s)


def _is_usable(column: np.ndarray) -> bool:
    known = np.isfinite(column)
    return bool(len(column) and known.mean() >= _KNOWN and np.ptp(column[known]) > 0.0)


def filled(values: np.ndarray, slots_per_week: int) -> np.ndarray:
    """``values`` without holes, for methods that allow none: the same slot a week before, else a week after, else a line.

    Args:
        values: dims (time,), NaN = missing, at least one known.
    """
    found = values.copy()
    for week in (slots_per_week, -slots_per_week):
        # Week by week from the past, so that a hole of several weeks is filled from the last one that is known.
        order = range(len(found)) if week > 0 else range(len(found) - 1, -1, -1)
        for row in order:
            if np.isnan(found[row]) and 0 <= row - week < len(found):
                found[row] = found[row - week]
    holes = np.isnan(found)
    if holes.any():
        found[holes] = np.interp(np.flatnonzero(holes), np.flatnonzero(~holes), found[~holes])
    return found
