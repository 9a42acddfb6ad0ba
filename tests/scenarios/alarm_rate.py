"""How many alarms a run raised, and how many at most in ten minutes of grid time: what a person at the desk can take in."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from twin.domain.time import from_epoch_s
from twin.regie.chain import Record

TEN_MINUTES = timedelta(minutes=10)


def raised(records: Iterable[Record]) -> list[tuple[datetime, str]]:
    """(instant, key) of every alarm when it first stood on the list, and again when it came back or became more urgent."""
    found, before = [], {}
    for record in records:
        now = {alarm["key"]: (alarm["priority"], alarm["since"]) for alarm in record.meta["alarms"] if not alarm["cleared_at"]}
        for key, (priority, since) in sorted(now.items()):
            was, began = before.get(key, (priority, None))
            if since != began or priority < was:
                found.append((from_epoch_s(record.as_of_s), key))
        before = now
    return found


def most_in_ten_minutes(alarms: list[tuple[datetime, str]]) -> int:
    """The largest number that came within ten minutes, the first and the last of them included."""
    return max((sum(begin <= at < begin + TEN_MINUTES for at, _ in alarms) for begin, _ in alarms), default=0)
