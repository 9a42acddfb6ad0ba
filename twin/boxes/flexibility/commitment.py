"""What was announced is kept, unless something better is worth the switch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.rows import Linear, Trust
from twin.boxes.flexibility.lp.solution import Limits, Solution


@dataclass(frozen=True)
class Announced:
    """What was told to be done.

    Attributes:
        p_mw: dims (unit, step), NaN where nothing was announced. ``switching_chf``: what another plan must save to be taken.
    """

    p_mw: np.ndarray
    switching_chf: float


@dataclass(frozen=True)
class Kept:
    """Whether the announced plan stands. ``gain_chf``: what leaving it would save; infinite where it cannot be followed."""

    kept: bool
    gain_chf: float


def keep_or_switch(
    compiled: CompiledModel, problem: Problem, linear: Linear, best: Solution, announced: Announced, limits: Limits
) -> tuple[Solution, Kept]:
    """The plan that stands: the announced one, completed, unless ``best`` saves more than the switch costs.

    ``compiled`` must hold ``best``: the other solve starts from it.
    """
    told = np.isfinite(announced.p_mw)
    if not told.any():
        return best, Kept(kept=True, gain_chf=0.0)
    free = linear.trust
    low = np.full(announced.p_mw.shape, -np.inf) if free is None else free.low_mw
    high = np.full(announced.p_mw.shape, np.inf) if free is None else free.high_mw
    held = Trust(
        low_mw=np.where(told, announced.p_mw, low),
        high_mw=np.where(told, announced.p_mw, high),
        low_mvar=None if free is None else free.low_mvar,
        high_mvar=None if free is None else free.high_mvar,
    )
    other = compiled.solve(problem, replace(linear, trust=held), limits=limits, warm=True, hold=best.switched)
    if not other.optimal:
        return best, Kept(kept=False, gain_chf=float("inf"))
    gain = max(other.cost_chf - best.cost_chf, 0.0)
    stands = gain <= announced.switching_chf
    return other if stands else best, Kept(kept=stands, gain_chf=gain)
