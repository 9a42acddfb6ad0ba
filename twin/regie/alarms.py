"""From findings to alarms: on- and off-delay in ticks, what stays on the list. A finding without action is no alarm.

What people do about them stands in `twin.regie.alarm_desk`, who is called when nobody does anything in `twin.regie.escalation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from twin.contracts.messages import Alarm, Finding

ON_DELAY_TICKS = {1: 1, 2: 1, 3: 2, 4: 2}
"""Ticks in a row that a finding of each priority must be seen before it alarms: estimates and forecasts may flicker."""
FACTS = frozenset({"box_failing", "planner_failing", "dispatch_held", "manual_hours", "last_plan_serves", "rules_serve"})
"""Codes of findings about the régie itself: neither estimated nor forecast, they alarm at once at any priority."""
OFF_DELAY_TICKS = 2
KEEP_CLEARED = timedelta(hours=1)
KEEP_UNSEEN = timedelta(hours=24)
"""A cleared alarm that nobody acknowledged stays on the list for a day."""
KEEP_MOST = 1000
"""Cleared alarms on the list: a flood a quarter hour must not fill the memory. What is active always stays."""


@dataclass(frozen=True)
class AlarmBook:
    """Alarms by key, and how often in a row each finding was seen or missed. Lives in the journal.

    Attributes:
        raised: alarms raised so far by priority ("P1" ...), for the debrief and the JSON line.
        waiting: urgent alarms that nobody has answered -> since when, for the roster.
    """

    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    raised: Mapping[str, int] = field(default_factory=lambda: {"P1": 0, "P2": 0, "P3": 0, "P4": 0})
    waiting: Mapping[str, datetime] = field(default_factory=dict)


def update(book: AlarmBook, findings: Iterable[Finding], as_of: datetime) -> AlarmBook:
    """The book after one tick's findings (deadband is the finder's: it reports until well below the limit)."""
    # Of two findings with one key the more urgent counts.
    current = {finding.key: finding for finding in sorted(findings, key=lambda f: (f.key, -f.priority))}
    seen = {key: book.seen.get(key, 0) + 1 for key in current}
    alarms, missed, raised = dict(book.alarms), dict(book.missed), dict(book.raised)
    for key, finding in current.items():
        missed.pop(key, None)
        old = alarms.get(key)
        active = old is not None and old.cleared_at is None
        if not active and finding.code not in FACTS and seen[key] < ON_DELAY_TICKS[finding.priority]:
            continue
        if not active or (old is not None and finding.priority < old.priority):
            raised[f"P{finding.priority}"] += 1
        alarms[key] = _alarm(finding, old, as_of)
    for key, alarm in book.alarms.items():
        if key in current:
            continue
        if alarm.cleared_at is None:
            missed[key] = missed.get(key, 0) + 1
            if missed[key] >= OFF_DELAY_TICKS:
                alarms[key] = replace(alarm, cleared_at=as_of)
        elif alarm.shelved_until is not None:
            continue  # it may come back within the time for which it was put out of sight
        elif as_of - alarm.cleared_at > (KEEP_UNSEEN if alarm.acknowledged_at is None else KEEP_CLEARED):
            alarms.pop(key)
            missed.pop(key, None)
    return _bounded(AlarmBook(alarms, seen, missed, raised, book.waiting))


def _bounded(book: AlarmBook) -> AlarmBook:
    """The book without the cleared alarms beyond the most that are kept: first goes what somebody saw, then the oldest."""
    cleared = [(a.acknowledged_at is None, a.cleared_at, a.key) for a in book.alarms.values() if a.cleared_at is not None]
    gone = {key for _, _, key in sorted(cleared)[: max(len(cleared) - KEEP_MOST, 0)]}
    left = {key: alarm for key, alarm in book.alarms.items() if key not in gone}
    return replace(book, alarms=left, missed={key: count for key, count in book.missed.items() if key not in gone})


def ordered(book: AlarmBook) -> tuple[Alarm, ...]:
    """Active before shelved before cleared, urgent before idle, unacknowledged before acknowledged, new before old."""
    return tuple(sorted(book.alarms.values(), key=_rank))


def _rank(alarm: Alarm) -> tuple[Any, ...]:
    return (
        alarm.cleared_at is not None,
        alarm.shelved_until is not None,
        alarm.priority,
        alarm.acknowledged_at is not None,
        -alarm.since.timestamp(),
        alarm.key,
    )


def _alarm(finding: Finding, known: Alarm | None, as_of: datetime) -> Alarm:
    """The alarm of a finding; what people did about a milder one does not hold for it.

    Args:
        known: the one of that key on the list, active or cleared: one that comes back within its time stays shelved.
    """
    worse = known is not None and finding.priority < known.priority
    old = known if known is not None and known.cleared_at is None else None
    keep, shelved = (None, None) if worse else (old, known)
    return Alarm(
        key=finding.key,
        priority=finding.priority,
        code=finding.code,
        params=dict(finding.params),
        element=finding.element,
        since=old.since if old else as_of,
        at=finding.at,
        act_before=finding.act_before,
        owner=finding.owner,
        parent=finding.parent,
        acknowledged_by=keep.acknowledged_by if keep else None,
        acknowledged_at=keep.acknowledged_at if keep else None,
        cleared_at=None,
        shelved_until=shelved.shelved_until if shelved else None,
        shelved_by=shelved.shelved_by if shelved else None,
        shelved_motive=shelved.shelved_motive if shelved else None,
        escalation_level=keep.escalation_level if keep else 0,
        escalated_to=keep.escalated_to if keep else None,
        escalated_at=keep.escalated_at if keep else None,
    )
