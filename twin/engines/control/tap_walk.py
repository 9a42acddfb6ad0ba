"""The path of tap positions through time: batches solved ahead per tuple of positions, steps walked in their order.

A tap stays where it was left, so a step depends on the one before; but few tuples of positions ever occur, and each is a grid
of its own. For the tuple in force a window of steps is solved at once, the walk jumps to the first step at which a changer
would move, and there moves one tap at a time, as `pandapower.control.DiscreteTapControl` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin.engines.control.tap_changer import TapChangers

Positions = tuple[int, ...]
Look = Callable[[Positions, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(positions, step numbers) -> (seen vm_pu (step, changer), converged (step,)): a power flow of these steps.

What the last call of a step found is that step's state; its positions are then final."""

_FIRST_WINDOW = 32
"""Steps solved ahead after a move: the lanes of one block of a batch kernel."""
_LARGEST_WINDOW = 2048


@dataclass(frozen=True)
class TapState:
    """Where the changers stand between two batches; dims (changer,).

    Attributes:
        position: tap positions.
        edge: edge of the band outside which the last known step ended: -1 below, 1 above, 0 inside.
        waited: steps in a row that ended outside that edge.
    """

    position: np.ndarray
    edge: np.ndarray
    waited: np.ndarray


@dataclass(frozen=True)
class TapPath:
    """What the changers did; dims (time, changer).

    Attributes:
        position: tap position that each step ended with.
        moves: taps moved within the step.
        at_end: outside the band with the changer at its end.
        hunting: the band is narrower than a tap: the changer would move to and fro for ever. It is left at the first
            position that came back.
        last: the state after the last step.
    """

    position: np.ndarray
    moves: np.ndarray
    at_end: np.ndarray
    hunting: np.ndarray
    last: TapState


def walk_taps(look: Look, changers: TapChangers, steps: int, start: TapState | None = None) -> TapPath:
    """Walk ``steps`` from ``start`` (by default the net's positions, nothing waited).

    A step without a power flow moves no tap and does not count as waiting. A position without a power flow is not entered.
    """
    walk = _Walk(look, changers, steps, start or at_rest(changers))
    step = 0
    while step < steps:
        step = walk.jump(step)
        if step < steps:
            walk.move(step)
            step += 1
    walk.look_again()
    last = TapState(np.array(walk.position), walk.edge, walk.waited)
    return TapPath(walk.path, walk.moves, walk.at_end, walk.hunting, last)


def at_rest(changers: TapChangers) -> TapState:
    """The changers as the net has them."""
    nothing = np.zeros(len(changers.start), dtype=int)
    return TapState(changers.start.copy(), nothing, nothing)


class _Seen:
    """What was seen with the changers at one tuple of positions."""

    def __init__(self, number: int, steps: int, changers: TapChangers, position: Positions) -> None:
        self.number = number
        self.stop = np.ones(steps, dtype=bool)  # not solved yet, or a changer would move
        self.solved = np.zeros(steps, dtype=bool)
        self.known = np.zeros(steps, dtype=bool)
        self.edge = np.zeros((steps, len(position)), dtype=np.int8)
        way = np.array([[-1], [1]]) * -changers.raising  # below the band, above it
        there = np.array(position) + way
        self._free = (there >= changers.lowest) & (there <= changers.highest)

    def can_move(self, edge: np.ndarray) -> np.ndarray:
        """Changers outside their band that are not at their end, dims of ``edge``."""
        return ((edge < 0) & self._free[0]) | ((edge > 0) & self._free[1])


class _Walk:
    def __init__(self, look: Look, changers: TapChangers, steps: int, start: TapState) -> None:
        self._look, self._changers, self._steps = look, changers, steps
        self.position: Positions = tuple(int(p) for p in start.position)
        self.edge, self.waited = start.edge.copy(), start.waited.copy()
        shape = (steps, len(self.position))
        self.path = np.zeros(shape, dtype=int)
        self.moves = np.zeros(shape, dtype=int)
        self.at_end, self.hunting = np.zeros((2, *shape), dtype=bool)
        self._seen: dict[Positions, _Seen] = {}
        self._state_of = np.full(steps, -1)
        self._moved_at = 0

    def jump(self, step: int) -> int:
        """The first step from ``step`` on at which a changer wants to move; the steps before it are settled."""
        while step < self._steps:
            seen = self._solved(step)
            rest = seen.stop[step:]
            ahead = int(rest.argmax()) if rest.any() else len(rest)
            if ahead:
                quiet = slice(step, step + ahead)
                self.path[quiet] = self.position
                edge = seen.edge[quiet]
                self.at_end[quiet] = edge != 0
                if seen.known[quiet].any():
                    # what waits at its end cannot move there, so nothing that could move is waiting
                    self.edge, self.waited = np.zeros_like(self.edge), np.zeros_like(self.waited)
            step += ahead
            if step < self._steps and seen.solved[step]:
                return step
        return step

    def move(self, step: int) -> None:
        """Move tap by tap until every changer is inside its band, at its end, or waiting."""
        been = [self.position]
        seen = self._solved(step)
        changers = self._changers
        while True:
            edge = seen.edge[step]
            due = (changers.delay_steps == 0) | ((self.waited >= changers.delay_steps) & (self.edge == edge))
            go = seen.can_move(edge) & due
            if not go.any():
                break
            taps = np.where(go, -edge * changers.raising, 0)
            self.position = tuple(int(p) for p in np.array(self.position) + taps)
            self._moved_at = step
            there = self._solved(step)
            if not there.known[step]:
                self.position = been[-1]
                break
            seen = there
            if self.position in been:
                # the same positions see the same voltages: the way from here is the way gone before
                circle = np.array(been[been.index(self.position) :])
                self.hunting[step] = (circle != circle[0]).any(axis=0)
                break
            self.moves[step] += go
            been.append(self.position)
        edge = seen.edge[step].astype(int)
        self.path[step] = self.position
        self.at_end[step] = (edge != 0) & ~seen.can_move(edge)
        self.waited = np.where(edge == 0, 0, np.where(edge == self.edge, self.waited + 1, 1))
        self.edge = edge

    def look_again(self) -> None:
        """Solve anew the steps whose last power flow was not at their final positions."""
        for position, seen in self._seen.items():
            stale = np.flatnonzero((self.path == position).all(axis=1) & (self._state_of != seen.number))
            if stale.size:
                self._look(position, stale)

    def _solved(self, step: int) -> _Seen:
        """What is seen at the positions in force, solved at least at ``step``."""
        seen = self._seen.get(self.position)
        if seen is None:
            seen = self._seen[self.position] = _Seen(len(self._seen), self._steps, self._changers, self.position)
        if not seen.solved[step]:
            window = int(np.clip(2 * (step - self._moved_at), _FIRST_WINDOW, _LARGEST_WINDOW))
            ahead = np.flatnonzero(~seen.solved[step : step + window]) + step
            self._solve(seen, ahead)
        return seen

    def _solve(self, seen: _Seen, steps: np.ndarray) -> None:
        changers = self._changers
        vm, known = self._look(self.position, steps)
        self._state_of[steps] = seen.number
        edge = (vm > changers.vm_upper_pu).astype(np.int8) - (vm < changers.vm_lower_pu)
        edge[~known] = 0
        edge[:, ~changers.acts] = 0
        seen.edge[steps], seen.known[steps], seen.solved[steps] = edge, known, True
        seen.stop[steps] = seen.can_move(edge).any(axis=1)
