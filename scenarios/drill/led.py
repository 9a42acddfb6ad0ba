"""What led to a moment of a run: changes of the grid, lost telemetry, boxes that failed, another world, what people asked for.

Only what was known by then: how long something lasts is told when it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scenarios.file.scenario import Led
from scenarios.replay.journalled import Journalled, event_of, outcomes_of
from twin.contracts.messages import Outcome
from twin.domain.time import from_epoch_s
from twin.regie.chain import Record
from twin.site import Site

LOOKED_BACK = timedelta(hours=24)
_WELL = frozenset({Outcome.OK, Outcome.NOT_DUE})


def led_to(run: Journalled, site: Site, begin: datetime) -> tuple[Led, ...]:
    """What happened before ``begin``, in order; of the journal's, in the day before it."""
    found = [*_declared(site, begin)]
    before: Record | None = None
    for record in run.records(begin - LOOKED_BACK, begin):
        found += _changes(record, before)
        before = record
    return tuple(sorted(found, key=lambda led: led.at))


def _declared(site: Site, begin: datetime) -> Iterator[Led]:
    for change in site.plant.world if site.plant is not None else ():
        if change.at < begin:
            ended = f", until {change.until.isoformat()}" if change.until <= begin else ""
            yield Led(at=change.at, kind="world", what=f"{change.quantity} x {change.times:g} + {change.add:g}{ended}")
    for silence in site.telemetry.silences:
        if silence.at < begin:
            ended = f", until {silence.until.isoformat()}" if silence.until <= begin else ""
            yield Led(at=silence.at, kind="telemetry_lost", what=f"{', '.join(silence.channels)}{ended}")


def _changes(record: Record, before: Record | None) -> Iterator[Led]:
    at, event = from_epoch_s(record.as_of_s), event_of(record)
    if event is not None:
        yield Led(at=at, kind="topology", what=f"{event.kind} {event.element}")
    if record.meta["mode"] != ("normal" if before is None else before.meta["mode"]):
        yield Led(at=at, kind="telemetry", what=record.meta["mode"])
    earlier = {} if before is None else outcomes_of(before)
    for name, outcome in outcomes_of(record).items():
        if outcome not in _WELL and earlier.get(name) != outcome:
            yield Led(at=at, kind="box", what=f"{name} {outcome}")
    for command in record.meta["commands"]:
        yield Led(at=at, kind="command", what=f"{command['kind']} {command['target']} by {command['by']}")
