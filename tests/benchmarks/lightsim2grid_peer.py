"""lightsim2grid at its fastest: TimeSeriesCPP and ContingencyAnalysisCPP with Newton-Raphson on one slack and KLU.

Its own converter ignores switches and wants contiguous buses, so the grid is built from the compiled arrays, switches
resolved and taps applied: it solves pandapower's exact grid. It starts from a solved state, because 150-degree transformers
make a flat start fail, and its count of solved steps is checked, because it fails without a word.
"""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import xarray as xr
from clock import Span, span_of
from lightsim2grid.lightsim2grid_cpp import AlgorithmType, ContingencyAnalysisCPP, LSGrid, TimeSeriesCPP
from nets import Case
from node_powers import NodePowers
from states import LOADING_LIMIT_PERCENT, Skipped, States, all_statistics, at_buses
from truth import Truth

from twin.domain.grid import Grid
from twin.engines.compile import compile_net
from twin.engines.estimation.pgm_input import two_ports

NAME = "lightsim2grid"
VERSION = version("lightsim2grid")
_SOLVERS = (AlgorithmType.NRSing_KLU, AlgorithmType.NR_KLU)
"""The fastest first. Fast-decoupled and Gauss-Seidel solve not one step of any of these grids (r/x of cables)."""
_TOLERANCE = 1e-8
_ITERATIONS = 20


def _int32(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.int32)


class LsModel:
    """An LSGrid of the compiled grid, one load per node.

    Attributes:
        line: position among its powerlines of each of the net's lines, -1 when out; ``trafo`` likewise, behind the lines.
    """

    def __init__(self, case: Case) -> None:
        compiled = compile_net(case.net)
        grid = compiled.grid
        if np.abs(grid.node_shunt).any():
            raise Skipped("shunts are not carried over")
        self.grid = grid
        self.powers = NodePowers(grid, dict(compiled.own))
        is_trafo = np.zeros(len(grid.branch_from), dtype=bool)
        is_trafo[grid.trafo_branch[grid.trafo_branch >= 0]] = True
        lines, trafos = np.flatnonzero(~is_trafo), np.flatnonzero(is_trafo)
        column = np.empty(len(grid.branch_from) + 1, dtype=int)
        column[lines], column[trafos], column[-1] = np.arange(len(lines)), len(lines) + np.arange(len(trafos)), -1
        self.line, self.trafo = column[grid.line_branch], column[grid.trafo_branch]
        self.percent_line, self.percent_trafo = _percent_per_ka(grid, compiled.grid.trafo_vn_kv)
        self.model = _ls_grid(grid, lines, trafos, self.powers.node)

    def loading(self, amps_ka: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Loading of lines and transformers [%] from its currents [kA], which it gives at the from and the hv side only."""
        return amps_ka[:, self.line] * self.percent_line, amps_ka[:, self.trafo] * self.percent_trafo


def _percent_per_ka(grid: Grid, trafo_vn_kv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    line = np.where(grid.line_branch >= 0, 100.0 / grid.line_max_i_ka, 0.0)
    trafo = np.where(grid.trafo_branch >= 0, 100.0 * np.sqrt(3.0) * trafo_vn_kv[:, 0] / grid.trafo_sn_mva, 0.0)
    return line, trafo


def _ls_grid(grid: Grid, lines: np.ndarray, trafos: np.ndarray, load_node: np.ndarray) -> LSGrid:
    parts = two_ports(grid)  # on 1 MVA
    z, shunt = parts.z * grid.base_mva, parts.shunt / grid.base_mva
    ends = _int32(grid.branch_from), _int32(grid.branch_to)
    model = LSGrid()
    model.set_sn_mva(grid.base_mva)
    model.init_bus(grid.nodes, 1, grid.node_vn_kv, len(lines), len(trafos))
    half = shunt[lines] / 2.0
    model.init_powerlines_full(
        np.ascontiguousarray(z[lines].real), np.ascontiguousarray(z[lines].imag), half, half, ends[0][lines], ends[1][lines]
    )
    model.init_trafo(
        np.ascontiguousarray(z[trafos].real),
        np.ascontiguousarray(z[trafos].imag),
        shunt[trafos],
        np.abs(parts.ratio[trafos]),
        np.degrees(np.angle(parts.ratio[trafos])),
        [True] * len(trafos),
        ends[0][trafos],
        ends[1][trafos],
        True,
    )
    idle = np.zeros(len(load_node))
    model.init_loads(idle, idle, _int32(load_node))
    sources = len(grid.source_node)
    free = np.full(sources, 1e9)
    model.init_generators(np.zeros(sources), grid.source_vm_pu.astype(float), -free, free, _int32(grid.source_node))
    for source in range(sources):
        model.add_gen_slackbus(source, 1.0)
    model.check_grid()
    return model


class Replay:
    """TimeSeriesCPP of one case; every step starts from the one before."""

    most_compared = 1_000_000

    def __init__(self, case: Case) -> None:
        self._case = case
        self._ls = LsModel(case)
        self._start = Truth(case).node_voltages(self._ls.grid, case.injections(slice(0, 1)), 0)

    def us_per_step(self, injections: xr.Dataset) -> Span:
        """Time of one step [s], element arrays to statistics."""
        return span_of(lambda: all_statistics(*self._solved(injections))).per(injections.sizes["time"])

    def states(self, injections: xr.Dataset) -> States:
        """Every step, for comparison."""
        vm, line, trafo = self._solved(injections)
        return States(at_buses(self._ls.grid, vm), line, trafo)

    def _solved(self, injections: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        series = self._series(injections)
        series.compute_flows()
        return np.abs(series.get_voltages()), *self._ls.loading(series.get_flows())

    def _series(self, injections: xr.Dataset) -> TimeSeriesCPP:
        p, q = self._ls.powers.consumption(injections)
        steps = len(p)
        for solver in _SOLVERS:
            series = TimeSeriesCPP(self._ls.model)
            series.change_algorithm(solver)
            generators, none = np.zeros((steps, len(self._ls.grid.source_node))), np.zeros((steps, 0))
            series.compute_Vs(generators, none, p, q, self._start, _ITERATIONS, _TOLERANCE)
            if series.nb_solved() == steps and series.nb_converged() == steps:
                return series
        raise Skipped(f"solved {series.nb_converged()} of {steps} steps")


class Outages:
    """ContingencyAnalysisCPP; a state is written into its grid load by load, for it takes no series."""

    largest_states = 8
    largest_outages = 1_000_000

    def __init__(self, case: Case, lines: np.ndarray) -> None:
        self._ls = LsModel(case)
        self._position = [int(i) for i in self._ls.line[np.searchsorted(self._ls.grid.line, lines)]]
        self._start = Truth(case).node_voltages(self._ls.grid, case.injections(slice(0, 1)), 0)

    def us_per_outage(self, injections: xr.Dataset) -> Span:
        """Time of one outage and state [s]."""

        def all_states() -> None:
            p, q = self._ls.powers.consumption(injections)
            for state in range(len(p)):
                analysis = self._run(p[state], q[state])
                analysis.compute_flows()
                vm = np.abs(analysis.get_voltages())
                line, trafo = self._ls.loading(analysis.get_flows())
                worst = vm.min(axis=1), vm.max(axis=1), line.max(axis=1), trafo.max(axis=1)
                assert len(worst[0]) == len(self._position)
                np.count_nonzero(line > LOADING_LIMIT_PERCENT, axis=1)

        return span_of(all_states).per(injections.sizes["time"] * len(self._position))

    def vm_pu(self, injections: xr.Dataset, step: int, outages: np.ndarray) -> np.ndarray:
        """Voltages with each of ``outages`` (positions among the lines) out, dims (outage, bus); NaN without supply."""
        p, q = self._ls.powers.consumption(injections)
        analysis = self._run(p[step], q[step])
        row = {outage[0]: i for i, outage in enumerate(analysis.my_defaults())}
        vm = np.abs(analysis.get_voltages())[[row[self._position[outage]] for outage in outages]]
        return at_buses(self._ls.grid, np.where(vm == 0.0, np.nan, vm))

    def _run(self, p: np.ndarray, q: np.ndarray) -> ContingencyAnalysisCPP:
        model = self._ls.model
        for load, (p_mw, q_mvar) in enumerate(zip(p.tolist(), q.tolist(), strict=True)):
            model.change_p_load(load, p_mw)
            model.change_q_load(load, q_mvar)
        analysis = ContingencyAnalysisCPP(model)
        analysis.change_algorithm(_SOLVERS[0])
        analysis.handle_disconnected_grid = True  # else it leaves out every line of a radial grid, and says nothing
        analysis.init_from_n_powerflow = True  # a sixth faster than from the given start
        analysis.add_multiple_n1(self._position)
        analysis.compute(self._start, _ITERATIONS, _TOLERANCE)
        return analysis
