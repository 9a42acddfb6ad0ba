"""Plan, prove, linearise again: until the wires carry what is planned and the cost stands still.

A step of the plan may leap as far as the units allow. Where steps reverse, or what the AC proof finds beyond the limits grows,
each unit's room to move around the last point is halved, there alone.

Source: the method of approximation programming, R. E. Griffith and R. A. Stewart, A nonlinear programming technique for the
optimization of continuous processing systems, Management Science 7 (1961) 379-392.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.linear import Linearised, linearise
from twin.boxes.flexibility.grid.proof import Proof, prove
from twin.boxes.flexibility.grid.trust import Trust

Solve = Callable[[Linearised], Plan | None]
"""The linear programme: the cheapest plan within the rows, the bounds, and whatever else it knows; None where it found none."""
Cost = Callable[[Plan, Proof], float]
"""What a plan costs once its power flow is known."""


_LOOKS = 3
"""Times that rows are added at one linearisation: what is still missing then the AC proof finds."""


@dataclass(frozen=True)
class Stop:
    """When it is enough (DISPATCH.md, grid rows).

    Attributes:
        most: linearisations at most. ``objective``: share by which the cost may still change, or ``objective_chf``.
        violation: what counts as feasible, in `twin.boxes.flexibility.grid.proof.TOLERANCE`.
    """

    most: int = 8
    objective: float = 1e-3
    objective_chf: float = 0.01
    violation: float = 1.0


@dataclass(frozen=True)
class Turn:
    """One linearisation: cost, largest AC violation in tolerances, and how much of it the programme had foreseen."""

    objective_chf: float
    violation: float
    foreseen: float
    diverged: tuple[int, ...]


@dataclass(frozen=True)
class Settled:
    """Where it ended.

    Attributes:
        plan, proof: the best that was found: within the limits and cheapest, else the least beyond them.
        outages: proofs of the outage cases with that plan, by name.
        linear: the rows, slopes and losses that the plan was made with.
        feasible: the proof holds, outages included. ``foreseen``: what is beyond a limit is what the programme could not avoid
            and said so.
        settled: it stopped by itself, not at the most allowed.
        iterations: linearisations. ``feasible_after``: how many it took until the wires held, None if they never did.
    """

    plan: Plan
    proof: Proof
    outages: Mapping[str, Proof]
    linear: Linearised | None
    feasible: bool
    foreseen: bool
    settled: bool
    iterations: int
    feasible_after: int | None
    history: tuple[Turn, ...]

    @property
    def violation(self) -> float:
        """Largest excess in tolerances, outages included; infinite where the power flow diverged."""
        return float(max(proof.violation.max(initial=0.0) for proof in (self.proof, *self.outages.values())))


@dataclass(frozen=True)
class _Look:
    """One plan, proven in all cases."""

    plan: Plan
    proofs: Mapping[str, Proof]
    cost: float

    @property
    def violation(self) -> np.ndarray:
        """Dims (step,)."""
        return np.max([proof.violation for proof in self.proofs.values()], axis=0)


def sequential(
    case: Case,
    solve: Solve,
    *,
    ranges: Ranges,
    start: Plan,
    outages: Mapping[str, Case] | None = None,
    stop: Stop | None = None,
    cost: Cost | None = None,
    radius: float | None = None,
) -> Settled:
    """The cheapest plan that the AC power flow proves.

    Args:
        solve: the linear programme.
        ranges: between what each unit may be set.
        start: where the grid is linearised first, for example what the units would do by themselves.
        outages: further cases that must hold with the same units, by name ("line:66"); their rows are "n1:line:66>...".
        cost: by default the programme's own objective.
        radius: share of its range that a unit may move in the first step, None for all of it.

    Never raises on a power flow that diverges: such steps have no rows, and are retreated from.
    """
    cases = {"": case, **(outages or {})}
    stop = stop or Stop()
    trust = Trust(ranges, start, radius)
    here = _look(cases, start, cost)
    if not np.isfinite(here.violation).all():
        here = _look(cases, _idle_where(start, ~np.isfinite(here.violation)), cost)
    seen: list[tuple[_Look, Linearised | None]] = []
    history: list[Turn] = []
    linear: Linearised | None = None
    settled = False
    for _ in range(stop.most):
        linear = linearise(cases, here.proofs, ranges, bounds=trust.bounds(), earlier=linear)
        plan, linear = _planned(solve, linear)
        if plan is None:
            break
        there = _look(cases, plan, cost)
        beyond = linear.beyond(plan)
        seen.append((there, linear))
        history.append(_turn(there, beyond))
        worse = cost is not None and _worse(here, there, stop)
        settled = not worse and _enough(here, there, beyond, linear, stop, first=len(history) == 1)
        if settled:
            break
        lost = ~np.isfinite(there.violation) & np.isfinite(here.violation)
        if worse:
            trust.retreat(there.plan, np.ones(case.steps, dtype=bool))
        elif not lost.any():
            trust.moved(here.plan, there.plan, here.violation, there.violation, first=len(history) == 1)
            here = there
        else:  # too far: the same grid, less room
            trust.retreat(there.plan, lost)
    return _best(seen, here, history, settled=settled, stop=stop)


def _look(cases: Mapping[str, Case], plan: Plan, cost: Cost | None) -> _Look:
    proofs = {name: prove(case, plan) for name, case in cases.items()}
    return _Look(plan, proofs, plan.objective_chf if cost is None else cost(plan, proofs[""]))


def _idle_where(plan: Plan, steps: np.ndarray) -> Plan:
    """Units at rest in some steps: where the first guess has no solution, the grid without them may."""
    return Plan(np.where(steps, 0.0, plan.p_mw), np.where(steps, 0.0, plan.q_mvar), plan.source_vm_pu, plan.objective_chf)


def _planned(solve: Solve, linear: Linearised) -> tuple[Plan | None, Linearised]:
    """The programme's plan, and the rows that it was made with: it is asked again where it ran into what had no row."""
    for _ in range(_LOOKS):
        plan = solve(linear)
        wider = None if plan is None else linear.with_rows_for(plan)
        if wider is None:
            return plan, linear
        linear = wider
    return solve(linear), linear


def _turn(there: _Look, beyond: np.ndarray) -> Turn:
    violation = there.violation
    diverged = tuple(np.flatnonzero(~np.isfinite(violation)).tolist())
    return Turn(there.cost, float(violation.max(initial=0.0)), float(beyond.max(initial=0.0)), diverged)


def _worse(here: _Look, there: _Look, stop: Stop) -> bool:
    """A step from within the limits to within the limits that costs more, and for nothing: the losses bent on the way."""
    was, now = here.violation.max(initial=0.0), there.violation.max(initial=0.0)
    return bool(max(was, now) <= stop.violation and now >= was and there.cost > here.cost)


def _enough(here: _Look, there: _Look, beyond: np.ndarray, linear: Linearised, stop: Stop, *, first: bool) -> bool:
    """Within the limits as far as the programme could, and another linearisation would change neither plan nor cost.

    A step that has no solution with either plan is none of the plan's doing.

    Args:
        first: ``here`` was not planned, and its cost says nothing.
    """
    held = there.violation <= np.maximum(beyond, 0.0) + stop.violation
    if not (held | np.isinf(np.minimum(here.violation, there.violation))).all():
        return False
    if linear.bounds is None and _as_foreseen(there, linear, stop):
        return True
    if first:
        return False
    change = abs(there.cost - here.cost)
    return change <= max(stop.objective * abs(there.cost), stop.objective_chf)


def _as_foreseen(there: _Look, linear: Linearised, stop: Stop) -> bool:
    """The linear grid was right: about every row that the plan leans on, and about the losses.

    A new linearisation would shift those rows by less than the tolerance, and the cost of losses by less than its share.
    """
    proof = there.proofs[""]
    foreseen = linear.proofs[""].loss_mw + linear.losses.more(there.plan, linear.point)
    lost = np.nansum(np.abs(foreseen - proof.loss_mw))
    if lost > stop.objective * np.nansum(np.abs(proof.source_p_mw)):
        return False
    return bool((linear.missed(there.plan, there.proofs) <= stop.violation).all())


def _best(
    seen: Sequence[tuple[_Look, Linearised | None]], start: _Look, history: Sequence[Turn], *, settled: bool, stop: Stop
) -> Settled:
    held = [bool((look.violation <= stop.violation).all()) for look, _ in seen]
    if settled:
        look, linear = seen[-1]
    elif any(held):
        look, linear = min((pair for pair, fine in zip(seen, held, strict=True) if fine), key=lambda pair: pair[0].cost)
    else:
        look, linear = min([(start, None), *seen], key=lambda pair: float(pair[0].violation.max(initial=0.0)))
    beyond = linear.beyond(look.plan) if linear is not None else np.zeros(len(look.violation))
    return Settled(
        plan=look.plan,
        proof=look.proofs[""],
        outages={name: proof for name, proof in look.proofs.items() if name},
        linear=linear,
        feasible=bool((look.violation <= stop.violation).all()),
        foreseen=bool((look.violation <= np.maximum(beyond, 0.0) + stop.violation).all()),
        settled=settled,
        iterations=len(history),
        feasible_after=held.index(True) + 1 if True in held else None,
        history=tuple(history),
    )
