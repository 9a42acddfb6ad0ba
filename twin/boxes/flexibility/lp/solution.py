"""What ends a solve, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.lp.rows import GridRow


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What ends a solve that is not done.

    Attributes:
        iterations: of the simplex method; some twenty times what 50 devices need.
        nodes: of the search where something is on or off.
        search_h: how far ahead that is searched; beyond, what can wait is off: a plan that counts on a call of tomorrow, and
            on half of one, prepares nothing else.
        guard_s: wall clock [s], below the box's deadline and far above a normal solve.
    """

    iterations: int = 100_000
    nodes: int = 2_000
    search_h: float = float("inf")
    guard_s: float = 1.0


class WhenAsked(Mapping[str, np.ndarray]):
    """Arrays by name, made when one is first asked for: of most solves the plan alone is looked at, never its prices."""

    def __init__(self, make: Callable[[], dict[str, np.ndarray]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> dict[str, np.ndarray]:
        return self._make()

    def __getitem__(self, name: str) -> np.ndarray:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


@dataclass(frozen=True)
class Solution:
    """An answer.

    Attributes:
        status: "optimal", or what stopped it ("iteration_limit", "time_limit", "infeasible" ...).
        cost_chf: objective. ``values``: by variable; ``duals``: by row, d(cost)/d(right-hand side), the grid's as "grid_row";
            ``reduced``: reduced costs by variable. Empty where there is no plan. Of a problem with something on or off the
            duals are those of the plan found, with what is on and off held.
        p_mw, q_mvar: of every unit, dims (unit, step). ``excess_mw``, ``margin_used_mw``: of the grid's rows, dims (row, step);
            0 where nobody watches.
        rows: those rows. ``iterations``: simplex iterations.
        switched: what is on and off, for ``hold`` of another solve.
    """

    status: str
    cost_chf: float = float("nan")
    values: Mapping[str, np.ndarray] = field(default_factory=dict)
    duals: Mapping[str, np.ndarray] = field(default_factory=dict)
    reduced: Mapping[str, np.ndarray] = field(default_factory=dict)
    p_mw: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    q_mvar: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    excess_mw: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    margin_used_mw: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    rows: tuple[GridRow, ...] = ()
    iterations: int = 0
    switched: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def optimal(self) -> bool:
        """True when there is a plan."""
        return self.status == "optimal"

    @property
    def row_duals(self) -> np.ndarray:
        """Of the grid's rows, dims (row, step); 0 where nobody watches."""
        return self.duals.get("grid_row", np.zeros((0, 0)))
