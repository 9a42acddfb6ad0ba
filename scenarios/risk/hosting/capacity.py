"""Largest additional power at every bus such that all limits hold in all states: bisection in batch, proved by AC power flow.

Of every bus only the states count at first that its tangents call the tightest; what the bisection finds is then held against
all states, and a state that breaks a limit joins them, until none does: the answer is that of all states, for the price of few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.risk.held import HELD, Limit
from scenarios.risk.hosting.grid import HostingGrid
from scenarios.risk.hosting.start import first_order_mw
from scenarios.risk.states import States

RESOLUTION_MW = 1e-4
RESOLUTION_SHARE = 0.002
LARGEST_MW = 200.0
"""Nobody asks for more at one bus."""
_TIGHTEST = 3
"""States of each bus that a search begins with."""
_PROBE_MW = 0.01
_BEHIND = 0.05
"""Influence on a limit that is broken already, relative to the strongest bus's: with less a bus is not behind it."""
_WORSE_PERCENT = 0.1
"""By how much an N-1 loading that is beyond its limit already may grow."""
NO_SOLUTION = Limit("grid", "no power flow", 0.0, "")
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Capacity:
    """What one bus can take.

    Attributes:
        mw: largest additional rated power that was proved [MW]. ``binding``: the limit that stops it, None where none does.
        row: of the state in which it does; ``outage``: after which, of an N-1 limit; ``already``: whether it was broken before.
        proved: states that it was held against.
    """

    bus: int
    mw: float
    binding: Limit | None
    row: int
    already: bool
    proved: int
    outage: str = ""


def capacities(
    grid: HostingGrid,
    states: States,
    *,
    asked: Sequence[int] | None = None,
    n1: bool = False,
    progress: Progress | None = None,
) -> list[Capacity]:
    """The capacity of every bus of ``grid``, in its order; a bus without supply takes nothing.

    Args:
        grid: with all buses of the town: who is behind a broken limit shows only beside those who are not.
        asked: only these of its buses.
        n1: also after any single outage and its best permitted closure the highest loading must be within its limit, or where
            it is not without anything added, no more than 0.1 % higher.
    """
    buses = grid.buses if asked is None else tuple(asked)
    return _Search(grid, states, buses, n1=n1, progress=progress or (lambda *_: None)).run()


class _Search:
    """One search over all buses at once."""

    def __init__(self, grid: HostingGrid, states: States, asked: tuple[int, ...], *, n1: bool, progress: Progress) -> None:
        rows = np.flatnonzero(states.sun > 0.0) if grid.added.kind == "pv" else np.arange(len(states))
        self._grid, self._states, self._rows, self._n1, self._progress = grid, states.at(rows), rows, n1, progress
        self._asked = [grid.buses.index(bus) for bus in asked]
        self._everywhere = np.flatnonzero(grid.supplied)
        self._buses = np.intersect1d(self._everywhere, self._asked)
        every = np.arange(len(rows))
        nowhere, nothing = np.zeros(len(rows), dtype=int), np.zeros(len(rows))
        self._before = grid.excess(self._states, every, nowhere, nothing)
        self._n1_before = grid.worst_after_outage(self._states, every, nowhere, nothing)[0] if n1 else nothing
        self._waived = np.zeros(len(grid.held.all), dtype=bool)
        self._binding: dict[int, tuple[Limit | None, int, bool, str]] = {}

    def run(self) -> list[Capacity]:
        count = len(self._grid.buses)
        low = np.zeros(count)
        if len(self._rows):
            refused = self._already_broken()
            open_ = np.setdiff1d(self._buses, refused)
            self._search(open_, low)
        found = []
        for bus in self._asked:
            limit, row, already, outage = self._binding.get(bus, (None, -1, False, ""))
            found.append(
                Capacity(
                    bus=self._grid.buses[bus],
                    mw=float(low[bus]),
                    binding=limit,
                    row=int(self._rows[row]) if row >= 0 else -1,
                    already=already,
                    proved=len(self._rows),
                    outage=outage,
                )
            )
        return found

    def _already_broken(self) -> np.ndarray:
        """Buses behind a limit that is broken with nothing added, in any state; for the others that limit is waived."""
        solved = ~np.isposinf(self._before).any(axis=1)
        if not solved.all():
            nowhere = (NO_SOLUTION, int(np.flatnonzero(~solved)[0]), True, "")
            self._binding = dict.fromkeys(self._buses.tolist(), nowhere)
            return self._buses
        self._waived = np.asarray((self._before > HELD).any(axis=0))
        broken = np.flatnonzero(self._waived)
        worst = self._before[:, broken].argmax(axis=0)
        order = np.argsort(-self._before[worst, broken], kind="stable")
        for limit, row in zip(broken[order].tolist(), worst[order].tolist(), strict=True):
            for bus in self._behind(limit, row):
                self._binding.setdefault(int(bus), (self._grid.held.all[limit], row, True, ""))
        return np.array(sorted(self._binding), dtype=int)

    def _behind(self, limit: int, row: int) -> np.ndarray:
        """Buses whose power passes to the limit, by what a little of it changes there."""
        count = len(self._everywhere)
        probed = self._grid.excess(self._states, np.full(count, row), self._everywhere, np.full(count, _PROBE_MW))
        influence = probed[:, limit] - self._before[row, limit]
        strongest = influence.max(initial=0.0)
        behind = self._everywhere[influence >= _BEHIND * strongest] if strongest > 0.0 else self._everywhere[:0]
        return np.intersect1d(behind, self._buses)

    def _search(self, buses: np.ndarray, low: np.ndarray) -> None:
        estimate = first_order_mw(self._grid, self._states)
        active = {int(bus): list(np.argsort(estimate[:, bus], kind="stable")[:_TIGHTEST]) for bus in buses}
        high = np.full(len(low), LARGEST_MW)
        for bus in buses:
            guess = estimate[active[int(bus)][0], bus]
            high[bus] = min(1.3 * guess, LARGEST_MW) if np.isfinite(guess) else LARGEST_MW
        high = np.maximum(high, 10.0 * RESOLUTION_MW)
        todo, done = buses, 0
        while len(todo):
            self._widen(todo, high, active)
            self._halve(todo, low, high, active)
            left = self._prove(todo, low, active)
            done += len(todo) - len(left)
            self._progress("capacity", done / max(len(buses), 1))
            for bus in left:
                high[bus], low[bus] = low[bus], 0.0
            todo = left

    def _widen(self, buses: np.ndarray, high: np.ndarray, active: dict[int, list[int]]) -> None:
        """Raise upper ends until a limit breaks there, or nobody would ask for more."""
        left = buses
        while len(left):
            broken = self._broken(left, high, active)
            left = left[~broken & (high[left] < LARGEST_MW)]
            high[left] = np.minimum(2.0 * high[left], LARGEST_MW)

    def _halve(self, buses: np.ndarray, low: np.ndarray, high: np.ndarray, active: dict[int, list[int]]) -> None:
        """Bisection of all buses at once, until each interval is narrow enough."""
        free = buses[~self._broken(buses, high, active)]
        low[free] = high[free]
        left = np.setdiff1d(buses, free)
        while True:
            left = left[high[left] - low[left] > np.maximum(RESOLUTION_MW, RESOLUTION_SHARE * low[left])]
            if not len(left):
                return
            middle = np.zeros(len(low))
            middle[left] = 0.5 * (low[left] + high[left])
            broken = self._broken(left, middle, active)
            high[left[broken]], low[left[~broken]] = middle[left[broken]], middle[left[~broken]]

    def _broken(self, buses: np.ndarray, mw: np.ndarray, active: dict[int, list[int]]) -> np.ndarray:
        """Whether some limit breaks at each bus in one of its active states, dims of ``buses``; notes which one."""
        rows = np.concatenate([active[int(bus)] for bus in buses]).astype(int)
        lanes = np.concatenate([np.full(len(active[int(bus)]), bus) for bus in buses])
        broken = self._lanes(rows, lanes, mw[lanes], note=True)
        return np.isin(buses, lanes[broken])

    def _prove(self, buses: np.ndarray, low: np.ndarray, active: dict[int, list[int]]) -> np.ndarray:
        """Buses at which a state that was not looked at breaks a limit; that state is looked at from now on."""
        left = []
        every = np.arange(len(self._rows))
        for part in np.array_split(buses, max(1, len(buses) * len(every) // 20000)):
            rows, lanes = np.tile(every, len(part)), np.repeat(part, len(every))
            broken = self._lanes(rows, lanes, low[lanes], note=False)
            for bus in np.unique(lanes[broken]):
                new = [row for row in rows[broken & (lanes == bus)] if row not in active[int(bus)]]
                if new:
                    active[int(bus)] += new[:_TIGHTEST]
                    left.append(int(bus))
        return np.array(left, dtype=int)

    def _lanes(self, rows: np.ndarray, buses: np.ndarray, mw: np.ndarray, *, note: bool) -> np.ndarray:
        """Whether a limit breaks in each lane."""
        excess = self._grid.excess(self._states, rows, buses, mw)
        excess[:, self._waived] = -np.inf
        worst = excess.argmax(axis=1)
        value = excess[np.arange(len(rows)), worst]
        outage = np.full(len(rows), "", dtype="U24")
        if self._n1:
            after, which = self._grid.worst_after_outage(self._states, rows, buses, mw)
            allowed = np.where(self._n1_before[rows] > 0.0, self._n1_before[rows] + _WORSE_PERCENT, 0.0)
            stricter = (after - allowed > HELD) & (value <= HELD)
            value, outage = np.where(stricter, after - allowed, value), np.where(stricter, which, outage)
        broken = value > HELD
        if note:
            for lane in np.flatnonzero(broken):
                limit = self._grid.held.all[worst[lane]] if not outage[lane] else Limit("", "n1_loading", 100.0, "%")
                self._binding[int(buses[lane])] = (limit, int(rows[lane]), False, str(outage[lane]))
        return np.asarray(broken)
