"""Years and outages on an engine that solves one state after the other: the same questions, asked the slow way.

It serves grids that the batch kernel does not hold, and answers independently for those it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from twin.contracts.ports import GridLimits, GridModel, Progress
from twin.domain.grid import Grid, Topology
from twin.engines.batch.outage_solver import Case, CaseFigures, dark_nodes
from twin.engines.batch.replay import Replayed, chunks
from twin.engines.batch.statistics import LOADING, NO_QUANTILES, VOLTAGE, Statistics, empty_histogram
from twin.engines.injections import Profiles
from twin.engines.outages.contingency import Tie

Solve = Callable[[xr.Dataset, Sequence[str]], xr.Dataset]
_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "line_loss_mw", "trafo_loss_mw", "loss_mw")
_WINDINGS = ("trafo3w_loading_percent", "trafo3w_loss_mw")


def replay_stepwise(
    grid: Grid,
    solve: Solve,
    profiles: Profiles,
    chunk: int | None,
    limits: GridLimits,
    *,
    quantiles: bool,
    progress: Progress | None,
) -> Replayed:
    """`twin.engines.batch.replay.Replay.run` by ``solve``, called in the order of time; nodes stand in their own order."""
    on = (grid.trafo3w_branch >= 0).all(axis=1) if len(grid.trafo3w) else np.zeros(0, dtype=bool)
    branches = len(grid.branch_from) + int(on.sum())
    want = (*_WANT, *_WINDINGS) if len(grid.trafo3w) else _WANT
    branch, node = (
        Statistics(size, scale, empty_histogram(size, scale))
        for size, scale in (
            (branches, LOADING if quantiles else NO_QUANTILES),
            (grid.nodes, VOLTAGE if quantiles else NO_QUANTILES),
        )
    )
    bounds = (
        np.full(branches, limits.loading_percent),
        np.full(grid.nodes, limits.vm_min_pu),
        np.full(grid.nodes, limits.vm_max_pu),
    )
    found = Replayed(branch, node, 0, np.zeros(0, dtype=np.int64), 0, 0)
    for first, last in chunks(profiles, chunk):
        solved = solve(profiles.part(first, last), want)
        fine = np.flatnonzero(solved["converged"].values)
        loading, loss = np.zeros((len(fine), branches)), np.zeros(branches)
        for table in ("line", "trafo"):
            at = getattr(grid, f"{table}_branch")
            loading[:, at[at >= 0]] = solved[f"{table}_loading_percent"].values[fine][:, at >= 0]
            loss[at[at >= 0]] = solved[f"{table}_loss_mw"].values[fine][:, at >= 0].sum(axis=0) / grid.base_mva
        if on.any():
            loading[:, len(grid.branch_from) :] = solved["trafo3w_loading_percent"].values[fine][:, on]
            # pandapower tells the losses of all windings together
            loss[grid.trafo3w_branch[on, 0]] = solved["trafo3w_loss_mw"].values[fine][:, on].sum(axis=0) / grid.base_mva
        rest = solved["loss_mw"].values[fine].sum() / grid.base_mva - loss.sum()
        vm = np.ones((len(fine), grid.nodes))
        supplied = grid.bus_node >= 0
        vm[:, grid.bus_node[supplied]] = solved["vm_pu"].values[fine][:, supplied]
        branch.add_values(loading, np.full(branches, -np.inf), bounds[0], first + fine)
        node.add_values(vm, bounds[1], bounds[2], first + fine)
        branch.loss += loss
        found.other_loss += rest
        found.solved += len(fine)
        found.unsolved = np.concatenate([found.unsolved, first + np.flatnonzero(~solved["converged"].values)])
        found.iterations += int(solved["iterations"].values.sum())
        if progress is not None:
            progress(last, profiles.steps)
    return found


class StepwiseOutages:
    """Outage cases as topologies of their own, one model each.

    Args:
        ties: closures that may be tried. ``make``: compiles a topology. ``sources``: nodes that feed the grid, dims (source,).
    """

    def __init__(
        self, model: GridModel, ties: Sequence[Tie], make: Callable[[Topology], GridModel], sources: np.ndarray
    ) -> None:
        self._grid = model.grid
        self._switch = {tie.nodes: tie.switch for tie in ties}
        self._make = make
        self._sources = sources

    def dark(self, cases: Sequence[Case]) -> np.ndarray:
        """Nodes without supply in each case, bool, dims (case, node)."""
        return dark_nodes(self._grid, cases, self._sources)

    def solve(self, cases: Sequence[Case], profiles: Profiles, limits: GridLimits) -> CaseFigures:
        """AC power flow of every case at every step."""
        grid, steps = self._grid, profiles.steps
        shape = (len(cases), steps)
        values = {name: np.full(shape, np.nan) for name in ("loading", "low", "high", "violation", "loss")}
        places = {name: np.full(shape, -1) for name in ("loading", "low", "high")}
        tables = ("line", "trafo", "trafo3w") if len(grid.trafo3w) else ("line", "trafo")
        first_branch = {"line": grid.line_branch, "trafo": grid.trafo_branch, "trafo3w": grid.trafo3w_branch[:, 0]}
        branch = np.concatenate([first_branch[table] for table in tables])
        want = ("vm_pu", *(f"{table}_loading_percent" for table in tables), "loss_mw")
        injections = profiles.part(0, steps)
        for c, case in enumerate(cases):
            solved = self._make(self._topology(case)).solve(injections, want=want)
            loading = np.concatenate([solved[f"{table}_loading_percent"].values for table in tables], axis=1)
            vm, fine = solved["vm_pu"].values, solved["converged"].values & solved["vm_pu"].notnull().any("bus").values
            if not fine.any():
                continue
            over = np.maximum(loading[fine] - limits.loading_percent, 0.0).sum(axis=1)
            beyond = np.fmax(np.fmax(vm[fine] - limits.vm_max_pu, limits.vm_min_pu - vm[fine]), 0.0)
            at = loading[fine].argmax(axis=1)
            values["loading"][c, fine] = loading[fine].max(axis=1)
            places["loading"][c, fine] = branch[at]
            for name, choose in (("low", np.nanargmin), ("high", np.nanargmax)):
                bus = choose(vm[fine], axis=1)
                values[name][c, fine] = vm[fine][np.arange(len(bus)), bus]
                places[name][c, fine] = grid.bus_node[bus]
            values["violation"][c, fine] = over + 100.0 * self._by_node(beyond)
            values["loss"][c, fine] = solved["loss_mw"].values[fine]
        return CaseFigures(
            self.dark(cases), values["loading"], places["loading"], values["low"], places["low"],
            values["high"], places["high"], values["violation"], values["loss"],
        )  # fmt: skip

    def _by_node(self, beyond: np.ndarray) -> np.ndarray:
        """Sum over nodes, dims (time,): buses joined by a coupler count once, sources (whose voltage is given) never."""
        node, first = np.unique(self._grid.bus_node, return_index=True)
        kept = first[(node >= 0) & ~np.isin(node, self._grid.source_node)]
        return np.asarray(beyond[:, kept].sum(axis=1))

    def _topology(self, case: Case) -> Topology:
        """The grid's own topology with the case's outage and closure."""
        grid, topology = self._grid, self._grid.topology
        line, trafo = (getattr(grid, table)[getattr(grid, f"{table}_branch") == case.branch] for table in ("line", "trafo"))
        if case.branch >= 0:
            topology = replace(
                topology,
                out_lines=topology.out_lines | set(line.tolist()),
                out_trafos=topology.out_trafos | set(trafo.tolist()),
            )
        if case.joined is not None:
            switch = self._switch[case.joined]
            topology = replace(
                topology,
                closed_switches=topology.closed_switches | {switch},
                open_switches=topology.open_switches - {switch},
            )
        return topology
