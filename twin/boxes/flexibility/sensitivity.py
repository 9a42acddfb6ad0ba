"""How much a bus voltage moves per MW injected elsewhere: one row of the impedance matrix at the unloaded grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.domain.grid import Grid


@dataclass(frozen=True)
class BusSensitivity:
    """Voltage of one node as a linear function of injections.

    Attributes:
        node: the observed node. ``vm0_pu``: its voltage with nothing connected.
        per_mw, per_mvar: change of the voltage magnitude per MW and Mvar injected at each node [pu/MW], dims (node,);
            zero at sources.
    """

    node: int
    vm0_pu: float
    per_mw: np.ndarray
    per_mvar: np.ndarray


def admittance(grid: Grid) -> Any:
    """Node admittance matrix from the grid's two-ports and shunts [pu], sparse, dims (node, node)."""
    from scipy.sparse import coo_array

    f, t, own = grid.branch_from, grid.branch_to, np.arange(grid.nodes)
    rows = np.concatenate([f, f, t, t, own])
    columns = np.concatenate([f, t, f, t, own])
    values = np.concatenate([grid.branch_yff, grid.branch_yft, grid.branch_ytf, grid.branch_ytt, grid.node_shunt])
    return coo_array((values, (rows, columns)), shape=(grid.nodes, grid.nodes)).tocsc()


def bus_sensitivity(grid: Grid, node: int) -> BusSensitivity:
    """Sensitivity of the voltage at ``node`` to injections everywhere, linearised at no load.

    With I = conj(S / V) and V = V0 + Z I:  d|V_w| / dP_n = Re(conj(V0_w) / |V0_w| * Z_wn / conj(V0_n)), and the same with
    -j for Q. Valid for small voltage changes: within about a tenth up to 0.05 pu. Source: the linear approximation of
    S. Bolognani and S. Zampieri, IEEE Trans. Power Systems 31 (2016) 163-172.

    Raises:
        ValueError: when ``node`` is a source, whose voltage nothing moves.
    """
    from scipy.sparse.linalg import splu

    if node in grid.source_node:
        raise ValueError(f"node {node} is a source; choose a bus inside the grid")
    inner = np.setdiff1d(np.arange(grid.nodes), grid.source_node)
    y = admittance(grid)
    source = grid.source_vm_pu * np.exp(1j * np.radians(grid.source_va_degree))
    inside = y[inner][:, inner]
    unloaded = splu(inside.tocsc()).solve(-(y[inner][:, grid.source_node] @ source))
    at = int(np.flatnonzero(inner == node)[0])
    unit = np.zeros(len(inner), dtype=complex)
    unit[at] = 1.0
    # Row w of Z: phase-shifting transformers make Y unsymmetric, so it is solved with the transpose.
    row = splu(inside.T.tocsc()).solve(unit)
    turned = np.conj(unloaded[at]) / abs(unloaded[at]) * row / np.conj(unloaded) / grid.base_mva
    per_mw, per_mvar = np.zeros(grid.nodes), np.zeros(grid.nodes)
    per_mw[inner], per_mvar[inner] = turned.real, (-1j * turned).real
    return BusSensitivity(node, float(abs(unloaded[at])), per_mw, per_mvar)


def nodes_behind(grid: Grid, trafo: int) -> np.ndarray:
    """Nodes reached from the low-voltage side of the transformer with index ``trafo`` without crossing a transformer.

    Raises:
        ValueError: when the grid has no such transformer in service.
    """
    found = np.flatnonzero(grid.trafo == trafo)
    if not found.size or grid.trafo_branch[found[0]] < 0:
        raise ValueError(f"transformer {trafo} is not in service; the grid has {grid.trafo.tolist()}")
    lines = np.setdiff1d(np.arange(len(grid.branch_from)), grid.trafo_branch)
    reached = np.zeros(grid.nodes, dtype=bool)
    reached[int(grid.trafo_lv_node[found[0]])] = True
    while True:
        touched = reached[grid.branch_from[lines]] | reached[grid.branch_to[lines]]
        wider = reached.copy()
        wider[grid.branch_from[lines[touched]]] = True
        wider[grid.branch_to[lines[touched]]] = True
        if (wider == reached).all():
            return np.flatnonzero(reached)
        reached = wider


def worst_node(grid: Grid, nodes: np.ndarray) -> int:
    """The node whose voltage the generators among ``nodes`` raise most when all of them feed in equally.

    Without a generator there, the loads decide.
    """
    feeding = grid.sgen_node[np.isin(grid.sgen_node, nodes)]
    if not feeding.size:
        feeding = grid.load_node[np.isin(grid.load_node, nodes)]
    candidates = np.unique(feeding)
    rise = [float(bus_sensitivity(grid, int(node)).per_mw[feeding].sum()) for node in candidates]
    return int(candidates[int(np.argmax(rise))])
