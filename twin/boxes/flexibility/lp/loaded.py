"""A compiled matrix inside HiGHS, and what HiGHS was last told of it: only what differs is told again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.boxes.flexibility.lp.coefficients import entries
from twin.boxes.flexibility.lp.matrix import Matrix, must
from twin.boxes.flexibility.lp.numbers import Numbers


class Loaded:
    """One HiGHS with one matrix.

    Args:
        numbers: those that the matrix was compiled with.
    """

    def __init__(self, matrix: Matrix, numbers: Numbers, options: Mapping[str, Any]) -> None:
        self.matrix = matrix
        self.highs = matrix.load(options)
        self._gains = {name: array.copy() for name, array in numbers.coefficient.items()}
        # NaN equals nothing: everything is told once.
        rows, columns = matrix.a.shape
        self._lower, self._upper, self._cost = (np.full(columns, np.nan) for _ in range(3))
        self._low, self._high = (np.full(rows, np.nan) for _ in range(2))

    def forget(self) -> None:
        """Drop basis, factors and scaling: the next solve knows nothing of the last one.

        ``clearSolver`` would keep the scaling, which is that of the coefficients that were solved first. HiGHS warns of bounds
        that cross: those of the last problem, which may have been infeasible; new ones follow.
        """
        self.highs.passModel(self.highs.getLp())

    def write(self, numbers: Numbers) -> None:
        """Bounds, costs, right-hand sides and coefficients, where they are others than HiGHS has."""
        self.write_bounds(numbers)
        cost = self.matrix.costs(numbers)
        at = _changed(cost, self._cost)
        if len(at):
            must(self.highs.changeColsCost(len(at), at, cost[at]), "set costs")
            self._cost = cost
        low, high = self.matrix.row_bounds(numbers)
        at = _changed(low, self._low, high, self._high)
        if len(at):
            must(self.highs.changeRowsBounds(len(at), at, low[at], high[at]), "set right-hand sides")
            self._low, self._high = low, high
        self._write_gains(numbers)

    def write_bounds(self, numbers: Numbers) -> None:
        """Bounds of all variables alone."""
        lower, upper = self.matrix.column_bounds(numbers)
        at = _changed(lower, self._lower, upper, self._upper)
        self._bound(at, lower[at], upper[at])

    def fix(self, columns: np.ndarray, value: np.ndarray | float) -> None:
        """Hold some variables at a value until bounds are written again."""
        values = np.broadcast_to(np.asarray(value, dtype=float), columns.shape)
        self._bound(columns, values, values)

    def _bound(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        if len(columns):
            must(self.highs.changeColsBounds(len(columns), columns, lower, upper), "set bounds")
            self._lower[columns], self._upper[columns] = lower, upper

    def _write_gains(self, numbers: Numbers) -> None:
        """A heat pump's COP of the coming day."""
        for name, new in numbers.coefficient.items():
            held = self._gains[name]
            for at, k in np.argwhere(new != held):
                for row, column, sign in entries(self.matrix, name, int(at), int(k)):
                    must(self.highs.changeCoeff(row, column, sign * float(new[at, k])), "change a coefficient")
                held[at, k] = new[at, k]


def _changed(*pairs: np.ndarray) -> np.ndarray:
    """Positions at which a vector differs from the one beside it."""
    differs = np.zeros(len(pairs[0]), dtype=bool)
    for new, held in zip(pairs[::2], pairs[1::2], strict=True):
        differs |= new != held
    return np.flatnonzero(differs).astype(np.int32)
