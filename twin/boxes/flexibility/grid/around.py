"""One case linearised around a proven plan: its pool of limits, and those that are rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.grid.assembled import Assembled
from twin.boxes.flexibility.grid.candidates import Cuts
from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.losses import Losses
from twin.boxes.flexibility.grid.measures import measure
from twin.boxes.flexibility.grid.pool import Pool
from twin.boxes.flexibility.grid.proof import Proof
from twin.boxes.flexibility.grid.screen import Watch, watched


@dataclass(frozen=True, eq=False)
class Around:
    """One case around a plan.

    Attributes:
        pool: its limits. ``keep``: those that are rows, dims (step, candidate).
        watch: what was looked at. ``cuts``: directions of the branch currents so far.
    """

    pool: Pool
    keep: np.ndarray
    watch: Watch
    cuts: Cuts

    @classmethod
    def of(cls, case: Case, proof: Proof, within: Ranges, *, earlier: Around | None = None, name: str = "") -> Around:
        """Around a proven plan.

        Args:
            within: between what the units may be set. ``earlier``: whose rows stay.
            name: of the case, "" or the outage's; the rows of an outage are "n1:line:66>...".
        """
        near = watched(case, proof, within if earlier is None else None)
        if earlier is not None:
            near = near.join(earlier.watch)
        measures = measure(case, proof, near)
        number = (2 * measures.branch + measures.end).tolist()
        cuts = _joined({} if earlier is None else earlier.cuts, {n: (measures.angle[:, k],) for k, n in enumerate(number)})
        pool = Pool.around(case, proof.plan, measures, within, cuts, f"n1:{name}>" if name else "")
        kept = np.zeros_like(pool.reachable)
        if earlier is not None:
            kept = pool.kept(earlier.pool.limits.code, earlier.keep)
        return cls(pool, pool.first(kept), near, cuts)

    @cached_property
    def made(self) -> Assembled:
        """The rows."""
        return Assembled(self.pool, self.keep)

    @cached_property
    def losses(self) -> Losses:
        """What the wires take."""
        return Losses.of(self.pool.case, self.pool.measures)

    def with_rows_for(self, plan: Plan) -> Around | None:
        """With the limits, too, that a plan runs into on the linear grid; None where there is none."""
        moved = self.pool.moved(plan)
        turned = self.pool.turned(moved)
        if not turned:
            lacking = self.pool.lacking(moved, self.keep)
            return replace(self, keep=self.keep | lacking) if lacking.any() else None
        cuts = _joined(self.cuts, turned)
        pool = self.pool.with_cuts(cuts)
        keep = pool.kept(self.pool.limits.code, self.keep)
        lacking = pool.lacking(moved, keep)
        return Around(pool, keep | lacking, self.watch, cuts) if lacking.any() else None


def _joined(cuts: Cuts, more: Cuts) -> Cuts:
    return {end: (*cuts.get(end, ()), *more.get(end, ())) for end in {**cuts, **more}}
