"""The LP compiled once to arrays and held by HiGHS; a tick only writes bounds, right-hand sides and costs.

Every solve starts cold with one thread and the simplex method, so equal numbers give equal bits whatever was solved before.
An iteration limit ends it; the clock is only the guard, and its outcome is told, never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.model import CONSTRAINTS, VARIABLES, build, sizes
from twin.boxes.flexibility.numbers import Numbers, numbers_of
from twin.boxes.flexibility.problem import Problem, Structure

ITERATION_LIMIT = 50_000
"""Simplex iterations before the next rung takes over: some twenty times what 50 devices need."""
GUARD_S = 1.0
"""Wall-clock guard of one solve [s]: below the box's deadline, far above a normal solve."""
_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "solver": "simplex",
    "simplex_strategy": 1,
    "random_seed": 0,
    "simplex_iteration_limit": ITERATION_LIMIT,
    # 1e-9 MW: with the dearest penalty an infeasibility of the default 1e-7 would be worth more than a car's saving.
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-7,
}


@dataclass(frozen=True)
class Solution:
    """An answer of the LP.

    Attributes:
        status: "optimal", or what stopped it ("iteration_limit", "time_limit", "infeasible" ...); arrays are empty then.
        cost_chf: objective. ``values``: by variable; ``duals``: by constraint, d(cost)/d(right-hand side). ``iterations``.
    """

    status: str
    cost_chf: float
    values: dict[str, np.ndarray]
    duals: dict[str, np.ndarray]
    iterations: int

    @property
    def optimal(self) -> bool:
        """True when there is a plan."""
        return self.status == "optimal"

    @property
    def p_mw(self) -> np.ndarray:
        """Planned power of every device, dims (device, step)."""
        return np.concatenate([self.values["charge_mw"] - self.values["discharge_mw"], self.values["charging_mw"]])


class CompiledModel:
    """One structure's LP inside HiGHS."""

    def __init__(self, problem: Problem) -> None:
        self.structure: Structure = problem.structure
        matrix, self._columns, self._rows, self._sense = _compile(self.structure, numbers_of(problem))
        self._highs = _load(matrix, self._sense)

    def solve(self, problem: Problem, *, iteration_limit: int = ITERATION_LIMIT, guard_s: float = GUARD_S) -> Solution:
        """Solve ``problem``, which must have this structure.

        Raises:
            ValueError: for another structure; compile it first.
        """
        if problem.structure != self.structure:
            raise ValueError("the problem's devices, efficiencies, steps or rows differ from the compiled ones; compile anew")
        numbers = numbers_of(problem)
        solution = self._run(numbers, iteration_limit, guard_s)
        wrong = _both_ways(solution)
        if wrong is None:
            return solution
        # A price below zero pays for heating the cells by charging and discharging at once; no inverter can do that.
        charge, discharge = numbers.upper["charge_mw"].copy(), numbers.upper["discharge_mw"].copy()
        net = solution.values["charge_mw"] - solution.values["discharge_mw"]
        charge[wrong & (net < 0)] = 0.0
        discharge[wrong & (net >= 0)] = 0.0
        upper = {**numbers.upper, "charge_mw": charge, "discharge_mw": discharge}
        again = self._run(Numbers(numbers.lower, upper, numbers.cost, numbers.rhs), iteration_limit, guard_s)
        return again if _both_ways(again) is None else Solution("simultaneous", again.cost_chf, {}, {}, again.iterations)

    def _run(self, numbers: Numbers, iteration_limit: int, guard_s: float) -> Solution:
        import highspy

        highs = self._highs
        _must(highs.clearSolver(), "clear the solver")
        lower, upper, cost = (_vector(part, self._columns) for part in (numbers.lower, numbers.upper, numbers.cost))
        columns = np.arange(len(cost), dtype=np.int32)
        _must(highs.changeColsBounds(len(cost), columns, lower, upper), "set bounds")
        _must(highs.changeColsCost(len(cost), columns, cost), "set costs")
        low, high = _row_bounds(_vector(numbers.rhs, self._rows), self._sense)
        _must(highs.changeRowsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high), "set right-hand sides")
        _must(highs.setOptionValue("simplex_iteration_limit", int(iteration_limit)), "limit iterations")
        # HiGHS counts run time over all runs of a model.
        _must(highs.setOptionValue("time_limit", highs.getRunTime() + guard_s), "set the guard")
        highs.run()
        status = highs.getModelStatus()
        info = highs.getInfo()
        if status != highspy.HighsModelStatus.kOptimal:
            word = highs.modelStatusToString(status).lower().replace(" ", "_")
            return Solution(_WORDS.get(word, word), float("nan"), {}, {}, info.simplex_iteration_count)
        found = highs.getSolution()
        values, duals = np.asarray(found.col_value), np.asarray(found.row_dual)
        return Solution(
            "optimal",
            float(info.objective_function_value),
            {name: values[at] for name, at in self._columns.items()},
            {name: duals[at] for name, at in self._rows.items()},
            info.simplex_iteration_count,
        )


_WORDS = {"iteration_limit_reached": "iteration_limit", "time_limit_reached": "time_limit"}


def _both_ways(solution: Solution) -> np.ndarray | None:
    """Where a storage charges and discharges in the same step by more than 1 W, dims (storage, step); None if nowhere."""
    if not solution.optimal:
        return None
    both = np.minimum(solution.values["charge_mw"], solution.values["discharge_mw"]) > 1e-6
    return both if both.any() else None


def _compile(structure: Structure, numbers: Numbers) -> tuple[Any, dict[str, Any], dict[str, Any], np.ndarray]:
    """Matrix, column positions by variable, row positions by constraint, sense of each row (-1 >=, 0 ==, 1 <=)."""
    from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

    # The form knows its variables only by weak references: the model must live until they are read.
    model = build(structure, numbers)
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    count = sizes(structure)
    columns = {name: np.zeros(tuple(count[d] for d in dims), dtype=np.int64) for name, dims in VARIABLES.items()}
    rows = {name: np.zeros(tuple(count[d] for d in dims), dtype=np.int64) for name, dims in CONSTRAINTS.items()}
    for position, variable in enumerate(form.columns):
        _place(columns, variable, position)
    for position, row in enumerate(form.rows):
        _place(rows, row.constraint, position)
    if len(form.columns) != sum(a.size for a in columns.values()) or len(form.rows) != sum(a.size for a in rows.values()):
        raise AssertionError("the compiled model lost variables or rows: an index is free or a row is trivial")
    return form.A.tocsc(), columns, rows, np.array([row.bound_type for row in form.rows])


def _place(table: dict[str, np.ndarray], data: Any, position: int) -> None:
    index = data.index()
    table[data.parent_component().local_name][index if index is not None else ()] = position


def _load(matrix: Any, sense: np.ndarray) -> Any:
    import highspy

    lp = highspy.HighsLp()
    rows, columns = matrix.shape
    lp.num_row_, lp.num_col_ = rows, columns
    lp.col_cost_, lp.col_lower_ = np.zeros(columns), np.zeros(columns)
    lp.col_upper_ = np.full(columns, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = _row_bounds(np.zeros(rows), sense)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = rows, columns
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    highs = highspy.Highs()
    for name, value in _OPTIONS.items():
        _must(highs.setOptionValue(name, value), f"set option {name} to {value}")
    _must(highs.passModel(lp), "load the model")
    return highs


def _row_bounds(rhs: np.ndarray, sense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.where(sense > 0, -np.inf, rhs), np.where(sense < 0, np.inf, rhs)


def _vector(parts: dict[str, np.ndarray], positions: dict[str, np.ndarray]) -> np.ndarray:
    vector = np.zeros(sum(at.size for at in positions.values()))
    for name, at in positions.items():
        vector[at] = parts[name]
    return vector


def _must(status: Any, what: str) -> None:
    import highspy

    # HiGHS ignores a bad option and carries on; a warning is how it says so.
    if status != highspy.HighsStatus.kOk:
        raise RuntimeError(f"HiGHS could not {what}: {status}")
