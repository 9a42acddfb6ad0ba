"""A budget across years."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.boxes.maintenance.risk.classes import CLASSES
from twin.boxes.maintenance.risk.health import Evidence, health_score
from twin.boxes.maintenance.risk.interventions import AssetRisk, Effect
from twin.boxes.maintenance.risk.years import Candidate, candidate, plan_years
from twin.domain.problems import BadInput

EXACT_CHF = 1e-6
GAP = 0.01
"""Of the gain: the search is asked for half a per cent, of what it holds as optimum at most twice that."""


def simple(id_: str, *, cost: float, risk: list[float], left: float = 0.0) -> Candidate:
    """Done in a year, of the asset's risk the share ``left`` stays from that year on."""
    before = np.asarray(risk)
    after = np.stack([np.where(np.arange(len(risk)) < done, before, before * left) for done in range(len(risk))])
    return Candidate(id=id_, asset=id_.partition(":")[0], cost_chf=cost, crew_h=1.0, before_chf=before, after_chf=after)


@settings(max_examples=25, deadline=None)
@given(
    costs=st.lists(st.integers(1, 60), min_size=1, max_size=3),
    risks=st.lists(st.integers(0, 60), min_size=9, max_size=9),
    budget=st.lists(st.integers(0, 80), min_size=3, max_size=3),
)
def test_the_plan_is_the_cheapest_of_all_and_keeps_every_years_budget(
    costs: list[int], risks: list[int], budget: list[int]
) -> None:
    some = [simple(f"T{k}", cost=float(c), risk=[float(r) for r in risks[3 * k : 3 * k + 3]]) for k, c in enumerate(costs)]
    crew = np.full(3, 2.0)

    plan = plan_years(some, budget_chf=np.asarray(budget, float), crew_h=crew, discount_percent=5.0)

    discount = 1.05 ** -np.arange(3)
    totals = []
    for years in product(range(4), repeat=len(some)):  # 3: never
        cost = np.array([sum(one.cost_chf for one, y in zip(some, years, strict=True) if y == t) for t in range(3)])
        hours = np.array([sum(y == t for y in years) for t in range(3)])
        if np.all(cost <= budget) and np.all(hours <= crew):
            risk = sum(one.before_chf if y == 3 else one.after_chf[y] for one, y in zip(some, years, strict=True))
            totals.append(float((cost + risk) @ discount))
    gain = plan.nothing.total_chf - min(totals)
    assert plan.planned.total_chf == pytest.approx(min(totals), abs=GAP * gain + EXACT_CHF)
    assert plan.planned.total_chf <= min(totals) + plan.gap_percent / 100.0 * gain + EXACT_CHF  # as proved
    assert np.all(plan.planned.cost_chf <= budget)
    assert plan.planned.total_chf <= min(plan.nothing.total_chf, plan.soonest.total_chf) + EXACT_CHF


def test_an_asset_that_grows_risky_late_is_done_late() -> None:
    """At 5 % a year, 100 CHF four years on cost 82: waiting pays while there is no risk."""
    plan = plan_years(
        [simple("A", cost=100.0, risk=[0.0, 0.0, 0.0, 0.0, 500.0])],
        budget_chf=np.full(5, 100.0),
        crew_h=np.full(5, 8.0),
        discount_percent=5.0,
    )

    assert plan.planned.year_of == {"A": 4}
    assert plan.soonest.year_of == {"A": 0}
    assert plan.planned.total_chf == pytest.approx(100.0 / 1.05**4)


def test_what_a_years_money_does_not_reach_waits_for_the_next() -> None:
    some = [simple("A", cost=100.0, risk=[90.0] * 4), simple("B", cost=100.0, risk=[60.0] * 4)]

    plan = plan_years(some, budget_chf=np.full(4, 100.0), crew_h=np.full(4, 8.0), discount_percent=3.0)

    assert plan.planned.year_of == {"A": 0, "B": 1}


def test_an_asset_is_worked_on_once() -> None:
    some = [simple("A:mend", cost=50.0, risk=[90.0] * 4, left=0.2), simple("A:new", cost=80.0, risk=[90.0] * 4)]

    plan = plan_years(some, budget_chf=np.full(4, 500.0), crew_h=np.full(4, 8.0), discount_percent=3.0)

    assert plan.planned.year_of == {"A:new": 0}
    assert plan.nothing.risk_chf == pytest.approx([90.0] * 4)  # one asset's, once


def test_doing_nothing_costs_only_risk() -> None:
    plan = plan_years(
        [simple("A", cost=500.0, risk=[10.0, 10.0])], budget_chf=np.zeros(2), crew_h=np.zeros(2), discount_percent=0.0
    )

    assert plan.planned.year_of == {}
    assert plan.planned.total_chf == plan.nothing.total_chf == pytest.approx(20.0)


def test_an_ageing_transformers_risk_grows_and_its_replacement_ends_that() -> None:
    row = CLASSES["hv_mv_transformer"]
    health = health_score(row, Evidence(age_y=48.0))
    risk = AssetRisk(asset="T1", asset_class=row, health=health, failure_chf=2e6)

    one = candidate(
        risk, "replace", effect=Effect(renews=True), cost_chf=8e5, crew_h=80.0, failure_chf_by_year=np.full(10, 2e6)
    )

    assert np.all(np.diff(one.before_chf) > 0.0)
    assert one.after_chf[3, :3] == pytest.approx(one.before_chf[:3])
    assert np.all(one.after_chf[3, 3:] < one.before_chf[3:])


def test_bad_years_are_named_all_at_once() -> None:
    bad = simple("A", cost=-1.0, risk=[1.0, 1.0, 1.0])

    with pytest.raises(BadInput) as caught:
        plan_years([bad, bad], budget_chf=np.array([1.0, np.nan]), crew_h=np.zeros(2), discount_percent=3.0)

    places = {problem.place for problem in caught.value.problems}
    assert places == {"budget_chf", "intervention 'A'", "intervention 'A': cost_chf"}
