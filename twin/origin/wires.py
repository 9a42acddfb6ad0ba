"""Branch powers at both ends from the voltages of an estimated grid, so that losses are where they arise."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import splu

from twin.domain.grid import Grid


class Wires:
    """The branches of one compiled grid, prepared once for its topology."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        on = np.flatnonzero(grid.bus_node >= 0)
        # Of buses that are one node, any tells its voltage.
        self._node, first = np.unique(grid.bus_node[on], return_index=True)
        self._bus = on[first]
        self._inner = np.setdiff1d(np.arange(grid.nodes), self._node)
        if len(self._inner):
            admittance = _admittance(grid)
            self._solve = splu(admittance[self._inner][:, self._inner].tocsc()).solve
            self._from_buses = admittance[self._inner][:, self._node]

    def powers(self, vm_pu: np.ndarray, va_degree: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``(p_from_mw, p_to_mw, p_shunt_mw)``: into each branch at its ends, dims (branch,), and into shunts, dims (node,).

        Args:
            vm_pu, va_degree: voltages, NaN on buses without supply, dims (bus,). Nodes without a bus (the star points of
                three-winding transformers) carry nothing themselves, and their voltage follows.
        """
        grid = self.grid
        v = np.zeros(grid.nodes, dtype=complex)
        v[self._node] = (vm_pu * np.exp(1j * np.radians(va_degree)))[self._bus]
        if len(self._inner):
            v[self._inner] = -self._solve(self._from_buses @ v[self._node])
        v_from, v_to = v[grid.branch_from], v[grid.branch_to]
        p_from = (v_from * (grid.branch_yff * v_from + grid.branch_yft * v_to).conj()).real
        p_to = (v_to * (grid.branch_ytf * v_from + grid.branch_ytt * v_to).conj()).real
        return grid.base_mva * p_from, grid.base_mva * p_to, grid.base_mva * np.abs(v) ** 2 * grid.node_shunt.real


def _admittance(grid: Grid) -> csr_matrix:
    """Nodal admittance [pu], dims (node, node)."""
    here = np.arange(grid.nodes)
    rows = np.concatenate([grid.branch_from, grid.branch_from, grid.branch_to, grid.branch_to, here])
    columns = np.concatenate([grid.branch_from, grid.branch_to, grid.branch_from, grid.branch_to, here])
    values = np.concatenate([grid.branch_yff, grid.branch_yft, grid.branch_ytf, grid.branch_ytt, grid.node_shunt])
    return csr_matrix((values, (rows, columns)), shape=(grid.nodes, grid.nodes))
