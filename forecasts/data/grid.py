"""From rows with stamps to one regular grid: the step, duplicates, order, stamps beside the grid, longer intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.data.runs import runs_of
from forecasts.data.table import Table
from twin.domain.problems import Problems
from twin.domain.time import from_epoch_s

STEPS_S = (60, 120, 180, 300, 600, 900, 1800, 3600)
"""Steps of a measured series that are read; below a quarter hour they are averaged to one."""

WEATHER_STEPS_S = (*STEPS_S, 7200, 10_800)

_DAY_S = 86_400
_QUARTER_S = 900
_STRAY_S = 400 * _DAY_S
_OFF_GRID_SHARE = 0.05
_OTHER_STEP_ROWS = 48  # in a row: gaps do not come so regularly
_OTHER_STEP_SHARE = 0.05
_MOST_ROWS = 20_000_000


def find_step(stamps_s: np.ndarray, steps: Sequence[int], place: str, problems: Problems) -> int | None:
    """The most frequent difference of consecutive stamps [s], or None when it is none that can be used, which is noted."""
    differences = np.rint(np.diff(np.unique(stamps_s)) / 60.0).astype(np.int64) * 60  # loggers' seconds jitter
    differences = differences[differences > 0]
    if not len(differences):
        problems.add(place, "fewer than two different times", "a series of rows", "export a longer span")
        return None
    found, counts = np.unique(differences, return_counts=True)
    step = int(found[np.argmax(counts)])
    if step not in steps:
        known = ", ".join(f"{each // 60}" for each in steps)
        remedy = (
            "daily, weekly or monthly figures say nothing of the hours: export them by the hour or quarter hour"
            if step >= _DAY_S
            else "check the time column, or resample the file to one of these"
        )
        problems.add(place, f"a row every {step / 60:g} min", f"a row every {known} min", remedy)
        return None
    other = runs_of(differences.astype(float))
    changed = np.flatnonzero((other.value != step) & (other.length >= _OTHER_STEP_ROWS))
    if other.length[changed].sum() > _OTHER_STEP_SHARE * len(differences):
        at = from_epoch_s(int(np.unique(stamps_s)[other.first[changed[0]]])).strftime("%Y-%m-%d %H:%M")
        value = f"a row every {step // 60} min, and every {other.value[changed[0]] / 60:g} min from {at} on"
        problems.add(place, value, "one step", "read the spans apart, or resample one of them")
        return None
    return step


@dataclass(frozen=True)
class Grid:
    """A regular grid and the row that stands for each interval.

    Attributes:
        start_s: UTC start of interval 0. ``row``: dims (time,), -1 for none.
        off_grid, nudged, stray, repeated, contradicting, out_of_order: rows, as `forecasts.data.quality.TEXTS` names them.
        doubtful: intervals whose row contradicts another one.
        phase_s: how far after a whole step every interval begins (0: on it).
    """

    start_s: int
    step_s: int
    phase_s: int
    row: np.ndarray
    doubtful: np.ndarray
    off_grid: np.ndarray
    nudged: np.ndarray
    stray: np.ndarray
    repeated: np.ndarray
    contradicting: np.ndarray
    out_of_order: np.ndarray


def lay_grid(start_s: np.ndarray, values: np.ndarray, step_s: int, table: Table, problems: Problems) -> Grid | None:
    """Give each row its interval; None when a fault was noted, as for stamps that follow no grid.

    Args:
        start_s: UTC starts in the file's order, dims (row,). ``values``: dims (row,), or (row, column): what makes two rows
            of one stamp equal. A row with a value beats one without; then the later one counts.
    """
    near = _main_cluster(start_s)
    phase = _phase(start_s[near], step_s)
    offset = start_s - phase
    nearest = np.rint(offset / step_s).astype(np.int64)
    miss = np.abs(offset - nearest * step_s)
    close = max(1, step_s // 60)
    on_grid = near & (miss <= close)
    off_grid = np.flatnonzero(near & ~on_grid)
    if len(off_grid) > _OFF_GRID_SHARE * np.count_nonzero(near):
        limit = f"at most {_OFF_GRID_SHARE:.0%} of the rows beside a grid of {step_s // 60} min"
        value = f"{len(off_grid)} of {len(start_s)} stamps are irregular"
        problems.add(table.places(off_grid), value, limit, f"resample the file to {step_s // 60} min, or check the time column")
        return None
    rows = np.flatnonzero(on_grid)
    first, last = int(nearest[rows].min()), int(nearest[rows].max())
    if last - first > _MOST_ROWS:
        value = f"{last - first} intervals from first to last"
        problems.add(", ".join(table.files), value, f"at most {_MOST_ROWS}", "read a shorter span")
        return None
    slots = nearest[rows] - first
    at, repeated, contradicting = _one_row_each(slots, rows, values, last - first + 1)
    doubtful = np.zeros(last - first + 1, dtype=bool)
    doubtful[nearest[contradicting] - first] = True
    return Grid(
        start_s=first * step_s + phase,
        step_s=step_s,
        phase_s=phase,
        row=at,
        doubtful=doubtful,
        off_grid=off_grid,
        nudged=rows[miss[rows] > 0],
        stray=np.flatnonzero(~near),
        repeated=repeated,
        contradicting=contradicting,
        out_of_order=rows[slots < np.maximum.accumulate(slots)],
    )


def _main_cluster(start_s: np.ndarray) -> np.ndarray:
    """False for the few rows that lie more than a year away from all others: a mistyped year would make a grid of decades."""
    order = np.argsort(start_s, kind="stable")
    cluster = np.empty(len(start_s), dtype=np.int64)
    cluster[order] = np.concatenate([[0], np.cumsum(np.diff(start_s[order]) > _STRAY_S)])
    sizes = np.bincount(cluster)
    return np.asarray(sizes[cluster] >= min(0.01 * len(start_s), sizes.max()))


def _phase(start_s: np.ndarray, step_s: int) -> int:
    """Where in a step most intervals begin [s]; seconds after a whole step are jitter."""
    within, counts = np.unique(start_s % step_s, return_counts=True)
    phase = int(within[np.argmax(counts)])
    close = max(1, step_s // 60)
    return 0 if min(phase, step_s - phase) <= close else phase


def _one_row_each(slots: np.ndarray, rows: np.ndarray, values: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The row of each interval, rows that repeat it, and rows that say something else."""
    table = values.reshape(len(values), -1)
    filled = np.isfinite(table[rows]).any(axis=1)
    order = np.lexsort((np.arange(len(rows)), filled, slots))  # within an interval: empty ones first, then the file's order
    slots, rows = slots[order], rows[order]
    last = np.append(slots[1:] != slots[:-1], True)
    at = np.full(n, -1, dtype=np.int64)
    at[slots[last]] = rows[last]
    beaten, winner = rows[~last], at[slots[~last]]
    same = np.array([_equal(table[one], table[other]) for one, other in zip(beaten, winner, strict=True)], dtype=bool)
    return at, np.sort(beaten[same]), np.sort(beaten[~same])


def _equal(beaten: np.ndarray, winner: np.ndarray) -> bool:
    return bool(np.all(np.isnan(beaten)) or np.array_equal(beaten, winner, equal_nan=True))


def longer_steps(values: np.ndarray, times: int, lead: int) -> tuple[np.ndarray, np.ndarray]:
    """Means over ``times`` intervals at a time, and which of them rest on some only; at least half must be there.

    Args:
        lead: how many intervals are missing before the first in its longer interval.
    """
    tail = -(len(values) + lead) % times
    parts = np.concatenate([np.full(lead, np.nan), values, np.full(tail, np.nan)]).reshape(-1, times)
    known = np.isfinite(parts).sum(axis=1)
    enough = 2 * known >= times
    means = np.divide(np.nansum(parts, axis=1), known, out=np.full(len(parts), np.nan), where=enough)
    return means, enough & (known < times)


def onto_whole_steps(values: np.ndarray, phase_s: int, step_s: int) -> np.ndarray:
    """Mean power of whole steps, from intervals that begin ``phase_s`` after them; one interval more, energy kept.

    Interval ``i`` of the result lies before ``values[i]`` for ``phase_s``, and within it for the rest.
    """
    share = phase_s / step_s
    earlier = np.concatenate([[np.nan], values])
    later = np.concatenate([values, [np.nan]])
    return share * earlier + (1.0 - share) * later
