"""Where another plan costs the same: then a setpoint is one of several, and its explanation says so."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.lp.compiled import Solution
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.problem import Problem

NOTHING_CHF_PER_MWH = 1e-4
"""Reduced cost below which moving a power costs nothing: far above the solver's 1e-7 CHF/MW, far below the tie-break."""
AT_BOUND_MW = 1e-8


def equal_plans(problem: Problem, solution: Solution) -> np.ndarray:
    """True for each unit that could draw or feed in differently at the same cost, dims (unit,), bool.

    A power that rests at one of its bounds at a reduced cost of nothing may leave it for nothing; unless, at a corner where
    more rows meet than are needed, there is nowhere to go: the flag errs towards saying so. A power that rests where a trust
    region ends is not looked at.
    """
    numbers, sets, hours = numbers_of(problem), problem.sets, np.asarray(problem.hours)
    found = np.zeros(len(problem.parts.units), dtype=bool)
    for name, members in (("draw_mw", sets.drawing), ("feed_mw", sets.feeding)):
        power, low, high = solution.values[name], numbers.lower[name], numbers.upper[name]
        resting = (power <= low + AT_BOUND_MW) | (power >= high - AT_BOUND_MW)
        free = np.abs(solution.reduced[name]) < NOTHING_CHF_PER_MWH * hours
        found[members] |= (resting & free & (high > low + AT_BOUND_MW)).any(axis=1)
    return found
