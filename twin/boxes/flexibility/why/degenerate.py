"""Where another plan costs the same: then a setpoint is one of several, and its explanation says so."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.solution import Solution

NOTHING_CHF_PER_MWH = 1e-4
"""Reduced cost below which moving a power costs nothing: far above the solver's 1e-7 CHF/MW, far below the tie-break."""
AT_BOUND_MW = 1e-8


def equal_plans(problem: Problem, solution: Solution) -> np.ndarray:
    """True for each unit that could draw or feed in differently at the same cost, dims (unit,), bool.

    A power that rests where the cost has a corner (at a bound of its own, or at what its owner is paid against) at a reduced
    cost of nothing may leave it for nothing; unless, where more rows meet than are needed, there is nowhere to go: the flag
    errs towards saying so. A power that rests where a trust region ends is not looked at.
    """
    numbers, sets = numbers_of(problem), problem.sets
    nothing = NOTHING_CHF_PER_MWH * np.asarray(problem.hours)
    up, down = (solution.values[name] > AT_BOUND_MW for name in ("up_mw", "down_mw"))
    # A power that rises takes its distance from the reference along, which has a reduced cost of its own where it begins.
    rising = np.where(down, 0.0, solution.reduced["up_mw"])
    falling = np.where(up, 0.0, solution.reduced["down_mw"])
    found = np.zeros(len(problem.parts.units), dtype=bool)
    for name, members, more, less in (
        ("draw_mw", sets.drawing, rising, falling),
        ("feed_mw", sets.feeding, falling, rising),
    ):
        power, reduced = solution.values[name], solution.reduced[name]
        at_low, at_high = power <= numbers.lower[name] + AT_BOUND_MW, power >= numbers.upper[name] - AT_BOUND_MW
        at_reference = ~(up | down)[members]
        raised = (at_low | at_reference) & ~at_high & (reduced + more[members] < nothing)
        lowered = (at_high | at_reference) & ~at_low & (less[members] - reduced < nothing)
        found[members] |= (raised | lowered).any(axis=1)
    return found
