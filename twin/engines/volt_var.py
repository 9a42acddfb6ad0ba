"""Inverter Q(U) as a fixed point: power flow, curve, Newton step, until voltage and curve agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from twin.contracts.ports import VoltVar
from twin.domain.grid import Grid
from twin.domain.problems import Problems

TOLERANCE_PU = 1e-7
"""A step has settled when the curve's reactive power would move its voltages by less than this [pu]."""
MAX_PASSES = 12


def curve_q_share(vm_pu: np.ndarray, v_pu: tuple[float, float, float, float], q_max_share: float) -> np.ndarray:
    """Reactive power over rated power, injection positive (VDE-AR-N 4105, 5.7.2.4).

    Example:
        >>> curve_q_share(np.array([0.90, 1.0, 1.065]), (0.92, 0.96, 1.05, 1.08), 0.436).round(3).tolist()
        [0.436, 0.0, -0.218]
    """
    return np.interp(vm_pu, v_pu, [q_max_share, 0.0, 0.0, -q_max_share])


def curve_slope(vm_pu: np.ndarray, v_pu: tuple[float, float, float, float], q_max_share: float) -> np.ndarray:
    """Derivative of `curve_q_share` [1/pu]; never positive."""
    low = (vm_pu > v_pu[0]) & (vm_pu < v_pu[1])
    high = (vm_pu > v_pu[2]) & (vm_pu < v_pu[3])
    return np.where(low, -q_max_share / (v_pu[1] - v_pu[0]), 0.0) + np.where(high, -q_max_share / (v_pu[3] - v_pu[2]), 0.0)


@dataclass(frozen=True)
class Inverters:
    """Where inverters stand: positions in grid.sgen, nodes and ratings [MVA], dims (inverter,)."""

    position: np.ndarray
    node: np.ndarray
    sn_mva: np.ndarray


def locate(grid: Grid, volt_var: VoltVar) -> Inverters:
    """Inverters in service and supplied; the others inject nothing.

    Raises:
        BadInput: for an index that the net does not have and for corner voltages that do not ascend.
    """
    problems = Problems()
    sgen = np.asarray(volt_var.sgen, dtype=int)
    for index in sgen[~np.isin(sgen, grid.sgen)]:
        problems.add(f"volt_var, sgen {index}", "unknown", "an index of net.sgen", "correct the inverter list")
    corners = np.asarray(volt_var.v_pu, dtype=float)
    if corners.shape != (4,) or not (corners[0] < corners[1] <= corners[2] < corners[3]):
        problems.add("volt_var, v_pu", volt_var.v_pu, "four ascending voltages", "correct the curve")
    problems.raise_if_any()
    order = np.argsort(grid.sgen, kind="stable")
    position = order[np.searchsorted(grid.sgen[order], sgen)]
    on = (grid.sgen_node[position] >= 0) & (grid.sgen_scaling[position] != 0.0)
    return Inverters(position[on], grid.sgen_node[position[on]], np.asarray(volt_var.sn_mva, dtype=float)[on])


def sensitivity(grid: Grid, node: np.ndarray) -> np.ndarray:
    """Change of vm_pu at ``node`` per Mvar injected there, at no load, dims (node, node) [pu/Mvar].

    dV_i = Z_ij conj(dS_j / V_j), hence d|V_i| = Re(conj(V_i)/|V_i| Z_ij (-j)/conj(V_j)) dQ_j.
    """
    y = admittance(grid)
    free = np.setdiff1d(np.arange(grid.nodes), grid.source_node)
    row = np.full(grid.nodes, -1)
    row[free] = np.arange(len(free))
    v = np.zeros(grid.nodes, dtype=complex)
    v[grid.source_node] = grid.source_vm_pu * np.exp(1j * np.radians(grid.source_va_degree))
    factor = splu(y[free][:, free].tocsc())
    v[free] = factor.solve(-(y[free] @ v))
    result = np.zeros((len(node), len(node)))
    inner = np.flatnonzero(row[node] >= 0)
    if inner.size:
        unit = np.zeros((len(free), len(inner)), dtype=complex)
        unit[row[node[inner]], np.arange(len(inner))] = 1.0
        z = factor.solve(unit)[row[node[inner]]]
        at = v[node[inner]]
        result[np.ix_(inner, inner)] = (np.conj(at / np.abs(at))[:, None] * z * (-1j) / np.conj(at)[None, :]).real
    return result / grid.base_mva


def admittance(grid: Grid) -> sparse.csr_matrix:
    """Bus admittance matrix over nodes [pu]."""
    f, t, n = grid.branch_from, grid.branch_to, np.arange(grid.nodes)
    data = np.concatenate([grid.branch_yff, grid.branch_yft, grid.branch_ytf, grid.branch_ytt, grid.node_shunt])
    rows, columns = np.concatenate([f, f, t, t, n]), np.concatenate([f, t, f, t, n])
    return sparse.csr_matrix((data, (rows, columns)), shape=(grid.nodes, grid.nodes))


@dataclass
class Settled:
    """Reactive power (time, inverter) [Mvar], settled (time,), power flows needed (time,)."""

    q_mvar: np.ndarray
    converged: np.ndarray
    passes: np.ndarray


def settle(
    solve: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    steps: int,
    volt_var: VoltVar,
    where: Inverters,
    dvm_dq: np.ndarray,
) -> Settled:
    """Solve with Q(U) until every step agrees with its curve.

    Args:
        solve: (step numbers, q_mvar (step, inverter)) -> (vm_pu (step, inverter), converged (step,)).
        steps: number of time steps.
        volt_var: the curve.
        where: the inverters.
        dvm_dq: `sensitivity` of the distinct inverter nodes, in the order of ``np.unique(where.node)``.

    Returns:
        A step that diverges, or has not settled after `MAX_PASSES`, has NaN and is not converged.
    """
    nodes, first, node_of = np.unique(where.node, return_index=True, return_inverse=True)
    # every inverter follows the same curve, so the inverters of a node move together: one unknown per node
    sn = np.bincount(node_of, weights=where.sn_mva, minlength=len(nodes))
    share = np.zeros((steps, len(nodes)))
    converged = np.zeros(steps, dtype=bool)
    passes = np.zeros(steps, dtype=int)
    todo = np.arange(steps)
    for _ in range(MAX_PASSES):
        vm, fine = solve(todo, share[todo][:, node_of] * where.sn_mva)
        passes[todo] += 1
        todo, vm = todo[fine], vm[fine][:, first]
        gap = (curve_q_share(vm, volt_var.v_pu, volt_var.q_max_share) - share[todo]) * sn
        done = (np.abs(gap @ dvm_dq.T) < TOLERANCE_PU).all(axis=1) & (np.abs(gap) < 1e-5 * sn + 1e-12).all(axis=1)
        converged[todo[done]] = True
        todo, gap, vm = todo[~done], gap[~done], vm[~done]
        if not todo.size:
            break
        slope = curve_slope(vm, volt_var.v_pu, volt_var.q_max_share) * sn
        moved = np.divide(_newton_step(gap, slope, dvm_dq), sn, out=np.zeros_like(gap), where=sn > 0)
        share[todo] = np.clip(share[todo] + moved, -volt_var.q_max_share, volt_var.q_max_share)
    q_each = np.where(converged[:, None], share[:, node_of] * where.sn_mva, np.nan)
    return Settled(q_each, converged, passes)


def _newton_step(gap: np.ndarray, slope: np.ndarray, dvm_dq: np.ndarray) -> np.ndarray:
    """Newton's change of Q: dQ = gap + slope (dvm_dq dQ). Nodes on a flat piece just close their gap.

    Only the nodes on a slope are unknowns, and only steps that have some are solved: most inverters of most
    quarter hours sit in the dead band.
    """
    change = gap.copy()
    sloping = slope != 0.0
    for row in np.flatnonzero(sloping.any(axis=1)):
        on = np.flatnonzero(sloping[row])
        off = np.flatnonzero(~sloping[row] & (gap[row] != 0.0))
        right = gap[row, on] + slope[row, on] * (dvm_dq[np.ix_(on, off)] @ gap[row, off])
        matrix = -slope[row, on, None] * dvm_dq[np.ix_(on, on)]
        matrix[np.diag_indices(len(on))] += 1.0
        change[row, on] = np.linalg.solve(matrix, right)
    return change
