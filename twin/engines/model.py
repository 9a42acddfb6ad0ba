"""The batch engine behind the port: a compiled grid that solves steps, replays years and takes lines out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import QUANTILES, WANT, GridLimits, Measurements, Progress
from twin.domain.controls import NO_CONTROLS, Controls
from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput, Problem
from twin.engines.batch.kernel import TOLERANCE_PU
from twin.engines.batch.outage_solver import OutageSolver
from twin.engines.batch.replay import Replay
from twin.engines.batch.replay_dataset import attrs_of, check_replay, served_by, step_hours
from twin.engines.batch.replay_dataset import to_dataset as statistics_dataset
from twin.engines.batch.solver import Solver
from twin.engines.compile import compile_net
from twin.engines.control.controlled import ControlledFamily
from twin.engines.estimation.estimate import Estimator
from twin.engines.flows import Flows, check_want, to_dataset
from twin.engines.injections import Gather, read_profiles
from twin.engines.outages.closures import closures, coupler_z_ohm
from twin.engines.outages.contingency import Outages, Tie, contingencies, outages_of, ties_of
from twin.engines.stepwise import replay_stepwise
from twin.engines.topology import light_copy

ENGINE = "batch"
_POWERS = {"source_p_mw", "sgen_p_mw", "sgen_q_mvar"}
"""Results that need the injections beside the voltages."""


class BatchModel:
    """A compiled grid on the batch kernel.

    Attributes:
        reason: why this engine serves the grid. ``controls``: what acts by itself unless `solve` is told otherwise.
    """

    engine = ENGINE
    engine_version = version("regie")
    reason = "every element of the grid is held by the batch engine"

    def __init__(self, net: Any, topology: Topology = NORMAL, controls: Controls = NO_CONTROLS) -> None:
        self._net = light_copy(net)  # closures are looked for later, and the caller's net may have changed by then
        self.controls = controls
        self._compiled = compile_net(net, topology)
        self.grid = self._compiled.grid
        self.flows = Flows(self.grid)
        self._gather = Gather(self.grid)
        self._solvers: dict[np.dtype, Solver] = {}
        self._replays: dict[tuple[Any, ...], Replay] = {}
        self._estimator: Estimator | None = None
        self._family = ControlledFamily(self, self._net, lambda other: BatchModel(self._net, other))

    def solver(self, dtype: Any = np.float64) -> Solver:
        """The kernel of this grid in a precision, made once."""
        known: dict[str, np.dtype] = {np.dtype(kind).name: np.dtype(kind) for kind in TOLERANCE_PU}
        name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
        if name not in known:
            raise BadInput([Problem("dtype", name, " or ".join(known), "choose one of them")])
        kind = known[name]
        if kind not in self._solvers:
            self._solvers[kind] = Solver(self.grid, kind)
        return self._solvers[kind]

    def solve(
        self,
        injections: xr.Dataset,
        *,
        dtype: str = "float64",
        want: Sequence[str] = WANT,
        controls: Controls | None = None,
    ) -> xr.Dataset:
        """AC power flow of every step (see `twin.contracts.ports.GridModel`).

        ``iterations`` counts those of the kernel; ``engine`` says per step who solved it: "batch", "newton" where the kernel
        did not settle within 25 iterations, "" where nobody could. A step with a NaN injection is not converged: nobody
        knows its power flow. Controls act in float64.
        """
        check_want(want)
        acting = self.controls if controls is None else controls
        if acting:
            return self._family.solve(acting, injections, want).assign_attrs(served_by(self))
        profiles = read_profiles(self.grid, self._compiled.own, injections)
        solved = self.solver(dtype).solve(profiles.chunk(0, profiles.steps), profiles.fixed, profiles.steps)
        powers = profiles.powers() if _POWERS & set(want) else None
        consumption = None if powers is None else self._gather.consumption(powers.values)
        values = self.flows.results(solved.v, want, consumption)
        for name, part in (("sgen_p_mw", "real"), ("sgen_q_mvar", "imag")):
            if name in want and powers is not None:
                values[name] = np.where(solved.converged[:, None], getattr(powers.values["sgen"], part), np.nan)
        values["converged"], values["iterations"] = solved.converged, solved.iterations
        values["engine"] = np.where(solved.newton, "newton", np.where(solved.converged, ENGINE, ""))
        return to_dataset(self.grid, values, time=profiles.time).assign_attrs(served_by(self))

    def replay(
        self,
        injections: xr.Dataset,
        *,
        chunk: int | None = None,
        dtype: str = "float64",
        limits: GridLimits | None = None,
        quantiles: Sequence[float] = QUANTILES,
        step_h: float | None = None,
        controls: Controls | None = None,
        progress: Progress | None = None,
    ) -> xr.Dataset:
        """Statistics of every element over all steps (see `twin.contracts.ports.GridModel`)."""
        profiles = read_profiles(self.grid, self._compiled.own, injections)
        check_replay(chunk, quantiles)
        hours = step_hours(profiles.time, step_h)
        solver = self.solver(dtype)
        key = (solver.dtype, limits or GridLimits(), bool(quantiles))
        acting = self.controls if controls is None else controls
        if acting:
            solve = self._family.in_order(acting)
            found = replay_stepwise(self.grid, solve, profiles, chunk, key[1], quantiles=key[2], progress=progress)
        else:
            if key not in self._replays:
                self._replays[key] = Replay(solver, self.flows, key[1], quantiles=key[2])
            found = self._replays[key].run(profiles, chunk, progress)
        return statistics_dataset(
            self.grid,
            found,
            np.arange(self.grid.nodes) if acting else solver.slot,
            profiles.time,
            hours=hours,
            quantiles=quantiles,
            attrs=attrs_of(self, found, profiles.steps),
        )

    def contingencies(
        self,
        injections: xr.Dataset,
        outages: Outages = "lines",
        *,
        restore: bool = True,
        limits: GridLimits | None = None,
    ) -> xr.Dataset:
        """Every outage at every step (see `twin.contracts.ports.GridModel`, `twin.engines.outages.contingency`)."""
        profiles = read_profiles(self.grid, self._compiled.own, injections)
        asked = outages_of(self.grid, outages)
        solver, ties, untried = self._outage_solver
        return contingencies(
            self.grid,
            profiles,
            asked,
            ties if restore else [],
            solve=solver.solve,
            dark=solver.dark,
            limits=limits or GridLimits(),
            attrs={
                **served_by(self),
                "untried_closures": untried if restore else [],
            },
        )

    @cached_property
    def _outage_solver(self) -> tuple[OutageSolver, list[Tie], list[int]]:
        """The outage solver with places for every closure, those closures, and the switches of those that it cannot try."""
        ties, untried = ties_of(self.grid, closures(self._net, self.grid.topology), coupler_z_ohm(self._net))
        return OutageSolver(self.grid, self.flows, [tie.nodes for tie in ties]), ties, untried

    def estimate(self, measurements: Measurements) -> xr.Dataset:
        """Weighted least squares state estimation (see `twin.contracts.ports.GridModel`)."""
        if self._estimator is None:
            self._estimator = Estimator(self.grid, self.flows)
        return self._estimator.estimate(measurements)
