"""Where a search begins: the first-order capacity of every bus in every state, from the slopes of voltages and loadings.

A tangent knows nothing of Q(U) and of the curvature of the grid: it says where to look, and the AC power flow says what holds.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from scenarios.risk.hosting.grid import HostingGrid
from scenarios.risk.states import States, topologies_in

_BLOCK = 16
"""States whose slopes are in memory at a time: of 200 buses about 25 MB."""
_FLAT = 1e-9


def first_order_mw(grid: HostingGrid, states: States) -> np.ndarray:
    """Rated power at which the first limit would be reached if everything were linear [MW], dims (state, bus)."""
    from twin.engines import sensitivities

    found = np.full((len(states), len(grid.buses)), np.inf)
    tan_phi = grid.added.tan_phi
    sign = 1.0 if grid.added.kind == "pv" else -1.0
    moved = states.sun if grid.added.kind == "pv" else np.ones(len(states))
    limits = grid.held.limits
    buses = np.flatnonzero(grid.supplied)
    at = [grid.buses[bus] for bus in buses]
    for topology, rows in topologies_in(states).items():
        for first in range(0, len(rows), _BLOCK):
            part = rows[first : first + _BLOCK]
            given = grid.injections(states, part, np.zeros(len(part), dtype=int), np.zeros(len(part)), np.zeros(len(part)))
            settled = grid.engine.model(topology).solve(given, want=("vm_pu", "sgen_q_mvar"), controls=grid.controls)
            given = given.assign(sgen_q_mvar=(("time", "sgen"), np.nan_to_num(settled["sgen_q_mvar"].to_numpy())))
            slopes = sensitivities(grid.net, given, topology=topology, at=at)

            def per_mw(name: str, of: xr.Dataset = slopes) -> np.ndarray:
                return sign * (of[f"{name}_dp"].to_numpy() + tan_phi * of[f"{name}_dq"].to_numpy())

            vm, dvm = slopes["vm_pu"].to_numpy()[..., None], per_mw("dvm")
            room = [_room(limits.bus_high_pu[:, None] - vm, dvm), _room(vm - limits.bus_low_pu[:, None], -dvm)]
            for table, limit in (("line", limits.line_percent), ("trafo", limits.trafo_percent)):
                loading, slope = slopes[f"{table}_loading_percent"].to_numpy()[..., None], per_mw(f"d{table}_loading")
                # a current that falls comes back from the other side
                room += [_room(limit - loading, slope), _room(limit + loading, -slope)]
            least = np.minimum.reduce([r.min(axis=1, initial=np.inf) for r in room])
            found[np.ix_(part, buses)] = least / np.maximum(moved[part], _FLAT)[:, None]
    return found


def _room(distance: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Power until a distance is used up [MW]; infinite where it is not approached, or gone already."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((slope > _FLAT) & (distance > 0.0), distance / slope, np.inf)
