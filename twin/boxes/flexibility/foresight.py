"""The coming quarter hour decided with several futures in view: one order that suits them all.

The mean path knows no peak that may come and may not. A few telling paths (`twin.boxes.flexibility.futures.telling`) keep what
it lacks, at a fraction of what all ten cost; what they decide together for the first step is held, and the plan is completed on
the mean path, whose prices explain it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.futures.paths import Futures, along
from twin.boxes.flexibility.futures.plan import plan_futures
from twin.boxes.flexibility.futures.solver import PathLimits
from twin.boxes.flexibility.futures.telling import telling
from twin.boxes.flexibility.lp.compiled import CompiledModel, Solution
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.rows import GridRow

SMALLEST_MW = 1e-6
"""A watt: below it is the solver's tolerance."""


@dataclass(frozen=True)
class Path:
    """One course that the forecasts may take.

    Attributes:
        net_mw: by how much the connection's net import differs from the expected one, dims (step,).
        outer: where it lies between the light (-1) and the heavy (+1) margin path of the grid's rows, 0: in the middle, dims
            (step,).
        probability: of all of them, together 1.
    """

    net_mw: np.ndarray
    outer: np.ndarray
    probability: float


def is_scarce(problem: Problem, solution: Solution, paths: Sequence[Path]) -> bool:
    """True where futures differ in what they cost: a peak that some would raise, or a row whose margin has a price."""
    site = problem.site
    if (np.abs(solution.row_duals) > 0.0).any():
        return True
    if site.peak_chf_per_mw <= 0.0 or site.peak_lift_mw is None:
        return False
    planned = solution.values["import_mw"] - solution.values["export_mw"]
    lifts = list(zip(site.intervals, site.peak_lift_mw, strict=True))
    means = [
        sum(share * float(planned[k] + path.net_mw[k]) for k, share in steps) + float(lift)
        for path in paths
        for steps, lift in lifts
    ]
    return max(means, default=0.0) > float(solution.values["peak_mw"]) + SMALLEST_MW


def first_step_mw(
    compiled: CompiledModel, problem: Problem, solution: Solution, paths: Sequence[Path], limits: PathLimits
) -> np.ndarray | None:
    """Power of every unit in the first step that suits all paths [MW], dims (unit,); None where nobody found any.

    Where a group is called now the mean path's plan stands: a call is settled for all futures alike.

    Args:
        solution: the mean path's, with the rows of the wires that it was solved in.
    """
    groups = [problem.unit_of[d.id] for d in problem.devices if isinstance(d, Programme)]
    if np.abs(solution.p_mw[groups, 0]).any():
        return None
    resting = tuple(replace(d, movable=0.0) if isinstance(d, Programme) else d for d in problem.devices)
    base = replace(problem, devices=resting, rows=solution.rows)
    futures = Futures(
        problems=tuple(
            along(base, net_p_mw=problem.site.net_p_mw + path.net_mw, used_mw=_used(solution.rows, path)) for path in paths
        ),
        probabilities=tuple(path.probability for path in paths),
    )
    found = plan_futures(telling(futures), limits=limits, matrix=compiled.matrix, compared=False)
    return found.p_mw[:, 0] if found.optimal else None


def _used(rows: Sequence[GridRow], path: Path) -> dict[str, np.ndarray]:
    """How much more of every row a path uses, between those at whose quantiles the margins were found: heavy, then light."""
    used = {}
    for row in rows:
        if row.paths_mw is not None and len(row.paths_mw) == 2:
            heavy, light = row.paths_mw
            used[row.name] = np.maximum(path.outer, 0.0) * heavy + np.maximum(-path.outer, 0.0) * light
    return used
