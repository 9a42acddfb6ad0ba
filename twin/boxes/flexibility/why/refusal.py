"""What happens if a recommendation is refused: the plan without it, what that costs, who moves instead, what then breaks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.ladder import followed
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.parts import Parts, Unit
from twin.boxes.flexibility.lp.problem import Device, Problem
from twin.boxes.flexibility.lp.rows import Linear, Trust
from twin.boxes.flexibility.lp.solution import Limits, Solution
from twin.boxes.flexibility.why.own import own_p_mw, reference_p_mw

SMALLEST_MW = 5e-5
SMALLEST_MWH = 5e-5
"""50 W and 50 Wh: below it is the solver's tolerance and the forecast's dust."""
MOST_MOVES = 3
PENALISED = ("below", "above", "short", "missed_h", "skipped")
"""Variables whose cost is a penalty of a tier, not money."""


@dataclass(frozen=True)
class Instead:
    """A device that moves more in the plan without the refused ones.

    Attributes:
        energy_mwh: by which it differs: the larger of more and less. ``at_h``: where most of it lies.
    """

    device: str
    energy_mwh: float
    at_h: float


@dataclass(frozen=True)
class Exceeded:
    """A limit that would be exceeded, or exceeded further.

    Attributes:
        row, element, kind: as `twin.boxes.flexibility.lp.rows.GridRow` names them. ``step``, ``at_h``: where it is worst.
        more_mw: by how much more than with the plan. ``excess_mw``: beyond the limit itself; ``value``: what it would read, in
            ``unit``.
    """

    row: str
    element: str
    kind: str
    step: int
    at_h: float
    more_mw: float
    excess_mw: float
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The plan without some devices.

    Attributes:
        ids: who was refused. ``status``: "optimal", or why there is no such plan; the rest is empty then.
        cost_chf: how much dearer the whole plan becomes, penalties of broken limits and promises included.
        money_chf: the same without these penalties.
        instead: who moves more instead, the three largest. ``exceeded``: limits that give way.
        solution: the plan itself.
    """

    ids: tuple[str, ...]
    status: str
    cost_chf: float = float("nan")
    money_chf: float = float("nan")
    instead: tuple[Instead, ...] = ()
    exceeded: tuple[Exceeded, ...] = ()
    solution: Solution

    @property
    def optimal(self) -> bool:
        """True where there is a plan without them."""
        return self.status == "optimal"


def without(
    compiled: CompiledModel,
    problem: Problem,
    linear: Linear,
    solution: Solution,
    ids: Collection[str],
    *,
    limits: Limits | None = None,
) -> Refusal:
    """What becomes of ``solution`` where the devices ``ids`` do what they would do by themselves.

    The compiled model solves again from where it stands, and what is on or off stays so. Only where a refused device is
    switched on and off is a model compiled anew: what it does by itself need keep no rule of its runs. A programme that is not
    called still catches up what it owes. A behaviour that its own store does not allow counts as far as it does.

    Args:
        compiled: has just solved ``problem`` within ``linear``.

    Raises:
        ValueError: for an unknown id, naming those that are, or a solution without a plan.
    """
    known = [device.id for device in problem.devices]
    if unknown := sorted(set(ids) - set(known)):
        raise ValueError(f"devices {', '.join(unknown)} are not in the problem; it has {', '.join(known)}")
    if not solution.optimal:
        raise ValueError(f"a solution that ended with {solution.status!r} holds nothing that could be refused")
    own = own_p_mw(problem)
    grid = _still(problem, linear, ids)
    found = solution
    for behaviour in (lambda: own, lambda: followed(problem, own)):
        held = _held(problem, ids, behaviour())
        same = held.structure == compiled.structure
        found = (compiled if same else CompiledModel(held)).solve(
            held, grid, limits=limits, warm=same, hold=solution.switched if same else None
        )
        if "infeasible" not in found.status:
            break
    if not found.optimal:
        return Refusal(ids=tuple(ids), status=found.status, solution=found)
    money = (found.cost_chf - _penalties(held, found)) - (solution.cost_chf - _penalties(problem, solution))
    return Refusal(
        ids=tuple(ids),
        status=found.status,
        cost_chf=found.cost_chf - solution.cost_chf,
        money_chf=money,
        instead=_instead(problem, solution, found, ids),
        exceeded=_exceeded(problem, solution, found),
        solution=found,
    )


@dataclass(frozen=True)
class _Held:
    """A device that is not moved."""

    device: Device
    own_p_mw: np.ndarray | None

    @property
    def id(self) -> str:
        return self.device.id

    def parts(self, hours: tuple[float, ...]) -> Parts:
        parts = self.device.parts(hours)
        debts = {store.id for store in parts.stores if store.cleared_within_h is not None}
        owing = {link.unit for link in parts.links if link.store in debts}
        return replace(parts, units=tuple(self._unit(unit, len(hours), owes=unit.id in owing) for unit in parts.units))

    def _unit(self, unit: Unit, steps: int, *, owes: bool) -> Unit:
        if owes:
            return replace(unit, feed_max_mw=0.0, feed_min_mw=0.0)
        own = unit.own_p_mw if self.own_p_mw is None else self.own_p_mw
        return replace(unit, movable=0.0, run=None, own_p_mw=own, reference_p_mw=reference_p_mw(unit, steps))


def _held(problem: Problem, ids: Collection[str], own: np.ndarray) -> Problem:
    def of(device: Device) -> Device:
        if device.id not in ids:
            return device
        unit = problem.unit_of.get(device.id)
        return _Held(device, None if unit is None else own[unit])

    return replace(problem, devices=tuple(of(device) for device in problem.devices))


def _still(problem: Problem, linear: Linear, ids: Collection[str]) -> Linear:
    """The grid in which the refused devices have no reactive power that was asked for."""
    held = [at for at in problem.sets.reactive if problem.parts.units[at].id in ids]
    if not held:
        return linear
    shape = (len(problem.parts.units), len(problem.hours))
    anywhere = Trust(low_mw=np.full(shape, -np.inf), high_mw=np.full(shape, np.inf))
    trust = linear.trust or anywhere
    low = np.full(shape, -np.inf) if trust.low_mvar is None else trust.low_mvar.copy()
    high = np.full(shape, np.inf) if trust.high_mvar is None else trust.high_mvar.copy()
    low[held], high[held] = 0.0, 0.0
    return replace(linear, trust=replace(trust, low_mvar=low, high_mvar=high))


def _penalties(problem: Problem, solution: Solution) -> float:
    """What broken limits and promises add to the cost [CHF]."""
    hours, cost = np.asarray(problem.hours), numbers_of(problem).cost
    limits = problem.penalties.excess * solution.excess_mw + problem.penalties.margin * solution.margin_used_mw
    return float((limits @ hours).sum()) + sum(float((cost[name] * solution.values[name]).sum()) for name in PENALISED)


def _instead(problem: Problem, before: Solution, after: Solution, ids: Collection[str]) -> tuple[Instead, ...]:
    hours, found = np.asarray(problem.hours), []
    for at, unit in enumerate(problem.parts.units):
        moved = (after.p_mw[at] - before.p_mw[at]) * hours
        energy = float(max(np.maximum(moved, 0.0).sum(), np.maximum(-moved, 0.0).sum()))
        if unit.id not in ids and energy > SMALLEST_MWH:
            step = int(np.argmax(np.abs(moved)))
            found.append(Instead(unit.id, energy, float(step_start_h(problem.hours)[step])))
    return tuple(sorted(found, key=lambda one: (-one.energy_mwh, one.device))[:MOST_MOVES])


def _exceeded(problem: Problem, before: Solution, after: Solution) -> tuple[Exceeded, ...]:
    starts, found = step_start_h(problem.hours), []
    for at, row in enumerate(after.rows):
        more = after.excess_mw[at] - before.excess_mw[at]
        step = int(np.argmax(more))
        if more[step] <= SMALLEST_MW:
            continue
        excess = float(after.excess_mw[at, step])
        value = row.limit + excess * float(np.broadcast_to(row.unit_per_mw, more.shape)[step])
        found.append(
            Exceeded(row.name, row.element, row.kind, step, float(starts[step]), float(more[step]), excess, value, row.unit)
        )
    return tuple(sorted(found, key=lambda one: -one.more_mw))
