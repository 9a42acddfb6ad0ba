"""From days and slots to the coming intervals, for experts that think in local days."""

from __future__ import annotations

import numpy as np

from forecasts.past import Past


def days_touched(past: Past, steps: int) -> int:
    """Local days that the ``steps`` intervals from as-of on belong to."""
    return int(rows_of(past, steps)[0][-1]) + 1


def rows_of(past: Past, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Day (0 = the one that begins at as-of) and slot of each coming interval, both dims (time,)."""

    def locate() -> tuple[np.ndarray, np.ndarray]:
        day, slot = past.days_and_slots(past.rows, past.rows + steps)
        return day - day[0], slot

    return past.shared(f"rows/{steps}", locate)


def along(grid: np.ndarray, past: Past, steps: int) -> np.ndarray:
    """Values of ``grid`` (dims (day, slot, ...), from the day that begins at as-of) for each coming interval."""
    day, slot = rows_of(past, steps)
    return grid[day, slot]
