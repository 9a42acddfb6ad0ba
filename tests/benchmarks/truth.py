"""pandapower's own power flow, step by step: what every engine is held to.

To 1e-10 MVA: at the usual 1e-8 runpp itself is up to 8e-9 pu and 1.0e-5 % of loading off on the low-voltage grids, as much as
ours is allowed to be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from nets import Case
from states import States

from twin.domain.grid import Grid
from twin.engines.reference import write_step
from twin.engines.topology import with_topology

TOLERANCE_MVA = 1e-10


class Truth:
    """runpp of one case; the case's net is left alone."""

    def __init__(self, case: Case) -> None:
        self.net = with_topology(case.net)

    def states(self, injections: xr.Dataset) -> States:
        """Every step of ``injections`` by runpp.

        Raises:
            LoadflowNotConverged: where runpp itself does not converge.
        """
        found: tuple[list[np.ndarray], ...] = ([], [], [])
        for step in range(injections.sizes["time"]):
            self.solve(injections, step)
            for rows, (table, column) in zip(found, _COLUMNS, strict=True):
                rows.append(self.net[f"res_{table}"][column].to_numpy(dtype=float).copy())
        return States(*(np.array(rows) for rows in found))

    def solve(self, injections: xr.Dataset, step: int) -> None:
        """One step; the results stand in `net` afterwards."""
        import pandapower as pp

        write_step(self.net, injections, step)
        pp.runpp(self.net, tolerance_mva=TOLERANCE_MVA, lightsim2grid=False)

    def node_voltages(self, grid: Grid, injections: xr.Dataset, step: int) -> np.ndarray:
        """Complex voltage [pu] of every node; what no bus shows (an open line's end) has its neighbour's."""
        self.solve(injections, step)
        result: Any = self.net["res_bus"]
        v = np.full(grid.nodes, np.nan + 0j)
        on = grid.bus_node >= 0
        polar = result["vm_pu"].to_numpy(dtype=float) * np.exp(1j * np.radians(result["va_degree"].to_numpy(dtype=float)))
        v[grid.bus_node[on]] = polar[on]
        for near, far in ((grid.branch_from, grid.branch_to), (grid.branch_to, grid.branch_from)):
            hidden = np.isnan(v[far])
            v[far[hidden]] = v[near[hidden]]
        return v


_COLUMNS = (("bus", "vm_pu"), ("line", "loading_percent"), ("trafo", "loading_percent"))


def largest_errors(found: States, truth: States) -> dict[str, float]:
    """Largest absolute difference of voltages [pu] and loadings [%]; a value that is missing on one side only is infinite."""
    return {
        "vm_pu": largest_error(found.vm_pu, truth.vm_pu),
        "line_loading_percent": largest_error(found.line_loading_percent, truth.line_loading_percent),
        "trafo_loading_percent": largest_error(found.trafo_loading_percent, truth.trafo_loading_percent),
    }


def largest_error(found: np.ndarray, truth: np.ndarray) -> float:
    """Largest absolute difference; infinite where a value is missing on one side only."""
    if (np.isnan(found) != np.isnan(truth)).any():
        return float("inf")
    difference = np.abs(found - truth)
    return float(np.nanmax(difference)) if difference.size else 0.0
