"""Outage cases on the batch kernel: who is dark, which numbers change, and the steps that need Newton-Raphson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from twin.contracts.ports import GridLimits
from twin.domain.grid import Grid
from twin.engines.batch.kernel import XI, XR, Work, make_work
from twin.engines.batch.lanes import aligned, lane_count
from twin.engines.batch.matrix import Matrix
from twin.engines.batch.newton import Newton
from twin.engines.batch.outage_lanes import (
    FIGURES,
    LOADING_AT,
    LOSS,
    VM_HIGH,
    VM_HIGH_AT,
    VM_LOW,
    VM_LOW_AT,
    Bounds,
    Cases,
    Matrices,
    case_factor,
    reachable,
    solve_cases,
    worst,
)  # fmt: skip
from twin.engines.batch.replay import chunks, watched_branches
from twin.engines.batch.solver import Solver
from twin.engines.flows import Flows
from twin.engines.injections import Profiles

_FACTOR_BYTES = 32e6
"""Of factors kept at a time: they are read once per block of steps."""


@dataclass(frozen=True)
class Case:
    """A branch that is out (-1: none), and the two nodes that a closure joins (None: nothing is closed)."""

    branch: int
    joined: tuple[int, int] | None = None


@dataclass(frozen=True)
class CaseFigures:
    """What the cases come to, dims (case, time) unless noted; NaN where a step has no solution.

    Attributes:
        dark: nodes without supply, bool, dims (case, node).
        loading_percent, loading_branch: highest loading and its branch. ``vm_low_pu``, ``vm_low_node``, ``vm_high_pu``,
            ``vm_high_node``: extreme voltages of supplied nodes. ``violation``: see `twin.engines.outages.contingency`.
    """

    dark: np.ndarray
    loading_percent: np.ndarray
    loading_branch: np.ndarray
    vm_low_pu: np.ndarray
    vm_low_node: np.ndarray
    vm_high_pu: np.ndarray
    vm_high_node: np.ndarray
    violation: np.ndarray
    loss_mw: np.ndarray


class OutageSolver:
    """Outages of one grid. ``couplers``: pairs of nodes that a closure may join; the factor has places for them."""

    def __init__(self, grid: Grid, flows: Flows, couplers: Sequence[tuple[int, int]]) -> None:
        self.grid = grid
        pairs = np.array(couplers, dtype=np.int64).reshape(-1, 2)
        self._solver = Solver(grid, matrix=Matrix(grid, pairs[:, 0], pairs[:, 1]))
        self._matrix = self._solver.matrix
        self._packer = self._solver.packer
        # every case has no-load voltages of its own, so that here voltages are counted from 0
        nothing = np.zeros_like(self._solver.v)
        self._work = self._memory(self._solver.v)
        self._base = self._matrix.factor(self._matrix.values, self._solver.dtype)
        self._has_bus = np.isin(self._matrix.pattern.node, grid.bus_node)
        self._before = aligned((self._matrix.pattern.size, 2, lane_count(self._solver.dtype)), self._solver.dtype)
        self._branches = watched_branches(self._solver, flows, nothing)
        self._matrices = _matrices(self._matrix)

    def dark(self, cases: Sequence[Case]) -> np.ndarray:
        """Nodes without supply in each case, bool, dims (case, node)."""
        return dark_nodes(self.grid, cases, self.grid.source_node)

    def solve(self, cases: Sequence[Case], profiles: Profiles, limits: GridLimits) -> CaseFigures:
        """AC power flow of every case at every step."""
        dark = self.dark(cases)
        self._work = self._memory(self._solver.v)  # from no load: a result does not depend on what was asked before
        steps, size = profiles.steps, self._matrix.pattern.size
        figure = np.full((len(cases), FIGURES, steps), np.nan)
        per_case = 16.0 * (2 * len(self._matrix.pattern.row) + 2 * size)
        group = int(max(1, min(len(cases), _FACTOR_BYTES // max(per_case, 1.0))))
        bounds = Bounds(limits.loading_percent, np.full(size, limits.vm_min_pu), np.full(size, limits.vm_max_pu))
        for first_case in range(0, len(cases), group):
            part = slice(first_case, first_case + group)
            mine = self._cases(cases[part], dark[part])
            factors = self._factors(mine)
            for first, last in chunks(profiles, None):
                self._chunk(mine, factors, profiles, first, last, bounds, figure[part])
        return self._figures(figure, dark)

    def _memory(self, v: np.ndarray) -> Work:
        solver = self._solver
        return make_work(np.zeros_like(v), v, self._matrix.pattern.size, solver.dtype, has_zip=solver.packer.has_zip)

    def _chunk(
        self,
        cases: Cases,
        factors: tuple[np.ndarray, ...],
        profiles: Profiles,
        first: int,
        last: int,
        bounds: Bounds,
        figure: np.ndarray,
    ) -> None:
        varying = profiles.chunk(first, last)
        found = np.zeros((len(cases.branch), FIGURES, last - first))
        converged = np.zeros((len(cases.branch), last - first), dtype=bool)
        solver = self._solver
        solve_cases(
            self._work,
            self._base,
            factors,
            self._packer.pack(varying, profiles.fixed),
            solver.tolerance,
            self._branches,
            cases,
            bounds,
            self._before,
            found,
            converged,
        )
        for c in np.flatnonzero(~converged.all(axis=1)):
            self._rescue(cases, int(c), varying, profiles, ~converged[c], bounds, found[c])
        figure[:, :, first:last] = found

    def _rescue(
        self,
        cases: Cases,
        c: int,
        varying: dict[str, np.ndarray],
        profiles: Profiles,
        left: np.ndarray,
        bounds: Bounds,
        found: np.ndarray,
    ) -> None:
        """Newton-Raphson for the steps ``left`` of a case; NaN where it finds none either."""
        found[:, left] = np.nan
        y, source = self._case_matrix(cases, c)
        whole, first = _merged(len(source), int(cases.fused[c]), int(cases.into[c]))
        newton = Newton(sparse.csr_matrix(whole.T @ y @ whole), whole.T @ source, self._solver.flat[first])
        work = self._memory(self._solver.v)
        lanes = np.zeros((FIGURES, work.node.shape[2]))
        size = len(source)
        for step in np.flatnonzero(left):
            s = self._packer.powers(varying, profiles.fixed, int(step))
            s[:, np.flatnonzero(cases.dark[c])] = 0.0
            if not np.isfinite(s).all():
                continue
            v = whole @ newton.solve(*(s[:, :size] @ whole))
            if np.isfinite(v).all():
                work.node[:size, XR], work.node[:size, XI] = v.real[:, None], v.imag[:, None]
                worst(work, self._branches, cases.branch_on[c], cases.counted[c], bounds, lanes)
                found[:, step] = lanes[:, 0]

    def _case_matrix(self, cases: Cases, c: int) -> tuple[sparse.csr_matrix, np.ndarray]:
        values = self._matrix.values.copy()
        if cases.branch[c] >= 0:
            self._matrix.add_branches(values, cases.branch[[c]], -1.0)
        self._matrix.isolate(values, self._matrix.pattern.node[cases.dark[c]])
        if cases.held[c] >= 0:
            self._matrix.hold(values, self._matrix.pattern.node[cases.held[c]], cases.held_v[c])
        return self._matrix.sparse(values), values.source

    def _factors(self, cases: Cases) -> tuple[np.ndarray, ...]:
        count, size, entries = len(cases.branch), self._matrix.pattern.size, len(self._matrix.pattern.row)
        lower, upper = np.empty((count, entries), complex), np.empty((count, entries), complex)
        diagonal, source = np.empty((count, size), complex), np.empty((count, size), complex)
        for c in range(count):
            case_factor(self._matrices, cases, c, lower[c], upper[c], diagonal[c], source[c])
        return lower, upper, diagonal, source

    def _cases(self, cases: Sequence[Case], dark: np.ndarray) -> Cases:
        grid, place = self.grid, self._matrix.pattern.position
        count = len(cases)
        branch = np.array([case.branch for case in cases], dtype=np.int64)
        fused, into, held = (np.full(count, -1, dtype=np.int64) for _ in range(3))
        held_v = np.zeros(count, dtype=complex)
        for c, case in enumerate(cases):
            if case.joined is None:
                continue
            a, b = sorted(case.joined, key=lambda node: place[node])
            if place[a] < 0:  # a source: the other node takes its voltage
                held[c], held_v[c] = place[b], self._matrix.node_v[a]
            else:
                fused[c], into[c] = place[a], place[b]
        on = ~(dark[:, grid.branch_from] | dark[:, grid.branch_to])
        on[np.flatnonzero(branch >= 0), branch[branch >= 0]] = False
        dark_at = np.ascontiguousarray(dark[:, self._matrix.pattern.node])
        return Cases(branch, fused, into, held, held_v, dark_at, ~dark_at & self._has_bus, on)

    def _figures(self, figure: np.ndarray, dark: np.ndarray) -> CaseFigures:
        grid, node = self.grid, np.append(self._matrix.pattern.node, -1)
        found = dict(
            zip(("loading", "at", "low", "low_at", "high", "high_at", "violation", "loss"), range(FIGURES), strict=True)
        )
        low, high = figure[:, VM_LOW].copy(), figure[:, VM_HIGH].copy()
        low_node, high_node = (node[np.nan_to_num(figure[:, row], nan=-1).astype(int)] for row in (VM_LOW_AT, VM_HIGH_AT))
        for source, vm in zip(grid.source_node, grid.source_vm_pu, strict=True):
            low_node[low > vm], high_node[high < vm] = source, source
            low, high = np.where(np.isnan(low), low, np.minimum(low, vm)), np.where(np.isnan(high), high, np.maximum(high, vm))
        return CaseFigures(
            dark=dark,
            loading_percent=figure[:, found["loading"]],
            loading_branch=np.nan_to_num(figure[:, LOADING_AT], nan=-1).astype(int),
            vm_low_pu=low,
            vm_low_node=low_node,
            vm_high_pu=high,
            vm_high_node=high_node,
            violation=figure[:, found["violation"]],
            loss_mw=figure[:, LOSS] * grid.base_mva,
        )


def _merged(size: int, fused: int, into: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Which unknown each position is (two that a closure joins are one), dims (position, unknown), and one position of each."""
    unknown = np.arange(size)
    if fused >= 0:
        unknown[fused + 1 :] -= 1
        unknown[fused] = unknown[into]
    whole = sparse.csr_matrix((np.ones(size), (np.arange(size), unknown)), shape=(size, int(unknown.max(initial=-1)) + 1))
    return whole, np.delete(np.arange(size), fused) if fused >= 0 else np.arange(size)


def _matrices(matrix: Matrix) -> Matrices:
    grid, slots, values = matrix.grid, matrix.slots, matrix.values
    v_from, v_to = matrix.node_v[grid.branch_from], matrix.node_v[grid.branch_to]
    drive_from = np.where(slots.at_to < 0, -grid.branch_yft * v_to, 0.0)
    drive_to = np.where(slots.at_from < 0, -grid.branch_ytf * v_from, 0.0)
    return Matrices(
        matrix.pattern.start,
        matrix.pattern.row,
        values.lower,
        values.upper,
        values.diagonal,
        values.source,
        slots.at_from,
        slots.at_to,
        slots.entry,
        slots.from_is_row,
        grid.branch_yff.astype(complex),
        grid.branch_yft.astype(complex),
        grid.branch_ytf.astype(complex),
        grid.branch_ytt.astype(complex),
        drive_from.astype(complex),
        drive_to.astype(complex),
    )


def dark_nodes(grid: Grid, cases: Sequence[Case], sources: np.ndarray) -> np.ndarray:
    """Nodes that no source reaches in each case, bool, dims (case, node)."""
    dark, found = np.zeros((len(cases), grid.nodes), dtype=bool), np.zeros(grid.nodes, dtype=bool)
    queue, source = np.zeros(grid.nodes, dtype=np.int64), np.zeros(grid.nodes, dtype=bool)
    source[sources] = True
    neighbours = _neighbours(grid)
    for row, case in enumerate(cases):
        joined = np.array(case.joined or (-1, -1), dtype=np.int64)
        reachable(*neighbours, source, case.branch, joined, found, queue)
        dark[row] = ~found
    return dark


def _neighbours(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compressed rows: first neighbour of each node, the other node, the branch between."""
    here = np.concatenate([grid.branch_from, grid.branch_to])
    other = np.concatenate([grid.branch_to, grid.branch_from])
    via = np.tile(np.arange(len(grid.branch_from)), 2)
    turn = np.argsort(here, kind="stable")
    start = np.searchsorted(here[turn], np.arange(grid.nodes + 1))
    return start.astype(np.int64), other[turn].astype(np.int64), via[turn].astype(np.int64)
