"""pandapower's own power flow of one step: what every kernel is held to."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from twin.domain.grid import Topology
from twin.engines.topology import with_topology

TOLERANCE_MVA = 1e-8
MAX_ITERATIONS = 30
"""pandapower's own 10 stop short of heavily loaded steps with voltage-dependent loads."""
_INJECTED = tuple((table, column) for table in ("load", "sgen", "storage") for column in ("p_mw", "q_mvar"))


def write_step(net: Any, injections: xr.Dataset, step: int) -> None:
    """Write one step into the element tables of ``net``, as floats: an integer column truncates MW."""
    for name, array in injections.data_vars.items():
        table, column = str(name).split("_", 1)
        values = array.values[step] if array.dims[:1] == ("time",) else array.values
        net[table][column] = np.asarray(values, dtype=float)


def run_pandapower(net: Any, *, init: str = "auto", numba: bool = False, run_control: bool = False) -> bool:
    """``runpp`` to 1e-8 MVA; False when it does not converge. numba compiles for seconds.

    It is pandapower's own solver, whatever else is installed.
    """
    import pandapower as pp
    from pandapower.control.run_control import ControllerNotConverged
    from pandapower.powerflow import LoadflowNotConverged

    try:
        pp.runpp(
            net,
            # pandapower holds its mismatch in per unit against this figure
            tolerance_mva=TOLERANCE_MVA / float(net["sn_mva"]),
            max_iteration=MAX_ITERATIONS,
            init=init,
            numba=numba,
            run_control=run_control,
            lightsim2grid=False,
        )  # fmt: skip
    except (LoadflowNotConverged, ControllerNotConverged):
        return False
    return True


class Reference:
    """runpp on one topology. The net is copied once; every step writes all injections anew, so no step remembers another."""

    def __init__(self, net: Any, topology: Topology) -> None:
        self._net = with_topology(net, topology)
        self._own = {(table, column): self._net[table][column].copy() for table, column in _INJECTED}

    def vm_pu(self, injections: xr.Dataset, *, step: int = 0) -> np.ndarray:
        """vm_pu of one step, dims (bus,); NaN where it does not converge. What ``injections`` lacks is the net's own value."""
        for (table, column), own in self._own.items():
            self._net[table][column] = own
        write_step(self._net, injections, step)
        if not run_pandapower(self._net):
            return np.full(len(self._net["bus"]), np.nan)
        vm: np.ndarray = self._net["res_bus"]["vm_pu"].reindex(self._net["bus"].index).to_numpy(dtype=float)
        return vm
