"""A budget across years: what to do when, if not everything can be done at once.

Health grows worse from year to year and money is discounted: waiting saves interest and costs risk. A small MILP finds the year
of each intervention; it stands beside doing nothing and doing everything as soon as it can be paid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.risk.interventions import AssetRisk, Effect, yearly_failures, yearly_failures_after
from twin.boxes.maintenance.risk.knapsack import solver
from twin.domain.problems import Problems

_SMALL = 1e-6  # CHF, hours


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One intervention that may be carried out in one of the years, or never.

    Attributes:
        id: unique. ``asset``: at most one candidate of an asset is carried out, once.
        cost_chf, crew_h: in the year in which it is done, at today's prices.
        before_chf: risk of each year if it is never done [CHF], dims (year,), not discounted.
        after_chf: risk of each year if it is done in a year, dims (done, year).
    """

    id: str
    asset: str
    cost_chf: float
    crew_h: float
    before_chf: np.ndarray
    after_chf: np.ndarray


def candidate(
    risk: AssetRisk, action: str, *, effect: Effect, cost_chf: float, crew_h: float, failure_chf_by_year: np.ndarray
) -> Candidate:
    """``action`` at the asset, its risk year by year.

    Args:
        failure_chf_by_year: what one failure costs in each year [CHF], dims (year,): constant, or as load grows.
    """
    chf = np.asarray(failure_chf_by_year, dtype=float)
    years = np.arange(len(chf), dtype=float)
    after = [yearly_failures_after(risk, effect, start=start, years=years) * chf for start in years]
    before = yearly_failures(risk, years=years) * chf
    return Candidate(
        id=f"{risk.asset}:{action}",
        asset=risk.asset,
        cost_chf=cost_chf,
        crew_h=crew_h,
        before_chf=before,
        after_chf=np.stack(after),
    )


@dataclass(frozen=True)
class Schedule:
    """One way through the years.

    Attributes:
        year_of: candidate -> year in which it is done, 0 is this one; those that are never done are absent.
        cost_chf, crew_h, risk_chf: by year, dims (year,), not discounted.
        total_chf: cost and risk of all years, discounted.
    """

    year_of: Mapping[str, int]
    cost_chf: np.ndarray
    crew_h: np.ndarray
    risk_chf: np.ndarray
    total_chf: float


@dataclass(frozen=True)
class YearsPlan:
    """The cheapest schedule beside two others: nothing at all, and everything that pays as soon as there is money and crew.

    ``gap_percent``: by how much of what it gains over doing nothing the plan may still miss the optimum, proved [%].
    """

    planned: Schedule
    nothing: Schedule
    soonest: Schedule
    gap_percent: float


def plan_years(
    candidates: Sequence[Candidate], *, budget_chf: np.ndarray, crew_h: np.ndarray, discount_percent: float
) -> YearsPlan:
    """The year of each intervention that makes cost and risk of all years together the smallest, or nearly.

    Args:
        candidates: ids are unique; of one asset they share ``before_chf``.
        budget_chf, crew_h: what there is in each year, dims (year,); what is left lapses with the year.
        discount_percent: per year [%].

    Raises:
        BadInput: for ids that stand twice, shapes that differ from the years', and figures that are no number from 0.
    """
    budget, hours = np.asarray(budget_chf, dtype=float), np.asarray(crew_h, dtype=float)
    _check(candidates, budget, hours)
    order = tuple(sorted(candidates, key=lambda one: one.id))
    discount = (1.0 + discount_percent / 100.0) ** -np.arange(len(budget))
    gain = {one.id: _gain_chf(one, discount) for one in order}
    planned, bound_chf = _solved(order, gain, budget, hours)
    soonest = _soonest(order, gain, budget, hours)
    # A search that nodes ended may be behind the simple rule.
    best = max((planned, soonest), key=lambda year_of: _total(gain, year_of))
    gained_chf = _total(gain, best)
    gap_percent = 100.0 * max(bound_chf - gained_chf, 0.0) / gained_chf if gained_chf > 0.0 else 0.0
    nothing = _schedule(order, {}, discount)
    return YearsPlan(_schedule(order, best, discount), nothing, _schedule(order, soonest, discount), gap_percent)


def _gain_chf(one: Candidate, discount: np.ndarray) -> np.ndarray:
    """Risk avoided less cost, discounted to today, of doing it in each year, dims (done,)."""
    gain: np.ndarray = (one.before_chf - one.after_chf) @ discount - one.cost_chf * discount
    return gain


def _solved(
    order: tuple[Candidate, ...], gain: Mapping[str, np.ndarray], budget: np.ndarray, hours: np.ndarray
) -> tuple[dict[str, int], float]:
    """A near optimum and the bound on what any plan gains [CHF]. Only years in which a candidate pays are variables."""
    import pyomo.environ as pyo

    index = [(one.id, year) for one in order for year in range(len(budget)) if gain[one.id][year] > _SMALL]
    if not index:
        return {}, 0.0
    by_id = {one.id: one for one in order}
    model = pyo.ConcreteModel(name="years")
    model.done = pyo.Var(index, domain=pyo.Binary)
    model.limits = pyo.ConstraintList()
    for year in range(len(budget)):
        ids = [id_ for id_, when in index if when == year]
        if ids:
            model.limits.add(sum(by_id[id_].cost_chf * model.done[id_, year] for id_ in ids) <= float(budget[year]))
            model.limits.add(sum(by_id[id_].crew_h * model.done[id_, year] for id_ in ids) <= float(hours[year]))
    for asset in sorted({one.asset for one in order}):
        times = [model.done[key] for key in index if by_id[key[0]].asset == asset]
        if len(times) > 1:
            model.limits.add(sum(times) <= 1)
    worth = sum(float(gain[id_][year]) * model.done[id_, year] for id_, year in index)
    model.worth = pyo.Objective(expr=worth, sense=pyo.maximize)
    result = solver(close=True).solve(model)
    bound_chf = float(result.best_objective_bound)
    if result.best_feasible_objective is None:  # the nodes ended before anything was found
        return {}, bound_chf
    values = result.solution_loader.get_primals([model.done[key] for key in index])
    return {id_: year for id_, year in index if values[model.done[id_, year]] > 0.5}, bound_chf


def _total(gain: Mapping[str, np.ndarray], year_of: Mapping[str, int]) -> float:
    return math.fsum(float(gain[id_][year]) for id_, year in year_of.items())


def _soonest(
    order: tuple[Candidate, ...], gain: Mapping[str, np.ndarray], budget: np.ndarray, hours: np.ndarray
) -> dict[str, int]:
    """Year by year, what pays at once goes first by its gain per CHF, until money or crew run out."""
    done: dict[str, int] = {}
    assets: set[str] = set()
    for year in range(len(budget)):
        left_chf, left_h = float(budget[year]), float(hours[year])
        for one in sorted(order, key=lambda each: (-gain[each.id][year] / max(each.cost_chf, _SMALL), each.id)):
            pays = gain[one.id][year] > _SMALL and one.asset not in assets
            if pays and one.cost_chf <= left_chf + _SMALL and one.crew_h <= left_h + _SMALL:
                done[one.id] = year
                assets.add(one.asset)
                left_chf, left_h = left_chf - one.cost_chf, left_h - one.crew_h
    return done


def _schedule(order: tuple[Candidate, ...], year_of: Mapping[str, int], discount: np.ndarray) -> Schedule:
    cost, crew, risk = (np.zeros(len(discount)) for _ in range(3))
    counted: set[str] = set()
    for one in order:
        year = year_of.get(one.id)
        if year is not None:
            cost[year] += one.cost_chf
            crew[year] += one.crew_h
            risk += one.after_chf[year] - one.before_chf
        if one.asset not in counted:
            counted.add(one.asset)
            risk += one.before_chf
    return Schedule(dict(year_of), cost, crew, risk, float((cost + risk) @ discount))


def _check(candidates: Sequence[Candidate], budget: np.ndarray, hours: np.ndarray) -> None:
    problems = Problems()
    years = len(budget)
    if years == 0 or len(hours) != years:
        problems.add("years", f"{years} of budget, {len(hours)} of crew", "as many, at least one", "correct them")
    for name, values in (("budget_chf", budget), ("crew_h", hours)):
        if not np.all((values >= 0.0) & np.isfinite(values)):
            problems.add(name, values.tolist(), "numbers from 0", "correct it")
    seen: set[str] = set()
    for one in candidates:
        place = f"intervention '{one.id}'"
        if one.id in seen:
            problems.add(place, "stands twice", "once", "give each its own id")
        seen.add(one.id)
        if one.before_chf.shape != (years,) or one.after_chf.shape != (years, years):
            shapes = f"risk of {one.before_chf.shape} and {one.after_chf.shape} years"
            problems.add(place, shapes, f"({years},) and ({years}, {years})", "give a risk for every year")
        elif not (np.all(np.isfinite(one.before_chf)) and np.all(np.isfinite(one.after_chf))):
            problems.add(place, "risk is no number", "CHF of every year", "leave out what can't be assessed")
        for name in ("cost_chf", "crew_h"):
            if not 0.0 <= getattr(one, name) < math.inf:
                problems.add(f"{place}: {name}", getattr(one, name), "a number from 0", "correct it")
    problems.raise_if_any()
