"""The model compiled once to arrays and held by HiGHS; a tick only writes numbers, and appends the rows of its grid.

Every tick's first solve starts cold with one thread, so equal numbers give equal bits whatever was solved before. An
iteration or node limit ends it; the clock is only the guard, and its outcome is told, never hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.appended import Appended, append_rows
from twin.boxes.flexibility.lp.loaded import Loaded
from twin.boxes.flexibility.lp.matrix import Matrix, compile_matrix, must
from twin.boxes.flexibility.lp.model import BINARY
from twin.boxes.flexibility.lp.numbers import Numbers, numbers_of
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.rows import NOWHERE, GridRow, Linear
from twin.boxes.flexibility.lp.solution import Limits, Solution, WhenAsked

_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "solver": "choose",
    "simplex_strategy": 1,
    "random_seed": 0,
    # 1e-9 MW: with the dearest penalty an infeasibility of the default 1e-7 would be worth more than a car's saving.
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-7,
    "mip_rel_gap": 1e-5,
    "mip_feasibility_tolerance": 1e-9,
    # A tick searches a handful of quarter hours: what finds good answers to thousands, and guesses well where to branch, takes
    # longer here than looking. Only the jump to something feasible stays: a search that time ends must have found a plan.
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": True,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_allow_restart": False,
    "mip_detect_symmetry": False,
    "mip_pscost_minreliable": 0,
}
SEARCH_SHARE = 0.8
"""Of the guard, for what is on and off. The rest is for the plan with that held, however late a search ended: what it found in
all of its time must not be lost for want of prices."""
_ROUNDS = 3
"""Of forbidding to charge and discharge at once, each a warm solve."""
_WORDS = {
    "iteration_limit_reached": "iteration_limit",
    "time_limit_reached": "time_limit",
    "solution_limit_reached": "node_limit",
}


class CompiledModel:
    """One structure's problem inside HiGHS."""

    def __init__(self, problem: Problem) -> None:
        numbers = numbers_of(problem)
        self.structure: Hashable = problem.structure
        self.matrix: Matrix = compile_matrix(problem.sets, numbers)
        self._binary = np.concatenate([self.matrix.columns[name].ravel() for name in BINARY]).astype(np.int32)
        starts = step_start_h(problem.hours)
        # A process that runs once in one piece is settled wherever it lies.
        begins = {"on": starts, "begin": np.zeros_like(starts)}
        reach = [np.broadcast_to(begins[name], self.matrix.columns[name].shape).ravel() for name in BINARY]
        self._binary_start_h = np.concatenate(reach)
        self._loaded = Loaded(self.matrix, numbers, _OPTIONS)
        self._highs = self._loaded.highs

    def solve(
        self,
        problem: Problem,
        linear: Linear = NOWHERE,
        *,
        limits: Limits | None = None,
        warm: bool = False,
        hold: np.ndarray | None = None,
    ) -> Solution:
        """Solve ``problem``, which must have this structure, within ``linear``.

        Args:
            limits: what ends it; `Limits()` unless stated.
            warm: start from the last solution of this model, which must be of this very tick: equal problems then still give
                equal costs, but maybe another of several equal plans.
            hold: `Solution.switched` of an earlier solve, to be kept: no search, and prices at once.

        Raises:
            ValueError: for another structure; compile it first.
        """
        if problem.structure != self.structure:
            raise ValueError("the problem's devices, steps or intervals differ from the compiled ones; compile anew")
        numbers = _with_losses(problem, numbers_of(problem).copy(), linear)
        limits = limits or Limits()
        highs = self._highs
        if not warm:
            self._loaded.forget()
        self._loaded.write(numbers)
        rows = problem.rows + linear.rows
        appended = append_rows(highs, problem, self.matrix, numbers, rows)
        try:
            return self._one_sided(problem, numbers, lambda held: self._run(problem, rows, appended, limits, held), hold)
        finally:
            appended.remove(highs)

    def _one_sided(
        self, problem: Problem, numbers: Numbers, run: Callable[[np.ndarray | None], Solution], hold: np.ndarray | None
    ) -> Solution:
        """What ``run`` finds once nothing charges and discharges at once.

        A price below zero, or a limit, pays for heating the cells that way; no inverter can do that. What one round forbids may
        move elsewhere: the last one forbids it everywhere.
        """
        solution = run(hold)
        for number in range(_ROUNDS):
            wrong = _both_ways(problem, solution)
            if wrong is None:
                return solution
            everywhere = number == _ROUNDS - 1
            _choose_a_side(problem, numbers, solution, np.ndindex(solution.p_mw.shape) if everywhere else wrong)
            self._loaded.write_bounds(numbers)
            before = solution
            solution = run(before.switched)
            solution = replace(solution, iterations=before.iterations + solution.iterations)
        if _both_ways(problem, solution) is not None:
            return Solution("simultaneous", solution.cost_chf, iterations=solution.iterations)
        return solution

    def _run(
        self, problem: Problem, rows: tuple[GridRow, ...], appended: Appended, limits: Limits, hold: np.ndarray | None
    ) -> Solution:
        status, switched = self._optimise(limits, hold)
        if status != "optimal":
            return Solution(status, iterations=_iterations(self._highs), rows=rows)
        return self._read(problem, rows, appended, switched)

    def _optimise(self, limits: Limits, hold: np.ndarray | None) -> tuple[str, np.ndarray]:
        """Run; where something is on or off, search first unless it is held, and then hold what was found to get prices."""
        highs = self._highs
        must(highs.setOptionValue("simplex_iteration_limit", int(limits.iterations)), "limit iterations")
        must(highs.setOptionValue("mip_max_nodes", int(limits.nodes)), "limit nodes")
        if not len(self._binary):
            self._within(limits.guard_s)
            highs.run()
            return _status(highs), self._binary_start_h
        share = 1.0
        if hold is None:
            status, hold = self._search(limits)
            if hold is None:
                return status, self._binary_start_h
            share = 1.0 - SEARCH_SHARE
        self._loaded.fix(self._binary, hold)
        self._within(share * limits.guard_s)
        highs.run()
        return _status(highs), hold

    def _search(self, limits: Limits) -> tuple[str, np.ndarray | None]:
        """What is best on and off; None where nothing was found, and the status that says why."""
        highs, near = self._highs, self._binary_start_h < limits.search_h
        self._loaded.fix(self._binary[~near], 0.0)  # what can wait is off
        self._integrality(self._binary[near])
        self._within(SEARCH_SHARE * limits.guard_s)
        highs.run()
        status = _status(highs)
        self._integrality(self._binary[:0])
        if status not in ("optimal", "node_limit", "time_limit") or not _has_plan(highs):
            return status, None
        return status, np.round(np.asarray(highs.getSolution().col_value)[self._binary])

    def _within(self, seconds: float) -> None:
        """The next run ends by then; HiGHS counts run time over all runs of a model."""
        must(self._highs.setOptionValue("time_limit", self._highs.getRunTime() + seconds), "set the guard")

    def _integrality(self, searched: np.ndarray) -> None:
        """These columns are 0 or 1 in the next run, all others may be anything between."""
        import highspy

        for at, kind in ((self._binary, highspy.HighsVarType.kContinuous), (searched, highspy.HighsVarType.kInteger)):
            if len(at):
                must(self._highs.changeColsIntegrality(len(at), at, np.full(len(at), kind)), "switch the search")

    def _read(self, problem: Problem, rows: tuple[GridRow, ...], appended: Appended, switched: np.ndarray) -> Solution:
        highs, matrix = self._highs, self.matrix
        found, info = highs.getSolution(), highs.getInfo()
        column = np.asarray(found.col_value)
        values = {name: column[at] for name, at in matrix.columns.items()}
        excess, used = appended.slack(column)

        def duals() -> dict[str, np.ndarray]:
            dual = np.asarray(found.row_dual)
            return {"grid_row": appended.duals(dual)} | {name: dual[at] for name, at in matrix.rows.items()}

        def reduced() -> dict[str, np.ndarray]:
            cost = np.asarray(found.col_dual)
            return {name: cost[at] for name, at in matrix.columns.items()}

        return Solution(
            "optimal",
            float(info.objective_function_value),
            values,
            WhenAsked(duals),
            WhenAsked(reduced),
            p_mw=unit_power(problem, values),
            q_mvar=_unit_q(problem, values),
            excess_mw=excess,
            margin_used_mw=used,
            rows=rows,
            iterations=_iterations(highs),
            switched=switched,
        )


def unit_power(problem: Problem, values: dict[str, np.ndarray]) -> np.ndarray:
    """Power of every unit, drawing positive [MW], dims (unit, step)."""
    sets = problem.sets
    power = np.zeros((len(problem.parts.units), len(problem.hours)))
    power[sets.drawing] += values["draw_mw"]
    power[sets.feeding] -= values["feed_mw"]
    return power


def _unit_q(problem: Problem, values: dict[str, np.ndarray]) -> np.ndarray:
    q = np.zeros((len(problem.parts.units), len(problem.hours)))
    q[problem.sets.reactive] = values["q_mvar"]
    return q


def _with_losses(problem: Problem, numbers: Numbers, linear: Linear) -> Numbers:
    """What a unit's power costs in losses joins its price; a trust region joins its bounds."""
    sets, hours = problem.sets, np.asarray(problem.hours)
    price = problem.site.import_chf_per_mwh * hours
    if linear.loss_by_p is not None:
        numbers.cost["draw_mw"] = numbers.cost["draw_mw"] + linear.loss_by_p[sets.drawing] * price
        numbers.cost["feed_mw"] = numbers.cost["feed_mw"] - linear.loss_by_p[sets.feeding] * price
    if linear.loss_by_q is not None:
        numbers.cost["q_mvar"] = numbers.cost["q_mvar"] + linear.loss_by_q[sets.reactive] * price
    if (trust := linear.trust) is not None:
        for name, members, low, high in (
            ("draw_mw", sets.drawing, trust.low_mw, trust.high_mw),
            ("feed_mw", sets.feeding, -trust.high_mw, -trust.low_mw),
        ):
            _narrow(numbers, name, np.maximum(low[members], 0.0), np.maximum(high[members], 0.0))
        if trust.low_mvar is not None and trust.high_mvar is not None:
            _narrow(numbers, "q_mvar", trust.low_mvar[sets.reactive], trust.high_mvar[sets.reactive])
    return numbers


def _narrow(numbers: Numbers, name: str, low: np.ndarray, high: np.ndarray) -> None:
    # A bound of the device stands above the trust region, which must not make a problem infeasible.
    lower, upper = numbers.lower[name], numbers.upper[name]
    numbers.lower[name], numbers.upper[name] = np.clip(low, lower, upper), np.clip(high, lower, upper)


def _choose_a_side(problem: Problem, numbers: Numbers, solution: Solution, where: Iterable[tuple[int, ...]]) -> None:
    """Only the larger of both sides is left at those (unit, step)."""
    sets = problem.sets
    both = set(_two_sided(problem))
    draw, feed = numbers.upper["draw_mw"].copy(), numbers.upper["feed_mw"].copy()
    for unit, k in where:
        if unit in both:
            side, at = (feed, sets.feed_at) if solution.p_mw[unit, k] >= 0.0 else (draw, sets.draw_at)
            side[at[unit], k] = 0.0
    numbers.upper.update(draw_mw=draw, feed_mw=feed)


def _two_sided(problem: Problem) -> list[int]:
    """Units that draw or feed in, never both: a demand-response programme may, its shed and its rebound are two things."""
    sets = problem.sets
    return [unit for unit in sets.drawing if unit in sets.feed_at and problem.parts.units[unit].run is None]


def _both_ways(problem: Problem, solution: Solution) -> list[tuple[int, int]] | None:
    """(Unit, step) where one draws and feeds in at once by more than 1 W; None if nowhere."""
    if not solution.optimal:
        return None
    sets = problem.sets
    both = _two_sided(problem)
    if not both:
        return None
    draw = solution.values["draw_mw"][[sets.draw_at[u] for u in both]]
    feed = solution.values["feed_mw"][[sets.feed_at[u] for u in both]]
    found = [(both[i], int(k)) for i, k in np.argwhere(np.minimum(draw, feed) > 1e-6)]
    return found or None


def _status(highs: Any) -> str:
    import highspy

    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return "optimal"
    word = str(highs.modelStatusToString(status)).lower().replace(" ", "_")
    return _WORDS.get(word, word)


def _has_plan(highs: Any) -> bool:
    return bool(highs.getInfo().primal_solution_status == 2)  # kSolutionStatusFeasible of HiGHS


def _iterations(highs: Any) -> int:
    return max(int(highs.getInfo().simplex_iteration_count), 0)
