"""Voltage of the limited zone's worst bus as two grid rows, linear in the devices' power.

The forecast spreads a zone's consumption evenly over its loads and its sun over its plants, the rest of the site over the
other loads. It knows no Q(U), so it reads high on sunny days; the AC check after the plan has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.horizon import highest_of_quarters
from twin.boxes.flexibility.problem import GridRow
from twin.boxes.flexibility.sensitivity import bus_sensitivity, nodes_behind, worst_node
from twin.domain.grid import Grid


@dataclass(frozen=True)
class WorstBus:
    """The zone's worst bus, fixed for the run.

    Attributes:
        bus: net index. ``vm0_pu``: unloaded. ``low_pu``, ``high_pu``: band of its level.
        per_load, per_sun, per_rest: voltage per MW of the zone's load, its sun, the rest's load [pu/MW], all >= 0.
        per_device: device id -> voltage rise per MW that it feeds in [pu/MW].
    """

    bus: int
    vm0_pu: float
    low_pu: float
    high_pu: float
    per_load: float
    per_sun: float
    per_rest: float
    per_device: Mapping[str, float]

    def vm_pu(self, load_mw: np.ndarray, sun_mw: np.ndarray, rest_mw: np.ndarray) -> np.ndarray:
        """Expected voltage without the planned devices, dims as the arguments."""
        return self.vm0_pu - self.per_load * load_mw + self.per_sun * sun_mw - self.per_rest * rest_mw


def worst_bus(
    grid: Grid, trafo: int, devices: tuple[Mapping[str, Any], ...], bands: Mapping[str, Any], cos_phi: float
) -> WorstBus:
    """The worst bus behind ``trafo``.

    Raises:
        ValueError: when no voltage band covers its level.
    """
    inside = nodes_behind(grid, trafo)
    node = worst_node(grid, inside)
    sensed = bus_sensitivity(grid, node)
    # Loads draw reactive power with the configured power factor, plants and batteries none.
    per_load = sensed.per_mw + np.tan(np.arccos(cos_phi)) * sensed.per_mvar
    low, high = _band(bands, float(grid.node_vn_kv[node]))
    return WorstBus(
        bus=int(grid.bus[np.flatnonzero(grid.bus_node == node)[0]]),
        vm0_pu=sensed.vm0_pu,
        low_pu=low,
        high_pu=high,
        per_load=_mean(per_load, grid.load_node, inside),
        per_sun=_mean(sensed.per_mw, grid.sgen_node, inside),
        per_rest=_mean(per_load, grid.load_node, np.setdiff1d(np.arange(grid.nodes), inside)),
        per_device={d["id"]: float(sensed.per_mw[n]) for d in devices if (n := _node(grid, d)) >= 0},
    )


def voltage_rows(
    at: WorstBus, *, load: np.ndarray, sun: np.ndarray, rest: np.ndarray, load_paths: np.ndarray, sun_paths: np.ndarray
) -> tuple[GridRow, ...]:
    """Upper and lower band as rows in MW of the most effective device.

    Args:
        load, sun, rest: median of the zone's load, its sun, and the rest of the site's net [MW], dims (time,).
        load_paths, sun_paths: distances of every quantile from the median, dims (quantile, step).
    """
    strongest = max(at.per_device.values(), default=0.0)
    if strongest <= 0.0:
        return ()
    vm_pu = at.vm_pu(load, sun, rest)
    rows = []
    for name, sign, limit, room, paths in (
        ("high", -1.0, at.high_pu, at.high_pu - vm_pu, at.per_sun * sun_paths),
        ("low", 1.0, at.low_pu, vm_pu - at.low_pu, at.per_load * load_paths),
    ):
        held = np.maximum(paths.max(axis=0), 0.0) / strongest
        rows.append(
            GridRow(
                name=f"{name}_voltage:bus:{at.bus}",
                kind="voltage",
                element=str(at.bus),
                limit=limit,
                unit="pu",
                weights=tuple((device, sign * s / strongest) for device, s in at.per_device.items()),
                room_mw=-highest_of_quarters(-room) / strongest - held,
                margin_mw=held,
                unit_per_mw=-sign * strongest,
                paths_mw=paths / strongest,
            )
        )
    return tuple(rows)


def _mean(values: np.ndarray, nodes: np.ndarray, inside: np.ndarray) -> float:
    chosen = nodes[np.isin(nodes, inside)]
    return float(values[chosen].mean()) if chosen.size else 0.0


def _node(grid: Grid, device: Mapping[str, Any]) -> int:
    indices, nodes = (grid.storage, grid.storage_node) if device["table"] == "storage" else (grid.load, grid.load_node)
    found = np.flatnonzero(indices == device["element"])
    return int(nodes[found[0]]) if found.size else -1


def _band(bands: Mapping[str, Any], vn_kv: float) -> tuple[float, float]:
    for band in bands.get("voltage", ()):
        if vn_kv <= band["up_to_kv"]:
            return float(band["vm_min_pu"]), float(band["vm_max_pu"])
    raise ValueError(f"no voltage band covers {vn_kv} kV; add one to the site's [bands]")
