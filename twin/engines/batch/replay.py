"""A year, or a thousand futures, as statistics of every element: read, solved and noted block by block, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from twin.contracts.ports import GridLimits, Progress
from twin.engines.batch.branch_lanes import Branches
from twin.engines.batch.kernel import XI, XR
from twin.engines.batch.replay_lanes import Tally, clear, make_tally, note, replay_steps
from twin.engines.batch.solver import Solver
from twin.engines.batch.statistics import LOADING, NO_QUANTILES, VOLTAGE, Scale, Statistics
from twin.engines.flows import Flows
from twin.engines.injections import Profiles

_CHUNK_BYTES = 48e6
"""Of injections read at a time: they stay in memory for one chunk."""
_MOST_STEPS = 16384


@dataclass
class Replayed:
    """What a replay found; `twin.engines.batch.replay_dataset.to_dataset` gives it names.

    Attributes:
        branch: statistics of the branches, then of the three-winding transformers in service. ``node``: of the nodes, where
            `twin.engines.batch.solver.Solver.slot` says.
        solved: steps that count. ``unsolved``: numbers of the others. ``newton``: steps that Newton-Raphson solved.
        iterations: sum over all steps. ``other_loss``: losses [pu], summed over steps, of elements that stand nowhere else.
    """

    branch: Statistics
    node: Statistics
    solved: int
    unsolved: np.ndarray
    newton: int
    iterations: int
    other_loss: float = 0.0


def chunks(profiles: Profiles, chunk: int | None) -> Iterator[tuple[int, int]]:
    """First step and end of each part, ``chunk`` steps long, or as many as fit 48 MB."""
    per_step = 8.0 * sum(variable.size / max(profiles.steps, 1) for variable in profiles.varying.values())
    length = chunk or int(np.clip(_CHUNK_BYTES / max(per_step, 1.0), 32, _MOST_STEPS))
    for first in range(0, profiles.steps, length):
        yield first, min(first + length, profiles.steps)


def watched_branches(solver: Solver, flows: Flows, reference: np.ndarray) -> Branches:
    """Every branch of a solver's grid as its kernel reads them; ``reference`` as in `twin.engines.batch.kernel.make_work`."""
    grid, real = solver.grid, solver.dtype
    kind = np.complex64 if real == np.float32 else np.complex128
    percent = flows.percent_per_pu() ** 2
    at_from, at_to = solver.slot[grid.branch_from], solver.slot[grid.branch_to]
    idle_from = grid.branch_yff * reference[at_from] + grid.branch_yft * reference[at_to]
    idle_to = grid.branch_ytf * reference[at_from] + grid.branch_ytt * reference[at_to]
    windings = grid.trafo3w_branch[(grid.trafo3w_branch >= 0).all(axis=1)].astype(np.int64)
    alone = np.ones(len(at_from), dtype=bool)
    alone[windings] = False
    return Branches(
        at_from,
        at_to,
        grid.branch_yff.astype(kind),
        grid.branch_yft.astype(kind),
        grid.branch_ytf.astype(kind),
        grid.branch_ytt.astype(kind),
        idle_from.astype(kind),
        idle_to.astype(kind),
        percent[0].astype(real),
        percent[1].astype(real),
        alone,
        windings,
    )


class Replay:
    """Replays on one solver; keeps its tallies' memory from run to run."""

    def __init__(self, solver: Solver, flows: Flows, limits: GridLimits, *, quantiles: bool) -> None:
        self._solver = solver
        self._branches = watched_branches(solver, flows, solver.v)
        self._scales = (LOADING, VOLTAGE) if quantiles else (NO_QUANTILES, NO_QUANTILES)
        branches = len(self._branches.at_from) + len(self._branches.windings)
        nodes = len(solver.work.node)
        self._branch = self._tally(self._scales[0], branches, -np.inf, limits.loading_percent)
        self._node = self._tally(self._scales[1], nodes, limits.vm_min_pu, limits.vm_max_pu)

    def _tally(self, scale: Scale, size: int, low: float, high: float) -> Tally:
        limits = np.full(size, low), np.full(size, high)
        return make_tally(*limits, self._solver.dtype, bins=scale.count, first=scale.first, width=scale.width)

    def run(self, profiles: Profiles, chunk: int | None, progress: Progress | None) -> Replayed:
        """All steps of ``profiles``."""
        branch, node = (
            Statistics(len(tally.low), scale, tally.histogram)
            for tally, scale in zip((self._branch, self._node), self._scales, strict=True)
        )
        found = Replayed(branch, node, 0, np.zeros(0, dtype=np.int64), 0, 0)
        for tally in (self._branch, self._node):
            tally.histogram[:] = 0
        for first, last in chunks(profiles, chunk):
            self._chunk(profiles, first, last, found)
            if progress is not None:
                progress(last, profiles.steps)
        return found

    def _chunk(self, profiles: Profiles, first: int, last: int, found: Replayed) -> None:
        solver, steps = self._solver, last - first
        varying = profiles.chunk(first, last)
        settled, iterations = np.zeros(steps, dtype=bool), np.zeros(steps, dtype=np.int64)
        for tally in (self._branch, self._node):
            clear(tally)
        replay_steps(
            solver.work,
            solver.factor,
            solver.packer.pack(varying, profiles.fixed),
            solver.tolerance,
            self._branches,
            self._branch,
            self._node,
            settled,
            iterations,
        )
        found.newton += self._rescue(lambda step: solver.packer.powers(varying, profiles.fixed, step), settled)
        found.branch.add_lanes(self._branch.figure, first)
        found.node.add_lanes(self._node.figure, first)
        found.solved += int(settled.sum())
        found.unsolved = np.concatenate([found.unsolved, first + np.flatnonzero(~settled)])
        found.iterations += int(iterations.sum())

    def _rescue(self, powers: Callable[[int], np.ndarray], settled: np.ndarray) -> int:
        """Newton-Raphson for the steps left over; those it solves are noted and become settled."""
        work, size = self._solver.work, self._solver.matrix.pattern.size
        rescued = 0
        for step in np.flatnonzero(~settled):
            s = powers(int(step))
            v = self._solver.newton_step(s)
            if not (np.isfinite(s).all() and np.isfinite(v).all()):
                continue
            work.fine[:] = 0.0
            deviation = v - self._solver.flat
            work.node[:size, XR, 0], work.node[:size, XI, 0] = deviation.real, deviation.imag
            work.fine[0, 0], work.step[0, 0] = 1.0, step
            note(work, self._branches, self._branch, self._node)
            settled[step] = True
            rescued += 1
        if rescued:
            work.node[:size, XR : XI + 1, 0] = 0.0
        return rescued
