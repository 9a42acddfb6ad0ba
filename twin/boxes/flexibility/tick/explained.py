"""Proposals: every setpoint with its reason, its price split, and what a refusal of its group would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.horizon import quarters_of_steps
from twin.boxes.flexibility.lp.problem import Device
from twin.boxes.flexibility.planner import Plan, Planner
from twin.boxes.flexibility.tick.assemble import Tick
from twin.boxes.flexibility.tick.powers import Powers
from twin.boxes.flexibility.why.prices import PARTS, Prices, prices_of
from twin.boxes.flexibility.why.reasons import Move, explanations
from twin.boxes.flexibility.why.refusal import Refusal, without
from twin.contracts.messages import Proposal
from twin.domain.time import floor_quarter

PRIORITY = 100
MOVED_MW = 1e-4
"""A tenth of a kilowatt: less is no order worth sending."""
UNSURE = 0.5
"""A plan that no solver stands behind is worth a coin's toss until the AC check has seen it."""


@dataclass(frozen=True)
class Explained:
    """What a plan proposes.

    Attributes:
        proposals: of every device that leaves its own behaviour. ``shifted_kwh``: half of all that they draw more or less.
    """

    proposals: tuple[Proposal, ...]
    shifted_kwh: float


def explained(
    as_of: datetime,
    tick: Tick,
    made: Plan,
    powers: Powers,
    planner: Planner,
    *,
    groups: Mapping[str, str],
    site_zone: str,
    overload_chf_per_kwh: float,
    refusals: bool = True,
) -> Explained:
    """The proposals of a plan.

    Args:
        planner: has just made it. ``groups``: by device, those that are refused together.
        refusals: also say what a refusal of each group would cost: a plan more for each.
    """
    plan, hours = powers.base + made.p_mw, np.asarray(tick.problem.hours)
    away = np.abs(plan - powers.own)
    moved = [unit.id for at, unit in enumerate(tick.problem.parts.units) if away[at].max(initial=0.0) > MOVED_MW]
    if made.rung == "ok":
        moves = _by_solver(tick, made, site_zone, overload_chf_per_kwh)
        told = _at_once(tick, made, overload_chf_per_kwh)
        asked = [name for name in moved if name in moves] if refusals else []
        refused = _refusals(tick, made, planner, asked, groups)
    else:
        moves = {name: _ruled(tick, made, plan - powers.own, name) for name in moved}
        told, refused = {}, {}
    proposals = tuple(
        _proposal(as_of, name, plan, powers, tick.problem.unit_of[name], move)
        for name in moved
        if (move := _with(moves.get(name), told.get(name, {}), refused.get(groups.get(name, name)))) is not None
    )
    shifted = sum(float(away[tick.problem.unit_of[p.device]] @ hours) for p in proposals)
    return Explained(proposals, 500.0 * shifted)


def _by_solver(tick: Tick, made: Plan, site_zone: str, overload_chf_per_kwh: float) -> dict[str, Move]:
    """A forecast's distance from its median is that of the net import: sun lies on the other side."""
    return explanations(
        tick.problem,
        made.solution,
        made.linear,
        net_paths_mw=tick.paths.load[site_zone] - tick.paths.pv[site_zone][::-1],
        overload_chf_per_kwh=overload_chf_per_kwh,
    )


def _at_once(tick: Tick, made: Plan, overload_chf_per_kwh: float) -> dict[str, dict[str, Any]]:
    """The local price of the coming quarter hour at every unit, split [CHF/kWh]."""
    prices: Prices = prices_of(tick.problem, made.solution, made.linear, overload_chf_per_kwh=overload_chf_per_kwh)
    now = {part: getattr(prices, part)[:, 0] / 1000.0 for part in PARTS}
    return {
        unit.id: {f"price_{part}_chf_per_kwh": round(float(values[at]), 5) for part, values in now.items()}
        for at, unit in enumerate(tick.problem.parts.units)
    }


def _refusals(tick: Tick, made: Plan, planner: Planner, moved: Sequence[str], groups: Mapping[str, str]) -> dict[str, Refusal]:
    """What becomes of the plan without each group, by group."""
    members: dict[str, list[str]] = {}
    for name in moved:
        members.setdefault(groups.get(name, name), []).append(name)
    compiled = planner.compiled(tick.problem)
    bare = replace(tick.problem, rows=())  # the wires' rows stand in ``linear``
    return {group: without(compiled, bare, made.linear, made.solution, ids) for group, ids in members.items()}


def _with(move: Move | None, prices: Mapping[str, Any], refusal: Refusal | None) -> Move | None:
    if move is None or refusal is None or not np.isfinite(refusal.cost_chf):
        return move if move is None else replace(move, params={**move.params, **prices})
    instead = ", ".join(other.device for other in refusal.instead)
    told = {
        "refused_chf": round(refusal.money_chf, 4),
        "refused_instead": instead,
        "refused_exceeds": ", ".join(limit.row for limit in refusal.exceeded),
    }
    return replace(move, params={**move.params, **prices, **told})


def _ruled(tick: Tick, made: Plan, delta_mw: np.ndarray, name: str) -> Move:
    """The explanation of what the ladder's lower rungs propose: valued at the import tariff alone."""
    at, hours = tick.problem.unit_of[name], np.asarray(tick.problem.hours)
    device = next(device for device in tick.problem.devices if device.id == name)
    value = -float(delta_mw[at] * hours @ tick.problem.site.import_chf_per_mwh)
    energy = 500.0 * float(np.abs(delta_mw[at]) @ hours)
    code = "last_plan" if made.rung == "last_plan" else _rule_of(device)
    return Move(code, {"energy_kwh": round(energy, 6)}, round(value, 6), UNSURE)


def _rule_of(device: Device) -> str:
    """What the rules ask of a device: plants help the voltage, batteries rest, cars meet their departure."""
    if isinstance(device, Plant):
        return "volt_watt"
    return "battery_idle" if isinstance(device, Storage) and device.target_mwh is None else "departure"


def _proposal(as_of: datetime, device: str, plan: np.ndarray, powers: Powers, at: int, move: Move) -> Proposal:
    # The solver may pass a bound by its tolerance.
    path = np.clip(plan[at], powers.low[at], powers.high[at])
    if powers.base[at].any() and path[0] > MOVED_MW:
        path[0] = powers.own[at, 0]  # ripple control knows two powers now: none, and what the thermostats ask for
    return Proposal(
        device=device,
        start=floor_quarter(as_of),
        p_mw=quarters_of_steps(path),
        lower_mw=quarters_of_steps(powers.low[at]),
        upper_mw=quarters_of_steps(powers.high[at]),
        unconstrained_p_mw=quarters_of_steps(powers.own[at]),
        reference_p_mw=quarters_of_steps(powers.reference[at]),
        priority=PRIORITY,
        reason=move.code,
        params=move.params,
        value_chf=move.value_chf,
        confidence=move.confidence,
    )
