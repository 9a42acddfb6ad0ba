"""A `Grid` as power-grid-model input, in per unit: a generic branch per two-port, a load per node.

Every node gets a rated voltage of 1 kV, so that power-grid-model's own base (1 MVA) makes ohms and per unit
the same number. A two-port with turns ratio t, series admittance y and shunts y_sh / 2 on both sides of the
series element is yff = (y + y_sh/2)/|t|^2, yft = -y/conj(t), ytf = -y/t, ytt = y + y_sh/2 (pandapower's and
power-grid-model's pi model alike).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from power_grid_model import ComponentType, DatasetType, LoadGenType, PowerGridModel, initialize_array

from twin.domain.grid import Grid

SOURCE_SK_VA = 1e18
"""Short-circuit power of a source: 1e18 VA leaves an error of 4e-11 pu, 1e14 leaves 2e-7 (measured)."""
_U_RATED_V = 1000.0


@dataclass(frozen=True)
class TwoPorts:
    """Turns ratio, series impedance, total shunt (pu on 1 MVA), and the rest of the from side's shunt."""

    ratio: np.ndarray
    z: np.ndarray
    shunt: np.ndarray
    rest_from: np.ndarray


def two_ports(grid: Grid) -> TwoPorts:
    """Take the admittances apart; exact for every reciprocal two-port, whatever its shunts."""
    magnitude = np.sqrt(np.abs(grid.branch_ytt / grid.branch_yff))
    ratio = magnitude * np.exp(0.5j * np.angle(grid.branch_yft / grid.branch_ytf))
    series = -grid.branch_ytf * ratio
    # the angle is known up to 180 degrees; a series element dissipates, so its conductance is not negative
    negative = np.where(np.abs(series.real) > 1e-9 * np.abs(series), series.real < 0, series.imag > 0)
    ratio = np.where(negative, -ratio, ratio)
    series = np.where(negative, -series, series)
    return TwoPorts(
        ratio=ratio,
        z=1.0 / (series * grid.base_mva),
        shunt=2.0 * (grid.branch_ytt - series) * grid.base_mva,
        rest_from=(grid.branch_yff - grid.branch_ytt / magnitude**2) * grid.base_mva,
    )


@dataclass(frozen=True)
class PgmInput:
    """The model, and the order in which to feed it.

    Ids count on from nodes (0 on) over branches, sources and loads to shunts.

    Attributes:
        load_node: node of each aggregated load, dims (load,).
    """

    model: PowerGridModel
    load_node: np.ndarray


def pgm_input(grid: Grid, load_node: np.ndarray, extra: dict[ComponentType, np.ndarray] | None = None) -> PgmInput:
    """Build the model; ``extra`` components (sensors) come with their own ids from `first_free_id` on."""
    nodes, branches = grid.nodes, len(grid.branch_from)
    parts = two_ports(grid)
    node = _table(ComponentType.node, nodes, 0)
    node["u_rated"] = _U_RATED_V
    branch = _table(ComponentType.generic_branch, branches, nodes)
    branch["from_node"], branch["to_node"] = grid.branch_from, grid.branch_to
    branch["from_status"] = branch["to_status"] = 1
    branch["r1"], branch["x1"] = parts.z.real, parts.z.imag
    branch["g1"], branch["b1"] = parts.shunt.real, parts.shunt.imag
    branch["k"], branch["theta"] = np.abs(parts.ratio), np.angle(parts.ratio)
    branch["sn"] = 1e6  # only for loading, which we compute ourselves
    branch = branch[~is_loop(grid)]
    source = _table(ComponentType.source, len(grid.source_node), nodes + branches)
    source["node"], source["status"] = grid.source_node, 1
    source["u_ref"], source["u_ref_angle"] = grid.source_vm_pu, np.radians(grid.source_va_degree)
    source["sk"], source["rx_ratio"] = SOURCE_SK_VA, 0.1
    load = _table(ComponentType.sym_load, len(load_node), nodes + branches + len(source))
    load["node"], load["status"], load["type"] = load_node, 1, LoadGenType.const_power
    load["p_specified"] = load["q_specified"] = 0.0
    shunt = _shunts(grid, parts, nodes + branches + len(source) + len(load))
    tables = {
        ComponentType.node: node,
        ComponentType.generic_branch: branch,
        ComponentType.source: source,
        ComponentType.sym_load: load,
        ComponentType.shunt: shunt,
        **(extra or {}),
    }
    return PgmInput(PowerGridModel(tables), load_node)


def is_loop(grid: Grid) -> np.ndarray:
    """Branches whose ends a closed coupler joins: they are a shunt at their node. Dims (branch,)."""
    return np.asarray(grid.branch_from == grid.branch_to)


def first_free_id(grid: Grid, load_node: np.ndarray) -> int:
    """First id that `pgm_input` leaves free."""
    return 2 * grid.nodes + len(grid.branch_from) + len(grid.source_node) + len(load_node)


def _shunts(grid: Grid, parts: TwoPorts, first_id: int) -> np.ndarray:
    """Shunts of the grid, and what an asymmetric two-port leaves at its from side (below 1e-9: rounding)."""
    rest = np.where(np.abs(parts.rest_from) > 1e-9 * np.abs(grid.branch_yff * grid.base_mva), parts.rest_from, 0.0)
    admittance = grid.node_shunt * grid.base_mva
    np.add.at(admittance, grid.branch_from, rest)
    loop = is_loop(grid)
    whole = grid.branch_yff + grid.branch_yft + grid.branch_ytf + grid.branch_ytt
    np.add.at(admittance, grid.branch_from[loop], (whole * grid.base_mva - rest)[loop])
    node = np.flatnonzero(admittance)
    shunt = _table(ComponentType.shunt, len(node), first_id)
    shunt["node"], shunt["status"] = node, 1
    shunt["g1"], shunt["b1"] = admittance[node].real, admittance[node].imag
    return shunt


def _table(component: ComponentType, count: int, first_id: int) -> np.ndarray:
    table: np.ndarray = initialize_array(DatasetType.input, component, count)
    table["id"] = first_id + np.arange(count)
    return table
