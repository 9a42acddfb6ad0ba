"""State estimation of one instant by pandapower's own weighted least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.contracts.ports import Measurements
from twin.domain.grid import Grid
from twin.engines.estimation.measured import FLOW_KINDS, Elements, check_measurements
from twin.engines.flows import to_dataset

_TOLERANCE = 1e-8
_ITERATIONS = 50
_IDLE_SIGMA_MVA = 1e-5
"""Zero injection. Pandapower's own 1e-3 lets 1 kW leak at every joint: 3e-5 pu off."""
_COLUMNS = {
    "vm_pu": ("bus", "vm_pu"),
    "va_degree": ("bus", "va_degree"),
    "line_loading_percent": ("line", "loading_percent"),
    "line_p_from_mw": ("line", "p_from_mw"),
    "trafo_p_hv_mw": ("trafo", "p_hv_mw"),
}


def estimate(net: Any, grid: Grid, m: Measurements) -> xr.Dataset:
    """The most likely state (see `twin.contracts.ports.GridModel`), plus ``va_degree(bus)``; else NaN."""
    from pandapower import estimation

    check_measurements(grid, m)
    elements = Elements(grid)
    pseudo = elements.pseudo(m)
    power, variance = elements.node_sums(pseudo)
    net["measurement"] = _table(grid, m, power, np.sqrt(variance), _nodes_with_power(grid))
    try:
        outcome = estimation.estimate(
            net,
            algorithm="wls",
            tolerance=_TOLERANCE,
            maximum_iterations=_ITERATIONS,
            zero_injection="aux_bus",
        )
        # pandapower 3.5 answers with a dict, or with False when it could not even build the case
        done = bool(outcome["success"]) if isinstance(outcome, dict) else bool(outcome)
    except (UserWarning, np.linalg.LinAlgError, FloatingPointError, RuntimeError, ValueError):
        done = False  # pandapower raises these for an unobservable or singular case: a status, not a crash
    values = {}
    for name, (table, column) in _COLUMNS.items():
        count = len(net[table])
        found = net[f"res_{table}_est"][column].to_numpy(dtype=float) if done else np.full(count, np.nan)
        values[name] = (np.nan_to_num(found, nan=0.0) if done and table != "bus" else found)[None, :]
    values["trafo_loading_percent"] = _trafo_loading(net, grid) if done else np.full((1, len(grid.trafo)), np.nan)
    losses = [float(np.nansum(net[f"res_{table}_est"]["pl_mw"])) for table in ("line", "trafo")] if done else [np.nan]
    values["loss_mw"] = np.array([sum(losses)])
    drawn = _consumption(net, grid) if done else np.full(grid.nodes, np.nan + 0j)
    values.update(elements.share_out(pseudo, drawn[None, :]))
    values["converged"] = values["exact"] = np.array([done])
    return to_dataset(grid, values, time=None).isel(time=0)


def _trafo_loading(net: Any, grid: Grid) -> np.ndarray:
    """Current loading [%], dims (1, trafo); pandapower's estimation reports the power loading instead."""
    found, trafo = net["res_trafo_est"], net["trafo"]
    sides = [found[f"i_{side}_ka"].to_numpy(float) * trafo[f"vn_{side}_kv"].to_numpy(float) for side in ("hv", "lv")]
    apparent = np.sqrt(3.0) * np.maximum(*np.nan_to_num(sides))
    return np.asarray(100.0 * apparent / grid.trafo_sn_mva)[None, :]


def _nodes_with_power(grid: Grid) -> np.ndarray:
    """Nodes whose power may be given as a measurement: those with elements in service and no source."""
    node = np.concatenate(
        [getattr(grid, f"{t}_node")[getattr(grid, f"{t}_scaling") != 0.0] for t in ("load", "sgen", "storage")]
    )
    return np.setdiff1d(node[node >= 0], grid.source_node)


def _idle_buses(grid: Grid) -> list[int]:
    """One bus of every node at which nothing draws or injects."""
    used = np.concatenate([_nodes_with_power(grid), grid.source_node])
    node, first = np.unique(grid.bus_node, return_index=True)
    return [int(grid.bus[i]) for n, i in zip(node, first, strict=True) if n >= 0 and n not in used]


def _table(grid: Grid, m: Measurements, power: np.ndarray, sigma: np.ndarray, nodes: np.ndarray) -> pd.DataFrame:
    """Pandapower's measurement table; bus powers are consumption positive there, as in the net."""
    rows: list[tuple[str, str, int, float, float, str | None]] = []
    supplied = dict(zip(grid.bus.tolist(), (grid.bus_node >= 0).tolist(), strict=True))
    for bus, vm, vm_sigma in zip(m.bus, m.vm_pu, m.vm_sigma, strict=True):
        if supplied[int(bus)] and np.isfinite(vm) and vm_sigma > 0.0:
            rows.append(("v", "bus", int(bus), float(vm), float(vm_sigma), None))
    for kind, index, p, q, flow_sigma in zip(
        m.flow_kind, m.flow_index, m.flow_p_mw, m.flow_q_mvar, m.flow_sigma_mva, strict=True
    ):
        table, side = FLOW_KINDS[kind], kind.split("_", 1)[1]
        there = getattr(grid, f"{table}_branch")[getattr(grid, table) == index][0] >= 0
        if there and np.isfinite(p) and np.isfinite(q) and flow_sigma > 0.0:
            rows.append(("p", table, int(index), float(p), float(flow_sigma), side))
            rows.append(("q", table, int(index), float(q), float(flow_sigma), side))
    for node in nodes:
        if np.isfinite(power[node]) and np.isfinite(sigma[node]):
            bus = int(grid.bus[grid.bus_node == node][0])
            rows.append(("p", "bus", bus, float(power[node].real), float(sigma[node]), None))
            rows.append(("q", "bus", bus, float(power[node].imag), float(sigma[node]), None))
    for bus in _idle_buses(grid):
        rows += [("p", "bus", bus, 0.0, _IDLE_SIGMA_MVA, None), ("q", "bus", bus, 0.0, _IDLE_SIGMA_MVA, None)]
    columns = ["measurement_type", "element_type", "element", "value", "std_dev", "side"]
    return pd.DataFrame(rows, columns=columns).assign(name=None)


def _consumption(net: Any, grid: Grid) -> np.ndarray:
    """Power drawn at every node [MVA] from the estimated branch flows, dims (node,)."""
    drawn = np.zeros(grid.nodes, dtype=complex)
    position = {int(bus): int(node) for bus, node in zip(grid.bus, grid.bus_node, strict=True)}
    vm = np.zeros(grid.nodes)
    on = grid.bus_node >= 0
    vm[grid.bus_node[on]] = net["res_bus_est"]["vm_pu"].to_numpy(dtype=float)[on]
    drawn -= vm**2 * grid.node_shunt.conj() * grid.base_mva
    for table, sides in (("line", ("from", "to")), ("trafo", ("hv", "lv"))):
        found = net[f"res_{table}_est"]
        for side in sides:
            node = np.array([position[int(bus)] for bus in net[table][f"{side}_bus"]], dtype=int)
            flow = np.nan_to_num(found[f"p_{side}_mw"]) + 1j * np.nan_to_num(found[f"q_{side}_mvar"])
            use = (node >= 0) & _closed(net, table, side)
            np.add.at(drawn, node[use], -flow[use])
    return drawn


def _closed(net: Any, table: str, side: str) -> np.ndarray:
    """Ends of lines or transformers that no open switch disconnects, dims (element,)."""
    kind = {"line": "l", "trafo": "t"}[table]
    switch = net["switch"]
    opened = switch[(switch["et"] == kind) & ~switch["closed"].astype(bool)]
    pairs = set(zip(opened["element"], opened["bus"], strict=True))
    ends = zip(net[table].index, net[table][f"{side}_bus"], strict=True)
    return np.array([end not in pairs for end in ends], dtype=bool)
