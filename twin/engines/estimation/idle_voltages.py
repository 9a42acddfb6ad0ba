"""The idle grid: voltages while nothing draws or injects, and the same grid in units of them.

In those units every voltage of the idle grid is 1, at angle 0: a solver that starts there starts from the idle grid instead of
from the nominal voltages, whatever ratios, phase shifts and set values the grid has.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from twin.domain.grid import Grid


def idle_voltages(grid: Grid) -> np.ndarray:
    """The sources' set values through ratios and phase shifts: complex node voltages [pu], dims (node,)."""
    n = grid.nodes
    row = np.concatenate([grid.branch_from, grid.branch_from, grid.branch_to, grid.branch_to, np.arange(n)])
    col = np.concatenate([grid.branch_from, grid.branch_to, grid.branch_from, grid.branch_to, np.arange(n)])
    y = np.concatenate([grid.branch_yff, grid.branch_yft, grid.branch_ytf, grid.branch_ytt, grid.node_shunt])
    admittance = sparse.coo_array((y, (row, col)), shape=(n, n)).tocsc()
    v = np.full(n, np.nan + 0j)
    v[grid.source_node] = grid.source_vm_pu * np.exp(1j * np.radians(grid.source_va_degree))
    rest = np.setdiff1d(np.arange(n), grid.source_node)
    if len(rest):
        fixed = np.unique(grid.source_node)
        v[rest] = splu(admittance[rest][:, rest].tocsc()).solve(-(admittance[rest][:, fixed] @ v[fixed]))
    return v


def in_units_of(unit: np.ndarray, grid: Grid) -> Grid:
    """The same grid with every voltage counted in ``unit`` [pu], complex, dims (node,); powers stay what they are."""
    start, end = unit[grid.branch_from], unit[grid.branch_to]
    source = grid.source_vm_pu * np.exp(1j * np.radians(grid.source_va_degree)) / unit[grid.source_node]
    return replace(
        grid,
        node_shunt=np.abs(unit) ** 2 * grid.node_shunt,
        branch_yff=np.abs(start) ** 2 * grid.branch_yff,
        branch_yft=start.conj() * grid.branch_yft * end,
        branch_ytf=end.conj() * grid.branch_ytf * start,
        branch_ytt=np.abs(end) ** 2 * grid.branch_ytt,
        source_vm_pu=np.abs(source),
        source_va_degree=np.degrees(np.angle(source)),
    )
