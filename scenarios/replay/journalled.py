"""A run as its journal tells it. It is only read, a few records at a time: a writer beside it is never held up by a reader."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from scenarios.play.ticks import Told
from twin.contracts.messages import Alarm, Command, Order, Recommendation
from twin.contracts.ports import GridEvent
from twin.domain.problems import BadInput, Problem
from twin.domain.time import from_epoch_s
from twin.regie import orders
from twin.regie.alarms import AlarmBook
from twin.regie.chain import Record, open_readonly, read_gone, read_meta, read_moments, read_records
from twin.regie.outcome import Memory

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
        moments: (seq, kind, as_of in epoch seconds) of every record when it was opened.
    """

    state: Path
    site: str
    site_sha256: str
    start: datetime
    moments: tuple[tuple[int, str, int], ...] = field(repr=False)

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
        BadInput: without a journal, before its first tick, or when its beginning was expunged: a run is lived again from there.
    """
    db = open_readonly(state)
    try:
        identity = read_meta(db)["identity"]
        moments = tuple(read_moments(db))
        gone = sum(1 for _ in read_gone(db))
    finally:
        db.close()
    if not any(kind == "regular" for _, kind, _ in moments):
        raise BadInput([Problem(str(state), "no tick in its journal", "at least one", "let it run first")])
    if gone:
        value = f"the first {gone} ticks were expunged after twelve months"
        remedy = "replay a run that is younger; begin a --state of its own for what is to be replayed"
        raise BadInput([Problem(str(state), value, "a journal from its first tick on", remedy)])
    start = datetime.fromisoformat(identity["start"])
    return Journalled(state, identity["site"], identity["site_sha256"], start, moments)


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
