"""A past by local days: values, weather and calendar on one grid of (day, slot), as far ahead as its weather reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.past import Past
from forecasts.profile import day_sheet

_SHORT_GAP_S = 3600  # up to an hour a straight line is as good as any model
_WHOLE_DAY = 0.5  # share of slots from which a day can be learnt from; the others follow from the line across the gap
_SPRING_AND_AUTUMN = 2  # a horizon may touch one local day more than it has days


@dataclass(frozen=True)
class Sheet:
    """Days of one past.

    Attributes:
        first_day: local day of row 0, days since 1970-01-01. ``known``: complete days; the next one begins at as-of.
        values: [MW], dims (known day, slot). ``weather``: name -> dims (day, slot), days ahead included, gaps bridged.
        types, weekday: of every day, dims (day,). ``holiday``: of every day and the one after the last, dims (day + 1,).
        good: days with enough values to learn from, dims (known day,).
    """

    first_day: int
    known: int
    values: np.ndarray
    weather: dict[str, np.ndarray]
    types: np.ndarray
    weekday: np.ndarray
    holiday: np.ndarray
    good: np.ndarray
    step_s: int

    @property
    def slots(self) -> int:
        """Slots of a day."""
        return self.values.shape[1]

    @property
    def days(self) -> int:
        """Days of the sheet, those ahead included."""
        return len(self.types)


def sheet_of(past: Past, days_ahead: int) -> Sheet:
    """The sheet of ``past``, which ends at a local midnight; shared by all experts of an issue.

    Args:
        days_ahead: local days after as-of that it shall reach.
    """
    return past.shared(f"sheet/{days_ahead}", lambda: _build(past, days_ahead))


def _build(past: Past, days_ahead: int) -> Sheet:
    calendar = past.place.calendar
    slots = past.slots_per_day
    reach = (days_ahead + 1) * slots + _SPRING_AND_AUTUMN * 3600 // past.step_s
    day, slot = past.days_and_slots(0, past.rows + reach)
    first, known = int(day[0]), int(day[past.rows] - day[0])
    day = day - first
    total = known + days_ahead
    values = day_sheet(bridge(past.values, past.step_s), day[: past.rows], slot[: past.rows], known, slots)
    values = _mend_clock_change(values)
    numbers = first + np.arange(total)
    weather = {}
    for name, column in past.weather.items():
        rows = min(len(column), len(day))
        grid = day_sheet(column[:rows], day[:rows], slot[:rows], total, slots)
        mended = _mend_weather(grid, known)
        if mended is not None:
            weather[name] = mended
    return Sheet(
        first_day=first,
        known=known,
        values=values,
        weather=weather,
        types=calendar.day_type(numbers),
        weekday=(numbers + 3) % 7,  # 1970-01-01 was a Thursday
        holiday=calendar.holiday(first + np.arange(total + 1)),
        good=np.isfinite(values).mean(axis=1) >= _WHOLE_DAY,
        step_s=past.step_s,
    )


def bridge(values: np.ndarray, step_s: int) -> np.ndarray:
    """Gaps of at most an hour between two known values filled by a straight line, dims (time,)."""
    known = np.isfinite(values)
    if known.all() or not known.any():
        return values
    rows = np.arange(len(values))
    place = rows[known]
    right = np.searchsorted(place, rows)
    left = np.clip(right - 1, 0, len(place) - 1)
    right = np.clip(right, 0, len(place) - 1)
    inside = (place[left] < rows) & (rows < place[right]) & ((place[right] - place[left] - 1) * step_s <= _SHORT_GAP_S)
    return np.where(known | ~inside, values, np.interp(rows, place, values[known]))


def _mend_clock_change(sheet: np.ndarray) -> np.ndarray:
    """The hour that the clock skips in spring takes the mean of its neighbours, so that its day stays a whole day."""
    per_hour = sheet.shape[1] // 24
    skipped = np.isnan(sheet[:, 2 * per_hour : 3 * per_hour]).all(axis=1) & (np.isnan(sheet).sum(axis=1) == per_hour)
    for day in np.flatnonzero(skipped):
        sheet[day, 2 * per_hour : 3 * per_hour] = 0.5 * (sheet[day, 2 * per_hour - 1] + sheet[day, 3 * per_hour])
    return sheet


def _mend_weather(grid: np.ndarray, known: int) -> np.ndarray | None:
    """Gaps take the line between neighbours, long ones the same slot of the day before; None without weather to speak of.

    Weather of which nothing is known ahead is of no use to a forecast and is left out: its experts would be asked for what
    they cannot have.
    """
    if known and np.isfinite(grid[:known]).mean() < 0.5:
        return None
    if not np.isfinite(grid[known : known + 1]).any():
        return None
    flat = grid.reshape(-1)
    there = np.isfinite(flat)
    rows = np.arange(len(flat))
    nearest = np.minimum(
        rows - np.maximum.accumulate(np.where(there, rows, -(10**9))),
        np.minimum.accumulate(np.where(there, rows, 2 * 10**9)[::-1])[::-1] - rows,
    )
    filled = np.interp(rows, rows[there], flat[there])
    slots = grid.shape[1]
    for row in np.flatnonzero(nearest * 24 > 6 * slots):  # further than six hours from anything known
        filled[row] = filled[row - slots] if row >= slots else filled[row]
    return filled.reshape(grid.shape)
