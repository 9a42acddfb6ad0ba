"""pandapower: run_timeseries with its fast output, and run_contingency, on pandapower's own solver.

``lightsim2grid=False`` matters: where that package is installed, runpp takes it without asking.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from clock import Span, span_of
from nets import Case
from states import States, all_statistics

from twin.engines.reference import write_step
from twin.engines.topology import with_topology

NAME = "pandapower"
VERSION = version("pandapower")
_OPTIONS = {"lightsim2grid": False, "tolerance_mva": 1e-8}
_LOGGED = (("res_bus", "vm_pu"), ("res_line", "loading_percent"), ("res_trafo", "loading_percent"))
_SHORT, _LONG = 8, 40
"""Steps of the two runs whose difference is timed, so that the set-up of a run counts for nothing, as in a year it would."""


class Replay:
    """run_timeseries of one case."""

    most_compared = 24

    def __init__(self, case: Case) -> None:
        self._net = with_topology(case.net)

    def us_per_step(self, injections: xr.Dataset) -> Span:
        """Time of one step [s], set-up excluded."""
        self._control(injections.isel(time=slice(0, _LONG)))
        short, long = (span_of(lambda steps=steps: self._run(steps)) for steps in (_SHORT, _LONG))
        return (long - short).per(_LONG - _SHORT)

    def states(self, injections: xr.Dataset) -> States:
        """Every step, for comparison."""
        self._control(injections)
        self._run(injections.sizes["time"])
        return States(*self._output())

    def _control(self, injections: xr.Dataset) -> None:
        from pandapower.control import ConstControl
        from pandapower.timeseries import DFData

        net = self._net
        if "controller" in net:
            net.controller.drop(net.controller.index, inplace=True)
        for name, values in injections.items():
            table, column = str(name).split("_", 1)
            index = net[table].index
            source = DFData(pd.DataFrame(values.values, columns=index))
            ConstControl(net, table, column, element_index=index, profile_name=list(index), data_source=source)

    def _run(self, steps: int) -> None:
        from pandapower.timeseries import OutputWriter, run_timeseries

        if "output_writer" in self._net:
            del self._net["output_writer"]  # a fast run leaves another list of variables behind
        OutputWriter(self._net, output_path=None, log_variables=list(_LOGGED))
        run_timeseries(self._net, time_steps=range(steps), verbose=False, check_controllers=False, **_OPTIONS)
        all_statistics(*self._output())

    def _output(self) -> list[np.ndarray]:
        output = self._net["output_writer"].iat[0, 0].output
        return [output[f"{table}.{column}"].to_numpy(dtype=float) for table, column in _LOGGED]


class Outages:
    """run_contingency of one state; it keeps extremes over all outages, so a single outage is compared alone."""

    largest_states = 1
    largest_outages = 12

    def __init__(self, case: Case, lines: np.ndarray) -> None:
        self._net = with_topology(case.net)
        for table in ("line", "trafo"):
            self._net[table]["max_loading_percent"] = 100.0  # without it run_contingency drops every outage
        self._lines = lines

    def us_per_outage(self, injections: xr.Dataset) -> Span:
        """Time of one outage and state [s]."""
        from pandapower.contingency import run_contingency

        lines = self._lines[: self.largest_outages]
        write_step(self._net, injections, 0)
        case = {"line": {"index": lines}}
        # one power flow more than there are outages: the intact grid's
        return span_of(lambda: run_contingency(self._net, case, **_OPTIONS)).per(len(lines) + 1)

    def vm_pu(self, injections: xr.Dataset, step: int, outages: np.ndarray) -> np.ndarray:
        """Voltages with each of ``outages`` (positions among the lines) out, dims (outage, bus)."""
        from pandapower.contingency import run_contingency

        write_step(self._net, injections, step)
        found = []
        for line in self._lines[outages]:
            result: dict[str, Any] = run_contingency(self._net, {"line": {"index": [line]}}, **_OPTIONS)
            # run_contingency keeps the extremes over the intact grid's run apart: with one outage they are its voltages
            found.append(np.asarray(result["bus"]["max_vm_pu"], dtype=float))
        return np.array(found)
