"""The same port on pandapower's own solver, step by step: slow and true.

`engine = "pandapower"` in a site file runs everything on it: an independent answer to the same questions.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import QUANTILES, WANT, GridLimits, Measurements, Progress
from twin.domain.controls import NO_CONTROLS, Controls
from twin.domain.grid import NORMAL, Topology
from twin.engines.batch.replay_dataset import attrs_of, check_replay, served_by, step_hours
from twin.engines.batch.replay_dataset import to_dataset as statistics_dataset
from twin.engines.compile import compile_net
from twin.engines.control.controlled import ControlledFamily
from twin.engines.estimation.pandapower_estimate import estimate
from twin.engines.flows import check_want, dim_of, to_dataset
from twin.engines.injections import ElementPowers, read_injections, read_profiles
from twin.engines.outages.closures import closures, coupler_z_ohm
from twin.engines.outages.contingency import Outages, contingencies, outages_of, ties_of
from twin.engines.reference import run_pandapower
from twin.engines.stepwise import StepwiseOutages, replay_stepwise
from twin.engines.topology import with_topology

_RESULTS = {
    "vm_pu": ("bus", "vm_pu"),
    "va_degree": ("bus", "va_degree"),
    "line_loading_percent": ("line", "loading_percent"),
    "trafo_loading_percent": ("trafo", "loading_percent"),
    "trafo3w_loading_percent": ("trafo3w", "loading_percent"),
    "line_loss_mw": ("line", "pl_mw"),
    "trafo_loss_mw": ("trafo", "pl_mw"),
    "trafo3w_loss_mw": ("trafo3w", "pl_mw"),
    "line_p_from_mw": ("line", "p_from_mw"),
    "line_q_from_mvar": ("line", "q_from_mvar"),
    "line_i_ka": ("line", "i_ka"),
    "trafo_p_hv_mw": ("trafo", "p_hv_mw"),
    "trafo_q_hv_mvar": ("trafo", "q_hv_mvar"),
    "trafo_p_lv_mw": ("trafo", "p_lv_mw"),
    "trafo_q_lv_mvar": ("trafo", "q_lv_mvar"),
}
_LOSSES = ("line", "trafo", "trafo3w", "impedance", "xward", "dcline")
_NUMBA_FROM_STEPS = 40
"""numba compiles for about 2.3 s in every process, then saves about 60 ms a step (202 buses, measured)."""


class PandapowerModel:
    """A net with its topology applied; every step is a ``runpp`` to 1e-8 MVA."""

    engine = "pandapower"
    engine_version = version("pandapower")

    def __init__(
        self, net: Any, topology: Topology = NORMAL, reason: str = "asked for by name", *, run_control: bool = False
    ) -> None:  # fmt: skip
        compiled = compile_net(net, topology)
        self.controls = NO_CONTROLS
        self._run_control = run_control
        self.grid = compiled.grid
        self.reason = reason
        self._own = compiled.own
        self._net = with_topology(net, topology)
        self._controllers_of(net)
        self._family = ControlledFamily(self, net, lambda other: PandapowerModel(net, other))

    def solve(
        self,
        injections: xr.Dataset,
        *,
        dtype: str = "float64",  # noqa: ARG002 - pandapower has but one precision
        want: Sequence[str] = WANT,
        controls: Controls | None = None,
    ) -> xr.Dataset:
        """AC power flow of every step (see `twin.contracts.ports.GridModel`, `twin.engines.model.BatchModel`)."""
        check_want(want)
        acting = self.controls if controls is None else controls
        if acting:
            return self._family.solve(acting, injections, want).assign_attrs(served_by(self))
        powers = read_injections(self.grid, self._own, injections)
        values = {name: np.full(self._shape(powers.steps, name), np.nan) for name in want}
        converged = self._run(powers, np.arange(powers.steps), values)
        for name, part in (("sgen_p_mw", "real"), ("sgen_q_mvar", "imag")):
            if name in want:
                values[name] = np.where(converged[:, None], getattr(powers.values["sgen"], part), np.nan)
        for value in values.values():
            value[~converged] = np.nan
        values["converged"], values["iterations"] = converged, np.ones(powers.steps, dtype=int)
        values["engine"] = np.where(converged, self.engine, "")
        return to_dataset(self.grid, values, time=powers.time).assign_attrs(served_by(self))

    def replay(
        self,
        injections: xr.Dataset,
        *,
        chunk: int | None = None,
        dtype: str = "float64",  # noqa: ARG002 - pandapower has but one precision
        limits: GridLimits | None = None,
        quantiles: Sequence[float] = QUANTILES,
        step_h: float | None = None,
        controls: Controls | None = None,
        progress: Progress | None = None,
    ) -> xr.Dataset:
        """Statistics of every element over all steps (see `twin.contracts.ports.GridModel`)."""
        profiles = read_profiles(self.grid, self._own, injections)
        check_replay(chunk, quantiles)
        hours = step_hours(profiles.time, step_h)
        acting = self.controls if controls is None else controls
        solve = self._family.in_order(acting) if acting else lambda part, want: self.solve(part, want=want)
        found = replay_stepwise(
            self.grid, solve, profiles, chunk, limits or GridLimits(), quantiles=bool(quantiles), progress=progress
        )
        nodes = np.arange(self.grid.nodes)
        attrs = attrs_of(self, found, profiles.steps)
        return statistics_dataset(
            self.grid, found, nodes, profiles.time, hours=hours, quantiles=quantiles, attrs=attrs
        )  # fmt: skip

    def contingencies(
        self,
        injections: xr.Dataset,
        outages: Outages = "lines",
        *,
        restore: bool = True,
        limits: GridLimits | None = None,
    ) -> xr.Dataset:
        """Every outage at every step (see `twin.contracts.ports.GridModel`, `twin.engines.outages.contingency`)."""
        profiles = read_profiles(self.grid, self._own, injections)
        asked = outages_of(self.grid, outages)
        found = ties_of(self.grid, closures(self._net, self.grid.topology), coupler_z_ohm(self._net))
        ties, untried = found if restore else ([], [])
        solver = StepwiseOutages(self, ties, self._with, self._sources())
        return contingencies(
            self.grid,
            profiles,
            asked,
            ties,
            solve=solver.solve,
            dark=solver.dark,
            limits=limits or GridLimits(),
            attrs={
                **served_by(self),
                "untried_closures": untried,
            },
        )

    def _controllers_of(self, net: Any) -> None:
        """Controllers of the net's own copy: profiles are left to the injections, and nobody else's objects are changed."""
        from pandapower.control import ConstControl

        table = net.get("controller")
        kept = [] if table is None or not self._run_control else [not isinstance(c, ConstControl) for c in table["object"]]
        self._run_control = any(kept)
        if table is not None:
            mine = table[kept].copy() if kept else table.iloc[:0].copy()
            mine["object"] = [copy.deepcopy(controller) for controller in mine["object"]]  # a frame's copy shares its objects
            self._net["controller"] = mine
        self._taps = {name: self._net[name]["tap_pos"].copy() for name in ("trafo", "trafo3w") if "tap_pos" in self._net[name]}

    def _reset_taps(self) -> None:
        for name, position in self._taps.items():
            self._net[name]["tap_pos"] = position

    def _sources(self) -> np.ndarray:
        """Nodes that feed the grid: external grids, and generators that hold the angle."""
        gen = self._net["gen"]
        slack = gen[gen["in_service"].astype(bool) & gen["slack"].astype(bool)] if len(gen) and "slack" in gen else gen.iloc[:0]
        node = self.grid.bus_node[self._net["bus"].index.get_indexer(slack["bus"])]
        return np.concatenate([self.grid.source_node, node[node >= 0]])

    def _with(self, topology: Topology) -> PandapowerModel:
        return PandapowerModel(self._net, topology, self.reason)

    def estimate(self, measurements: Measurements) -> xr.Dataset:
        """Weighted least squares by ``pandapower.estimation`` (see `twin.contracts.ports.GridModel`)."""
        return estimate(self._net, self.grid, measurements)

    def _shape(self, steps: int, name: str) -> tuple[int, ...]:
        dim = dim_of(name)
        if not dim:
            return (steps,)
        return (steps, len(self.grid.source_node) if dim == "source" else len(getattr(self.grid, dim)))

    def _run(self, powers: ElementPowers, steps: np.ndarray, values: dict[str, np.ndarray]) -> np.ndarray:
        """Solve ``steps`` one after the other; one starts from the one before only if that converged."""
        converged = np.zeros(len(steps), dtype=bool)
        warm = False
        self._reset_taps()
        numba = len(steps) >= _NUMBA_FROM_STEPS
        for row, step in enumerate(steps):
            finite = all(np.isfinite(power[step]).all() for power in powers.values.values())
            if finite:
                self._write(powers, int(step))
                warm = run_pandapower(self._net, init="results" if warm else "auto", numba=numba, run_control=self._run_control)
                converged[row] = warm
            if converged[row]:
                self._read(int(step), values)
        return converged

    def _write(self, powers: ElementPowers, step: int) -> None:
        for table, power in powers.values.items():
            self._net[table]["p_mw"] = power[step].real
            self._net[table]["q_mvar"] = power[step].imag

    def _read(self, step: int, values: dict[str, np.ndarray]) -> None:
        net = self._net
        for name, array in values.items():
            if name in _RESULTS:
                table, column = _RESULTS[name]
                array[step] = net[f"res_{table}"][column].to_numpy(dtype=float)
                if table != "bus":
                    # pandapower leaves NaN on what has no supply; nothing flows there
                    array[step] = np.nan_to_num(array[step], nan=0.0, posinf=np.inf)
            elif name == "loss_mw":
                tables = [net[f"res_{table}"] for table in _LOSSES if table in net and len(net[table])]
                tables = [table for table in tables if "pl_mw" in table]
                array[step] = sum(float(np.nansum(table["pl_mw"])) for table in tables)
            elif name == "source_p_mw":
                in_service = net["ext_grid"]["in_service"].to_numpy(dtype=bool)
                power = net["res_ext_grid"]["p_mw"].to_numpy(dtype=float)
                supplied = self.grid.bus_node[net["bus"].index.get_indexer(net["ext_grid"]["bus"])] >= 0
                array[step] = power[in_service & supplied]
