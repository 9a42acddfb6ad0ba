"""What the alarms asked of whoever was on shift, against the targets of EEMUA 191.

Source: EEMUA Publication 191, *Alarm systems: a guide to design, management and procurement* (3rd edition, 2013): a long-term
average of less than one alarm in ten minutes is very likely to be acceptable, one in five manageable, one in two likely to be
over-demanding, one a minute very likely to be unacceptable; after a major upset fewer than 10 alarms in ten minutes should be
manageable, 20 to 100 hard to cope with; of the priorities about 5 % high, 15 % medium and 80 % low. P4 is a line of the journal
and no alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from scenarios.debrief.moment import Moment
from scenarios.debrief.tape import Tape
from twin.contracts.messages import Alarm

PER_10_MIN = 1.0
AFTER_UPSET = 10
SHARES = {"P1": 0.05, "P2": 0.15, "P3": 0.80}
_TEN = timedelta(minutes=10)
_BANDS = ((1.0, "acceptable"), (2.0, "manageable"), (5.0, "over_demanding"))
"""Alarms in ten minutes up to which the long-term average has that name; beyond: unacceptable."""
CHATTER = 3
"""An alarm that is raised this often in a window comes and goes without anybody having done anything."""
STANDING = timedelta(hours=12)
"""One that stands longer than a shift tells nobody anything any more."""


@dataclass(frozen=True)
class Raised:
    """One raising of an alarm. ``until``: when it was cleared, or the window ended. ``before``: it was on the list already."""

    alarm: Alarm
    at: datetime
    until: datetime
    acknowledged_at: datetime | None
    before: bool


@dataclass(frozen=True)
class AlarmLoad:
    """The figures.

    Attributes:
        per_10_min: long-term average. ``verdict``: its band. ``most_in_10_min``: the densest ten minutes, from ``most_at`` on.
        upset: what went before it, None where nothing did. ``shares``: of P1, P2, P3, empty without alarms.
        active_mean, active_most: alarms on the list that are not cleared. ``unacknowledged``: raised and never acknowledged.
        chattering, standing: keys, most often or longest first.
    """

    raised: tuple[Raised, ...]
    count: int
    per_10_min: float
    verdict: str
    most_in_10_min: int
    most_at: datetime | None
    upset: tuple[str, str] | None
    shares: dict[str, float]
    active_mean: float
    active_most: int
    unacknowledged: int
    chattering: tuple[str, ...]
    standing: tuple[str, ...]


def alarm_load(tape: Tape) -> AlarmLoad:
    """Alarms of the priorities 1 to 3 in the window."""
    raised = _raised(tape)
    new = [one for one in raised if not one.before]
    count, minutes = len(new), 60.0 * tape.hours
    rate = 10.0 * count / minutes
    verdict = next((name for limit, name in _BANDS if rate <= limit), "unacceptable")
    most, at = _densest(new)
    shares = {f"P{p}": sum(one.alarm.priority == p for one in new) / count for p in (1, 2, 3)} if count else {}
    active = [sum(a.cleared_at is None and a.priority < 4 for a in entry.alarms) for entry in tape.regular]
    keys = [one.alarm.key for one in new]
    chattering = sorted({key for key in keys if keys.count(key) >= CHATTER}, key=lambda key: -keys.count(key))
    standing = sorted((one for one in raised if one.until - one.at > STANDING), key=lambda one: one.at - one.until)
    return AlarmLoad(
        raised=tuple(raised),
        count=count,
        per_10_min=rate,
        verdict=verdict,
        most_in_10_min=most,
        most_at=at,
        upset=None if at is None else _upset(tape, at),
        shares=shares,
        active_mean=sum(active) / len(active),
        active_most=max(active),
        unacknowledged=sum(one.acknowledged_at is None for one in new),
        chattering=tuple(chattering),
        standing=tuple(dict.fromkeys(one.alarm.key for one in standing)),
    )


def alarm_moments(load: AlarmLoad, tape: Tape) -> list[Moment]:
    """A flood, an average beyond the target, alarms that stand or chatter: one moment each."""
    found = []
    begin, end = tape.start, tape.end
    if load.most_at is not None and load.most_in_10_min > AFTER_UPSET:
        facts: dict[str, Any] = {"target": AFTER_UPSET, "upset": load.upset}
        until = load.most_at + _TEN
        rank = min(64.0, 44.0 + load.most_in_10_min / 2.0)
        found.append(
            Moment(
                "alarm_flood",
                load.most_at,
                load.most_at,
                until,
                "alarms",
                "",
                load.most_in_10_min,
                "1",
                rank,
                facts,
                "alarm_flood",
            )
        )
    if load.per_10_min > PER_10_MIN:
        facts = {"target": PER_10_MIN, "count": load.count, "verdict": load.verdict}
        found.append(Moment("alarm_rate", begin, begin, end, "alarms", "", load.per_10_min, "1", 40.0, facts, "alarm_rate"))
    for kind, keys in (("alarm_chatter", load.chattering), ("alarm_standing", load.standing)):
        if not keys:
            continue
        of_key = [one for one in load.raised if one.alarm.key == keys[0]]
        first = max(of_key, key=lambda one: one.until - one.at)
        facts = {
            "key": keys[0],
            "code": first.alarm.code,
            "params": dict(first.alarm.params),
            "times": len(of_key),
            "hours": (first.until - first.at).total_seconds() / 3600.0,
            "more": len(keys) - 1,
            "unacknowledged": int(first.acknowledged_at is None),
        }
        span = (of_key[0].at, of_key[-1].until)
        value = float(len(of_key) if kind == "alarm_chatter" else facts["hours"])
        unit = "1" if kind == "alarm_chatter" else "h"
        found.append(Moment(kind, first.at, *span, keys[0], _element(first.alarm), value, unit, 26.0, facts, kind))
    return found


def _element(alarm: Alarm) -> str:
    return str(alarm.params.get("name") or alarm.params.get("element") or alarm.element)


def _raised(tape: Tape) -> list[Raised]:
    """Every raising, in order: a key with its ``since``, and again when it becomes more urgent than it was."""
    already = {(a.key, a.since) for a in (tape.before.alarms if tape.before is not None else ())}
    found: list[Raised] = []
    newest: dict[tuple[str, datetime], int] = {}
    for entry in tape.entries:
        for alarm in entry.alarms:
            key, until = (alarm.key, alarm.since), alarm.cleared_at or tape.end
            if alarm.priority > 3 or until <= tape.start:
                continue
            at = newest.get(key)
            if at is None or alarm.priority < found[at].alarm.priority:
                before = at is None and (key in already or alarm.since <= tape.start)
                newest[key] = len(found)
                found.append(Raised(alarm, tape.start if before else entry.as_of, until, alarm.acknowledged_at, before))
            else:
                known = found[at]
                found[at] = replace(known, until=until, acknowledged_at=alarm.acknowledged_at or known.acknowledged_at)
    return sorted(found, key=lambda one: (one.at, one.alarm.priority, one.alarm.key))


def _densest(raised: Sequence[Raised]) -> tuple[int, datetime | None]:
    counts = [(sum(one.at <= other.at < one.at + _TEN for other in raised), one.at) for one in raised]
    return max(counts, key=lambda pair: (pair[0], -pair[1].timestamp()), default=(0, None))


def _upset(tape: Tape, at: datetime) -> tuple[str, str] | None:
    """Kind and element of the grid event that went before the densest ten minutes by at most ten."""
    for entry in tape.entries:
        for line in entry.lines("topology_changed"):
            if timedelta(0) <= at - entry.as_of <= _TEN:
                return str(line["kind"]), str(line["element"])
    return None
