"""What a plan that was found still cannot keep: limits, departures, comfort, contracts, and margins that it had to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.parts import Store
from twin.boxes.flexibility.lp.problem import Problem, steps_of
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.own import levels, own_p_mw

Tier = Literal["limit", "departure", "comfort", "contract", "margin"]
TIERS: tuple[Tier, ...] = ("limit", "departure", "comfort", "contract", "margin")
"""In the order in which they are worth keeping."""
SMALLEST_MW = 5e-5
SMALLEST_MWH = 5e-5
"""50 W and 50 Wh: below it is the solver's tolerance and the forecast's dust."""


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """One promise that is not kept.

    Attributes:
        tier: whose. ``name``: the device, the store, or the row of the grid.
        at_h: start of the first step where it breaks; ``worst_h``: of the worst [h after the plan's start].
        amount: at its worst, in ``unit`` (MW of a row, a store's unit, h of a process's run, "run" for a whole one).
        energy_mwh: what is missing or exceeded altogether; NaN where it is no energy.
        alone: what the device would lack at its worst by itself, in ``unit``; NaN for a row.
    """

    tier: Tier
    name: str
    at_h: float
    worst_h: float
    amount: float
    unit: str
    energy_mwh: float
    alone: float


def shortfalls(problem: Problem, solution: Solution) -> tuple[Shortfall, ...]:
    """Everything that ``solution`` pays a penalty for, tier by tier, within a tier the earliest first.

    Limits count from 50 W, energies from 50 Wh.

    Raises:
        ValueError: for a solution without a plan.
    """
    if not solution.optimal:
        raise ValueError(f"a solution that ended with {solution.status!r} promises nothing that could be missed")
    own = levels(problem, own_p_mw(problem))
    found = [
        *_rows(problem, solution, "limit", solution.excess_mw),
        *_soft(problem, solution, own),
        *_targets(problem, solution, own),
        *_runs(problem, solution),
        *_rows(problem, solution, "margin", solution.margin_used_mw),
    ]
    return tuple(sorted(found, key=lambda one: (TIERS.index(one.tier), one.at_h, one.name)))


def _rows(problem: Problem, solution: Solution, tier: Tier, over_mw: np.ndarray) -> list[Shortfall]:
    hours, starts, found = np.asarray(problem.hours), step_start_h(problem.hours), []
    for row, over in zip(solution.rows, over_mw, strict=True):
        if over.max() <= SMALLEST_MW:
            continue
        found.append(
            Shortfall(
                tier=tier,
                name=row.name,
                at_h=float(starts[np.argmax(over > SMALLEST_MW)]),
                worst_h=float(starts[np.argmax(over)]),
                amount=float(over.max()),
                unit="MW",
                energy_mwh=float(over @ hours),
                alone=float("nan"),
            )
        )
    return found


def _soft(problem: Problem, solution: Solution, own: np.ndarray) -> list[Shortfall]:
    """Levels beyond a bound that may be broken at a price."""
    found = []
    for f, place in enumerate(problem.sets.soft):
        store = problem.parts.stores[place]
        for name, lack in (("below", _below), ("above", _above)):
            missing, alone = solution.values[name][f], lack(store, own[place])
            found += _of_store(problem, store, store.soft or "comfort", missing, float(alone.max()))
    return found


def _targets(problem: Problem, solution: Solution, own: np.ndarray) -> list[Shortfall]:
    """Levels wanted at the plan's end."""
    found = []
    for g, place in enumerate(problem.sets.targeted):
        store = problem.parts.stores[place]
        missing = np.zeros(len(problem.hours))
        missing[-1] = solution.values["short"][g]
        alone = max(float(store.target or 0.0) - float(own[place, -1]), 0.0)
        found += _of_store(problem, store, store.short, missing, alone)
    return found


def _of_store(problem: Problem, store: Store, tier: Tier, missing: np.ndarray, alone: float) -> list[Shortfall]:
    energy, starts = missing * store.mwh_per_level, step_start_h(problem.hours)
    if energy.max() <= SMALLEST_MWH:
        return []
    return [
        Shortfall(
            tier=tier,
            name=store.id,
            at_h=float(starts[np.argmax(energy > SMALLEST_MWH)]),
            worst_h=float(starts[np.argmax(energy)]),
            amount=float(missing.max()),
            unit=store.unit,
            energy_mwh=float(energy.max()),
            alone=alone,
        )
    ]


def _runs(problem: Problem, solution: Solution) -> list[Shortfall]:
    """Processes that do not run long enough, or not at all."""
    sets, units = problem.sets, problem.parts.units
    timed = [(sets.switched[w], float(hours), "h") for w, hours in zip(sets.timed, solution.values["missed_h"], strict=True)]
    whole = [(at, float(share), "run") for at, share in zip(sets.whole, solution.values["skipped"], strict=True)]
    found = []
    for at, amount, unit in timed + whole:
        energy = amount * (0.25 * sum(sets.run(at).profile_mw) if unit == "run" else float(np.max(sets.run(at).max_mw)))
        if energy > SMALLEST_MWH:
            nothing = float("nan")
            found.append(
                Shortfall(
                    tier="contract",
                    name=units[at].id,
                    at_h=0.0,
                    worst_h=0.0,
                    amount=amount,
                    unit=unit,
                    energy_mwh=energy,
                    alone=nothing,
                )
            )
    return found


def _below(store: Store, level: np.ndarray) -> np.ndarray:
    return np.maximum(steps_of(store.low, len(level)) - level, 0.0)


def _above(store: Store, level: np.ndarray) -> np.ndarray:
    return np.maximum(level - steps_of(store.high, len(level)), 0.0)
