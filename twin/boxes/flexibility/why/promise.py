"""Promises that a device's own behaviour would break and the plan keeps: departure, comfort, a process that must run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Run, Store
from twin.boxes.flexibility.lp.problem import Problem, steps_of

SMALLEST_MWH = 5e-5
"""50 Wh: below it is the solver's tolerance and a forecast's dust."""


@dataclass(frozen=True)
class Kept:
    """What would be missing without the plan.

    Attributes:
        store: id. ``step``: at whose end most would be missing.
        amount: there, in ``unit``. ``energy_mwh``: the same as energy.
        side: "low" or "high" (a bound), "target" (the level wanted at the end).
    """

    store: str
    side: str
    step: int
    amount: float
    unit: str
    energy_mwh: float


def kept(problem: Problem, unit: int, own: np.ndarray, planned: np.ndarray) -> Kept | None:
    """The largest lack of ``unit``'s stores that the plan makes smaller; None where by itself it lacks nothing more.

    Args:
        own, planned: levels of all stores by own behaviour and by the plan, dims (store, step).
    """
    found: list[Kept] = []
    for link in problem.parts.links:
        if problem.sets.unit_at[link.unit] != unit:
            continue
        at = problem.sets.store_at[link.store]
        found += _of_store(problem.parts.stores[at], own[at], planned[at])
    return max(found, key=lambda one: one.energy_mwh, default=None)


def must_run(run: Run | None, hours: np.ndarray, own_mw: np.ndarray, planned_mw: np.ndarray) -> bool:
    """True where a process runs only because its contract wants it: by itself it would not run long enough."""
    if run is None or (run.hours is None and not run.profile_mw):
        return False
    wanted = 0.25 * len(run.profile_mw) if run.profile_mw else float(run.hours or 0.0)
    alone, now = (float((np.abs(p_mw) > 1e-9) @ hours) for p_mw in (own_mw, planned_mw))
    return alone < min(wanted, now) - 1e-6


def _of_store(store: Store, own: np.ndarray, planned: np.ndarray) -> list[Kept]:
    steps = len(own)
    low, high = steps_of(store.low, steps), steps_of(store.high, steps)
    lacks = {
        "low": np.maximum(low - own, 0.0) - np.maximum(low - planned, 0.0),
        # what a store has no room for is no promise, unless somebody asked for no more (a room too warm)
        "high": (np.maximum(own - high, 0.0) - np.maximum(planned - high, 0.0)) * (store.soft == "comfort"),
    }
    if store.target is not None:
        lacks["target"] = np.zeros(steps)
        lacks["target"][-1] = max(store.target - own[-1], 0.0) - max(store.target - planned[-1], 0.0)
    found = []
    for side, lack in lacks.items():
        step = int(np.argmax(lack))
        energy = float(lack[step]) * store.mwh_per_level
        if energy > SMALLEST_MWH:
            found.append(Kept(store.id, side, step, float(lack[step]), store.unit, energy))
    return found
