"""All limits around a proven plan, and which of them become rows: few at first, more where a plan runs into others.

A grid has thousands of limits per step and a plan leans on a handful. Rows are those near their limit now, and those that
would be hit first if all units went up, or all down, together; of rows that pull the units the same way the tightest stands for
the others. A plan made with them is looked at on the linear grid: what it runs into becomes rows, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.grid.candidates import Candidates, Cuts, candidates
from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.measures import Measures
from twin.boxes.flexibility.grid.proof import TOLERANCE
from twin.boxes.flexibility.grid.reach import Reach, first_hit, most_apart

NEAR = {"pu": 0.003, "%": 3.0, "MW": 0.0, "Mvar": 0.0}
"""This close to its limit a reachable row is there from the beginning: about what a first move changes by chance."""
CURVATURE = 0.1
"""Share by which a move may change a value more than its slope says: within a band of 0.1 pu the slopes of a distribution grid
at no load and at full load differ by about as much."""
_MORE = 6
"""Rows added per step and look."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Limits around a plan.

    Attributes:
        case, plan, measures: what was measured where. ``name``: what the rows' names begin with.
        limits: all of them. ``reach``: what can be set, and how far.
    """

    case: Case
    plan: Plan
    measures: Measures
    name: str
    limits: Candidates
    reach: Reach

    @classmethod
    def around(cls, case: Case, plan: Plan, measures: Measures, within: Ranges, cuts: Cuts, name: str) -> Pool:
        """Of a proven plan; ``within``: between what the units may be set, ``cuts``: directions that stay."""
        return cls(case, plan, measures, name, candidates(case, measures, cuts), Reach.of(case, plan, measures, within))

    @cached_property
    def value(self) -> np.ndarray:
        """Left sides at the plan, dims (step, candidate)."""
        return self.limits.of(self.measures.value)

    @cached_property
    def paths(self) -> np.ndarray | None:
        """How far each path of the forecast goes beyond the median, dims (quantile, step, candidate)."""
        return None if self.measures.spread is None else np.nan_to_num(self.limits.of(self.measures.spread))

    @cached_property
    def margin(self) -> np.ndarray:
        """What the worst path takes, >= 0, dims (step, candidate)."""
        return np.zeros_like(self.value) if self.paths is None else np.maximum(self.paths.max(axis=0), 0.0)

    @cached_property
    def gap(self) -> np.ndarray:
        """Value and margin beyond the limit, negative within, dims (step, candidate)."""
        return np.asarray(self.value + self.margin - self.limits.limit)

    @cached_property
    def tolerance(self) -> np.ndarray:
        """Of every limit, dims (candidate,)."""
        return self.limits.per_unit(TOLERANCE)

    @cached_property
    def reachable(self) -> np.ndarray:
        """Limits that can be reached at all, and that the units together move by more than the tolerance."""
        middle, half = self.reach.span(self.reach.slopes)
        # a combination of two measures reaches at most as far as its parts
        width = np.abs(self.limits.first_factor) * half[:, self.limits.first]
        width += np.abs(self.limits.second_factor) * half[:, self.limits.second]
        with np.errstate(invalid="ignore"):  # NaN where a step has no solution: it has no rows
            far = self.gap + (1.0 + CURVATURE) * (self.limits.of(middle) + width)
            return np.asarray((far >= 0.0) & (2.0 * width > self.tolerance))

    def kept(self, codes: np.ndarray, keep: np.ndarray) -> np.ndarray:
        """Rows of an earlier linearisation, here, dims (step, candidate).

        Args:
            codes: of its candidates, dims (n,). ``keep``: which were rows, dims (step, n).
        """
        found = np.zeros(self.value.shape, dtype=bool)
        _, here, there = np.intersect1d(self.limits.code, codes, assume_unique=True, return_indices=True)
        found[:, here] = keep[:, there]
        return found & np.isfinite(self.gap)

    def first(self, kept: np.ndarray) -> np.ndarray:
        """Rows to begin with, dims (step, candidate)."""
        near = self.limits.per_unit(NEAR)
        chosen = kept.copy()
        for step, reachable in enumerate(self.reachable):
            here = np.flatnonzero(reachable)
            if not here.size:
                continue
            slopes = self.limits.slopes(step, here, self.reach.slopes)
            gap, up, down = self.gap[step, here], self.reach.up[step], self.reach.down[step]
            for way in (up, -down):
                chosen[step, here[first_hit(slopes[:, : self.reach.places], gap, way[: self.reach.places])]] = True
            close = gap >= -near[here]
            chosen[step, here[close][most_apart(slopes[close], gap[close], up + down, len(here))]] = True
        return chosen

    def moved(self, plan: Plan) -> np.ndarray:
        """By how much a plan moves every measure on the linear grid, dims (step, measure)."""
        moved = self.reach.controls(self.case, plan, self.plan)
        return np.asarray(np.matmul(self.reach.slopes, moved[:, :, None])[:, :, 0])

    def turned(self, moved: np.ndarray) -> Cuts:
        """Directions in which branches exceed their limits when the measures have ``moved``."""
        measures = self.measures
        along = (measures.value + moved)[:, measures.along]
        across = (measures.value + moved)[:, measures.across]
        limit = self.case.network.branch_limit_percent[measures.branch]
        with np.errstate(invalid="ignore"):
            over = (np.hypot(along, across) > limit + TOLERANCE["%"]).any(axis=0)
        number, angle = 2 * measures.branch + measures.end, measures.angle + np.arctan2(across, along)
        return {int(number[k]): (angle[:, k],) for k in np.flatnonzero(over)}

    def with_cuts(self, cuts: Cuts) -> Pool:
        """With further directions."""
        return replace(self, limits=candidates(self.case, self.measures, cuts))

    def lacking(self, moved: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Limits that a plan runs into on the linear grid although it has no row for them, the worst of each step.

        Args:
            moved: by how much it moves the measures. ``there``: rows that it had, dims (step, candidate).
        """
        gap = self.gap + self.limits.of(moved)
        with np.errstate(invalid="ignore"):
            over = (gap > self.tolerance) & ~there & self.reachable
        found = np.zeros_like(there)
        for step in np.flatnonzero(over.any(axis=1)).tolist():
            here = np.flatnonzero(over[step])
            slopes = self.limits.slopes(step, here, self.reach.slopes)
            width = self.reach.up[step] + self.reach.down[step]
            found[step, here[most_apart(slopes, gap[step, here], width, _MORE)]] = True
        return found
