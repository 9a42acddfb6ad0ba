"""The wires around a proven plan as the linear programme sees them: rows, marginal losses, and how far it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.grid.around import Around
from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.losses import Losses
from twin.boxes.flexibility.grid.proof import TOLERANCE, Proof
from twin.boxes.flexibility.lp.rows import GridRow, Linear, Trust


@dataclass(frozen=True, eq=False)
class Linearised:
    """What a linear programme needs of the wires.

    Attributes:
        point: the plan that this is exact at. ``proofs``: of it, by case.
        parts: by case: "" and the outages' names.
        bounds: the trust region within the ranges; None where the units' own limits are all.
    """

    point: Plan
    proofs: Mapping[str, Proof]
    parts: Mapping[str, Around]
    bounds: Ranges | None

    @cached_property
    def rows(self) -> tuple[GridRow, ...]:
        """All rows (see `twin.boxes.flexibility.lp.rows.GridRow`).

        With a planned source voltage the left side of a row gains ``by_source * (vm - the point's vm)``.
        """
        return tuple(row for part in self.parts.values() for row in part.made.rows)

    @cached_property
    def by_source(self) -> np.ndarray | None:
        """Slopes by the source's voltage, dims (row, step) [MW/pu]; None where it is not planned."""
        slopes = [part.made.by_source for part in self.parts.values() if part.made.by_source is not None]
        return np.concatenate(slopes) if slopes else None

    @property
    def losses(self) -> Losses:
        """Marginal losses, all branches in service."""
        return self.parts[""].losses

    @property
    def programme(self) -> Linear:
        """As the linear programme takes it."""
        box, trust = self.bounds, None
        if box is not None:
            trust = Trust(low_mw=box.low_p_mw, high_mw=box.high_p_mw, low_mvar=box.low_q_mvar, high_mvar=box.high_q_mvar)
        return Linear(rows=self.rows, loss_by_p=self.losses.by_p, loss_by_q=self.losses.by_q, trust=trust)

    def with_rows_for(self, plan: Plan) -> Linearised | None:
        """With the limits, too, that a plan runs into on the linear grid; None where there is none."""
        wider = {name: part.with_rows_for(plan) for name, part in self.parts.items()}
        if not any(wider.values()):
            return None
        return replace(self, parts={name: wider[name] or part for name, part in self.parts.items()})

    def excess_mw(self, plan: Plan) -> np.ndarray:
        """Left side minus room of every row [MW], negative within, dims (row, step)."""
        found = np.zeros((len(self.rows), plan.p_mw.shape[1]))
        for k, row in enumerate(self.rows):
            by_q = 0.0 if row.by_q is None else (row.by_q * plan.q_mvar).sum(axis=0)
            found[k] = (row.by_p * plan.p_mw).sum(axis=0) + by_q - row.room_mw
        if self.by_source is not None and plan.source_vm_pu is not None and self.point.source_vm_pu is not None:
            found += self.by_source * (plan.source_vm_pu - self.point.source_vm_pu)
        return found

    def beyond(self, plan: Plan) -> np.ndarray:
        """By how much a plan knowingly exceeds limits, in tolerances, margins not counted, dims (step,)."""
        most = np.zeros(plan.p_mw.shape[1])
        for row, over in zip(self.rows, self.excess_mw(plan), strict=True):
            allowed = (over - row.margin_mw) * np.abs(row.unit_per_mw) / TOLERANCE[row.unit]
            most = np.maximum(most, np.where(np.isfinite(allowed), allowed, 0.0))
        return most

    def missed(self, plan: Plan, proofs: Mapping[str, Proof]) -> np.ndarray:
        """How far off the rows were that a plan leans on, in tolerances, dims (step,).

        Args:
            proofs: of that plan, by case.
        """
        most = np.zeros(plan.p_mw.shape[1])
        about = [(proofs[name], place) for name, part in self.parts.items() for place in part.made.places]
        for row, (proof, place), over in zip(self.rows, about, self.excess_mw(plan), strict=True):
            size, tolerance = np.abs(row.unit_per_mw), TOLERANCE[row.unit]
            found = np.sign(row.unit_per_mw) * (_found(proof, place) - row.limit) + row.margin_mw * size
            leans = np.isfinite(over) & (over * size >= -tolerance)
            most = np.maximum(most, np.where(leans, np.abs(found - np.where(leans, over, 0.0) * size) / tolerance, 0.0))
        return most


def linearise(
    cases: Mapping[str, Case],
    proofs: Mapping[str, Proof],
    ranges: Ranges,
    *,
    bounds: Ranges | None = None,
    earlier: Linearised | None = None,
) -> Linearised:
    """Rows and losses around a proven plan; which limits become rows says `twin.boxes.flexibility.grid.pool`.

    Args:
        cases: "" and the outages by name. ``proofs``: of one plan, by case.
        ranges: between what the units may be set. ``bounds``: a trust region within them.
        earlier: a linearisation whose rows stay.
    """
    within = ranges if bounds is None else bounds
    parts = {}
    for name, case in cases.items():
        before = None if earlier is None else earlier.parts[name]
        parts[name] = Around.of(case, proofs[name], within, earlier=before, name=name)
    return Linearised(proofs[""].plan, proofs, parts, bounds)


def _found(proof: Proof, place: tuple[str, int]) -> np.ndarray:
    """What the AC power flow found there, dims (step,)."""
    kind, number = place
    if kind == "source":
        return (proof.source_p_mw, proof.source_q_mvar)[number]
    return np.asarray((proof.vm_pu if kind == "node" else proof.loading_percent)[:, number])
