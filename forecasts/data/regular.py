"""A table's rows in time: stamps read and placed in UTC, final rows over preliminary ones, one row an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.data.clock import place_rows
from forecasts.data.grid import Grid, find_step, lay_grid
from forecasts.data.quality import FaultLog
from forecasts.data.stamps import Stamps, read_stamps
from forecasts.data.table import Table
from twin.domain.problems import Problems

_UNREADABLE_SHARE = 0.05
_CONTRADICTING_SHARE = 0.2
_FINAL = frozenset({"e", "final", "definitive", "definitiv", "validated", "actual", "measured"})
_PRELIMINARY = frozenset({"f", "p", "preliminary", "provisional", "provisorisch", "estimated", "forecast"})


@dataclass(frozen=True)
class Regular:
    """Rows on a grid.

    Attributes:
        rows: those of the table that ``grid`` counts in, dims (kept,); ``grid.row`` numbers them.
        guessed, preliminary: masks over the intervals.
    """

    rows: np.ndarray
    grid: Grid
    guessed: np.ndarray
    preliminary: np.ndarray

    def pick(self, column: np.ndarray) -> np.ndarray:
        """A column of the whole table on the grid, dims (time,), NaN where no row stands for an interval."""
        row = self.grid.row
        return np.where(row >= 0, column[self.rows[np.maximum(row, 0)]], np.nan)

    def table_rows(self, intervals: np.ndarray) -> np.ndarray:
        """Rows of the whole table that stand for some intervals, -1 for none."""
        row = self.grid.row[intervals]
        return np.where(row >= 0, self.rows[np.maximum(row, 0)], -1)


def regular_rows(
    table: Table,
    values: np.ndarray,
    *,
    time_column: str,
    timezone: str,
    label: str,
    steps: Sequence[int],
    log: FaultLog,
    problems: Problems,
    shift_s: int = 0,
    status: np.ndarray | None = None,
) -> Regular | None:
    """Place a table's rows on a grid, or note why they follow none and return None.

    Args:
        values: dims (row,) or (row, column), NaN where there is none: what tells a doubled hour and duplicates apart.
        timezone: of stamps without offset. ``label``: which end of an interval a stamp marks.
        status: of each row, dims (row,): "E" or "final" beats any other word, "F" or "preliminary" yields to any.
    """
    stamps = read_stamps(table.columns[time_column])
    if not _check(stamps, table, time_column, log, problems):
        return None
    rows = np.flatnonzero(stamps.found)
    differences = np.diff(stamps.seconds[rows])
    if np.count_nonzero(differences < 0) > 0.9 * len(differences):
        rows = rows[::-1]  # newest first: the order of a doubled hour is read backwards too
    rows, early = _final_rows(rows, stamps, values, status)
    log.note("superseded", np.sort(early))
    step = find_step(stamps.seconds[rows], steps, f"{', '.join(table.files)}: column {time_column!r}", problems)
    if step is None:
        return None
    rows, start, guessed = _starts(rows, stamps, values, step, timezone, label, log)
    if not len(rows):
        value = "every row is of an hour that the clock shows twice or never"
        problems.add(", ".join(table.files), value, "rows of other hours", "give the stamps an offset")
        return None
    start = start + shift_s
    grid = lay_grid(start, values[rows], step, table.take(rows), problems)
    if grid is None:
        return None
    if len(grid.contradicting) > _CONTRADICTING_SHARE * len(rows):
        value = f"{len(grid.contradicting)} of {len(rows)} rows contradict another row of the same time"
        remedy = "choose the rows of one series by another column, for example ZONEID=1"
        problems.add(table.places(rows[grid.contradicting]), value, "one row for each time", remedy)
        return None
    for kind in ("off_grid", "nudged", "stray", "repeated", "contradicting", "out_of_order"):
        found = getattr(grid, kind)
        if kind == "out_of_order":
            found = found[~guessed[found]]  # rows of a doubled hour stand side by side in every such file
        log.note(kind, rows[found], start[found])
    has_row, at = grid.row >= 0, np.maximum(grid.row, 0)
    provisional = has_row & _preliminary(status, len(table))[rows[at]]
    intervals = np.flatnonzero(provisional)
    log.note("preliminary", rows[grid.row[intervals]], grid.start_s + intervals * grid.step_s)
    return Regular(rows, grid, has_row & guessed[at], provisional)


def _starts(
    rows: np.ndarray, stamps: Stamps, values: np.ndarray, step_s: int, timezone: str, label: str, log: FaultLog
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that have a place in UTC, the starts of their intervals, and which of them were placed by the smoothest way."""
    seconds = stamps.seconds[rows]
    if stamps.zoned[rows].any():
        return rows, seconds - (step_s if label == "end" else 0), np.zeros(len(rows), dtype=bool)
    main = values.reshape(len(values), -1)[rows, 0]
    placed = place_rows(seconds, main, zone=timezone, step_s=step_s, label_end=label == "end")
    log.note("clock_absent", rows[placed.absent])
    log.note("clock_undecided", rows[placed.undecided])
    log.note("clock_guessed", rows[placed.guessed])
    number = np.arange(len(rows))
    kept = ~np.isin(number, np.concatenate([placed.absent, placed.undecided]))
    return rows[kept], placed.start_s[kept], np.isin(number, placed.guessed)[kept]


def _preliminary(status: np.ndarray | None, n: int) -> np.ndarray:
    """Rows that a status calls preliminary; a column of one and the same word tells nothing apart."""
    ranks = np.zeros(n, dtype=np.int64) if status is None else np.array([_rank(word) for word in status])
    return np.asarray((ranks == 0) & (ranks.max() > 0))


def _check(stamps: Stamps, table: Table, time_column: str, log: FaultLog, problems: Problems) -> bool:
    """Whether the column can be used; notes what not."""
    unreadable = np.flatnonzero(~stamps.found & ~stamps.empty)
    place = f"{', '.join(table.files)}: column {time_column!r}"
    if not stamps.found.any() or len(unreadable) > _UNREADABLE_SHARE * len(table):
        sample = ", ".join(repr(str(table.columns[time_column][row])) for row in unreadable[:3]) or "empty cells"
        value = f"no readable time in {len(table) - np.count_nonzero(stamps.found)} of {len(table)} rows, such as {sample}"
        where = f" ({table.places(unreadable)})" if len(unreadable) else ""
        limit = "stamps such as 2019-01-31T23:45, 31.01.2019 23:45 or 1548971100"
        problems.add(place + where, value, limit, "name the column of time; rows without dates need a stated start")
        return False
    zoned, naive = np.flatnonzero(stamps.found & stamps.zoned), np.flatnonzero(stamps.found & ~stamps.zoned)
    if len(zoned) and len(naive):
        few, what = (naive, "without") if len(naive) <= len(zoned) else (zoned, "with")
        value = f"{len(few)} stamps {what} an offset among others ({table.places(few)})"
        problems.add(place, value, "all stamps with an offset, or none", "give all of them one, for example +01:00 or Z")
        return False
    log.note("no_stamp", np.flatnonzero(stamps.empty))
    log.note("unreadable_stamp", unreadable)
    return True


def _rank(word: object) -> int:
    text = str(word).strip().lower()
    return 2 if text in _FINAL else 0 if text in _PRELIMINARY else 1


def _final_rows(
    rows: np.ndarray, stamps: Stamps, values: np.ndarray, status: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Rows without those that another row of the same stamp and a better status replaces, and these."""
    if status is None:
        return rows, rows[:0]
    filled = np.isfinite(values.reshape(len(values), -1)).any(axis=1)
    rank = np.array([_rank(word) for word in status[rows]]) - 3 * ~filled[rows]
    seconds, group = np.unique(stamps.seconds[rows], return_inverse=True)
    best = np.full(len(seconds), -9)
    np.maximum.at(best, group, rank)
    kept = rank == best[group]
    return rows[kept], rows[~kept]
