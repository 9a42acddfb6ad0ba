"""Closed loop: every future is played, and all boxes run again in it; what the régie saw of it fills the same data set."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from forecasts.quantiles import LEVELS
from scenarios.futures.chances import Chances
from scenarios.futures.count import Solved, counted
from scenarios.futures.margins import FIGURES, busiest, margins
from scenarios.futures.player import Part, Played, Stage
from scenarios.futures.powers import Powers, left_alone
from scenarios.futures.sampled_site import refusals
from scenarios.futures.schema import SIDES
from scenarios.futures.solve import FutureSolver, joined
from scenarios.futures.start import Start
from scenarios.futures.town import Town
from twin.domain.grid import Topology
from twin.domain.lean import lean_main
from twin.regie.forkserver import child_environment
from twin.regie.kpi import Account, KpiFacts, figures

_MAIN = lean_main("scenarios.futures.player")


class PlayerEnded(RuntimeError):
    """The process that plays futures ended in the middle of one."""


def figure_names(facts: KpiFacts) -> list[str]:
    """Names of a played future's figures, "economic.total_chf"."""
    return [f"{group}.{name}" for group, named in figures(Account(share_known_mwh=1.0), facts).items() for name in named]


@dataclass
class ClosedSolver:
    """Plays futures in a process below the worker, and counts what they came to; what is drawn is drawn as in open loop.

    Attributes:
        figures: names of ``kpi``.
    """

    mode: ClassVar[str] = "closed_loop"
    at_once: ClassVar[int] = 1
    solver: FutureSolver
    stage: Stage
    figures: Sequence[str]
    _player: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Without the process: every worker starts its own."""
        return {
            "solver": self.solver,
            "stage": self.stage,
            "figures": self.figures,
            "_player": None,
        }

    @property
    def start(self) -> Start:
        """Of all futures."""
        return self.solver.start

    @property
    def town(self) -> Town:
        """That they are counted on."""
        return self.solver.town

    @property
    def chances(self) -> Chances:
        """What is drawn."""
        return self.solver.chances

    @cached_property
    def _usual_mw(self) -> np.ndarray:
        """What each load draws in the mean of the medians, dims (load,)."""
        median = self.start.quantiles[None, ..., LEVELS.index(0.5)]
        return np.asarray(left_alone(self.town, self.start, median).load_p_mw.mean(axis=0))

    def solve(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        """Everything that the data set holds of a chunk, by variable (see `FutureSolver.solve`), ``kpi`` included."""
        return joined([self._future(number) for number in numbers])

    # ------------------------------------------------------------------------------------------ one future

    def _future(self, number: int) -> dict[str, np.ndarray]:
        fate, steps = self.solver.fate, self.start.steps
        outages = fate.outages(number)
        events = [*fate.events(outages), *refusals(self.start, fate.obeys(number))]
        played = self._played(Part(fate.paths(number), tuple(events)))
        sides = [self._seen(grid, topology) for grid, topology in zip(played.grid, played.topology, strict=True)]
        count = [counted(self.town, solved, powers, (1, steps)) for solved, powers, _ in sides]
        found = {name: np.stack([side[name] for side in count]) for name in count[0]}
        found["outage"] = np.array([" ".join(outage.label for outage in outages)], dtype="U48")
        found["kpi"] = np.array([[[figure.get(name, np.nan) for name in self.figures]] for figure in played.figures])
        return found | self._margins(number, sides)

    def _seen(self, grid: Mapping[str, np.ndarray], path: Sequence[Topology]) -> tuple[Solved, Powers, np.ndarray]:
        """The régie's estimates as solved quarter hours; who is in the dark draws his share of what is missing."""
        town, estimator = self.town, self.town.estimator
        topology = np.empty(len(path), dtype=object)
        topology[:] = path
        dark = np.stack([town.engine.model(one).grid.load_node < 0 for one in path])
        weight = np.where(dark, self._usual_mw, 0.0)
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0)
        load = np.where(dark, share * grid["unsupplied_mw"][:, None], grid["load_p_mw"])
        solved = Solved(
            vm_pu=grid["vm_pu"],
            loading_percent=grid["loading_percent"],
            dark=dark,
            sgen_q_mvar=np.zeros_like(grid["sgen_p_mw"]),
            import_p_mw=grid["import_p_mw"],
            loss_mw=grid["loss_mw"],
            converged=np.isfinite(grid["loss_mw"]),
        )
        return solved, Powers(load, load * estimator.load_tan_phi, grid["sgen_p_mw"], grid["storage_p_mw"]), topology

    def _margins(self, number: int, sides: Sequence[tuple[Solved, Powers, np.ndarray]]) -> dict[str, np.ndarray]:
        """N-1 of the estimated states, with the reactive power that inverters give in them."""
        steps = self.start.steps
        found = {name: np.full((len(SIDES), 1, steps // 4), np.nan) for name in FIGURES}
        for side, (seen, powers, topology) in enumerate(sides if self.solver.looks_at(number) else ()):
            rows = busiest(seen, 0, steps)
            figures = margins(self.town, powers, self.solver.solved(powers, topology), topology, rows)
            for at, name in enumerate(FIGURES):
                found[name][side, 0] = [figures[row][at] for row in rows]
        return found

    # ------------------------------------------------------------------------------------------ the process below

    def _played(self, part: Part) -> Played:
        """Ask the process; start it, or another after one that is gone.

        Raises:
            PlayerEnded: when it ends over this part; the next one gets a new process.
        """
        if self._player is None or self._player.poll() is not None:
            self._player = self._started()
        assert self._player.stdin is not None
        assert self._player.stdout is not None
        try:
            pickle.dump(part, self._player.stdin)
            self._player.stdin.flush()
            played: Played = pickle.load(self._player.stdout)  # from the process started here
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            self._player.kill()
            code, self._player = self._player.wait(), None
            raise PlayerEnded(f"the process that plays futures ended ({code})") from error
        return played

    def _started(self) -> subprocess.Popen[bytes]:
        player = subprocess.Popen(
            [sys.executable, "-c", _MAIN, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(_scratch()),
        )
        assert player.stdin is not None
        pickle.dump(self.stage, player.stdin)
        player.stdin.flush()
        return player


def _scratch() -> Path:
    """The worker's own directory, which goes when it goes: a player that is killed with its worker leaves nothing behind."""
    from distributed import get_worker

    return Path(get_worker().local_directory)
