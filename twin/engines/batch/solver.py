"""Batches on one topology: the kernel with its factor and memory, Newton-Raphson for what it does not settle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.domain.grid import Grid
from twin.engines.batch.kernel import SOLVE_TOLERANCE_PU, TOLERANCE_PU, Injected, make_work, solve_steps
from twin.engines.batch.matrix import Matrix
from twin.engines.batch.newton import Newton
from twin.engines.batch.packing import Packer

FLOAT64 = np.dtype(np.float64)
Powers = Callable[[int], np.ndarray]
"""Injected power of a step at 1 pu [pu], complex, dims (part, position + 1): see `twin.engines.batch.packing.Packer.powers`."""


@dataclass(frozen=True)
class Solved:
    """Node voltages of a batch.

    Attributes:
        v: complex [pu], dims (time, node); NaN where a step has no solution.
        converged: dims (time,). ``iterations``: dims (time,). ``newton``: solved by Newton-Raphson, dims (time,).
    """

    v: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray
    newton: np.ndarray


class Solver:
    """One grid under one topology in one precision.

    Attributes:
        matrix, factor, packer, work: what it solves with.
        flat: no-load voltages [pu], complex, dims (position,). ``v``: those of every node of ``work``, dims (node,).
        slot: where each node stands in `twin.engines.batch.kernel.Work.node`, dims (node,).
    """

    def __init__(self, grid: Grid, dtype: np.dtype = FLOAT64, matrix: Matrix | None = None) -> None:
        self.grid = grid
        self.dtype = np.dtype(dtype)
        self.matrix = matrix or Matrix(grid)
        whole = self.matrix.factor(self.matrix.values, FLOAT64)
        self.flat = self.matrix.no_load(whole)
        # counted from no load, the sources drive nothing
        self.factor = self.matrix.factor(self.matrix.values, self.dtype)
        self.factor.source[:] = 0.0
        self.packer = Packer(grid, self.matrix.pattern, self.dtype)
        self.tolerance = TOLERANCE_PU[self.dtype]
        sources = np.unique(grid.source_node)
        self.slot = self.matrix.pattern.position.copy()
        self.slot[sources] = self.matrix.pattern.size + 1 + np.arange(len(sources))
        self.v = np.concatenate([self.flat, [1.0], self.matrix.node_v[sources]])
        size = self.matrix.pattern.size
        self.work = make_work(self.v, np.zeros_like(self.v), size, self.dtype, has_zip=self.packer.has_zip)

    def solve(self, varying: Mapping[str, np.ndarray], fixed: Mapping[str, np.ndarray], steps: int) -> Solved:
        """AC power flow of element injections (see `twin.engines.batch.packing.Packer.pack`)."""
        solved = self._run(self.packer.pack(varying, fixed), steps)
        self._rescue(solved, lambda step: self.packer.powers(varying, fixed, step))
        return solved

    def solve_nodes(self, consumption: np.ndarray) -> Solved:
        """AC power flow of constant node consumption [MVA], complex, dims (time, node)."""
        size, base = self.matrix.pattern.size, self.grid.base_mva
        drawn = consumption[:, self.matrix.pattern.node]
        solved = self._run(self.packer.pack_nodes(drawn.real, drawn.imag), len(consumption))
        none = np.zeros(size + 1)
        self._rescue(solved, lambda step: np.stack([np.append(-drawn[step] / base, 0.0), none, none]))
        return solved

    def _run(self, injected: Injected, steps: int) -> Solved:
        kind = np.complex64 if self.dtype == np.float32 else np.complex128
        v = np.full((steps, self.grid.nodes), np.nan, dtype=kind)
        iterations, converged = np.zeros(steps, dtype=np.int64), np.zeros(steps, dtype=bool)
        tolerance = SOLVE_TOLERANCE_PU if self.dtype == FLOAT64 else self.tolerance
        solve_steps(self.work, self.factor, injected, tolerance, self.matrix.pattern.node, v, converged, iterations)
        v[np.ix_(converged, self.grid.source_node)] = self.matrix.node_v[self.grid.source_node]
        return Solved(v, converged, iterations, np.zeros(steps, dtype=bool))

    def _rescue(self, solved: Solved, powers: Powers) -> None:
        """Newton-Raphson for every step that the kernel left, in place."""
        for step in np.flatnonzero(~solved.converged):
            s = powers(int(step))
            v = self.newton_step(s)
            if np.isfinite(s).all() and np.isfinite(v).all():
                solved.v[step, self.matrix.pattern.node] = v
                solved.v[step, self.grid.source_node] = self.matrix.node_v[self.grid.source_node]
                solved.converged[step] = solved.newton[step] = True

    def newton_step(self, s: np.ndarray) -> np.ndarray:
        """Voltages of one step [pu], complex, dims (position,), for injected power, dims (part, position + 1); else NaN."""
        if not np.isfinite(s).all():
            return np.full(self.matrix.pattern.size, np.nan + 0j)
        return self._newton.solve(*s[:, : self.matrix.pattern.size])

    @cached_property
    def _newton(self) -> Newton:
        return Newton(self.matrix.sparse(), self.matrix.values.source, self.flat)
