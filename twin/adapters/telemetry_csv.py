"""Telemetry from a folder of CSV files: any utility's recorded day replayed through the same port as the live plant.

The files are read once, at start. There is no outlook and no actuator behind them: such a site is read-only.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin.adapters.csv_rows import Row, read_rows
from twin.contracts.ports import GridEvent, Readings
from twin.domain.channels import Channel
from twin.domain.grid import Topology
from twin.domain.pack import pack, unpack
from twin.domain.problems import Problem
from twin.domain.time import from_epoch_s, to_epoch_s
from twin.site import Site

_POSITIONS = frozenset({"closed", "tap_pos"})


class CsvTelemetry:
    """Implements `twin.contracts.ports.Telemetry`.

    Args:
        channels: the site's channels in order. ``folder``: with the CSV files. ``timezone``: of stamps without offset.
        normal_closed: switch -> position in the grid file. ``normal_tap``: transformer -> tap position in the grid file.
        tap_range: transformer -> lowest and highest tap, NaN where it has no tap changer.

    Attributes:
        problems: every row that was refused, with file and line.

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
        self._normal_closed, self._normal_tap = dict(normal_closed), dict(normal_tap)
        rows, bad = read_rows(folder, {channel.name: i for i, channel in enumerate(channels)}, timezone)
        impossible = impossible_positions(rows, self._channels, tap_range)
        rows = [row for row in rows if row not in impossible]
        self.problems = (*bad, *impossible.values())
        self._channel = np.array([row.channel for row in rows], dtype=np.int32)
        self._valid = np.array([row.valid_time_s for row in rows], dtype=np.int64)
        self._known = np.array([row.known_time_s for row in rows], dtype=np.int64)
        self._value = np.array([row.value for row in rows], dtype=float)
        positions = {i for i, channel in enumerate(channels) if channel.quantity in _POSITIONS}
        self._positions = [row for row in rows if row.channel in positions and np.isfinite(row.value)]
        self._events = self._switchings()
        self._read_until_s: int | None = None

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
        end_s = to_epoch_s(end)
        wanted = (self._valid >= to_epoch_s(start)) & (self._valid < end_s) & (self._known <= end_s)
        self._read_until_s = max(end_s, self._read_until_s or end_s)
        return self._readings(np.flatnonzero(wanted))

    def read(self, as_of: datetime) -> Readings:
        """Readings that became known since the last call (or `history`) and not later than ``as_of``."""
        as_of_s = to_epoch_s(as_of)
        first = 0 if self._read_until_s is None else int(np.searchsorted(self._known, self._read_until_s, side="right"))
        last = int(np.searchsorted(self._known, as_of_s, side="right"))
        self._read_until_s = max(as_of_s, self._read_until_s or as_of_s)
        return self._readings(np.arange(first, max(first, last)))

    def topology(self, as_of: datetime) -> Topology:
        """Switches and taps as last telemetered, where they differ from the grid file."""
        newest: dict[int, Row] = {}
        for row in self._positions[: bisect.bisect_right(self._positions, to_epoch_s(as_of), key=lambda r: r.known_time_s)]:
            if row.channel not in newest or row.valid_time_s >= newest[row.channel].valid_time_s:
                newest[row.channel] = row
        opened: set[int] = set()
        closed: set[int] = set()
        taps: set[tuple[int, int]] = set()
        for number, row in newest.items():
            channel, value = self._channels[number], row.value
            if channel.table == "switch" and bool(value) != self._normal_closed.get(channel.index):
                (closed if value else opened).add(channel.index)
            elif channel.quantity == "tap_pos" and round(value) != self._normal_tap.get(channel.index):
                taps.add((channel.index, round(value)))
        return Topology(open_switches=frozenset(opened), closed_switches=frozenset(closed), tap_pos=frozenset(taps))

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first switching that became known with ``after < at < until``, or None."""
        return next((event for event in self._events if after < event.at < until), None)

    def checkpoint(self) -> bytes:
        """How far the files were read."""
        return pack({"read_until_s": self._read_until_s})

    def restore(self, checkpoint: bytes) -> None:
        """Read on from a checkpoint."""
        self._read_until_s = unpack(checkpoint)[0]["read_until_s"]

    def _readings(self, rows: np.ndarray) -> Readings:
        return Readings(self._channel[rows], self._valid[rows], self._known[rows], self._value[rows])

    def _switchings(self) -> tuple[GridEvent, ...]:
        """Changes of switch positions, in order of becoming known."""
        events, position = [], dict(self._normal_closed)
        for row in self._positions:
            channel = self._channels[row.channel]
            if channel.table != "switch":
                continue
            closed = bool(row.value)
            if position.get(channel.index) != closed:
                position[channel.index] = closed
                detail = {"closed": closed}
                events.append(GridEvent(from_epoch_s(row.known_time_s), "breaker", f"switch.{channel.index}", detail))
        return tuple(events)


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
