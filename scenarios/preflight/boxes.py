"""Boxes before air: what each answered in the rehearsed tick, how old its model is, and whether every rung below it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scenarios.preflight.line import Line, caution, go, no_go
from scenarios.preflight.rehearsed import Rehearsed
from twin.contracts.card import INSTANCE
from twin.contracts.messages import Envelope, Outcome, Service
from twin.contracts.validation import Premises, judge
from twin.domain.grid import NORMAL
from twin.domain.time import QUARTER_HOUR
from twin.regie.fallback import Remembered, constant, last_good, on_behalf
from twin.site.plausible import plausible

_CURE = {
    Outcome.EXCEPTION: "repair it: regie box check tries every promise of a box",
    Outcome.DEADLINE: "give it more time or less work",
    Outcome.DIED: "find what ended its process",
    Outcome.MEMORY: "give it more memory or less work",
    Outcome.REFUSED: "repair its answer: regie box check tries every promise of a box",
    Outcome.UNMET_NEED: "bring the missing data: regie site map lists where every signal comes from",
    Outcome.OUTAGE: "take it out of the site's box_outages",
}


@dataclass(frozen=True)
class Model:
    """A trained model of the state that goes on air. ``since``: when it took effect. ``there``: whether its file is."""

    artifact: str
    since: datetime
    there: bool


def box_lines(found: Rehearsed, models: Mapping[str, Model], as_of: datetime) -> list[Line]:
    """Two lines for each box: its own answer, and its ladder.

    Args:
        models: by instance, of the state directory; empty before its first tick.
    """
    lines = []
    for name, envelope in found.tick.envelopes.items():
        lines += [_answer(found, name, envelope, models.get(name), as_of), _ladder(found, name, envelope)]
    return lines


def _answer(found: Rehearsed, name: str, envelope: Envelope, model: Model | None, as_of: datetime) -> Line:
    card = found.wired.parts.runner.cards[name]
    own_s, memory_mb = found.own_ms.get(name, 0.0) / 1000.0, found.box_bytes.get(name, 0) / 2**20
    label, limit = f"box {name}", f"its own answer within {card.deadline_s:g} s and {card.memory_mb} MiB"
    if envelope.service is not Service.FRESH:
        why = envelope.problems[0] if envelope.problems else ""
        value = f"{envelope.outcome}: {why}" if why else str(envelope.outcome)
        remedy = _CURE.get(envelope.outcome, "repair it")
        # Nobody reads a shadow, and a standby only if its champion fails.
        return no_go(label, value, limit, remedy) if envelope.role == "champion" else caution(label, value, limit, remedy)
    value = f"fresh in {own_s:.2f} s, {memory_mb:.0f} MiB"
    if card.training is not None:
        value += f", {_model(found, name, model, as_of)}"
        if model is not None and not model.there:
            return no_go(label, value, f"{limit}, its model there", "restore artifacts/ of the state directory from a backup")
        if model is not None and as_of - model.since > 2 * max(card.training.every, timedelta(days=1)):
            every = f"{limit}, a model at most {_days(2 * card.training.every)} old"
            return caution(label, value, every, "let it train: it does at its next hour, or in a new state directory")
    if own_s > 0.5 * card.deadline_s:
        return caution(label, value, limit, "it comes close to its deadline: give it more time or less work")
    if envelope.problems:
        return caution(label, f"{value}; {envelope.problems[0]}", limit, "look at its answer before trusting it")
    return go(label, value, limit)


def _model(found: Rehearsed, name: str, model: Model | None, as_of: datetime) -> str:
    if model is None:
        return f"model trained now in {found.fit_s.get(name, 0.0):.1f} s"
    return f"model {model.artifact[:8]} of {_days(as_of - model.since)} ago{'' if model.there else ', which is gone'}"


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600.0
    return f"{hours / 24.0:.0f} d" if hours >= 48.0 else f"{hours:.0f} h"


def _ladder(found: Rehearsed, name: str, envelope: Envelope) -> Line:
    """Every rung's answer is judged: a standby's as of this tick, the others' as they would serve in the next one."""
    runner, tick = found.wired.parts.runner, found.tick
    card, as_of = runner.cards[name], tick.state.as_of
    later = as_of + QUARTER_HOUR
    site, grid = found.wired.site, found.wired.parts.engine.model(NORMAL).grid
    premises = Premises.of(site.context(name, b""), plausible(site, grid))
    fine, broken = [], []
    for rung in card.fallbacks:
        if rung == "constant":
            report = constant(card, later, premises, envelope.report.headline)
            if report is None and not card.provides:
                fine.append("no orders")
                continue
        elif rung == "last_good":
            fresh = envelope.service is Service.FRESH
            report = last_good(card, Remembered(envelope.report, tick.state.as_of, envelope.quality), later) if fresh else None
        else:
            other = tick.envelopes.get(rung.removeprefix(INSTANCE))
            serves = other is not None and other.service in (Service.FRESH, Service.HELD)
            report = on_behalf(card, other.report) if other is not None and serves else None
        at = as_of if rung.startswith(INSTANCE) else later
        problems = ("nothing to serve",) if report is None else judge(card, report, at, premises).problems
        if problems:
            broken.append(f"{rung}: {problems[0]}")
        else:
            fine.append(rung)
    label, limit = f"fallbacks of {name}", "every rung serves, the last is a constant"
    if not fine or card.fallbacks[-1:] != ("constant",):
        return no_go(label, "; ".join(broken) or "no ladder", limit, "correct the constants of its card")
    if broken:
        return caution(label, f"{', '.join(fine)}; not {'; '.join(broken)}", limit, "mind that this rung is missing")
    return go(label, ", ".join(fine), limit)
