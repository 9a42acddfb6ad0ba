"""Measured telemetry as it was known on air: read from the journal, whatever the folder holds by now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from scenarios.replay.journalled import Journalled, event_of
from twin.contracts.ports import GridEvent, Readings, Telemetry
from twin.domain.grid import Topology
from twin.domain.pack import pack, unpack
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, to_epoch_s
from twin.regie.side import readings_from_arrays


class Recorded:
    """What a run's journal says that came in, and when. Implements `twin.contracts.ports.Telemetry`.

    Args:
        folder: the source behind the run: the weeks before it are in no journal, they are read there as known at its start.
        until: up to which instant the run is read.
    """

    def __init__(self, folder: Telemetry, run: Journalled, until: datetime) -> None:
        self._start = run.start
        self._folder = folder
        self._instants_s: list[int] = []
        self._batches: list[Readings] = []
        self._topologies: list[Topology] = []
        self._events: list[GridEvent] = []
        self._read_until_s = to_epoch_s(run.start)
        for record in run.records(None, until):
            self._instants_s.append(record.as_of_s)
            self._batches.append(readings_from_arrays(record.arrays, "live"))
            self._topologies.append(Topology.from_meta(record.meta["topology"]))
            event = event_of(record)
            self._events += [] if event is None else [event]

    def history(self, start: datetime, end: datetime) -> Readings:
        """Every reading with ``start <= valid_time < end`` that was known at ``end``."""
        begun, end_s = self._folder.history(start, min(self._start, end)), to_epoch_s(end)
        rows = [begun, *(over(self._batches[i], s) for i, s in enumerate(self._instants_s) if s <= end_s)]
        self._read_until_s = max(self._read_until_s, end_s)
        found = joined(rows)
        wanted = (found.valid_time_s >= to_epoch_s(start)) & (found.valid_time_s < end_s)
        return Readings(*(column[wanted] for column in vars(found).values()))

    def read(self, as_of: datetime) -> Readings:
        """What came in since the last call (or `history`), up to ``as_of``."""
        first, last = np.searchsorted(self._instants_s, (self._read_until_s, to_epoch_s(as_of)), side="right")
        self._read_until_s = max(to_epoch_s(as_of), self._read_until_s)
        return joined([_NOTHING, *self._batches[first:last]])

    def topology(self, as_of: datetime) -> Topology:
        """Switches and taps as the last tick up to ``as_of`` knew them; before the first, as the folder says."""
        at = int(np.searchsorted(self._instants_s, to_epoch_s(as_of), side="right"))
        return self._topologies[at - 1] if at else self._folder.topology(as_of)

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first change of the grid with ``after < at < until`` for which the run made a tick, or None."""
        return next((event for event in self._events if after < event.at < until), None)

    def checkpoint(self) -> bytes:
        """Up to which instant was read."""
        return pack({"read_until": from_epoch_s(self._read_until_s).isoformat()})

    def restore(self, checkpoint: bytes) -> None:
        """Read on from there."""
        self._read_until_s = to_epoch_s(datetime.fromisoformat(unpack(checkpoint)[0]["read_until"]))


_NOTHING = Readings(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def over(readings: Readings, as_of_s: int) -> Readings:
    """Without labels that were not over when they came: these were quarantined for good."""
    complete = readings.valid_time_s + QUARTER_HOUR_S <= as_of_s
    return Readings(*(column[complete] for column in vars(readings).values()))


def joined(parts: Sequence[Readings]) -> Readings:
    """One batch, in order."""
    return Readings(*(np.concatenate(columns) for columns in zip(*(vars(part).values() for part in parts), strict=True)))
