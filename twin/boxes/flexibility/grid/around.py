"""One case linearised around a proven plan: its pool of limits, and those that are rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.grid.assembled import Assembled
from twin.boxes.flexibility.grid.candidates import Cuts, end_key
from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.losses import Losses
from twin.boxes.flexibility.grid.measures import Measures, measure
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
        cuts: Cuts = {}
        if earlier is not None:
            near, cuts = near.join(earlier.watch), earlier.cuts
        measures = measure(case, proof, near)
        pool = Pool.around(case, proof.plan, measures, within, cuts, f"n1:{name}>" if name else "")
        kept = np.zeros_like(pool.reachable) if earlier is None else pool.kept(earlier.kept)
        return cls(pool, pool.first(kept), near, _with_directions(case, measures, cuts))

    @cached_property
    def made(self) -> Assembled:
        """The rows."""
        return Assembled(self.pool, self.keep)

    @cached_property
    def kept(self) -> dict[str, np.ndarray]:
        """By row, the steps where it stands in the programme, dims (step,)."""
        return {row.name: np.isfinite(row.room_mw) for row in self.made.rows}

    @cached_property
    def losses(self) -> Losses:
        """What the wires take."""
        return Losses.of(self.pool.case, self.pool.measures)

    def with_rows_for(self, plan: Plan) -> Around | None:
        """With the limits, too, that a plan runs into on the linear grid; None where there is none."""
        lacking = self.pool.lacking(plan, self.keep)
        return Around(self.pool, self.keep | lacking, self.watch, self.cuts) if lacking.any() else None


def _with_directions(case: Case, measures: Measures, cuts: Cuts) -> Cuts:
    found = dict(cuts)
    for k, (end, branch) in enumerate(zip(measures.end.tolist(), measures.branch.tolist(), strict=True)):
        key = end_key(case, end, branch)
        found[key] = (*found.get(key, ()), measures.angle[:, k])
    return found
