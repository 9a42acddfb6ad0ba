"""Telemetry that was lost, and power flow that had no answer: when the régie did not know what it usually knows."""

from __future__ import annotations

from itertools import groupby

from scenarios.debrief.moment import Moment
from scenarios.debrief.tape import Entry, Tape
from twin.domain.quality import is_doubtful
from twin.domain.time import QUARTER_HOUR

_KIND = {"forecast_only": "telemetry_blind", "degraded": "telemetry_degraded"}
_RANK = {"telemetry_blind": 70.0, "telemetry_degraded": 42.0, "state_stale": 62.0, "readings_refused": 18.0}


def telemetry_moments(tape: Tape) -> list[Moment]:
    """Stretches without or with too little telemetry, with a stale state, and implausible readings."""
    found = []
    for mode, run in groupby(tape.regular, key=lambda entry: entry.meta["mode"]):
        if mode in _KIND:
            found.append(_stretch(_KIND[mode], list(run)))
    for is_stale, run in groupby(tape.regular, key=lambda entry: is_doubtful(entry.meta["quality"])):
        if is_stale:
            found.append(_stretch("state_stale", list(run)))
    return found + _refused(tape)


def _stretch(kind: str, run: list[Entry]) -> Moment:
    worst = min(run, key=lambda entry: entry.meta["coverage"])
    begin, end = run[0].as_of, run[-1].as_of + QUARTER_HOUR
    facts = {
        "coverage": worst.meta["coverage"],
        "minutes": 15 * len(run),
        "orders": sum(len(entry.meta["setpoints"]) for entry in run),
        "held": sum(any(alarm.code == "dispatch_held" for alarm in entry.alarms) for entry in run),
    }
    value = 100.0 * float(worst.meta["coverage"])
    return Moment(kind, worst.as_of, begin, end, "telemetry", "", value, "%", _RANK[kind], facts, kind)


def _refused(tape: Tape) -> list[Moment]:
    told = [(entry, line["channels"]) for entry in tape.entries for line in entry.lines("readings_refused")]
    if not told:
        return []
    count: dict[str, int] = {}
    for _, channels in told:
        for channel in channels:
            count[channel] = count.get(channel, 0) + 1
    channel = max(count, key=lambda name: (count[name], name))
    worst, _ = max(told, key=lambda pair: len(pair[1]))
    begin, end = told[0][0].as_of, told[-1][0].as_of + QUARTER_HOUR
    total = sum(count.values())
    facts = {"count": total, "channel": channel, "most": count[channel]}
    kind = "readings_refused"
    rank = _RANK[kind] + min(15.0, total / 4.0)
    return [
        Moment(kind, worst.as_of, begin, end, channel, channel, total, "1", rank, facts, kind if count[channel] > 1 else None)
    ]
