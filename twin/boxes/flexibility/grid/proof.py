"""AC proof of a plan: what the wires really carry in every step, and what goes beyond a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Plan
from twin.boxes.flexibility.grid.flow import State, solve
from twin.boxes.flexibility.grid.network import Network

TOLERANCE_PU = 1e-4
TOLERANCE_PERCENT = 0.1
"""What counts as within a limit (DISPATCH.md, grid rows)."""
SOURCE_TOLERANCE_MVA = 1e-3
"""Of the sources' own band; a kilowatt is below what any contract or generator is metered at."""
TOLERANCE = {"pu": TOLERANCE_PU, "%": TOLERANCE_PERCENT, "MW": SOURCE_TOLERANCE_MVA, "Mvar": SOURCE_TOLERANCE_MVA}
"""By unit of a limit."""


@dataclass(frozen=True)
class Worst:
    """The largest excess: ``key`` "line:66", ``element`` its name, at ``step``, ``value`` against ``limit`` in ``unit``."""

    key: str
    element: str
    step: int
    value: float
    limit: float
    unit: str


@dataclass(frozen=True)
class Proof:
    """What the AC power flow says.

    Attributes:
        plan, state: what was solved.
        vm_pu: dims (step, node). ``loading_percent``: of every branch, dims (step, branch).
        source_p_mw, source_q_mvar: what the sources deliver together, dims (step,). ``loss_mw``: dims (step,).
        excess_pu, excess_percent: beyond the limits, 0 within, dims as the values. ``excess_source``: the largest share by
            which the sources' power leaves its band, in MW or Mvar, dims (step,).
        worst: None where nothing exceeds anything.
    """

    plan: Plan
    state: State
    vm_pu: np.ndarray
    loading_percent: np.ndarray
    source_p_mw: np.ndarray
    source_q_mvar: np.ndarray
    loss_mw: np.ndarray
    excess_pu: np.ndarray
    excess_percent: np.ndarray
    excess_source: np.ndarray
    worst: Worst | None

    @property
    def diverged(self) -> np.ndarray:
        """Steps without a solution."""
        return np.flatnonzero(~self.state.converged)

    @property
    def violation(self) -> np.ndarray:
        """Largest excess of each step in tolerances: up to 1 is feasible; infinite without a solution, dims (step,)."""
        found = np.maximum(
            self.excess_pu.max(axis=1, initial=0.0) / TOLERANCE_PU,
            self.excess_percent.max(axis=1, initial=0.0) / TOLERANCE_PERCENT,
        )
        return np.where(self.state.converged, np.maximum(found, self.excess_source / SOURCE_TOLERANCE_MVA), np.inf)

    @property
    def feasible(self) -> bool:
        """Every step solved, and within its limits up to the tolerances."""
        return bool((self.violation <= 1.0).all())


def prove(case: Case, plan: Plan) -> Proof:
    """AC power flow of the whole horizon. A step that diverges is NaN, named in ``diverged``, and touches no other."""
    state = solve(case, plan)
    network = case.network
    v = state.v
    vm, loading = np.abs(v), network.loading_percent(v)
    low, high = network.node_band_pu
    source = source_power(network, v, state.drawn)
    excess_pu = np.nan_to_num(np.maximum(np.maximum(vm - high, low - vm), 0.0))
    excess_percent = np.nan_to_num(np.maximum(loading - network.branch_limit_percent, 0.0))
    beyond = [
        np.maximum(value - band[1], band[0] - value)
        for value, band in ((source.real, case.source_p_mw), (source.imag, case.source_q_mvar))
    ]
    return Proof(
        plan=plan,
        state=state,
        vm_pu=vm,
        loading_percent=loading,
        source_p_mw=source.real,
        source_q_mvar=source.imag,
        loss_mw=source.real - state.drawn.real.sum(axis=1),
        excess_pu=excess_pu,
        excess_percent=excess_percent,
        excess_source=np.nan_to_num(np.maximum(np.max(beyond, axis=0), 0.0)),
        worst=_worst(network, vm, loading, excess_pu, excess_percent),
    )


def source_power(network: Network, v: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Power that all sources deliver together [MVA], complex, dims (step,)."""
    nodes = np.unique(network.grid.source_node)
    current = (network.admittance[nodes] @ v.T).T
    total: np.ndarray = (v[:, nodes] * current.conj() * network.grid.base_mva + drawn[:, nodes]).sum(axis=1)
    return total


def _worst(
    network: Network, vm: np.ndarray, loading: np.ndarray, excess_pu: np.ndarray, excess_percent: np.ndarray
) -> Worst | None:
    of_bus, of_branch = (excess.max(initial=0.0) for excess in (excess_pu, excess_percent))
    if max(of_bus, of_branch) <= 0.0:
        return None
    if of_bus / TOLERANCE_PU >= of_branch / TOLERANCE_PERCENT:
        step, node = (int(i) for i in np.unravel_index(excess_pu.argmax(), excess_pu.shape))
        value, (low, high) = float(vm[step, node]), network.node_band_pu
        limit = float(high[node] if value > high[node] else low[node])
        return Worst(network.bus_key(node), network.bus_name(node), step, value, limit, "pu")
    step, branch = (int(i) for i in np.unravel_index(excess_percent.argmax(), excess_percent.shape))
    table, index, name = network.elements[branch]
    limit = float(network.branch_limit_percent[branch])
    return Worst(f"{table}:{index}", name, step, float(loading[step, branch]), limit, "%")
