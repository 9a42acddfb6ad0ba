"""What people do about alarms: acknowledge them for everybody, put them out of sight for a while, take them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from twin.contracts.messages import Alarm, Command
from twin.regie.alarms import AlarmBook

KINDS = ("acknowledge", "shelve", "unshelve")
SHELVED = timedelta(minutes=15), timedelta(hours=8)
"""Shortest and longest time out of sight: a shift at most, so that who relieves decides anew."""


def answer(
    book: AlarmBook, commands: Sequence[Command], as_of: datetime
) -> tuple[AlarmBook, list[tuple[str, Mapping[str, object]]]]:
    """The book after what people asked for, and a line of the journal for each: what was done, or why not."""
    alarms, waiting = dict(book.alarms), dict(book.waiting)
    lines: list[tuple[str, Mapping[str, object]]] = []
    for command in commands:
        if command.kind not in KINDS:
            continue
        alarm = alarms.get(command.target)
        code = _code(alarm, command)
        more = {"minutes": command.minutes, "motive": command.motive} if code == "alarm_shelved" else {}
        lines.append((code, {"key": command.target, "by": command.by, **more}))
        if alarm is None:
            continue
        if code in ("alarm_acknowledged", "alarm_shelved"):
            waiting.pop(alarm.key, None)
        if code == "alarm_acknowledged":
            alarms[alarm.key] = replace(alarm, acknowledged_by=command.by, acknowledged_at=as_of)
        elif code == "alarm_shelved":
            until = as_of + timedelta(minutes=command.minutes or 0)
            alarms[alarm.key] = replace(alarm, shelved_until=until, shelved_by=command.by, shelved_motive=command.motive)
        elif code == "alarm_unshelved":
            alarms[alarm.key] = replace(alarm, shelved_until=None, shelved_by=None, shelved_motive=None)
    return replace(book, alarms=alarms, waiting=waiting), lines


def returned(book: AlarmBook, as_of: datetime) -> tuple[AlarmBook, list[tuple[str, Mapping[str, object]]]]:
    """The book with every alarm in sight again whose time is over, and a line for each."""
    alarms = dict(book.alarms)
    lines: list[tuple[str, Mapping[str, object]]] = []
    for alarm in book.alarms.values():
        if alarm.shelved_until is not None and alarm.shelved_until <= as_of:
            alarms[alarm.key] = replace(alarm, shelved_until=None, shelved_by=None, shelved_motive=None)
            lines.append(("alarm_returned", {"key": alarm.key, "by": alarm.shelved_by}))
    return replace(book, alarms=alarms), lines


def _code(alarm: Alarm | None, command: Command) -> str:
    """What becomes of one command."""
    if command.kind == "acknowledge":
        return "alarm_acknowledged" if alarm is not None and alarm.acknowledged_at is None else "alarm_not_open"
    if command.kind == "unshelve":
        return "alarm_unshelved" if alarm is not None and alarm.shelved_until is not None else "alarm_not_shelved"
    if alarm is None or alarm.cleared_at is not None:
        return "alarm_gone"
    if alarm.priority == 1:
        return "alarm_too_urgent_to_shelve"
    shortest, longest = SHELVED
    if command.motive is None or command.minutes is None or not shortest <= timedelta(minutes=command.minutes) <= longest:
        return "shelving_malformed"
    return "alarm_shelved"
