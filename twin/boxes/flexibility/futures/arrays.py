"""One path as arrays: the compiled matrix with this path's numbers, and its rows of the grid below and beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.lp.appended import Appended, append_rows
from twin.boxes.flexibility.lp.coefficients import entries
from twin.boxes.flexibility.lp.matrix import Matrix
from twin.boxes.flexibility.lp.numbers import Numbers, numbers_of
from twin.boxes.flexibility.lp.problem import Problem


@dataclass(frozen=True)
class PathArrays:
    """Minimise cost x, low <= x <= high, row_low <= A x <= row_high.

    Attributes:
        a: CSC, dims (row, column). ``cost``, ``low``, ``high``: dims (column,). ``row_low``, ``row_high``: dims (row,).
        appended: where the rows of the grid stand.
    """

    a: Any
    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    appended: Appended


class Coefficients:
    """Where the coefficients stand that a tick may change, found once for all paths."""

    def __init__(self, matrix: Matrix, numbers: Numbers) -> None:
        from scipy import sparse

        self._matrix = matrix
        self._names = tuple(sorted(numbers.coefficient))
        places = [
            (row, column, sign, n, at, k)
            for n, name in enumerate(self._names)
            for at, k in np.ndindex(numbers.coefficient[name].shape)
            for row, column, sign in entries(matrix, name, at, k)
        ]
        table = np.array(places, dtype=float).reshape(len(places), 6)
        self._row, self._column = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
        self._sign, self._of = table[:, 2], table[:, 3:].astype(int)
        rest = matrix.a.tocoo()
        width = matrix.a.shape[1]
        kept = ~np.isin(rest.row.astype(np.int64) * width + rest.col, self._row * width + self._column)
        self._rest = sparse.csc_matrix((rest.data[kept], (rest.row[kept], rest.col[kept])), shape=matrix.a.shape)

    def matrix_of(self, numbers: Numbers) -> Any:
        """The compiled matrix with these numbers' coefficients, CSC."""
        from scipy import sparse

        value = np.zeros(len(self._row))
        for n, name in enumerate(self._names):
            mine = self._of[:, 0] == n
            value[mine] = numbers.coefficient[name][self._of[mine, 1], self._of[mine, 2]]
        return (self._rest + sparse.csc_matrix((self._sign * value, (self._row, self._column)), shape=self._rest.shape)).tocsc()


class _Sheet:
    """Takes what `append_rows` writes, as HiGHS would, and keeps it as arrays."""

    def __init__(self, rows: int, columns: int) -> None:
        self.shape = rows, columns
        self.columns: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.rows: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def getNumRow(self) -> int:  # noqa: N802 - HiGHS's name
        return self.shape[0]

    def getNumCol(self) -> int:  # noqa: N802 - HiGHS's name
        return self.shape[1]

    def addCols(self, _count: int, cost: Any, low: Any, high: Any, *_entries: Any) -> Any:  # noqa: N802 - HiGHS's name
        import highspy

        self.columns.append((cost, low, high))
        return highspy.HighsStatus.kOk

    def addRows(self, _count: int, low: Any, high: Any, _entries: int, *rows: Any) -> Any:  # noqa: N802 - HiGHS's name
        import highspy

        start, index, value = rows
        self.rows.append((low, high, start, index, value))
        return highspy.HighsStatus.kOk


def path_arrays(problem: Problem, matrix: Matrix, coefficients: Coefficients) -> PathArrays:
    """``problem``, of the structure that ``matrix`` was compiled for, as arrays with its own rows of the grid."""
    from scipy import sparse

    numbers = numbers_of(problem)
    a = coefficients.matrix_of(numbers)
    sheet = _Sheet(*a.shape)
    appended = append_rows(sheet, problem, matrix, numbers, problem.rows)
    low, high = matrix.column_bounds(numbers)
    row_low, row_high = matrix.row_bounds(numbers)
    cost = np.zeros(len(low))
    for name, at in matrix.columns.items():
        cost[at] = numbers.cost[name]
    if not sheet.rows:
        return PathArrays(a, cost, low, high, row_low, row_high, appended)
    (slack_cost, slack_low, slack_high), (grid_low, grid_high, start, index, value) = sheet.columns[0], sheet.rows[0]
    shape = len(grid_low), len(cost) + len(slack_cost)
    grid = sparse.csr_matrix((value, index, np.append(start, len(index))), shape=shape)
    return PathArrays(
        sparse.vstack([sparse.hstack([a, sparse.csc_matrix((a.shape[0], len(slack_cost)))]), grid]).tocsc(),
        np.concatenate([cost, slack_cost]),
        np.concatenate([low, slack_low]),
        np.concatenate([high, slack_high]),
        np.concatenate([row_low, grid_low]),
        np.concatenate([row_high, grid_high]),
        appended,
    )


def mean_of(paths: Sequence[PathArrays], probabilities: Sequence[float]) -> PathArrays:
    """The path of expected numbers: what a planner sees that knows no paths."""

    def mean(name: str) -> Any:
        parts = [p * getattr(path, name) for p, path in zip(probabilities, paths, strict=True)]
        return sum(parts[1:], start=parts[0])

    return PathArrays(mean("a"), mean("cost"), mean("low"), mean("high"), mean("row_low"), mean("row_high"), paths[0].appended)
