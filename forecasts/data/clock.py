"""Labels of a clock on the wall to the UTC starts of their intervals, through both clock changes.

In autumn an hour of labels stands twice, and exports differ in three ways: which labels stand twice when a label marks the end
of its interval (02:00 to 02:45, or 02:15 to 03:00), whether the second run comes after the first or row by row beside it, and
whether there is a second run at all. The first is seen from the labels. The second is settled by the order of the rows
where they run through the hour twice, and elsewhere by the smoothest way through the hour, which is counted. Labels of a
doubled hour that stand only once are an hour uncertain, and left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.data.doubled import Pair, smoothest

_DAY_S = 86_400


@dataclass(frozen=True)
class Placed:
    """Where rows lie in UTC.

    Attributes:
        start_s: of each row's interval, dims (row,); meaningless for the rows named below.
        absent: rows whose label the clock never shows. ``undecided``: rows of a doubled hour that could be either.
        guessed: rows of a doubled hour placed by the smoothest way.
    """

    start_s: np.ndarray
    absent: np.ndarray
    undecided: np.ndarray
    guessed: np.ndarray


@dataclass(frozen=True)
class Zone:
    """The offsets of a time zone: ``offset_s[k]`` holds from ``since_s[k - 1]`` to ``since_s[k]`` (UTC)."""

    since_s: np.ndarray
    offset_s: np.ndarray

    def early(self, wall_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First instant at which the clock shows ``wall_s``, and whether it ever does."""
        regime = np.searchsorted(self.since_s + self.offset_s[:-1], wall_s, side="right")
        begins = np.concatenate([[-np.inf], self.since_s + self.offset_s[1:]])
        return wall_s - self.offset_s[regime], begins[regime] <= wall_s

    def late(self, wall_s: np.ndarray) -> np.ndarray:
        """Last instant at which the clock shows ``wall_s``."""
        return wall_s - self.offset_s[np.searchsorted(self.since_s + self.offset_s[1:], wall_s, side="right")]

    def folds(self) -> list[tuple[int, int]]:
        """First wall second of each doubled hour, and the one after its last."""
        after, before = self.since_s + self.offset_s[1:], self.since_s + self.offset_s[:-1]
        return [(int(a), int(b)) for a, b in zip(after, before, strict=True) if a < b]

    def gaps(self) -> np.ndarray:
        """First wall second of each hour that the clock leaves out."""
        after, before = self.since_s + self.offset_s[1:], self.since_s + self.offset_s[:-1]
        return before[after > before]


@lru_cache(maxsize=8)
def zone_between(name: str, first_s: int, last_s: int) -> Zone:
    """Offsets of an IANA zone over a span of UTC seconds."""
    zone = ZoneInfo(name)

    def offset(at_s: int) -> int:
        ahead = datetime.fromtimestamp(at_s, tz=UTC).astimezone(zone).utcoffset()
        return int(ahead.total_seconds()) if ahead is not None else 0

    days = range(first_s - 2 * _DAY_S, last_s + 3 * _DAY_S, _DAY_S)
    since, offsets = [], [offset(days[0])]
    for day, after in pairwise(days):
        if offset(after) != offset(day):
            low, high = day, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(day) else (low, middle)
            since.append(high)
            offsets.append(offset(after))
    return Zone(np.array(since, dtype=np.int64), np.array(offsets, dtype=np.int64))


def place_rows(wall_s: np.ndarray, values: np.ndarray, *, zone: str, step_s: int, label_end: bool) -> Placed:
    """UTC starts of the intervals that wall labels mark.

    Args:
        wall_s: labels without offset in the file's order, dims (row,), superseded rows left out.
        values: any unit, to tell a doubled hour's runs apart.
    """
    known = zone_between(zone, int(wall_s.min()) // _DAY_S * _DAY_S, int(wall_s.max()) // _DAY_S * _DAY_S)
    key, back = _keys(wall_s, known, step_s=step_s, label_end=label_end)
    start, shown = known.early(key)
    start = start - back
    undecided, guessed = [], []
    for first, end in known.folds():
        inside = np.flatnonzero((key >= first) & (key < end))
        if not len(inside):
            continue
        pairs, single = _pairs(inside, key, values)
        undecided += single
        if not pairs:
            continue
        later = known.late(key[inside[:1]])[0] - known.early(key[inside[:1]])[0][0]
        if _runs_twice(pairs):
            swapped = [False] * len(pairs)
        else:
            before, after = (_value_at(wall_s, values, start, at) for at in _edges(pairs, start, later, step_s))
            swapped = smoothest([Pair(values[pair[0]], values[pair[1]]) for pair in pairs], before, after)
            guessed += [row for pair in pairs for row in pair]
        for pair, swap in zip(pairs, swapped, strict=True):
            start[pair[0] if swap else pair[1]] += later
    return Placed(start, np.flatnonzero(~shown), _rows(undecided), _rows(guessed))


def _keys(wall_s: np.ndarray, zone: Zone, *, step_s: int, label_end: bool) -> tuple[np.ndarray, np.ndarray]:
    """The wall second to look up for each row, and how far before it its interval begins."""
    key, back = wall_s.copy(), np.full(len(wall_s), step_s if label_end else 0, dtype=np.int64)
    if not label_end:
        return key, back
    # A label that marks an end may count on along the wall (01:45 + 0:15 = 02:00, which the clock skips) or through the change.
    along = np.isin(wall_s, zone.gaps())
    for first, end in zone.folds():
        if np.count_nonzero(wall_s == end) > 1 and np.count_nonzero(wall_s == first) < 2:
            along |= (wall_s >= first) & (wall_s <= end)
    key[along] -= step_s
    back[along] = 0
    return key, back


def _pairs(inside: np.ndarray, key: np.ndarray, values: np.ndarray) -> tuple[list[tuple[int, int]], list[int]]:
    """Rows of each doubled label, in label order, and rows that stand alone or are too many to tell."""
    by_label: dict[int, list[int]] = {}
    for row in inside:
        by_label.setdefault(int(key[row]), []).append(int(row))
    pairs, single = [], []
    for label in sorted(by_label):
        rows = by_label[label]
        if len(rows) > 2:  # the file repeats itself: what counts are the last two values that differ
            different = list({float(values[row]): row for row in rows}.values())[-2:]
            rows = different if len(different) == 2 else rows[:2]
        if len(rows) == 2:
            pairs.append((rows[0], rows[1]))
        single += [row for row in by_label[label] if len(rows) != 2 or row not in rows]
    return pairs, single


def _runs_twice(pairs: list[tuple[int, int]]) -> bool:
    """Whether the rows' order tells the two runs apart: the whole first run stands before the second, both in label order."""
    first, second = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    in_order = first == sorted(first) and second == sorted(second) and first[-1] < second[0]
    return in_order and second[-1] - first[0] + 1 == 2 * len(pairs)


def _edges(pairs: list[tuple[int, int]], start: np.ndarray, later: int, step_s: int) -> tuple[int, int]:
    return int(start[pairs[0][0]] - step_s), int(start[pairs[-1][0]] + later + step_s)


def _value_at(wall_s: np.ndarray, values: np.ndarray, start: np.ndarray, at: int) -> float:
    rows = np.flatnonzero(start == at)
    return float(values[rows[-1]]) if len(rows) and len(wall_s) else float("nan")


def _rows(rows: list[int]) -> np.ndarray:
    return np.array(sorted(rows), dtype=np.int64)
