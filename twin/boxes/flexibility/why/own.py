"""What the devices would do by themselves, and where that would leave what they fill."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.lp.parts import Link, Unit
from twin.boxes.flexibility.lp.problem import Problem, stacked, steps_of


def own_p_mw(problem: Problem) -> np.ndarray:
    """Power of every unit's own behaviour, drawing positive [MW], dims (unit, step)."""
    return stacked([unit.own_p_mw for unit in problem.parts.units], len(problem.hours))


def reference_p_mw(unit: Unit, steps: int) -> np.ndarray:
    """What the unit's owner is paid against [MW], dims (step,)."""
    return steps_of(unit.own_p_mw if unit.reference_p_mw is None else unit.reference_p_mw, steps)


def filled(link: Link, p_mw: np.ndarray) -> np.ndarray:
    """Level per hour that a unit's power, drawing positive [MW], brings into the link's store, dims (step,)."""
    steps = len(p_mw)
    draw, feed = np.maximum(p_mw, 0.0), np.maximum(-p_mw, 0.0)
    return np.asarray(steps_of(link.per_draw, steps) * draw + steps_of(link.per_feed, steps) * feed)


def levels(problem: Problem, p_mw: np.ndarray) -> np.ndarray:
    """Level of every store at each step's end if all units followed ``p_mw``, in the store's unit, dims (store, step).

    Bounds are not looked at, but what may be thrown away does not rise above its upper bound.

    Args:
        p_mw: drawing positive, dims (unit, step). A unit that draws and feeds in at once counts by the difference.
    """
    stores, hours, sets = problem.parts.stores, np.asarray(problem.hours), problem.sets
    steps = len(hours)
    gained = stacked([store.inflow for store in stores], steps).copy()
    for link in problem.parts.links:
        gained[sets.store_at[link.store]] += filled(link, p_mw[sets.unit_at[link.unit]]) * hours
    keep = stacked([store.keep for store in stores], steps)
    most = stacked([np.inf if store.spill_chf is None else store.high for store in stores], steps)
    level, found = np.array([store.level0 for store in stores], dtype=float), np.zeros(gained.shape)
    for k in range(steps):
        level = np.minimum(keep[:, k] * level + gained[:, k], most[:, k]) if len(stores) else level
        found[:, k] = level
    return found
