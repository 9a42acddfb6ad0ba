"""The crew's knapsack: the optimum, its limits, and why the others are left out."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.boxes.maintenance.risk.choice import Choice, choose
from twin.boxes.maintenance.risk.interventions import Intervention, ranked
from twin.domain.problems import BadInput

EXACT_CHF = 1e-6
"""HiGHS is asked for no gap; sums of a few floats of 1e3 round far below this."""


def candidate(id_: str, avoided: float, cost: float, hours: float, **other: str) -> Intervention:
    """One candidate; its asset is what stands before the colon."""
    asset, _, action = id_.partition(":")
    return Intervention(
        id=id_,
        asset=asset,
        action=action or "inspect",
        cost_chf=cost,
        crew_h=hours,
        risk_avoided_chf=avoided,
        horizon_y=10,
        **other,
    )


@st.composite
def candidates(draw: st.DrawFn) -> list[Intervention]:
    """Up to eight actions at up to four assets; a refurbishment may come after the inspection of its asset."""
    some = []
    for asset in range(draw(st.integers(1, 4))):
        for action in ("inspect", "refurbish"):
            cost, hours, avoided = (draw(st.integers(0, most)) for most in (50, 10, 100))
            after = f"T{asset}:inspect" if action == "refurbish" and draw(st.booleans()) else ""
            spare = draw(st.sampled_from(["", "bushing"]))
            some.append(candidate(f"T{asset}:{action}", float(avoided), float(cost), float(hours), after=after, spare=spare))
    return some


def fits(some: tuple[Intervention, ...], *, crew_h: float, budget_chf: float, stock: int) -> bool:
    """Whether a set obeys every rule, written down anew."""
    ids = {one.id for one in some}
    if any(one.after and one.after not in ids for one in some):
        return False
    for one, other in combinations(some, 2):
        if one.asset == other.asset and other.after != one.id and one.after != other.id:
            return False
    used = sum(one.spare == "bushing" for one in some)
    return sum(o.crew_h for o in some) <= crew_h and sum(o.cost_chf for o in some) <= budget_chf and used <= stock


def brute_force(some: list[Intervention], **limits: float) -> float:
    """The best objective over all subsets."""
    subsets = (subset for size in range(len(some) + 1) for subset in combinations(some, size))
    return max(sum(one.net_chf for one in subset) for subset in subsets if fits(subset, **limits))


def greedy(some: list[Intervention], **limits: float) -> float:
    """By CHF avoided per CHF spent, whatever still fits."""
    taken: tuple[Intervention, ...] = ()
    for one in ranked(some):
        if one.net_chf > 0 and fits((*taken, one), **limits):
            taken += (one,)
    return sum(one.net_chf for one in taken)


@settings(max_examples=40, deadline=None)
@given(some=candidates(), crew_h=st.integers(0, 40), budget=st.integers(0, 200), stock=st.integers(0, 2))
def test_the_choice_is_the_best_of_all_that_fit(some: list[Intervention], crew_h: int, budget: int, stock: int) -> None:
    limits = {"crew_h": float(crew_h), "budget_chf": float(budget), "stock": stock}

    choice = choose(some, crew_h=crew_h, budget_chf=budget, spares={"bushing": stock})

    assert fits(choice.chosen, **limits)
    assert choice.objective_chf == pytest.approx(brute_force(some, **limits), abs=EXACT_CHF)
    assert choice.objective_chf >= greedy(some, **limits) - EXACT_CHF


@settings(max_examples=25, deadline=None)
@given(some=candidates(), crew_h=st.integers(0, 40), budget=st.integers(0, 200))
def test_forcing_in_what_was_left_out_never_pays(some: list[Intervention], crew_h: int, budget: int) -> None:
    """The reason's figure is the exact loss: all subsets that hold it, tried one by one."""
    limits = {"crew_h": float(crew_h), "budget_chf": float(budget), "stock": 1}
    choice = choose(some, crew_h=crew_h, budget_chf=budget, spares={"bushing": 1})

    assert {one.id for one in choice.chosen} | {one.id for one, _ in choice.left_out} == {one.id for one in some}
    for one, reason in choice.left_out:
        holding = [
            sum(other.net_chf for other in subset)
            for size in range(1, len(some) + 1)
            for subset in combinations(some, size)
            if one in subset and fits(subset, **limits)
        ]
        if "worse_by_chf" in reason.figures:
            assert reason.figures["worse_by_chf"] == pytest.approx(choice.objective_chf - max(holding), abs=EXACT_CHF)
            assert reason.figures["worse_by_chf"] >= -EXACT_CHF
        else:
            assert not holding  # what carries no loss could not be had at all


def reasons(choice: Choice) -> dict[str, str]:
    """Intervention -> code of its reason."""
    return {one.id: reason.code for one, reason in choice.left_out}


def test_what_does_not_pay_is_left_out_however_much_money_there_is() -> None:
    choice = choose([candidate("A", 90.0, 100.0, 1.0)], crew_h=100.0, budget_chf=1e6)

    assert reasons(choice) == {"A": "not_worth_its_cost"}


def test_crew_hours_go_to_what_avoids_more_per_hour_and_the_figures_say_so() -> None:
    some = [candidate("A", 400.0, 100.0, 10.0), candidate("B", 200.0, 100.0, 10.0)]

    choice = choose(some, crew_h=12.0, budget_chf=1000.0)

    ((one, reason),) = choice.left_out
    assert (one.id, reason.code) == ("B", "crew_hours")
    assert reason.figures == {
        "short_crew_h": 8.0,
        "short_chf": 0.0,
        "chf_per_h": 10.0,
        "displaced": ("A",),
        "displaced_chf_per_h": 30.0,
        "chosen_with_room": True,
        "worse_by_chf": 200.0,
    }


def test_with_the_missing_money_the_intervention_is_chosen() -> None:
    some = [candidate("A", 400.0, 100.0, 1.0), candidate("B", 200.0, 100.0, 1.0)]
    choice = choose(some, crew_h=10.0, budget_chf=150.0)
    ((_, reason),) = choice.left_out

    more = choose(some, crew_h=10.0, budget_chf=150.0 + float(reason.figures["short_chf"]))

    assert reason.code == "budget"
    assert reason.figures["chosen_with_room"] is True
    assert {one.id for one in more.chosen} == {"A", "B"}


def test_what_would_have_to_avoid_more_is_chosen_once_it_does() -> None:
    """Its loss by forcing is exactly what it lacks: a franc more, and it is in."""
    some = [candidate("A", 400.0, 100.0, 10.0), candidate("B", 200.0, 100.0, 10.0)]
    ((_, reason),) = choose(some, crew_h=12.0, budget_chf=1000.0).left_out
    lacking = float(reason.figures["worse_by_chf"])

    better = choose([some[0], candidate("B", 201.0 + lacking, 100.0, 10.0)], crew_h=12.0, budget_chf=1000.0)

    assert [one.id for one in better.chosen] == ["B"]


def test_of_two_actions_at_one_asset_the_better_is_chosen() -> None:
    some = [candidate("A:refurbish", 300.0, 100.0, 1.0), candidate("A:replace", 900.0, 500.0, 1.0)]

    choice = choose(some, crew_h=10.0, budget_chf=1000.0)

    assert [one.id for one in choice.chosen] == ["A:replace"]
    assert reasons(choice) == {"A:refurbish": "other_action"}


def test_a_refurbishment_brings_its_inspection_along() -> None:
    """The inspection alone does not pay; with what follows it does."""
    some = [
        candidate("A:inspect", 0.0, 50.0, 1.0),
        candidate("A:refurbish", 300.0, 100.0, 1.0, after="A:inspect"),
    ]

    choice = choose(some, crew_h=10.0, budget_chf=1000.0)

    assert {one.id for one in choice.chosen} == {"A:inspect", "A:refurbish"}


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (candidate("A", 500.0, 100.0, 1.0, blocked="no_free_window"), "blocked"),
        (candidate("A", 500.0, 100.0, 1.0, spare="tap_changer"), "needs_spare"),
        (candidate("A", 500.0, 100.0, 5.0, skill="high_voltage"), "needs_skill"),
        (candidate("A", 9000.0, 2000.0, 1.0), "too_large"),
    ],
)
def test_what_can_not_be_done_at_all_says_why(one: Intervention, code: str) -> None:
    choice = choose([one], crew_h=10.0, budget_chf=1000.0, skill_h={"high_voltage": 2.0})

    assert reasons(choice) == {"A": code}


def test_the_last_part_goes_where_it_avoids_more() -> None:
    some = [candidate("A", 500.0, 100.0, 1.0, spare="fan"), candidate("B", 300.0, 100.0, 1.0, spare="fan")]

    choice = choose(some, crew_h=10.0, budget_chf=1000.0, spares={"fan": 1})

    ((one, reason),) = choice.left_out
    assert (one.id, reason.code, reason.figures["used_by"]) == ("B", "needs_spare", ("A",))


def test_what_comes_after_a_blocked_intervention_names_it() -> None:
    some = [
        candidate("A:inspect", 60.0, 50.0, 1.0, blocked="no_free_window"),
        candidate("A:refurbish", 300.0, 100.0, 1.0, after="A:inspect"),
    ]

    assert reasons(choose(some, crew_h=10.0, budget_chf=1000.0))["A:refurbish"] == "needs_other"


def test_the_order_of_the_candidates_does_not_matter() -> None:
    some = [candidate(f"T{k}", 100.0 + k % 3, 50.0, 1.0 + k % 2) for k in range(12)]

    forward, backward = (choose(list(each), crew_h=8.0, budget_chf=300.0) for each in (some, reversed(some)))

    assert forward == backward


def test_an_hour_of_crew_is_worth_what_the_marginal_intervention_avoids_per_hour() -> None:
    """The relaxed problem splits B: 10 CHF per hour."""
    some = [candidate("A", 400.0, 100.0, 10.0), candidate("B", 200.0, 100.0, 10.0)]

    assert choose(some, crew_h=12.0, budget_chf=1000.0).chf_per_crew_h == pytest.approx(10.0)


def test_beyond_those_that_are_forced_in_shadow_prices_explain() -> None:
    some = [candidate("A", 400.0, 100.0, 10.0), candidate("B", 200.0, 100.0, 10.0)]

    ((_, reason),) = choose(some, crew_h=12.0, budget_chf=1000.0, explained=0).left_out

    assert reason.code == "crew_hours"
    assert reason.figures["shadow_chf_per_h"] == pytest.approx(10.0)
    assert "worse_by_chf" not in reason.figures


def test_nothing_to_choose_from_is_no_fault() -> None:
    choice = choose([], crew_h=10.0, budget_chf=1000.0)

    assert (choice.chosen, choice.left_out, choice.objective_chf) == ((), (), 0.0)


def test_all_faults_of_the_candidates_are_named_at_once() -> None:
    some = [
        candidate("A", float("nan"), 100.0, 1.0),
        candidate("A", 10.0, -1.0, 1.0),
        candidate("B:x", 10.0, 1.0, 1.0, after="C"),
        candidate("D:x", 10.0, 1.0, 1.0, after="D:y"),
        candidate("D:y", 10.0, 1.0, 1.0, after="D:x"),
    ]

    with pytest.raises(BadInput) as caught:
        choose(some, crew_h=-1.0, budget_chf=1.0)

    assert [problem.place for problem in caught.value.problems] == [
        "crew_h",
        "intervention 'A'",
        "intervention 'A': risk_avoided_chf",
        "intervention 'A': cost_chf",
        "intervention 'B:x': after",
        "intervention 'D:x': after",
        "intervention 'D:y': after",
    ]
