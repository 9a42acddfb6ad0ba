"""A chunk of futures through the engine, both sides: drawn, solved by topology with Q(U), counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from scenarios.futures.chances import Chances
from scenarios.futures.count import Solved, counted
from scenarios.futures.fate import Fate
from scenarios.futures.margins import FIGURES, busiest, margins
from scenarios.futures.powers import Powers, as_planned, left_alone
from scenarios.futures.schema import SIDES, VARIABLES
from scenarios.futures.start import Start
from scenarios.futures.town import Town, by_topology
from twin.domain.controls import NO_CONTROLS

BLOCK = 8
"""Futures that are in memory at a time: of a day on two hundred buses about 50 MB."""
_SETTLED = ("vm_pu", "sgen_p_mw", "sgen_q_mvar")
_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "loss_mw", "source_p_mw")


@dataclass
class FutureSolver:
    """Solves futures of one start; kept by its worker with every model that it has compiled."""

    mode: ClassVar[str] = "futures"
    at_once: ClassVar[int] = 25
    town: Town
    start: Start
    chances: Chances
    figures: Sequence[str] = ()
    fate: Fate = field(init=False)

    def __post_init__(self) -> None:
        self.fate = Fate(self.town, self.start, self.chances)

    def solve(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        """Everything that the data set holds of a chunk, by variable; the dims ``chunk`` and ``future`` are the chunk's own."""
        return joined([self._block(numbers[i : i + BLOCK]) for i in range(0, len(numbers), BLOCK)])

    def solved(self, powers: Powers, topology: np.ndarray) -> Solved:
        """AC power flow of every row: inverters settle first, then one more pass gives all results.

        Args:
            topology: of every row, objects.
        """
        town = self.town
        result = Solved.blank(town.grid, len(topology))
        for one, at in by_topology(topology).items():
            model = town.engine.model(one)
            given = powers.rows(at).injections(model.grid)
            if town.controls is not None:
                settled = model.solve(given, want=_SETTLED, controls=town.controls)
                result.sgen_q_mvar[at] = q = np.nan_to_num(settled["sgen_q_mvar"].values)
                given = given.assign(sgen_q_mvar=(("time", "sgen"), q))
                result.converged[at] = settled["converged"].values
            found = model.solve(given, want=_WANT, controls=NO_CONTROLS)
            result.take(at, found, model.grid)
        return result

    def looks_at(self, number: int) -> bool:
        """Whether N-1 is looked at in that future."""
        return self.chances.n1_every > 0 and number % self.chances.n1_every == 0

    def _block(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        town, start, fate = self.town, self.start, self.fate
        alone = left_alone(town, start, np.stack([fate.paths(number) for number in numbers]))
        planned = as_planned(town, start, alone, [fate.obeys(number) for number in numbers])
        outages = [fate.outages(number) for number in numbers]
        topology = np.concatenate([fate.topologies(each) for each in outages])
        unmoved = self.solved(alone, topology)
        moved = np.flatnonzero(planned.differs(alone))
        ours = unmoved.with_rows(moved, self.solved(planned.rows(moved), topology[moved]))
        shape = len(numbers), start.steps
        sides = [counted(town, *side, shape) for side in ((ours, planned), (unmoved, alone))]
        found = {name: np.stack([side[name] for side in sides]) for name in sides[0]}
        found["outage"] = np.array([" ".join(outage.label for outage in each) for each in outages], dtype="U48")
        return found | self._margins(numbers, (ours, planned), (unmoved, alone), topology, moved)

    def _margins(
        self,
        numbers: Sequence[int],
        ours: tuple[Solved, Powers],
        theirs: tuple[Solved, Powers],
        topology: np.ndarray,
        moved: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """N-1 of the futures that are looked at; where nothing is ``moved`` the sides have the same."""
        steps = self.start.steps
        found = {name: np.full((len(SIDES), len(numbers), steps // 4), np.nan) for name in FIGURES}
        for i in (i for i, number in enumerate(numbers) if self.looks_at(number)):
            rows = [busiest(solved, i * steps, steps) for solved, _ in (ours, theirs)]
            figures = margins(self.town, theirs[1], theirs[0], topology, rows[1])
            per_side = [figures, figures]
            own = np.array([row for row in rows[0] if row in moved or row not in figures], dtype=int)
            per_side[0] = figures | margins(self.town, ours[1], ours[0], topology, own)
            for side, known in enumerate(per_side):
                for at, name in enumerate(FIGURES):
                    found[name][side, i] = [known[row][at] for row in rows[side]]
        return found


def joined(parts: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One chunk of its parts: futures stand after each other, counts add up."""
    chunk: dict[str, np.ndarray] = {}
    for name in parts[0]:
        dims, arrays = VARIABLES[name].dims, [part[name] for part in parts]
        if "chunk" in dims:
            chunk[name] = np.expand_dims(np.sum(arrays, axis=0), dims.index("chunk"))
        else:
            chunk[name] = np.concatenate(arrays, axis=dims.index("future"))
    return chunk | {"futures_in_chunk": np.array([len(chunk["outage"])], dtype=np.int32)}
