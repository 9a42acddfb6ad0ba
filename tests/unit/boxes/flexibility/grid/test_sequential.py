"""Plans that the wires carry: linearised, proven, and linearised again."""

from itertools import pairwise

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import between, cheapest, still
from twin.boxes.flexibility.grid.case import Plan
from twin.boxes.flexibility.grid.proof import prove
from twin.boxes.flexibility.grid.sequential import Stop, sequential
from twin.boxes.flexibility.grid.trust import Trust

CHARGE = -50.0
"""Price at which everybody wants to draw, losses at 100 included."""


def settle(case, ranges, price=CHARGE, **how):
    prices = np.full((len(case.unit_node), case.steps), price)
    return sequential(case, cheapest(ranges, prices), ranges=ranges, start=still(case), **how)


@pytest.fixture(scope="module")
def crowded(feeder):
    """Three units that together would draw 450 kW at the end of 400 kVA."""
    case = feeder.case(units=(4, 3, 2), network=feeder.network(low=0.96, line=90.0))
    return case, between(case, 0.0, 0.15)


def test_a_plan_that_would_overload_the_wires_is_proven_within_three_linearisations(crowded):
    case, ranges = crowded
    settled = settle(case, ranges)
    assert settled.feasible
    assert settled.settled
    assert settled.feasible_after <= 3
    assert prove(case, settled.plan).feasible


def test_the_wires_are_used_up_to_their_limit(crowded):
    case, ranges = crowded
    proof = settle(case, ranges).proof
    fullest = np.maximum(proof.loading_percent.max(axis=1) / 90.0, 1.0 + (0.96 - proof.vm_pu.min(axis=1)))
    assert fullest == pytest.approx(1.0, abs=2e-3)  # the tolerances, 0.1 % and 1e-4 pu


def test_all_that_is_wanted_is_done_where_the_wires_have_room(feeder):
    case = feeder.case(network=feeder.network(low=0.85, line=300.0, trafo=300.0))
    settled = settle(case, between(case, 0.0, 0.05))
    assert settled.plan.p_mw == pytest.approx(0.05)
    assert settled.feasible_after == 1


def test_reactive_power_makes_room_for_active_power(crowded):
    case, ranges = crowded
    with_q = settle(case, between(case, 0.0, 0.15, q=0.05))
    assert with_q.feasible
    assert with_q.plan.p_mw.sum() > settle(case, ranges).plan.p_mw.sum()


def test_a_current_that_turns_stays_within_its_disc(feeder):
    case = feeder.case(units=(4,), network=feeder.network(low=0.7, high=1.3, line=60.0, trafo=60.0))
    settled = settle(case, between(case, -0.2, 0.2, q=0.2))
    assert settled.feasible
    assert settled.feasible_after <= 3


def test_tightening_a_limit_never_lowers_the_cost(feeder):
    costs = []
    for percent in (90.0, 80.0, 70.0):
        case = feeder.case(units=(4, 3, 2), network=feeder.network(low=0.9, line=percent, trafo=percent))
        costs.append(settle(case, between(case, 0.0, 0.15)).plan.objective_chf)
    assert costs[0] < costs[1] < costs[2]


def test_what_cannot_be_helped_is_said_and_ends_the_search(feeder):
    case = feeder.case(network=feeder.network(low=1.0, line=300.0))
    settled = settle(case, between(case, -0.005, 0.05), price=1.0)
    assert not settled.feasible
    assert settled.foreseen
    assert settled.settled
    assert settled.plan.p_mw == pytest.approx(-0.005)


def test_a_leap_beyond_the_last_solution_is_taken_back(feeder):
    case = feeder.case(units=(4,), network=feeder.network(low=0.5, line=1e4, trafo=1e4))
    settled = settle(case, between(case, 0.0, 3.0), stop=Stop(most=20))
    assert settled.history[0].diverged == (0, 1)
    assert np.isfinite(settled.violation)
    assert settled.plan.p_mw.min() > 0.1


def test_a_step_that_nothing_solves_keeps_no_other_from_its_plan(feeder):
    case = feeder.case(factor=(60.0, 1.0))
    settled = settle(case, between(case, 0.0, 0.05))
    assert settled.proof.diverged.tolist() == [0]
    assert not settled.feasible
    assert settled.settled
    assert settled.plan.p_mw[0, 1] == pytest.approx(0.05)


def test_a_programme_without_an_answer_leaves_the_start(crowded):
    case, ranges = crowded
    settled = sequential(case, lambda linear: None, ranges=ranges, start=still(case))
    assert settled.iterations == 0
    assert settled.plan.p_mw == pytest.approx(0.0)


def test_rows_found_once_stay(crowded):
    case, ranges = crowded
    asked = []
    solve = cheapest(ranges, np.full((3, 2), CHARGE), asked)
    sequential(
        case, solve, ranges=ranges, start=still(case), stop=Stop(most=4, objective=0.0, objective_chf=0.0, violation=0.0)
    )
    names = [{row.name for row in linear.rows} for linear in asked]
    assert all(before <= after for before, after in pairwise(names))


def test_a_unit_that_turns_round_has_half_the_room(feeder):
    case = feeder.case(steps=1, factor=(1.0,))
    trust = Trust(between(case, -1.0, 1.0), still(case), None)
    calm = np.zeros(1)

    def at(p_mw):
        return Plan(np.array([[p_mw]]), np.zeros((1, 1)))

    trust.moved(at(0.0), at(0.8), calm, calm, first=True)
    assert trust.bounds() is None
    trust.moved(at(0.8), at(0.2), calm, calm, first=False)
    bounds = trust.bounds()
    assert (bounds.low_p_mw[0, 0], bounds.high_p_mw[0, 0]) == pytest.approx((-0.2, 0.6))


def test_a_step_whose_violation_grows_has_half_the_room(feeder):
    case = feeder.case()
    trust = Trust(between(case, -1.0, 1.0), still(case), None)
    far = Plan(np.array([[0.4, 0.4]]), np.zeros((1, 2)))
    trust.moved(still(case), far, np.array([2.0, 2.0]), np.array([3.0, 1.5]), first=False)
    bounds = trust.bounds()
    assert bounds.high_p_mw[0] == pytest.approx([0.6, 1.0])
