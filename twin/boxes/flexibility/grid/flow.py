"""AC power flow of a plan over the whole horizon, with inverters on their curves and the source at its planned voltage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Inverters, Plan

Following = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class State:
    """Solved steps.

    Attributes:
        v: node voltages [pu], complex, dims (step, node); NaN where a step has no solution.
        converged: dims (step,).
        drawn: consumption of every node, inverters' own actions in it [MVA], complex, dims (step, node).
        inverters: those that followed their curves, None for none. ``available``: their active power, dims (step, inverter).
    """

    v: np.ndarray
    converged: np.ndarray
    drawn: np.ndarray
    inverters: Inverters | None = None
    available: np.ndarray | None = None

    @cached_property
    def following(self) -> Following | None:
        """Slope of the injected power over |V| [MVA/pu], as `twin.engines.tangents` takes it; None without inverters.

        Most power flows are a look at what a plan does, and only where it is linearised are the slopes asked for.
        """
        if self.inverters is None or self.available is None:
            return None
        return _following(self.inverters, self.v, self.available)


def source_factor(case: Case, source_vm_pu: np.ndarray | None) -> np.ndarray:
    """Planned over given voltage of the sources, dims (step,)."""
    if source_vm_pu is None:
        return np.ones(case.steps)
    return np.asarray(source_vm_pu / case.network.grid.source_vm_pu[0])


def solve(case: Case, plan: Plan, consumption: np.ndarray | None = None) -> State:
    """Voltages of every step.

    Args:
        consumption: another consumption beside the units, dims (step, node); by default the case's.
    """
    beside = case if consumption is None else case_with(case, consumption)
    drawn = beside.drawn(plan.p_mw, plan.q_mvar)
    factor = source_factor(case, plan.source_vm_pu)
    if case.inverters is None:
        v, converged = _power_flow(case, drawn, factor)
        return State(v, converged, drawn)
    return _with_inverters(case, case.inverters, plan, drawn, factor)


def case_with(case: Case, consumption: np.ndarray) -> Case:
    """The same case with another consumption."""
    return replace(case, consumption=consumption)


def _power_flow(case: Case, drawn: np.ndarray, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voltages with the sources' voltages times ``factor``.

    Y V = conj(S / V) with V = f V' is Y V' = conj(S / f^2 / V'): the sources keep their voltage, the powers are scaled.
    """
    solved = case.network.solver.solve_nodes(drawn / factor[:, None] ** 2)
    return solved.v * factor[:, None], solved.converged


def _with_inverters(case: Case, inverters: Inverters, plan: Plan, drawn: np.ndarray, factor: np.ndarray) -> State:
    from twin.engines.control.inverter_control import settle_inverters
    from twin.engines.control.inverter_law import WEIGHT

    laws = inverters.laws
    weight, node = laws.figures[:, WEIGHT], _node_of(inverters)
    available = _available(inverters, plan, weight)
    v, total = np.full(drawn.shape, np.nan + 0j), drawn.copy()

    def power_flow(rows: np.ndarray, p_mw: np.ndarray, q_mvar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        now = drawn[rows]
        np.add.at(now.T, node, -(weight * (p_mw - available[rows] + 1j * q_mvar)).T)
        total[rows] = now
        v[rows], fine = _power_flow(case, now, factor[rows])
        return np.abs(v[np.ix_(rows, laws.node)]), fine

    settled = settle_inverters(power_flow, laws, case.network.response_at(laws.node), available, np.zeros_like(available))
    v[~settled.converged] = np.nan
    return State(v, settled.converged, total, inverters, available)


def _node_of(inverters: Inverters) -> np.ndarray:
    from twin.engines.control.inverter_law import PLACE

    node: np.ndarray = inverters.laws.node[inverters.laws.figures[:, PLACE].astype(int)]
    return node


def _available(inverters: Inverters, plan: Plan, weight: np.ndarray) -> np.ndarray:
    """Active power before scaling that the curves act on, dims (step, inverter)."""
    planned = inverters.unit >= 0
    p_mw = np.array(inverters.p_mw, dtype=float)
    p_mw[:, planned] = -plan.p_mw[inverters.unit[planned]].T / weight[planned]
    return p_mw


def _following(inverters: Inverters, v: np.ndarray, available: np.ndarray) -> Following:
    """What the curves' slopes add to the power injected when a voltage moves: it enters as constant current does."""
    from twin.engines.control.inverter_law import WEIGHT, slopes_at

    figures, node = inverters.laws.figures, _node_of(inverters)
    by_vm, none = np.zeros(v.shape, dtype=complex), np.zeros(v.shape, dtype=complex)
    solved = np.flatnonzero(np.isfinite(v).all(axis=1))
    dp, dq = slopes_at(figures, inverters.laws.table, np.abs(v[np.ix_(solved, node)]), available[solved])
    at = by_vm[solved]
    np.add.at(at.T, node, (figures[:, WEIGHT] * (dp + 1j * dq)).T)
    by_vm[solved] = at
    return by_vm, none
