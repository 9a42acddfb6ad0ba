"""The batch engine behind the port: a compiled grid that solves steps, replays years and takes lines out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import QUANTILES, WANT, GridLimits, Measurements, Progress, VoltVar
from twin.domain.grid import NORMAL, Topology
from twin.engines.closures import closures
from twin.engines.compile import compile_net
from twin.engines.contingency import Outages, contingencies, coupled_nodes, outages_of
from twin.engines.estimate import Estimator
from twin.engines.flows import Flows, check_want, to_dataset
from twin.engines.injections import ElementPowers, Gather, read_profiles
from twin.engines.outage_solver import OutageSolver
from twin.engines.replay import Replay
from twin.engines.replay_dataset import attrs_of, step_hours
from twin.engines.replay_dataset import to_dataset as statistics_dataset
from twin.engines.solver import Solver
from twin.engines.volt_var import Inverters, locate, sensitivity, settle

ENGINE = "batch"


class BatchModel:
    """A compiled grid on the batch kernel.

    Attributes:
        reason: why this engine serves the grid.
    """

    engine = ENGINE
    engine_version = version("regie")
    reason = "every element of the grid is held by the batch engine"

    def __init__(self, net: Any, topology: Topology = NORMAL) -> None:
        self._net = net
        self._compiled = compile_net(net, topology)
        self.grid = self._compiled.grid
        self.flows = Flows(self._compiled)
        self._gather = Gather(self.grid)
        self._solvers: dict[np.dtype, Solver] = {}
        self._replays: dict[tuple[Any, ...], Replay] = {}
        self._estimator: Estimator | None = None
        self._volt_var: dict[tuple[Any, ...], tuple[Inverters, np.ndarray]] = {}

    def solver(self, dtype: Any = np.float64) -> Solver:
        """The kernel of this grid in a precision, made once."""
        kind = np.dtype(dtype)
        if kind not in self._solvers:
            self._solvers[kind] = Solver(self.grid, kind)
        return self._solvers[kind]

    def solve(
        self,
        injections: xr.Dataset,
        *,
        dtype: str = "float64",
        want: Sequence[str] = WANT,
        volt_var: VoltVar | None = None,
    ) -> xr.Dataset:
        """AC power flow of every step (see `twin.contracts.ports.GridModel`).

        ``iterations`` counts those of the kernel, or the passes that Q(U) needed; ``engine`` says per step who solved it:
        "batch", "newton" where the kernel did not settle within 25 iterations, "" where nobody could. A step with a NaN
        injection is not converged: nobody knows its power flow. ``sgen_q_mvar`` is before ``scaling``, as the injections are.
        """
        check_want(want)
        profiles = read_profiles(self.grid, self._compiled.own, injections)
        if volt_var is None:
            solved = self.solver(dtype).solve(profiles.chunk(0, profiles.steps), profiles.fixed, profiles.steps)
            v, converged, iterations = solved.v, solved.converged, solved.iterations
            engine = np.where(solved.newton, "newton", np.where(converged, ENGINE, ""))
            needed = bool({"source_p_mw", "sgen_q_mvar"} & set(want))
            powers = profiles.powers() if needed else None
            consumption = None if powers is None else self._gather.consumption(powers.values)
        else:
            powers = profiles.powers()
            v, converged, iterations, consumption = self._solve_volt_var(powers, volt_var)
            engine = np.where(converged, ENGINE, "")
        values = self.flows.results(v, want, consumption)
        if "sgen_q_mvar" in want and powers is not None:
            values["sgen_q_mvar"] = np.where(converged[:, None], powers.values["sgen"].imag, np.nan)
        values["converged"], values["iterations"], values["engine"] = converged, iterations, engine
        return to_dataset(self.grid, values, time=profiles.time)

    def replay(
        self,
        injections: xr.Dataset,
        *,
        chunk: int | None = None,
        dtype: str = "float64",
        limits: GridLimits | None = None,
        quantiles: Sequence[float] = QUANTILES,
        step_h: float | None = None,
        progress: Progress | None = None,
    ) -> xr.Dataset:
        """Statistics of every element over all steps (see `twin.contracts.ports.GridModel`)."""
        profiles = read_profiles(self.grid, self._compiled.own, injections)
        hours = step_hours(profiles.time, step_h)
        solver = self.solver(dtype)
        key = (solver.dtype, limits or GridLimits(), bool(quantiles))
        if key not in self._replays:
            self._replays[key] = Replay(solver, self.flows, key[1], quantiles=key[2])
        found = self._replays[key].run(profiles, chunk, progress)
        return statistics_dataset(
            self.grid,
            found,
            solver.slot,
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
        """Every outage at every step (see `twin.contracts.ports.GridModel`, `twin.engines.contingency`)."""
        profiles = read_profiles(self.grid, self._compiled.own, injections)
        asked = outages_of(self.grid, outages)
        solver, pairs = self._outage_solver
        return contingencies(
            self.grid,
            profiles,
            asked,
            pairs if restore else {},
            solve=solver.solve,
            dark=solver.dark,
            limits=limits or GridLimits(),
            attrs={"engine": self.engine, "engine_version": self.engine_version, "reason": self.reason},
        )

    @cached_property
    def _outage_solver(self) -> tuple[OutageSolver, dict[int, tuple[int, int]]]:
        """The outage solver with places for every closure, and the pair of nodes that each switch joins."""
        pairs = coupled_nodes(self.grid, closures(self._net, self.grid.topology))
        return OutageSolver(self.grid, self.flows, list(pairs.values())), pairs

    def estimate(self, measurements: Measurements) -> xr.Dataset:
        """Weighted least squares state estimation (see `twin.contracts.ports.GridModel`)."""
        if self._estimator is None:
            self._estimator = Estimator(self.grid, self.flows)
        return self._estimator.estimate(measurements)

    def _solve_volt_var(
        self, powers: ElementPowers, volt_var: VoltVar
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        where, dvm_dq = self._inverters(volt_var)
        sgen = powers.values["sgen"]
        sgen[:, where.position] = sgen[:, where.position].real
        without = self._gather.consumption(powers.values)
        v = np.full(without.shape, np.nan + 0j)
        solver = self.solver()

        def solve(todo: np.ndarray, q_mvar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            drawn = without[todo]
            np.subtract.at(drawn.T, where.node, 1j * q_mvar.T)
            solved = solver.solve_nodes(drawn)
            v[todo] = solved.v
            return np.abs(v[np.ix_(todo, where.node)]), solved.converged

        settled = settle(solve, powers.steps, volt_var, where, dvm_dq)
        v[~settled.converged] = np.nan
        sgen[:, where.position] += 1j * settled.q_mvar / self.grid.sgen_scaling[where.position]
        return v, settled.converged, settled.passes, self._gather.consumption(powers.values)

    def _inverters(self, volt_var: VoltVar) -> tuple[Inverters, np.ndarray]:
        key = (np.asarray(volt_var.sgen).tobytes(), np.asarray(volt_var.sn_mva).tobytes(), volt_var.v_pu)
        if key not in self._volt_var:
            where = locate(self.grid, volt_var)
            self._volt_var[key] = where, sensitivity(self.grid, np.unique(where.node))
        return self._volt_var[key]
