"""Ticks made by hand, as a journal would hold them: only what the finders read."""

from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter

from scenarios.debrief.tape import Entry, Tape
from twin.contracts.messages import Alarm
from twin.domain.time import to_epoch_s
from twin.regie.chain import Record

START = datetime(2016, 1, 25, 16, 0, tzinfo=UTC)
_ALARMS = TypeAdapter(tuple[Alarm, ...])


def alarm(key, since, *, priority=3, cleared_at=None, acknowledged_at=None):
    """An alarm of a transformer."""
    params = {"loading_percent": 104.0, "limit_percent": 100.0, "name": "T2"}
    by = None if acknowledged_at is None else "anna"
    return Alarm(
        key, priority, "overload_now", params, "trafo:2", since, since, since, "grid", None, by, acknowledged_at, cleared_at
    )


def entry(number, *, alarms=(), boxes=None, lines=(), mode="normal", coverage=1.0, minutes=0, regular=True, **meta):
    """The tick ``number`` quarter hours after `START`, ``minutes`` later for an event."""
    as_of = START + timedelta(minutes=15 * (number + 1) + minutes)
    found = {
        "interval": (as_of - timedelta(minutes=15)).isoformat(),
        "alarms": _ALARMS.dump_python(tuple(alarms), mode="json"),
        "orders": [],
        "recommendations": [],
        "boxes": boxes or {},
        "lines": [list(line) for line in lines],
        "mode": mode,
        "coverage": coverage,
        "quality": 0,
        "fits": {},
        "setpoints": {},
        "trimmed": {},
        **meta,
    }
    return Entry(Record(number, "regular" if regular else "event", to_epoch_s(as_of), found, {}, f"head {number}"))


def tape(*entries, before=None):
    """A window of those ticks."""
    return Tape(tuple(entries), before, (), {})


def at(number):
    """Instant of the tick ``number``."""
    return START + timedelta(minutes=15 * (number + 1))
