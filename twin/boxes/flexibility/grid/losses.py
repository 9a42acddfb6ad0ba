"""What the wires take, and what each unit adds to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Plan
from twin.boxes.flexibility.grid.measures import Measures


@dataclass(frozen=True)
class Losses:
    """Marginal losses at a plan.

    Attributes:
        by_p: MW lost more per MW that a unit draws more. ``by_q``: per Mvar, dims (unit, step).
        by_source: per pu of the source's voltage, dims (step,), None where it is not planned.
    """

    by_p: np.ndarray
    by_q: np.ndarray
    by_source: np.ndarray | None

    @classmethod
    def of(cls, case: Case, measures: Measures) -> Losses:
        """d(loss) = d(source power) - d(drawn): a unit at the source itself loses nothing on the way.

        A step without a solution has none: a solver takes no NaN, and its proof says that it has no solution.
        """
        p, placed = measures.across.stop, case.at_place.sum(axis=1)[:, None]
        by_source = None if measures.by_source is None else np.nan_to_num(measures.by_source[:, p])
        by_p, by_q = (case.at_place @ part[:, p].T for part in (measures.by_p, measures.by_q))
        return cls(np.nan_to_num(by_p - placed), np.nan_to_num(by_q), by_source)

    def more(self, plan: Plan, point: Plan) -> np.ndarray:
        """Losses that the linear grid foresees beyond those at a point [MW], dims (step,)."""
        lost = (self.by_p * (plan.p_mw - point.p_mw) + self.by_q * (plan.q_mvar - point.q_mvar)).sum(axis=0)
        if self.by_source is not None and plan.source_vm_pu is not None and point.source_vm_pu is not None:
            lost = lost + self.by_source * (plan.source_vm_pu - point.source_vm_pu)
        return np.asarray(lost)
