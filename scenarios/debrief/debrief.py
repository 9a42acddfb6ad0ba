"""A debrief: everything that is found in a window, told from the most serious to the merely instructive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scenarios.debrief.alarm_load import AlarmLoad, alarm_load, alarm_moments
from scenarios.debrief.boxes_served import box_moments, fallback_ticks
from scenarios.debrief.contribution import contributions
from scenarios.debrief.field_orders import final_orders, order_moments
from scenarios.debrief.forecasts import Miss, forecast_moments, misses
from scenarios.debrief.limits import loading_moments, voltage_moments
from scenarios.debrief.moment import Moment
from scenarios.debrief.outages import Security, security_moments, security_of
from scenarios.debrief.peaks import peak_moments
from scenarios.debrief.plan import Plan, plan_of
from scenarios.debrief.recall import Recalled, recall
from scenarios.debrief.recommendations import Told, recommendation_moments, told
from scenarios.debrief.source import Source
from scenarios.debrief.switching import supply_of, switching_moments
from scenarios.debrief.tape import Tape, read_tape
from scenarios.debrief.telemetry import telemetry_moments
from scenarios.debrief.window_figures import Figures, window_figures
from scenarios.play.supply import Reliability, reliability
from twin.domain.finite import finite
from twin.wiring import Progress


@dataclass(frozen=True)
class Debrief:
    """What was found.

    Attributes:
        moments: highest rank first. ``figures``: the three figures of the window. ``plan``: None where the site has none.
        reliability: SAIDI and SAIFI. ``misses``: of every forecast, the worst first.
    """

    source: Source
    tape: Tape
    recalled: Recalled
    moments: tuple[Moment, ...]
    figures: Figures
    plan: Plan | None
    reliability: Reliability
    alarms: AlarmLoad
    security: Security
    misses: tuple[Miss, ...]
    told: tuple[Told, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything that is a figure, as JSON carries it."""
        alarms = {k: v for k, v in vars(self.alarms).items() if k != "raised"}
        states = [order.state for order in final_orders(self.tape).values()]
        found = {
            "site": self.source.ready.site.name,
            "title": dict(self.source.title),
            "same_site": self.source.same_site,
            "from": self.tape.start.isoformat(),
            "to": self.tape.end.isoformat(),
            "ticks": len(self.tape.regular),
            "head": self.tape.entries[-1].record.head,
            "moments": [moment.to_json() for moment in self.moments],
            "kpis": self.figures,
            "plan": None if self.plan is None else self.plan.figures,
            "reliability": vars(self.reliability),
            "alarms": alarms | {"most_at": None if self.alarms.most_at is None else self.alarms.most_at.isoformat()},
            "n1": {
                "hour": [str(label.astype("datetime64[s]")) + "Z" for label in self.security.times],
                "margin_percent": self.security.margin_percent.tolist(),
                "worst_outage": list(self.security.worst),
                "loaded": list(self.security.loaded),
                "unsupplied_before_mw": self.security.before_mw.tolist(),
                "unsupplied_after_mw": self.security.after_mw.tolist(),
            },
            "forecasts": [_miss_json(miss) for miss in self.misses],
            "recommendations": [_told_json(one) for one in self.told],
            "orders": {str(state): states.count(state) for state in dict.fromkeys(states)},
            "fallback_ticks": fallback_ticks(self.tape),
        }
        return dict(finite(found))


def debrief(source: Source, begin: datetime | None, end: datetime | None, progress: Progress) -> Debrief:
    """Read the journal, recall both sides, find what mattered.

    Raises:
        BadInput: when the window holds nothing of the run.
        JournalDamaged: when the journal cannot be read.
    """
    progress("journal", 0.0)
    tape = read_tape(source.state, begin, end)
    progress("both sides", 0.2)
    recalled = recall(tape, source.ready, lambda _step, _share: None)
    progress("outages", 0.6)
    security = security_of(recalled)
    progress("moments", 0.8)
    foretold = misses(tape, recalled)
    recommended = told(tape, recalled, contributions(recalled))
    supply = supply_of(tape, recalled, source.planned)
    load = alarm_load(tape)
    figures = window_figures(tape, recalled)
    found = [
        *loading_moments(recalled),
        *voltage_moments(recalled),
        *security_moments(security, recalled),
        *switching_moments(tape, recalled, supply),
        *recommendation_moments(recommended, recalled),
        *order_moments(tape, recalled),
        *forecast_moments(foretold),
        *box_moments(tape),
        *telemetry_moments(tape),
        *alarm_moments(load, tape),
        *peak_moments(recalled, figures),
    ]
    progress("moments", 1.0)
    return Debrief(
        source,
        tape,
        recalled,
        ranked(found),
        figures,
        plan_of(tape, recalled),
        reliability(supply.states, tape.end, supply.customers),
        load,
        security,
        tuple(foretold),
        tuple(recommended),
    )


def ranked(found: Sequence[Moment]) -> tuple[Moment, ...]:
    """Highest rank first; what ranks alike in the order of time."""
    return tuple(sorted(found, key=lambda moment: (-moment.rank, moment.at, moment.kind, moment.subject)))


def _miss_json(miss: Miss) -> dict[str, Any]:
    arrays = ("low", "median", "high", "truth")
    return {k: v for k, v in vars(miss).items() if k not in arrays} | {"issued_at": miss.issued_at.isoformat()}


def _told_json(one: Told) -> dict[str, Any]:
    return {
        "id": one.last.id,
        "group": one.last.group,
        "reason": one.last.reason,
        "state": one.last.state,
        "by": one.last.by,
        "motive": one.last.motive,
        "from": one.begin.isoformat(),
        "to": one.end.isoformat(),
        "overload_avoided_percent_h": one.percent_h,
        "energy_chf": one.energy_chf,
        "payment_chf": one.payment_chf,
        "effect": dict(one.last.effect),
    }
