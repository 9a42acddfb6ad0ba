"""Rows of the grid come and go from tick to tick: they are appended to the compiled model and taken away again.

They say what ``model._grid`` writes in Pyomo; a test holds the two to the same cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.lp.matrix import Matrix, must
from twin.boxes.flexibility.lp.numbers import Numbers
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.rows import GridRow


@dataclass(frozen=True)
class Appended:
    """Rows at the end of a HiGHS model.

    Attributes:
        first_row, first_column: where they begin. ``row``, ``step``: which row and step each of them is, dims (appended,).
        shape: (row, step) of what is read back.
    """

    first_row: int
    first_column: int
    row: np.ndarray
    step: np.ndarray
    shape: tuple[int, int]

    def duals(self, dual: np.ndarray) -> np.ndarray:
        """Of each row and step; 0 where nobody watches."""
        return self._placed(dual[self.first_row : self.first_row + len(self.row)])

    def slack(self, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Excess and margin used, dims (row, step) each; 0 where nobody watches."""
        count = len(self.row)
        excess, used = column[self.first_column : self.first_column + 2 * count].reshape(2, count)
        return self._placed(excess), self._placed(used)

    def _placed(self, part: np.ndarray) -> np.ndarray:
        array = np.zeros(self.shape)
        array[self.row, self.step] = part
        return array

    def remove(self, highs: Any) -> None:
        """Take them out again."""
        count = len(self.row)
        if count:
            must(highs.deleteRows(count, np.arange(self.first_row, self.first_row + count, dtype=np.int32)), "take rows out")
            slack = np.arange(self.first_column, self.first_column + 2 * count, dtype=np.int32)
            must(highs.deleteCols(2 * count, slack), "take slack out")


def append_rows(highs: Any, problem: Problem, matrix: Matrix, numbers: Numbers, rows: tuple[GridRow, ...]) -> Appended:
    """Every watched (row, step) with two slack columns: the limit's excess, then the margin that is used."""
    steps = len(problem.hours)
    room = np.stack([row.room_mw for row in rows]) if rows else np.zeros((0, steps))
    row, step = np.nonzero(np.isfinite(room))
    found = Appended(highs.getNumRow(), highs.getNumCol(), row, step, room.shape)
    if not len(row):
        return found
    hours = np.asarray(problem.hours)[step]
    none, count = np.zeros(len(row)), len(row)
    margin = np.stack([numbers.margin(one) for one in rows])[row, step]
    cost = np.concatenate([numbers.penalties.excess * hours, numbers.penalties.margin * hours])
    upper = np.concatenate([none + np.inf, margin])
    empty = np.zeros(2 * count, dtype=np.int32)
    must(highs.addCols(2 * count, cost, np.zeros(2 * count), upper, 0, empty, empty[:0], np.zeros(0)), "add slack")
    start, index, value = _entries(problem, matrix, rows, found)
    low = np.full(count, -np.inf)
    must(highs.addRows(count, low, room[row, step], len(index), start, index, value), "add rows of the grid")
    return found


def _entries(
    problem: Problem, matrix: Matrix, rows: tuple[GridRow, ...], found: Appended
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row-wise entries: (start, column, value)."""
    sets, count = problem.sets, len(found.row)
    by_p = np.stack([row.by_p for row in rows])[found.row, :, found.step]  # (appended, unit)
    reactive = [np.zeros((len(sets.reactive), len(problem.hours))) if r.by_q is None else r.by_q[sets.reactive] for r in rows]
    by_q = np.stack(reactive)[found.row, :, found.step]
    slack = found.first_column + np.arange(count)
    at = found.step[:, None]
    blocks = [
        (matrix.columns["draw_mw"].T[found.step], by_p[:, sets.drawing]),
        (matrix.columns["feed_mw"].T[found.step], -by_p[:, sets.feeding]),
        (matrix.columns["q_mvar"].T[found.step], by_q),
        (slack[:, None], np.full(at.shape, -1.0)),
        (slack[:, None] + count, np.full(at.shape, -1.0)),
    ]
    column = np.concatenate([part for part, _ in blocks], axis=1)
    value = np.concatenate([part for _, part in blocks], axis=1)
    used = value != 0.0
    start = np.concatenate([[0], np.cumsum(used.sum(axis=1))[:-1]])
    return start.astype(np.int32), column[used].astype(np.int32), value[used]
