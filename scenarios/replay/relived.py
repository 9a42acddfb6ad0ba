"""To a moment in a run, without its boxes: what the town said is made again, or taken from the journal.

A simulated town lives again from the run's beginning, or where that has gone from the newest state that the journal keeps
(`twin.regie.checkpoints`), under the orders that were sent to it, 22 ms a quarter hour and side. It must say what it said on
air, bit for bit: then it is in the state in which it was. Measured telemetry cannot be made again: it is read from the journal
as it was known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from scenarios.replay.journalled import Journalled, decided_at, sent_after
from scenarios.replay.recorded import Recorded, joined
from twin.adapters.ready import Ready
from twin.contracts.ports import GridEvent, Readings, Telemetry
from twin.domain.grid import Topology
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s
from twin.regie.chain import Record
from twin.regie.effort import ON_AIR, Effort
from twin.regie.loop import Loop
from twin.regie.outcome import Memory
from twin.regie.parts import Parts
from twin.regie.side import readings_from_arrays
from twin.wiring import Ops, Progress, Window, Wired, wire


class Relived:
    """Telemetry of a simulated side that was brought to a moment: its past is what it said until then.

    Implements `twin.contracts.ports.Telemetry`.
    """

    def __init__(self, plant: Telemetry, past: Readings) -> None:
        self._plant, self._past = plant, past

    def history(self, start: datetime, end: datetime) -> Readings:
        """Every reading with ``start <= valid_time < end``: no other was known when the side was brought here."""
        wanted = (self._past.valid_time_s >= to_epoch_s(start)) & (self._past.valid_time_s < to_epoch_s(end))
        return Readings(*(column[wanted] for column in vars(self._past).values()))

    def read(self, as_of: datetime) -> Readings:
        """Of the plant."""
        return self._plant.read(as_of)

    def topology(self, as_of: datetime) -> Topology:
        """Of the plant."""
        return self._plant.topology(as_of)

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """Of the plant."""
        return self._plant.next_event(after, until)

    def checkpoint(self) -> bytes:
        """Of the plant."""
        return self._plant.checkpoint()

    def restore(self, checkpoint: bytes) -> None:
        """Of the plant."""
        self._plant.restore(checkpoint)


@dataclass(frozen=True)
class Moment:
    """A moment in a run. ``end``: up to where measured telemetry is read from the journal."""

    run: Journalled
    begin: datetime
    end: datetime


def wired_at(
    moment: Moment,
    ready: Ready,
    window: Window,
    state: Path,
    progress: Progress,
    on_ops: Ops,
    *,
    effort: Effort = ON_AIR,
) -> Wired:
    """Everything built for ``window`` as the run had it at ``moment``: its sources, and what was decided and recommended then.

    Args:
        window: begins at ``moment``. The rest: see `twin.wiring.wire`.

    Raises:
        BadInput: when the town lives otherwise than it did on air, naming the first quarter hour; and as `twin.wiring.wire`.
    """
    # Customers were registered at the beginning of the run, and are not counted anew in its middle.
    wired = wire(ready, window, state, progress, on_ops, effort=effort, registered=moment.run.start)
    try:
        return replace(wired, loop=Loop(wired.parts, _brought_to(moment, wired.parts, progress)))
    except BaseException:
        wired.parts.journal.close()
        raise


def _brought_to(moment: Moment, parts: Parts, progress: Progress) -> Memory:
    """Bring the sources to the moment; what was decided and recommended then."""
    run, begin = moment.run, moment.begin
    if parts.referee is None:
        parts.live.telemetry = Recorded(parts.live.telemetry, run, moment.end)
        return _decided(run, begin)
    if begin == run.start:
        return Memory()
    sides = {"live": parts.live} | ({} if parts.baseline is None else {"baseline": parts.baseline})
    seq, states = run.checkpoint_at(begin) or (-1, {})
    past = begin - parts.prehistory
    before = past < run.start or seq < 0  # what is known of the weeks before the run, in which a town without a state begins
    pasts = {
        name: [side.telemetry.history(run.start - parts.prehistory, run.start)] if before else []
        for name, side in sides.items()
    }
    memory, whole_s = Memory(), (begin - run.start).total_seconds()
    for record, following in _with_following(run, run.before(seq, past), begin):
        for name, side in sides.items():
            if record.seq == seq:
                side.telemetry.restore(states[f"{name}.checkpoint"].tobytes())
            known = record.seq <= seq
            pasts[name].append(
                readings_from_arrays(record.arrays, name) if known else _said_again(side.telemetry, name, record, run)
            )
        if parts.actuator is not None and record.seq >= seq:
            parts.actuator.send(sent_after(record, following))
        memory = decided_at(record, following) if record.as_of_s == to_epoch_s(begin) else memory
        progress("the town lives through it again", (record.as_of_s - to_epoch_s(run.start)) / whole_s)
    for name, side in sides.items():
        side.telemetry = Relived(side.telemetry, joined(pasts[name]))
    return memory


def _with_following(run: Journalled, after: datetime | None, until: datetime) -> Iterator[tuple[Record, Record | None]]:
    """Records with ``after < as_of <= until``, each with the next one; None behind the journal's last."""
    held: Record | None = None
    for record in run.records(after):
        if held is not None:
            yield held, record
        if from_epoch_s(record.as_of_s) > until:
            return
        held = record
    if held is not None:
        yield held, None


def _decided(run: Journalled, begin: datetime) -> Memory:
    for record, following in _with_following(run, begin - QUARTER_HOUR, begin):
        if from_epoch_s(record.as_of_s) == begin:
            return decided_at(record, following)
    return Memory()


def _said_again(telemetry: Telemetry, side: str, record: Record, run: Journalled) -> Readings:
    """What a side says at the instant of ``record``.

    Raises:
        BadInput: when that is not what it said on air.
    """
    as_of = from_epoch_s(record.as_of_s)
    said, on_air = telemetry.read(as_of), readings_from_arrays(record.arrays, side)
    journalled = record.meta if side == "live" else record.meta["alone"]
    apart = "" if _same(said, on_air) else _difference(said, on_air)
    # Asked on air, too: what falls silent remembers the last that was heard.
    if telemetry.topology(as_of) != Topology.from_meta(journalled["topology"]):
        apart = "its switches stand otherwise"
    if apart:
        place, who = f"{run.state}: tick {record.seq} at {as_of.isoformat()}", "town" if side == "live" else "do-nothing twin"
        remedy = "replay it with the release and the site that were on air, or from its beginning"
        raise BadInput([Problem(place, f"of the {who}, {apart}", "what it said on air, bit for bit", remedy)])
    return said


def _same(first: Readings, second: Readings) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(_columns(first), _columns(second), strict=True)
    )


def _difference(said: Readings, on_air: Readings) -> str:
    if len(said.value) != len(on_air.value):
        return f"there are {len(said.value)} readings instead of {len(on_air.value)}"
    rows = zip(*(zip(*map(np.ndarray.tolist, _columns(each)), strict=True) for each in (said, on_air)), strict=True)
    return f"{sum(repr(one) != repr(other) for one, other in rows)} of {len(said.value)} readings are others"


def _columns(readings: Readings) -> list[np.ndarray]:
    return [readings.channel, readings.valid_time_s, readings.known_time_s, readings.value]
