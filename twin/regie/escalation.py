"""Who is called when nobody acknowledges what is urgent: the site's roster, step by step, by grid time.

A step is taken in the first tick at which its time is over; `next_call` says when that is, so that a tick can be made for it.
Only causes escalate: what hangs below an alarm that is still there follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from twin.contracts.messages import Alarm
from twin.regie.alarms import AlarmBook
from twin.site.rules import OnCall

LEAST_URGENT = 2
"""Priorities up to this one want somebody now."""


def escalate(
    book: AlarmBook, roster: Sequence[OnCall], as_of: datetime
) -> tuple[AlarmBook, list[tuple[str, Mapping[str, object]]]]:
    """The book with the steps that are due, and one line for each person who is called, however many alarms wait."""
    waiting = {key: book.waiting.get(key, as_of) for key, alarm in book.alarms.items() if _waits(alarm, book)}
    alarms = dict(book.alarms)
    called: dict[tuple[int, str], list[Alarm]] = {}
    for key, since in waiting.items():
        alarm = alarms[key]
        due = [step for step in _steps(roster, alarm.owner) if as_of - since >= timedelta(minutes=step.after_minutes)]
        for level in range(alarm.escalation_level + 1, len(due) + 1):
            called.setdefault((level, due[level - 1].who), []).append(alarm)
        if len(due) > alarm.escalation_level:
            alarms[key] = replace(alarm, escalation_level=len(due), escalated_to=due[-1].who, escalated_at=as_of)
    lines: list[tuple[str, Mapping[str, object]]] = []
    for (level, who), found in sorted(called.items()):
        first = min(found, key=lambda alarm: (alarm.priority, alarm.since, alarm.key))
        lines.append(("alarm_escalated", {"who": who, "level": level, "key": first.key, "others": len(found) - 1}))
    return replace(book, alarms=alarms, waiting=waiting), lines


def next_call(book: AlarmBook, roster: Sequence[OnCall]) -> datetime | None:
    """When somebody is called next if nobody answers until then; None if nobody will be."""
    left = (
        since + timedelta(minutes=step.after_minutes)
        for key, since in book.waiting.items()
        for step in _steps(roster, book.alarms[key].owner)[book.alarms[key].escalation_level :]
    )
    return min(left, default=None)


def _waits(alarm: Alarm, book: AlarmBook) -> bool:
    """Whether somebody should have answered it."""
    if alarm.priority > LEAST_URGENT or alarm.cleared_at or alarm.acknowledged_at or alarm.shelved_until:
        return False
    cause = None if alarm.parent is None else book.alarms.get(alarm.parent)
    return cause is None or cause.cleared_at is not None


def _steps(roster: Sequence[OnCall], owner: str) -> list[OnCall]:
    """The roster of a team: what is for that team alone, and what is for all, in order of time."""
    return sorted((step for step in roster if step.owner in (None, owner)), key=lambda step: step.after_minutes)
