"""The Pyomo model as arrays, with the place of every variable and row, so that a tick writes whole vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.lp.model import CONSTRAINTS, VARIABLES, build
from twin.boxes.flexibility.lp.numbers import Numbers
from twin.boxes.flexibility.lp.sets import Sets


@dataclass(frozen=True)
class Matrix:
    """The compiled matrix.

    Attributes:
        a: CSC, dims (row, column). ``columns``: position of every variable; ``rows``: of every row, by name, index-set shaped.
        sense: of each row, -1 (<=), 0 (==), 1 (>=).
    """

    sets: Sets
    a: Any
    columns: Mapping[str, np.ndarray]
    rows: Mapping[str, np.ndarray]
    sense: np.ndarray

    def column_bounds(self, numbers: Numbers) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds, dims (column,)."""
        return _vector(numbers.lower, self.columns), _vector(numbers.upper, self.columns)

    def row_bounds(self, numbers: Numbers) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds, dims (row,)."""
        rhs = _vector(numbers.rhs, self.rows)
        return np.where(self.sense > 0, rhs, np.where(self.sense < 0, -np.inf, rhs)), np.where(self.sense > 0, np.inf, rhs)

    def costs(self, numbers: Numbers) -> np.ndarray:
        """Of all columns, dims (column,)."""
        return _vector(numbers.cost, self.columns)

    def load(self, options: Mapping[str, Any]) -> Any:
        """A HiGHS that holds the matrix."""
        import highspy

        lp = highspy.HighsLp()
        rows, columns = self.a.shape
        lp.num_row_, lp.num_col_ = rows, columns
        lp.col_cost_, lp.col_lower_ = np.zeros(columns), np.zeros(columns)
        lp.col_upper_ = np.full(columns, highspy.kHighsInf)
        lp.row_lower_, lp.row_upper_ = np.zeros(rows), np.zeros(rows)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = rows, columns
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = self.a.indptr, self.a.indices, self.a.data
        highs = highspy.Highs()
        for name, value in options.items():
            must(highs.setOptionValue(name, value), f"set option {name} to {value}")
        must(highs.passModel(lp), "load the model")
        return highs


def compile_matrix(sets: Sets, numbers: Numbers) -> Matrix:
    """Build the Pyomo model, without the grid's rows, and compile it to its standard form."""
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    # The form knows its variables only by weak references: the model must live until they are read.
    model = build(sets, numbers)
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    columns, rows = ({name: _places(dims, sets) for name, dims in table.items()} for table in (VARIABLES, CONSTRAINTS))
    for position, variable in enumerate(form.columns):
        _place(columns, variable, position)
    for position, row in enumerate(form.rows):
        _place(rows, row.constraint, position)
    if any((array < 0).any() for table in (columns, rows) for array in table.values()):
        raise AssertionError("the compiled model lost variables or rows: an index is free or a row is trivial")
    return Matrix(sets, form.A.tocsc(), columns, rows, -np.array([row.bound_type for row in form.rows]))


def _places(dims: tuple[str, ...], sets: Sets) -> np.ndarray:
    return np.full(tuple(sets.counts[dim] for dim in dims), -1, dtype=np.int64)


def _place(table: dict[str, np.ndarray], data: Any, position: int) -> None:
    index = data.index()
    table[data.parent_component().local_name][index if index is not None else ()] = position


def _vector(parts: Mapping[str, np.ndarray], positions: Mapping[str, np.ndarray]) -> np.ndarray:
    vector = np.zeros(sum(at.size for at in positions.values()))
    for name, at in positions.items():
        vector[at] = parts[name]
    return vector


def must(status: Any, what: str) -> None:
    """Refuse a warning too: HiGHS ignores a bad option and carries on, and that is how it says so.

    Raises:
        RuntimeError: for anything but success.
    """
    import highspy

    if status != highspy.HighsStatus.kOk:
        raise RuntimeError(f"HiGHS could not {what}: {status}")
