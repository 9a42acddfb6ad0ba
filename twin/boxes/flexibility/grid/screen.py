"""Which buses and branches are watched at all: those that may come near a limit when the units go to their ends.

The AC power flow is solved with all units at their lowest and at their highest power. In a radial grid voltages and flows are
monotonic in the powers, so nothing in between lies further out; in a meshed one the proof finds what was left out, and what the
proof finds is watched from then on. Where such a corner has no solution it is approached part of the way and extrapolated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.flow import solve
from twin.boxes.flexibility.grid.proof import Proof

NEAR_PU = 0.015
"""A voltage this close to a limit at any corner is watched: more than the corners miss of a meshed grid's extremes."""
NEAR_SHARE = 0.7
"""So is a branch loaded beyond this share of its limit."""
_APPROACHES = (1.0, 0.5, 0.25, 0.125)


@dataclass(frozen=True)
class Watch:
    """Nodes, dims (n,), and branches, dims (m,), that are watched, ascending."""

    node: np.ndarray
    branch: np.ndarray

    def join(self, other: Watch) -> Watch:
        """Both."""
        return Watch(np.union1d(self.node, other.node), np.union1d(self.branch, other.branch))


NOTHING = Watch(np.zeros(0, dtype=int), np.zeros(0, dtype=int))


def watched(case: Case, proof: Proof, ranges: Ranges | None) -> Watch:
    """What comes near a limit at the plan or at a corner of the ranges.

    Args:
        proof: of the plan that is linearised.
        ranges: None for the plan alone, once the corners have been seen.
    """
    found = _near(case, proof.vm_pu, proof.loading_percent)
    for corner in [] if ranges is None else _corners(case, ranges):
        vm, loading = _approached(case, proof, corner)
        found = found.join(_near(case, vm, loading))
    return found


def _corners(case: Case, ranges: Ranges) -> list[Plan]:
    """All units low and all units high, each with all reactive power low and high where any may be set."""
    p_ends = (ranges.low_p_mw, ranges.high_p_mw)
    q_ends = (ranges.low_q_mvar, ranges.high_q_mvar)
    sides = [(p, q) for p in p_ends for q in (q_ends if (q_ends[0] != q_ends[1]).any() else q_ends[:1])]
    if case.source_vm_pu is None:
        return [Plan(p, q) for p, q in sides]
    return [Plan(p, q, np.full(case.steps, vm)) for p, q in sides for vm in case.source_vm_pu]


def _approached(case: Case, proof: Proof, corner: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Voltages [pu] and loadings [%] at a corner; where no part of the way has a solution, out of every limit."""
    here = proof.plan
    vm, loading = np.full(proof.vm_pu.shape, np.inf), np.full(proof.loading_percent.shape, np.inf)
    missing = np.ones(case.steps, dtype=bool)
    for way in _APPROACHES:
        tried = solve(case, _between(here, corner, way))
        new = missing & tried.converged
        vm[new] = proof.vm_pu[new] + (np.abs(tried.v[new]) - proof.vm_pu[new]) / way
        at = case.network.loading_percent(tried.v[new])
        loading[new] = proof.loading_percent[new] + (at - proof.loading_percent[new]) / way
        missing &= ~tried.converged
        if not missing.any():
            break
    return vm, loading


def _between(here: Plan, corner: Plan, way: float) -> Plan:
    vm = corner.source_vm_pu
    if vm is not None and here.source_vm_pu is not None:
        vm = here.source_vm_pu + way * (vm - here.source_vm_pu)
    return Plan(here.p_mw + way * (corner.p_mw - here.p_mw), here.q_mvar + way * (corner.q_mvar - here.q_mvar), vm)


def _near(case: Case, vm: np.ndarray, loading: np.ndarray) -> Watch:
    low, high = case.network.node_band_pu
    with np.errstate(invalid="ignore"):  # NaN where a step has no solution: not near
        node = ((vm > high - NEAR_PU) | (vm < low + NEAR_PU)).any(axis=0)
        branch = (loading > NEAR_SHARE * case.network.branch_limit_percent).any(axis=0)
    return Watch(np.flatnonzero(node & (np.isfinite(high) | np.isfinite(low))), np.flatnonzero(branch))
