"""A pandapower net becomes plain arrays: pandapower's branch matrix and bus lookup, read once per topology.

pandapower stays the source of truth: its converter fuses buses, applies taps, opens lines at one end and
finds what is unsupplied; nothing of that is computed a second time here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.problems import BadInput, Problem
from twin.engines.injections import TABLES
from twin.engines.topology import with_topology


@dataclass(frozen=True)
class Compiled:
    """A `Grid` and what only the engine needs beside it.

    Attributes:
        own: the net's own injections, "load_p_mw" -> values before scaling, dims (element,).
    """

    grid: Grid
    own: Mapping[str, np.ndarray]


def compile_net(net: Any, topology: Topology = NORMAL) -> Compiled:
    """The grid of a net without problems under ``topology`` as plain arrays, plus what only the engine needs.

    Args:
        net: a pandapower net, left unchanged.
        topology: what differs from the file.

    Raises:
        BadInput: for unknown indices in ``topology``, and when pandapower cannot convert the net.
    """
    prepared = with_topology(net, topology)
    buses = prepared["bus"].index
    ppc, inside = _pandapower_matrices(prepared)
    prepared["bus"] = prepared["bus"].loc[buses]  # the star points of three-winding transformers were added
    grid = _grid(prepared, ppc, inside, topology)
    return Compiled(grid=grid, own=own_injections(prepared))


def own_injections(net: Any) -> dict[str, np.ndarray]:
    """``p_mw`` and ``q_mvar`` of the net's loads, sgens and storages before scaling, dims (element,)."""
    return {
        f"{table}_{column}": net[table][column].to_numpy(dtype=float).copy()
        for table, _ in TABLES
        for column in ("p_mw", "q_mvar")
    }


def _pandapower_matrices(net: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both matrices of pandapower: ``ppc`` (everything), ``ppci`` (in service). Solves nothing."""
    from pandapower.auxiliary import _add_auxiliary_elements, _init_runpp_options
    from pandapower.pd2ppc import _pd2ppc

    _init_runpp_options(
        net,
        algorithm="nr",
        calculate_voltage_angles=True,
        init="flat",
        max_iteration="auto",
        tolerance_mva=1e-8,
        trafo_model="t",
        trafo_loading="current",
        enforce_p_lims=False,
        enforce_q_lims=False,
        check_connectivity=True,
        voltage_depend_loads=False,
        numba=False,
    )
    try:
        _add_auxiliary_elements(net)
        return _pd2ppc(net)
    except Exception as error:  # whatever a converter trips over, the net is what it cannot convert
        place, value = f"net {str(net.get('name', '') or 'grid')!r}", f"{type(error).__name__}: {error}"
        raise BadInput([Problem(place, value, "a net that pandapower converts", "correct the grid file")]) from error


def _grid(net: Any, ppc: dict[str, Any], inside: dict[str, Any], topology: Topology) -> Grid:
    from pandapower.pypower.idx_brch import F_BUS, T_BUS
    from pandapower.pypower.idx_bus import BASE_KV, BS, GS
    from pandapower.pypower.makeYbus import branch_vectors

    base_mva = float(inside["baseMVA"])
    bus, branch = inside["bus"], inside["branch"]
    ytt, yff, yft, ytf = branch_vectors(branch, len(branch))
    position = np.full(len(ppc["branch"]), -1)
    position[inside["internal"]["branch_is"]] = np.arange(len(branch))
    node_of = _bus_nodes(net, len(bus))
    sources = net["ext_grid"][net["ext_grid"]["in_service"].astype(bool).to_numpy()]
    sources = sources[node_of[sources["bus"].to_numpy(dtype=int)] >= 0]
    line, trafo = net["line"], net["trafo"]
    trafo_hv, trafo_lv = (node_of[trafo[f"{side}_bus"].to_numpy(dtype=int)] for side in ("hv", "lv"))
    return Grid(
        name=str(net.get("name", "") or "grid"),
        base_mva=base_mva,
        node_vn_kv=bus[:, BASE_KV].real.astype(float),
        node_shunt=(bus[:, GS] + 1j * bus[:, BS]) / base_mva,
        bus=net["bus"].index.to_numpy(dtype=int),
        bus_node=node_of[net["bus"].index.to_numpy(dtype=int)],
        bus_vn_kv=net["bus"]["vn_kv"].to_numpy(dtype=float),
        source=sources.index.to_numpy(dtype=int),
        source_node=node_of[sources["bus"].to_numpy(dtype=int)],
        source_vm_pu=sources["vm_pu"].to_numpy(dtype=float),
        source_va_degree=sources["va_degree"].to_numpy(dtype=float),
        branch_from=branch[:, F_BUS].real.astype(int),
        branch_to=branch[:, T_BUS].real.astype(int),
        branch_yff=yff,
        branch_yft=yft,
        branch_ytf=ytf,
        branch_ytt=ytt,
        line=line.index.to_numpy(dtype=int),
        line_branch=_positions(net, position, "line", len(line)),
        line_max_i_ka=(line["max_i_ka"] * line["df"] * line["parallel"]).to_numpy(dtype=float),
        trafo=trafo.index.to_numpy(dtype=int),
        trafo_branch=_positions(net, position, "trafo", len(trafo)),
        trafo_sn_mva=(trafo["sn_mva"] * trafo["df"] * trafo["parallel"]).to_numpy(dtype=float),
        trafo_vn_kv=trafo[["vn_hv_kv", "vn_lv_kv"]].to_numpy(dtype=float).reshape(len(trafo), 2),
        trafo_hv_node=trafo_hv,
        trafo_lv_node=trafo_lv,
        trafo3w=net["trafo3w"].index.to_numpy(dtype=int),
        trafo3w_branch=_positions(net, position, "trafo3w", len(net["trafo3w"]) * 3).reshape(3, -1).T,
        trafo3w_sn_mva=_of_windings(net, "sn", "mva"),
        trafo3w_vn_kv=_of_windings(net, "vn", "kv"),
        load_share=_shares(net["load"]),
        sgen_share=_shares(net["sgen"]),
        topology=topology,
        names={
            t: tuple(str(n) for n in net[t]["name"]) for t in ("bus", "line", "trafo", "trafo3w", "load", "sgen", "storage")
        },
        **_element_arrays(net, node_of),
    )


def _bus_nodes(net: Any, nodes: int) -> np.ndarray:
    """Node of every bus index (-1 unsupplied or unknown), dims (largest bus index + 1,)."""
    lookup = np.asarray(net["_pd2ppc_lookups"]["bus"], dtype=int)
    node = np.where((lookup >= 0) & (lookup < nodes), lookup, -1)
    out = net["bus"].index[~net["bus"]["in_service"].astype(bool)].to_numpy(dtype=int)
    node[out] = -1
    return node


def _positions(net: Any, position: np.ndarray, table: str, count: int) -> np.ndarray:
    if not count:
        return np.zeros(0, dtype=int)
    first, last = net["_pd2ppc_lookups"]["branch"][table]
    return position[first:last]


def _of_windings(net: Any, name: str, unit: str) -> np.ndarray:
    """A quantity of every three-winding transformer, dims (trafo3w, winding), windings hv, mv, lv."""
    columns = [f"{name}_{side}_{unit}" for side in ("hv", "mv", "lv")]
    found: np.ndarray = net["trafo3w"][columns].to_numpy(dtype=float).reshape(-1, 3)
    return found


def _shares(frame: pd.DataFrame) -> np.ndarray:
    """Voltage-dependent parts of each element (see `twin.domain.grid.Grid`), dims (element, 4)."""
    columns = [f"const_{part}_{quantity}_percent" for part in ("i", "z") for quantity in ("p", "q")]
    return frame.reindex(columns=columns).astype(float).fillna(0.0).to_numpy() / 100.0


def _element_arrays(net: Any, node_of: np.ndarray) -> dict[str, np.ndarray]:
    arrays = {}
    for table, _ in TABLES:
        frame = net[table]
        node = node_of[frame["bus"].to_numpy(dtype=int)]
        active = frame["in_service"].to_numpy(dtype=bool) & (node >= 0)
        arrays[table] = frame.index.to_numpy(dtype=int)
        arrays[f"{table}_node"] = node
        arrays[f"{table}_scaling"] = np.where(active, frame["scaling"].to_numpy(dtype=float), 0.0)
    return arrays
