"""A drill told: figures side by side, and each gap in one line with what made it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.drill.sides import Side, Sides
from scenarios.drill.source import Drilled
from scenarios.replay.table import table
from twin.contracts.messages import Recommendation

NAMES = ("own", "plan", "hindsight", "do_nothing")
_GAPS = (
    ("economic", "total_chf", 2, "CHF"),
    ("grid", "overload_percent_h", 2, "% h overload"),
    ("climate", "co2_t", 4, "t CO2"),
)
_REPLAYED = (
    "telemetry is replayed: what the grid would have done under other decisions cannot be known, so every side has the figures"
    " that were measured; what can be compared is what was decided, and forecasts with what came"
)


def told(drill: Drilled, found: Sides, *, own: str) -> dict[str, Any]:
    """Everything as JSON values.

    Args:
        own: whose decisions stand first: "played" or "on_air".
    """
    simulated = found.plan.kpis["economic"].baseline is not None
    parts: dict[str, Side] = {"own": found.own, "plan": found.plan, "hindsight": found.hindsight}
    kpis = {name: {group: dict(kpi.value) for group, kpi in side.kpis.items()} for name, side in parts.items()}
    if simulated:
        kpis["do_nothing"] = {group: dict(kpi.baseline or {}) for group, kpi in found.plan.kpis.items()}
    scenario = drill.scenario
    return {
        "drill": scenario.name,
        "site": drill.ready.site.name,
        "start": scenario.window.start.isoformat(),
        "ticks": scenario.window.ticks,
        "own_is": own,
        "seal": "verified",
        "counterfactual": simulated,
        "kpis": kpis,
        "decisions": {name: _decisions(side.recommendations) for name, side in parts.items()},
        "quarter_hours_decided_otherwise_than_the_plan": _apart(found.own, found.plan),
        "pinball_mw": {name: _finite(side.pinball_mw) for name, side in parts.items() if side.pinball_mw},
        "gaps": _gaps(found, kpis) if simulated else [_REPLAYED, *_said(found)],
    }


def lines(figures: Mapping[str, Any]) -> list[str]:
    """For people."""
    kpis = figures["kpis"]
    names = [name for name in NAMES if name in kpis]
    heads = {"own": figures["own_is"].replace("_", " "), "do_nothing": "do nothing"}
    first = f"{figures['drill']}, {figures['ticks']} quarter hours from {figures['start']}; the seal is intact"
    return [
        first,
        *table([heads.get(name, name) for name in names], lambda group, name: [kpis[side][group][name] for side in names]),
        *figures["gaps"],
    ]


def _gaps(found: Sides, kpis: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    """What each step from doing nothing to knowing the future is worth, and what it came from."""

    def less(one: str, other: str) -> str:
        return ", ".join(
            f"{kpis[one][group][name] - kpis[other][group][name]:+.{digits}f} {unit}" for group, name, digits, unit in _GAPS
        )

    return [
        f"plan less do nothing: {less('plan', 'do_nothing')}: what dispatch is worth by itself",
        f"own less plan: {less('own', 'plan')}: {'; '.join(_said(found))}",
        f"plan less hindsight: {less('plan', 'hindsight')}: what not knowing the future costs; {_missed(found)}",
    ]


def _said(found: Sides) -> list[str]:
    """What was decided otherwise than the plan alone would have, by whom and on what."""
    apart = _apart(found.own, found.plan)
    if not apart:
        return ["every quarter hour was decided as the plan would have"]
    refused = sorted({item.group for item in found.own.recommendations if item.state == "refused"})
    waited = sorted({item.group for item in found.own.recommendations if item.state in ("expired", "open")})
    parts = [f"{apart} quarter hours were decided otherwise"]
    parts += [f"refused: {', '.join(refused)}"] if refused else []
    parts += [f"not answered: {', '.join(waited)}"] if waited else []
    return parts


def _missed(found: Sides) -> str:
    mine, known = _finite(found.plan.pinball_mw), _finite(found.hindsight.pinball_mw)
    parts = [f"{name} {mw:.4f} MW (knowing: {known.get(name, math.nan):.4f})" for name, mw in mine.items() if mw > 0.0]
    return f"forecasts missed by (pinball) {', '.join(parts)}" if parts else "forecasts missed nothing that was measured"


def _apart(one: Side, other: Side) -> int:
    return sum(mine != theirs for mine, theirs in zip(one.setpoints, other.setpoints, strict=False))


def _decisions(items: Sequence[Recommendation]) -> dict[str, Any]:
    """Recommendations by how they ended, and what the plan itself thought that those which were accepted bring."""
    states: dict[str, int] = {}
    for item in items:
        states[item.state] = states.get(item.state, 0) + 1
    accepted = [item for item in items if item.state in ("accepted", "ended")]
    return {"states": states, "accepted_expected_chf": math.fsum(float(item.effect.get("chf") or 0.0) for item in accepted)}


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if math.isfinite(value)}
