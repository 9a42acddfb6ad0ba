"""Telemetry from a folder of CSV files: a utility's recorded day, or what its control system writes while the régie is on air.

The folder is followed. A row that comes before the instant at which it became known is read in that instant; one that comes
later is read right after what was read last, in the next tick. Where its file does not say when it became known, that second is
its known time: it depends on the tick before alone, not on when somebody looked, and a correction so beats what it corrects.
What was read is in the journal and is never read again, whatever the folder holds after a restart. There is no outlook and no
actuator behind the files: such a site is read-only.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin.adapters.csv_folder import Mark
from twin.adapters.csv_rows import News, Row, RowSource
from twin.contracts.ports import GridEvent, Readings
from twin.domain.channels import Channel
from twin.domain.grid import Topology
from twin.domain.pack import pack, unpack
from twin.domain.problems import Problem
from twin.domain.time import from_epoch_s, to_epoch_s
from twin.site import Site

_LOG = logging.getLogger(__name__)
_POSITIONS = frozenset({"closed", "tap_pos"})
_NEVER = -(1 << 62)
_ROW = np.dtype("i8, i8, i8, i4, f8, ?, i4, i4")
_ROW.names = ("due", "known", "valid", "channel", "value", "stated", "file", "line")
"""``due``: the second in which the row is read, its known time or, for one that came too late for that, a later one."""


class CsvTelemetry:
    """Implements `twin.contracts.ports.Telemetry`.

    Args:
        channels: the site's channels in order. ``folder``: with the CSV files. ``timezone``: of stamps without offset.
        normal_closed: switch -> position in the grid file. ``normal_tap``: transformer -> tap position in the grid file.
        tap_range: transformer -> lowest and highest tap, NaN where it has no tap changer.

    Attributes:
        problems: every row that was refused at start, with file and line; those of later looks are logged.

    Raises:
        BadInput: when the folder or a file's columns are missing.
    """

    problems: tuple[Problem, ...]

    def __init__(
        self,
        channels: Sequence[Channel],
        folder: Path,
        *,
        timezone: str | None,
        normal_closed: Mapping[int, bool],
        normal_tap: Mapping[int, int],
        tap_range: Mapping[int, tuple[float, float]],
    ) -> None:
        self._channels = tuple(channels)
        self._normal_closed, self._normal_tap, self._tap_range = dict(normal_closed), dict(normal_tap), dict(tap_range)
        self._placing = [i for i, channel in enumerate(channels) if channel.quantity in _POSITIONS]
        self._folder = folder
        self._source = RowSource(folder, {channel.name: i for i, channel in enumerate(channels)}, timezone)
        self._files: dict[str, int] = {}
        self._lost = False
        self._read_until_s = _NEVER
        self._positions: dict[int, tuple[int, float]] = {}  # channel -> label and value, of rows that are no longer held
        self._rows = self._placings = np.empty(0, _ROW)
        self.problems = self._take(self._source.whole())

    @classmethod
    def of(cls, site: Site, net: Any) -> CsvTelemetry:
        """The telemetry that the site file declares, with normal positions from its grid.

        Raises:
            BadInput: see the class.
        """
        taps = net.trafo["tap_pos"].dropna()
        return cls(
            site.channels,
            site.beside(site.telemetry.folder or ""),
            timezone=site.telemetry.timezone,
            normal_closed={int(i): bool(closed) for i, closed in net.switch["closed"].items()},
            normal_tap={int(i): int(position) for i, position in taps.items()},
            tap_range=tap_ranges(net),
        )

    def history(self, start: datetime, end: datetime) -> Readings:
        """Every reading with ``start <= valid_time < end`` that was known at ``end``, in order of becoming known."""
        end_s, rows = to_epoch_s(end), self._rows
        wanted = (rows["valid"] >= to_epoch_s(start)) & (rows["valid"] < end_s) & (rows["known"] <= end_s)
        self._read_until_s = max(end_s, self._read_until_s)
        return _readings(rows[wanted])

    def read(self, as_of: datetime) -> Readings:
        """Readings that became known, or came, since the last call (or `history`), known not later than ``as_of``."""
        self._follow()
        as_of_s = to_epoch_s(as_of)
        first, last = np.searchsorted(self._rows["due"], (self._read_until_s, as_of_s), side="right")
        self._read_until_s = max(as_of_s, self._read_until_s)
        return _readings(self._rows[first : max(first, last)])

    def topology(self, as_of: datetime) -> Topology:
        """Switches and taps as last telemetered, where they differ from the grid file."""
        opened: set[int] = set()
        closed: set[int] = set()
        taps: set[tuple[int, int]] = set()
        for number, (_, value) in self._positions_at(to_epoch_s(as_of)).items():
            channel = self._channels[number]
            if channel.table == "switch" and bool(value) != self._normal_closed.get(channel.index):
                (closed if value else opened).add(channel.index)
            elif channel.quantity == "tap_pos" and round(value) != self._normal_tap.get(channel.index):
                taps.add((channel.index, round(value)))
        return Topology(open_switches=frozenset(opened), closed_switches=frozenset(closed), tap_pos=frozenset(taps))

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first switching that became known, or came, with ``after < at < until``, or None."""
        self._follow()
        return next((event for event in self._events if after < event.at < until), None)

    def checkpoint(self) -> bytes:
        """How far each file was read, up to which instant, and the positions of switches and taps by then."""
        marks = {name: [mark.lines, mark.size, mark.crc] for name, mark in self._source.folder.marks.items()}
        positions = [[channel, *position] for channel, position in self._positions_at(self._read_until_s).items()]
        return pack({"read_until_s": self._read_until_s, "files": marks, "positions": positions})

    def restore(self, checkpoint: bytes) -> None:
        """Read on from a checkpoint: what came after it is new, however long ago it became known."""
        held = unpack(checkpoint)[0]
        self._read_until_s = held["read_until_s"]
        self._positions = {channel: (valid_s, value) for channel, valid_s, value in held["positions"]}
        self._source.folder.go_back({name: Mark(*mark) for name, mark in held["files"].items()})
        marks = self._source.folder.marks
        before = np.array([marks[name].lines if name in marks else 0 for name in self._files], dtype=np.int64)
        rows = self._rows[(self._rows["line"] <= before[self._rows["file"]]) & (self._rows["known"] > self._read_until_s)]
        self._rows = np.empty(0, _ROW)
        self._hold(rows)

    # ------------------------------------------------------------------------------------------ the folder

    def _follow(self) -> None:
        """Take in what came; nothing that stands in the folder, or no longer does, ends the run."""
        news = self._source.look()
        if (news.unread is not None) != self._lost:
            self._lost = news.unread is not None
            _LOG.warning(
                "telemetry in %s %s", self._folder, f"cannot be read: {news.unread}" if self._lost else "is read again"
            )
        problems = self._take(news) if news.rows or news.anew or news.problems else ()
        if problems:
            _LOG.warning("%d telemetry rows left out, the first: %s; regie site check lists them", len(problems), problems[0])

    def _take(self, news: News) -> tuple[Problem, ...]:
        """Hold the good rows that came in place of those that their files no longer have; returns what was refused."""
        impossible = impossible_positions(news.rows, self._channels, self._tap_range)
        anew = [self._files[name] for name in news.anew if name in self._files]
        self._positions = self._positions_at(self._read_until_s)
        kept = (self._rows["due"] > self._read_until_s) & ~np.isin(self._rows["file"], anew)
        self._rows = self._rows[kept]
        number = self._files
        came = [
            (
                0,
                row.known_time_s,
                row.valid_time_s,
                row.channel,
                row.value,
                row.stated,
                number.setdefault(row.file, len(number)),
                row.line,
            )
            for row in news.rows
            if row not in impossible
        ]
        self._hold(np.array(came, _ROW))
        return (*news.problems, *impossible.values())

    def _hold(self, came: np.ndarray) -> None:
        """Put rows that came among those that are not due yet."""
        came["due"] = np.maximum(came["known"], self._read_until_s + 1)
        came["known"] = np.where(came["stated"], came["known"], came["due"])
        rows = np.concatenate([self._uncorrected(came), came])
        order = ("value", "known", "channel", "valid", "due")  # the last counts most; no order of arrival is left
        self._rows = rows[np.lexsort([rows[name] for name in order])]
        self._placings = self._rows[np.isin(self._rows["channel"], self._placing) & ~np.isnan(self._rows["value"])]
        self._events = self._switchings()

    def _uncorrected(self, came: np.ndarray) -> np.ndarray:
        """Held rows less those that rows which came later correct: of what states no known time, the last word counts."""
        late = came[~came["stated"]]
        held = self._rows
        corrected = ~held["stated"] & np.isin(_reading(held), _reading(late)) if len(held) and len(late) else None
        return held if corrected is None else held[~corrected]

    # ------------------------------------------------------------------------------------------ switches and taps

    def _positions_at(self, as_of_s: int) -> dict[int, tuple[int, float]]:
        """Channel of a switch or tap -> label and value of its newest position that was read up to then."""
        newest = dict(self._positions)
        rows = self._placings[: np.searchsorted(self._placings["due"], as_of_s, side="right")]
        rows = rows[np.argsort(rows["valid"], kind="stable")]
        for channel, valid_s, value in zip(*(rows[name].tolist() for name in ("channel", "valid", "value")), strict=True):
            if channel not in newest or valid_s >= newest[channel][0]:
                newest[channel] = (valid_s, value)
        return newest

    def _switchings(self) -> tuple[GridEvent, ...]:
        """Changes of switch positions, in order of becoming known; an older position that comes later changes none."""
        events, newest = [], dict(self._positions)
        for due_s, number, valid_s, value in zip(
            *(self._placings[name].tolist() for name in ("due", "channel", "valid", "value")), strict=True
        ):
            channel = self._channels[number]
            before = newest.get(number, (valid_s, self._normal_closed.get(channel.index)))
            if channel.table != "switch" or valid_s < before[0]:
                continue
            newest[number] = (valid_s, value)
            if before[1] is None or bool(before[1]) != bool(value):
                detail = {"closed": bool(value)}
                events.append(GridEvent(from_epoch_s(due_s), "breaker", f"switch.{channel.index}", detail))
        return tuple(events)


def _reading(rows: np.ndarray) -> np.ndarray:
    """What a row is about: when it is due, its channel, its label; as one comparable value each."""
    return np.rec.fromarrays([rows[name] for name in ("due", "channel", "valid")])


def _readings(rows: np.ndarray) -> Readings:
    return Readings(*(rows[name].copy() for name in ("channel", "valid", "known", "value")))


def tap_ranges(net: Any) -> dict[int, tuple[float, float]]:
    """Transformer -> lowest and highest tap of a pandapower net, NaN where it has no tap changer."""
    return {int(index): (float(low), float(high)) for index, low, high in net.trafo[["tap_min", "tap_max"]].itertuples()}


def impossible_positions(
    rows: Sequence[Row], channels: Sequence[Channel], tap_range: Mapping[int, tuple[float, float]]
) -> dict[Row, Problem]:
    """Rows that say of a switch or tap what cannot be, with the fault."""
    found = {row: _impossible(row, channels[row.channel], tap_range) for row in rows}
    return {row: fault for row, fault in found.items() if fault is not None}


def _impossible(row: Row, channel: Channel, tap_range: Mapping[int, tuple[float, float]]) -> Problem | None:
    """Why a switch or tap cannot be where the row says; None where it can, and for measured quantities.

    A wrong power is one measurement among many, and refused by its range later on. A position changes the grid itself.
    """
    if channel.quantity not in _POSITIONS or math.isnan(row.value):
        return None
    value = f"{channel.name} {row.value:g}"
    if channel.quantity == "closed" and row.value not in {0.0, 1.0}:
        return Problem(row.place, value, "0 (open) or 1 (closed)", "correct the row")
    if not channel.minimum <= row.value <= channel.maximum:
        limit = f"{channel.minimum:g} to {channel.maximum:g}, the channel's range"
        return Problem(row.place, value, limit, "correct the row, or the range in the site file")
    low, high = tap_range.get(channel.index, (math.nan, math.nan)) if channel.quantity == "tap_pos" else (0.0, 1.0)
    if not low <= row.value <= high:
        return Problem(row.place, value, f"a tap from {low:g} to {high:g} as in the grid", "correct the row, or the grid file")
    return None
