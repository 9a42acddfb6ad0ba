"""How voltages answer to powers at no load: the linear grid between two power flows."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from twin.domain.grid import Grid


def admittance(grid: Grid) -> sparse.csr_matrix:
    """Bus admittance matrix over nodes [pu]."""
    f, t, n = grid.branch_from, grid.branch_to, np.arange(grid.nodes)
    data = np.concatenate([grid.branch_yff, grid.branch_yft, grid.branch_ytf, grid.branch_ytt, grid.node_shunt])
    rows, columns = np.concatenate([f, f, t, t, n]), np.concatenate([f, t, f, t, n])
    return sparse.csr_matrix((data, (rows, columns)), shape=(grid.nodes, grid.nodes))


def voltage_response(grid: Grid, node: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Change of vm_pu at ``node`` per MW and per Mvar injected there, at no load, each dims (node, node) [pu/MW, pu/Mvar].

    dV_i = Z_ij conj(dS_j / V_j), hence d|V_i| = Re(conj(V_i)/|V_i| Z_ij (dP_j - j dQ_j)/conj(V_j)). A source's node does
    not move.
    """
    by_p, by_q = np.zeros((2, len(node), len(node)))
    free = np.setdiff1d(np.arange(grid.nodes), grid.source_node)
    row = np.full(grid.nodes, -1)
    row[free] = np.arange(len(free))
    inner = np.flatnonzero(row[node] >= 0)
    if not inner.size:
        return by_p, by_q
    y = admittance(grid)
    v = np.zeros(grid.nodes, dtype=complex)
    v[grid.source_node] = grid.source_vm_pu * np.exp(1j * np.radians(grid.source_va_degree))
    factor = splu(y[free][:, free].tocsc())
    v[free] = factor.solve(-(y[free] @ v))
    unit = np.zeros((len(free), len(inner)), dtype=complex)
    unit[row[node[inner]], np.arange(len(inner))] = 1.0
    z = factor.solve(unit)[row[node[inner]]]
    at = v[node[inner]]
    per_mw = np.conj(at / np.abs(at))[:, None] * z / np.conj(at)[None, :] / grid.base_mva
    by_p[np.ix_(inner, inner)], by_q[np.ix_(inner, inner)] = per_mw.real, per_mw.imag
    return by_p, by_q
