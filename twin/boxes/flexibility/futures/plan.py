"""The plan over several futures: solved by HiGHS within limits, read back path by path, compared with the mean's plan."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.boxes.flexibility.futures.arrays import Coefficients, PathArrays, mean_of, path_arrays
from twin.boxes.flexibility.futures.extensive import Extensive, Risk, assemble
from twin.boxes.flexibility.futures.paths import Futures
from twin.boxes.flexibility.futures.solver import Answer, Held, PathLimits
from twin.boxes.flexibility.lp.compiled import unit_power
from twin.boxes.flexibility.lp.matrix import Matrix, compile_matrix
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.solution import Solution

ROUNDS = 5
"""Of forbidding to charge and discharge at once: what one round forbids may move to another step."""


@dataclass(frozen=True)
class FuturesPlan:
    """What to do now, and what would follow on every path.

    Attributes:
        status: "optimal", or what stopped it; then nothing else is filled.
        p_mw, q_mvar: expected over the paths, dims (unit, step). In the shared steps they are the order itself, on every path
            the same but for a plant's share of what is available.
        paths: each path's plan; duals are per path, as if it were the only one.
        costs_chf: of each path, dims (path,). ``expected_chf``: their mean. ``tail_chf``: mean of the worst cases (CVaR).
        objective_chf: what was minimised.
        mean_plan_chf: the same objective had the first steps followed the plan for the mean path; infinite where that plan
            breaks a hard limit of a path, NaN where nobody asked.
        iterations: of the simplex method.
    """

    status: str
    p_mw: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    q_mvar: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    paths: tuple[Solution, ...] = ()
    costs_chf: np.ndarray = field(default_factory=lambda: np.zeros(0))
    expected_chf: float = float("nan")
    tail_chf: float = float("nan")
    objective_chf: float = float("nan")
    mean_plan_chf: float = float("nan")
    iterations: int = 0

    @property
    def optimal(self) -> bool:
        """True when there is a plan."""
        return self.status == "optimal"

    @property
    def value_chf(self) -> float:
        """Value of the stochastic solution: what knowing the paths saves against the plan for the mean [CHF], >= 0."""
        return self.mean_plan_chf - self.objective_chf

    @property
    def peaks_mw(self) -> np.ndarray:
        """The month's peak as every path's plan leaves it [MW], dims (path,)."""
        return np.array([float(path.values["peak_mw"]) for path in self.paths])


def plan_futures(
    futures: Futures,
    *,
    risk: Risk | None = None,
    limits: PathLimits | None = None,
    matrix: Matrix | None = None,
    compared: bool = True,
) -> FuturesPlan:
    """The plan whose first steps suit all paths best.

    Args:
        risk: the expected cost alone unless stated. ``limits``: what ends it; `PathLimits()` unless stated.
        matrix: of a `twin.boxes.flexibility.lp.compiled.CompiledModel` of this structure; compiled here unless given.
        compared: also say what the mean path's plan would have cost; a tick has no time for it.
    """
    risk, limits = risk or Risk(), limits or PathLimits()
    first = futures.problems[0]
    numbers = numbers_of(first)
    matrix = matrix or compile_matrix(first.sets, numbers)
    coefficients = Coefficients(matrix, numbers)
    paths = [path_arrays(problem, matrix, coefficients) for problem in futures.problems]
    mean = _mean(futures, paths, matrix, limits) if compared else None
    form = assemble(paths, futures.probabilities, matrix, shared_steps=futures.shared_steps, risk=risk)
    held = Held(form)
    answer = _without_both_ways(held, futures, matrix, form, limits)
    if answer.status != "optimal":
        return FuturesPlan(answer.status, iterations=answer.iterations)
    read = [
        _path(problem, path, at, answer, form, matrix, futures.probabilities[at])
        for at, (problem, path) in enumerate(zip(futures.problems, paths, strict=True))
    ]
    costs = np.array([path.cost_chf for path in read])
    return FuturesPlan(
        "optimal",
        _expected(futures, [path.p_mw for path in read]),
        _expected(futures, [path.q_mvar for path in read]),
        tuple(read),
        costs,
        float(np.asarray(futures.probabilities) @ costs),
        risk.tail_chf(costs, futures.probabilities),
        risk.of(costs, futures.probabilities),
        _cost_of(mean, held, form, paths, futures, risk, limits),
        answer.iterations,
    )


def _expected(futures: Futures, parts: list[np.ndarray]) -> np.ndarray:
    return np.einsum("s,suk->uk", np.asarray(futures.probabilities), np.stack(parts))


def _mean(futures: Futures, paths: list[PathArrays], matrix: Matrix, limits: PathLimits) -> np.ndarray | None:
    """The mean path's own decisions in the shared steps, as values of the shared columns; None where there are none."""
    mean = mean_of(paths, futures.probabilities)
    alone = assemble([mean], [1.0], matrix, shared_steps=futures.shared_steps, risk=Risk())
    answer = Held(alone).solve(limits)
    return answer.columns[: alone.shared] if answer.status == "optimal" else None


def _cost_of(
    decided: np.ndarray | None,
    held: Held,
    form: Extensive,
    paths: list[PathArrays],
    futures: Futures,
    risk: Risk,
    limits: PathLimits,
) -> float:
    """Objective with the shared columns held at what the mean's plan decides."""
    if decided is None:
        return float("nan")
    per_mean = np.asarray(futures.probabilities) @ form.scale
    share = np.where(per_mean > 0.0, decided / np.where(per_mean > 0.0, per_mean, 1.0), form.low[: form.shared])
    answer = held.solve(limits, fixed=np.clip(share, form.low[: form.shared], form.high[: form.shared]))
    if answer.status != "optimal":
        return float("inf") if answer.status == "infeasible" else float("nan")
    x = form.spread @ answer.columns[: form.spread.shape[1]]
    costs = np.array([path.cost @ x[form.first_column[s] : form.first_column[s + 1]] for s, path in enumerate(paths)])
    return risk.of(costs, futures.probabilities)


def _without_both_ways(held: Held, futures: Futures, matrix: Matrix, form: Extensive, limits: PathLimits) -> Answer:
    """Solve; where a price below zero pays for charging and discharging at once, forbid the smaller of the two and again."""
    answer = held.solve(limits)
    sets = futures.problems[0].sets
    both = [u for u in sets.drawing if u in sets.feed_at and sets.parts.units[u].run is None]
    column = form.columns_of_paths()
    drawing = matrix.columns["draw_mw"][np.array([sets.draw_at[u] for u in both], dtype=int)]
    feeding = matrix.columns["feed_mw"][np.array([sets.feed_at[u] for u in both], dtype=int)]
    for _ in range(ROUNDS):
        if answer.status != "optimal":
            return answer
        x = (form.spread @ answer.columns[: form.spread.shape[1]]).reshape(len(column), -1)
        drawn, fed = x[:, drawing], x[:, feeding]
        wrong = np.minimum(drawn, fed) > 1e-6  # 1 W
        if not wrong.any():
            return answer
        smaller = np.where(drawn >= fed, column[:, feeding], column[:, drawing])  # (path, unit, step)
        answer = held.solve(limits, shut=np.unique(smaller[wrong]))
    return Answer("simultaneous", iterations=answer.iterations)


def _path(
    problem: Problem, path: PathArrays, at: int, answer: Answer, form: Extensive, matrix: Matrix, probability: float
) -> Solution:
    """One path's part of the answer; prices are divided by its probability, so that they read as prices."""
    inside = slice(form.first_column[at], form.first_column[at + 1])
    x = (form.spread @ answer.columns[: form.spread.shape[1]])[inside]
    dual = answer.duals[form.first_row[at] : form.first_row[at + 1]] / probability
    values = {name: x[place] for name, place in matrix.columns.items()}
    excess, used = path.appended.slack(x)
    q_mvar = np.zeros((len(problem.parts.units), len(problem.hours)))
    q_mvar[problem.sets.reactive] = values["q_mvar"]
    return Solution(
        "optimal",
        float(path.cost @ x),
        values,
        {"grid_row": path.appended.duals(dual)} | {name: dual[place] for name, place in matrix.rows.items()},
        p_mw=unit_power(problem, values),
        q_mvar=q_mvar,
        excess_mw=excess,
        margin_used_mw=used,
        rows=problem.rows,
    )
