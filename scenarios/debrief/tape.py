"""What a journal says of a window, tick by tick, as messages: the first of everything that a debrief finds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from twin.contracts.messages import Alarm, Order, Recommendation
from twin.domain.grid import Topology
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, to_epoch_s
from twin.origin.book import KEPT
from twin.regie.account_book import ToldLast
from twin.regie.chain import Record, open_readonly, read_records
from twin.regie.quarter_hour import Both

_ALARMS = TypeAdapter(tuple[Alarm, ...])
_ORDERS = TypeAdapter(tuple[Order, ...])
_RECOMMENDATIONS = TypeAdapter(tuple[Recommendation, ...])


@dataclass(frozen=True)
class Entry:
    """One journalled tick."""

    record: Record

    @property
    def regular(self) -> bool:
        """Whether it is a quarter hour's tick, and no event's."""
        return self.record.kind == "regular"

    @cached_property
    def as_of(self) -> datetime:
        """When it happened."""
        return from_epoch_s(self.record.as_of_s)

    @cached_property
    def interval(self) -> datetime:
        """Label of the quarter hour that its state describes."""
        return datetime.fromisoformat(self.meta["interval"])

    @property
    def meta(self) -> Mapping[str, Any]:
        """See `twin.regie.record.tick_record`."""
        return self.record.meta

    @property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """See `twin.regie.record.tick_record`, raw readings included."""
        return self.record.arrays

    @cached_property
    def topology(self) -> Topology:
        """Switches, taps and outages."""
        return Topology.from_meta(self.meta["topology"])

    @cached_property
    def alarms(self) -> tuple[Alarm, ...]:
        """On the list after the tick, cleared ones included."""
        return _ALARMS.validate_python(self.meta["alarms"])

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        """In the outbox after the tick."""
        return _ORDERS.validate_python(self.meta["orders"])

    @cached_property
    def recommendations(self) -> tuple[Recommendation, ...]:
        """On the screen after the tick."""
        return _RECOMMENDATIONS.validate_python(self.meta["recommendations"])

    def lines(self, code: str) -> list[Mapping[str, Any]]:
        """Parameters of the running journal's lines with that code."""
        return [params for found, params in self.meta["lines"] if found == code]


@dataclass(frozen=True)
class Tape:
    """A window of a journal.

    Attributes:
        entries: at least one regular tick. ``before``: the tick before the window, None at the journal's beginning.
        after: up to a day of ticks behind the window: what was foretold in it was measured in them.
        counted: label (epoch s) -> what the accounts count of a quarter hour, as told last in the days in which late meters can
            still restate the window: of the window, and of the days before it that they could restate in it.
    """

    entries: tuple[Entry, ...]
    before: Entry | None
    after: tuple[Entry, ...]
    counted: Mapping[int, Both]

    @cached_property
    def regular(self) -> tuple[Entry, ...]:
        """The quarter hours' ticks."""
        return tuple(entry for entry in self.entries if entry.regular)

    @property
    def start(self) -> datetime:
        """Start of the first quarter hour."""
        return self.regular[0].interval

    @property
    def end(self) -> datetime:
        """End of the last quarter hour."""
        return self.regular[-1].as_of

    @property
    def hours(self) -> float:
        """Length."""
        return (self.end - self.start).total_seconds() / 3600.0

    def records(self) -> Iterable[Entry]:
        """All that was read, in order."""
        return (*(() if self.before is None else (self.before,)), *self.entries, *self.after)


def read_tape(state: Path, begin: datetime | None, end: datetime | None, settle_s: int = 86_400) -> Tape:
    """The ticks with ``begin < as_of <= end`` (None: from the first, to the last); the journal is only read.

    Raises:
        BadInput: without a journal, and when no quarter hour of it lies in the window.
        JournalDamaged: when it cannot be read.
    """
    before: Entry | None = None
    inside: list[Entry] = []
    after: list[Entry] = []
    told = ToldLast()
    first = last = None
    db = open_readonly(state)
    try:
        for record in read_records(db):
            entry = Entry(record)
            first, last = first or entry.as_of, entry.as_of
            if end is None or record.as_of_s <= to_epoch_s(end) + KEPT * QUARTER_HOUR_S:
                told.take(record.meta)
            if begin is not None and entry.as_of <= begin:
                before = entry if entry.regular else before
                told.keep(KEPT)
            elif end is None or entry.as_of <= end:
                inside.append(entry)
            elif record.as_of_s <= to_epoch_s(end) + settle_s:
                after.append(entry)
    finally:
        db.close()
    if not any(entry.regular for entry in inside):
        limit = "a tick within it" if first is None or last is None else f"{first.isoformat()} to {last.isoformat()}"
        value = "an empty journal" if first is None else "no quarter hour between --from and --to"
        raise BadInput([Problem(str(state), value, limit, "choose a window that the run went through")])
    return Tape(tuple(inside), before, tuple(after), told.found)
