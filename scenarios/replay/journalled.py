"""A run as its journal tells it. It is only read, a few records at a time: a writer beside it is never held up by a reader."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from scenarios.play.ticks import Told
from twin.contracts.messages import Alarm, Command, Order, Recommendation
from twin.contracts.ports import GridEvent
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_epoch_s
from twin.regie import checkpoints, orders
from twin.regie.alarms import AlarmBook
from twin.regie.chain import Record, open_readonly, read_gone, read_meta, read_moments, read_records
from twin.regie.outcome import Memory
from twin.wiring import PREHISTORY

_AT_ONCE = 16
"""Records of one reading: some MB, some ms."""
_COMMANDS = TypeAdapter(tuple[Command, ...])
_ORDERS = TypeAdapter(tuple[Order, ...])
_ALARMS = TypeAdapter(tuple[Alarm, ...])
_RECOMMENDATIONS = TypeAdapter(tuple[Recommendation, ...])


@dataclass(frozen=True)
class Journalled:
    """What a state directory says of its run as a whole.

    Attributes:
        site, site_sha256: that it was written with. ``start``: of its first quarter hour.
        moments: (seq, kind, as_of in epoch seconds) of every record that was held when it was opened.
        gone: how many records before them were expunged. ``checkpoints``: records with which the sources' state is kept.
    """

    state: Path
    site: str
    site_sha256: str
    start: datetime
    moments: tuple[tuple[int, str, int], ...] = field(repr=False)
    gone: int = 0
    checkpoints: tuple[int, ...] = field(default=(), repr=False)

    @property
    def earliest(self) -> datetime:
        """Start of the first quarter hour that can be run again: the run's, or the first with all before it that boxes see."""
        if not self.gone:
            return self.start
        held = {seq: from_epoch_s(as_of_s) for seq, _, as_of_s in self.moments}
        oldest = next(from_epoch_s(as_of_s) for _, kind, as_of_s in self.moments if kind == "regular") + PREHISTORY
        to_whole = QUARTER_HOUR - timedelta(seconds=1)
        states = [floor_quarter(held[seq] + to_whole) for seq in self.checkpoints if seq in held]
        return max(oldest, min(states, default=self.end))

    def checkpoint_at(self, moment: datetime) -> tuple[int, Mapping[str, np.ndarray]] | None:
        """The newest record up to ``moment`` with which the sources' state is kept, and that state.

        None for a run that is held from its beginning: to live again from there proves more than a state that is read.

        Raises:
            BadInput: when it is not the state that the record's digest is of, or has gone meanwhile.
        """
        seqs = [seq for seq, _, as_of_s in self.moments if seq in self.checkpoints and from_epoch_s(as_of_s) <= moment]
        if not self.gone or not seqs:
            return None
        with closing(open_readonly(self.state)) as db:
            return seqs[-1], checkpoints.read(db, seqs[-1])

    @property
    def end(self) -> datetime:
        """Instant of its last regular tick."""
        return from_epoch_s(max(as_of_s for _, kind, as_of_s in self.moments if kind == "regular"))

    @property
    def ticks(self) -> int:
        """Regular ticks."""
        return sum(kind == "regular" for _, kind, _ in self.moments)

    def head_at(self, moment: datetime) -> str:
        """Chain value after the last record up to ``moment``; empty before the first, and behind the end of the journal."""
        seqs = [seq for seq, _, as_of_s in self.moments if from_epoch_s(as_of_s) <= moment]
        if not seqs or moment > self.end:
            return ""
        db = open_readonly(self.state)
        try:
            (head,) = db.execute("SELECT head FROM tick WHERE seq = ?", (seqs[-1],)).fetchone()
        finally:
            db.close()
        return str(head)

    def before(self, seq: int, moment: datetime) -> datetime | None:
        """An instant before both record ``seq`` and ``moment``, from which on records are needed; None: from the first held."""
        found = next((from_epoch_s(as_of_s) for number, _, as_of_s in self.moments if number == seq), None)
        return None if found is None else min(found - timedelta(seconds=1), moment)

    def records(self, after: datetime | None = None, until: datetime | None = None) -> Iterator[Record]:
        """Records with ``after < as_of <= until`` in order; None: from the first, to the last there was when it was opened."""
        wanted = [
            seq
            for seq, _, as_of_s in self.moments
            if (after is None or from_epoch_s(as_of_s) > after) and (until is None or from_epoch_s(as_of_s) <= until)
        ]
        while wanted:
            some, wanted = wanted[:_AT_ONCE], wanted[_AT_ONCE:]
            db = open_readonly(self.state)
            try:
                found = list(itertools.islice(read_records(db, some[0]), len(some)))
            finally:
                db.close()
            if [record.seq for record in found] != some:
                raise _gone_meanwhile(self.state, some[0])
            yield from found

    def told(self, after: datetime, until: datetime) -> tuple[Told, ...]:
        """What people asked for with ``after < at <= until``; a promotion changes boxes and is no answer to be repeated."""
        found = []
        for record in self.records(after, until):
            commands = tuple(c for c in _COMMANDS.validate_python(record.meta["commands"]) if not c.target.startswith("box:"))
            if commands:
                found.append(Told(from_epoch_s(record.as_of_s), commands, between=record.kind == "event"))
        return tuple(found)


def journalled(state: Path) -> Journalled:
    """The run that ``state`` holds.

    Raises:
        BadInput: without a journal, before its first tick, or when too little of it is held to run any of it again.
    """
    db = open_readonly(state)
    try:
        identity = read_meta(db)["identity"]
        moments = tuple(read_moments(db))
        gone, kept = sum(1 for _ in read_gone(db)), checkpoints.kept(db)
    finally:
        db.close()
    if not any(kind == "regular" for _, kind, _ in moments):
        value = f"all {gone} ticks were expunged after twelve months" if gone else "no tick in its journal"
        raise BadInput([Problem(str(state), value, "at least one", "let it run first")])
    start = datetime.fromisoformat(identity["start"])
    run = Journalled(state, identity["site"], identity["site_sha256"], start, moments, gone, kept)
    if run.earliest >= run.end:
        value = f"{said_gone(run)}; what is held is too short to be run again"
        raise BadInput([Problem(str(state), value, f"more than {PREHISTORY.days} days", "replay a run that is younger")])
    return run


def said_gone(run: Journalled) -> str:
    """What of the run's beginning is no more."""
    oldest = from_epoch_s(run.moments[0][2]).isoformat()
    return f"the first {run.gone} ticks, before {oldest}, were expunged after twelve months"


def _gone_meanwhile(state: Path, seq: int) -> BadInput:
    return BadInput([Problem(str(state), f"tick {seq} was expunged meanwhile", "ticks that are held", "ask again")])


# ------------------------------------------------------------------------------------------------ what a record says


def orders_of(record: Record) -> dict[str, Order]:
    """The outbox after a tick, by key."""
    return {order.key: order for order in _ORDERS.validate_python(record.meta["orders"])}


def sent_after(record: Record, following: Record | None) -> list[Order]:
    """Orders that left after a tick, in order.

    Args:
        following: the record that says what the field took; None where the journal ends: all that had to go.
    """
    waiting = orders.to_send(orders_of(record), from_epoch_s(record.as_of_s))
    return waiting if following is None else [order for order in waiting if order.key in set(following.meta["sent"])]


def decided_at(record: Record, following: Record | None) -> Memory:
    """What was decided, recommended and told when a tick was over; alarms are in force, counted again from here on."""
    keys = [order.key for order in sent_after(record, following)]
    recommendations = _RECOMMENDATIONS.validate_python(record.meta["recommendations"])
    alarms = {alarm.key: alarm for alarm in _ALARMS.validate_python(record.meta["alarms"])}
    return Memory(
        recommendations={item.id: item for item in recommendations},
        outbox=orders.mark_sent(orders_of(record), keys),
        book=replace(AlarmBook(), alarms=alarms),
    )


def event_of(record: Record) -> GridEvent | None:
    """The change of the grid for which a tick between two quarter hours was made; None where people asked for it."""
    for code, params in record.meta["lines"] if record.kind == "event" else ():
        if code == "topology_changed":
            return GridEvent(from_epoch_s(record.as_of_s), params["kind"], params["element"])
    return None


def outcomes_of(record: Record) -> Mapping[str, Any]:
    """What became of asking each box, by instance."""
    return {name: box["outcome"] for name, box in record.meta["boxes"].items()}
