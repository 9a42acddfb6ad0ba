"""A group that sheds when it is called: how often, how long, when again, and what comes back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.boxes.flexibility.small_plan import EXACT, plan, problem_of, solved
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.lp.compiled import CompiledModel

BASE = 0.1
# three dear blocks: two of two hours, one of three
PRICE = np.array([20.0, 400.0, 400.0, 20.0, 20.0, 350.0, 350.0, 20.0, 20.0, 300.0, 300.0, 300.0])


def group(**changes):
    given = {"base_mw": BASE, "shed_share": 0.5, "shed_chf_per_mwh": 250.0, "all_or_nothing": True}
    return Programme(id="group", **{**given, **changes})


def called(found):
    """Steps in which it is called, and how many calls that is."""
    on = found.values["on"][0] > 0.5
    return on, int((np.diff(np.concatenate([[False], on]).astype(int)) == 1).sum())


def shed_mw(found):
    return found.values["feed_mw"][0]


def test_called_group_sheds_its_share_of_the_base_in_every_dear_hour():
    found = plan(group(), price=PRICE)
    np.testing.assert_allclose(shed_mw(found), np.where(PRICE > 200.0, 0.5 * BASE, 0.0), atol=EXACT)


@pytest.mark.parametrize("most", [0, 1, 2])
def test_group_is_called_no_more_often_than_is_left_and_in_the_best_hours(most):
    on, calls = called(plan(group(calls_max=most), price=PRICE))
    assert calls == most
    assert on.tolist() == ((999.0, 360.0, 310.0)[most] < PRICE).tolist()


def test_call_is_no_longer_than_agreed():
    on, _ = called(plan(group(longest_h=2.0), price=PRICE))
    assert not on[9:12].all()
    assert on[9:12].sum() == 2


def test_group_rests_between_two_calls():
    on, calls = called(plan(group(rest_h=4.0), price=PRICE))
    ends, starts = np.flatnonzero(on[:-1] & ~on[1:]) + 1, np.flatnonzero(~on[:-1] & on[1:]) + 1
    assert calls >= 2
    assert all(starts[starts >= end].min(initial=99) - end >= 4 for end in ends)


def test_nothing_is_called_before_the_notice_has_passed():
    found = plan(group(notice_h=2.0), price=PRICE)
    np.testing.assert_allclose(shed_mw(found)[:2], 0.0, atol=EXACT)
    assert shed_mw(found)[2] == pytest.approx(0.5 * BASE, abs=EXACT)


def test_running_call_is_no_new_one():
    on, _ = called(plan(group(calls_max=0, called=True), price=[400.0, 400.0, 20.0, 400.0]))
    assert on.tolist() == [True, True, False, False]


def test_group_that_may_not_be_called_sheds_nothing():
    assert shed_mw(plan(group(movable=0.0), price=PRICE)).max() <= EXACT


def test_call_sheds_all_or_nothing():
    # the site imports no more than 70 kW in the second hour: 30 kW would be enough, a call sheds 50
    shed = shed_mw(plan(group(), price=[100.0] * 3, net=[0.0, BASE, 0.0], limits=((1.0, 0.07),)))
    np.testing.assert_allclose(shed, [0.0, 0.05, 0.0], atol=EXACT)


def test_group_that_can_shed_in_parts_sheds_what_is_needed():
    shed = shed_mw(plan(group(all_or_nothing=False), price=[30.0] * 3, net=[0.0, BASE, 0.0], limits=((1.0, 0.07),)))
    np.testing.assert_allclose(shed, [0.0, 0.03, 0.0], atol=EXACT)


REBOUND = {"rebound_share": 0.8, "rebound_within_h": 3.0, "calls_max": 2, "rebound_max_mw": 0.06}


@pytest.fixture(scope="module")
def rebounding():
    return plan(group(**REBOUND), price=PRICE)


def test_energy_that_comes_back_is_the_share_of_what_was_shed(rebounding):
    caught_up = rebounding.values["draw_mw"][0].sum()
    assert shed_mw(rebounding).sum() > 0.1
    # what was shed in the plan's last hours may still be owed at its end
    owed = rebounding.values["level"][0, -1]
    assert caught_up + owed == pytest.approx(0.8 * shed_mw(rebounding).sum(), abs=EXACT)


def test_debt_is_cleared_within_the_time_agreed(rebounding):
    shed, owed = shed_mw(rebounding), rebounding.values["level"][0]
    for k in range(len(PRICE)):
        # at the end of hour k at most the sheds of the last three hours are still owed
        assert owed[k] <= 0.8 * shed[max(k - 2, 0) : k + 1].sum() + EXACT


def test_catching_up_never_draws_more_than_the_group_can(rebounding):
    assert rebounding.values["draw_mw"][0].max() <= 0.06 + EXACT


def test_debt_of_earlier_calls_is_paid_in_the_cheap_hours_before_it_is_due():
    found = plan(group(**REBOUND, shed_share=0.0, owed_mwh=0.08), price=PRICE)
    drawn = found.values["draw_mw"][0]
    assert drawn[:3].sum() == pytest.approx(0.08, abs=EXACT)
    assert drawn[0] == pytest.approx(0.06, abs=EXACT)
    assert drawn[3:].max() <= EXACT


TAU = 1.5
FIRST_ORDER = {"rebound_share": 0.9, "rebound_h": TAU, "longest_h": 2.0}


@pytest.fixture(scope="module")
def own_rebound():
    return plan(group(**FIRST_ORDER, owed_mwh=0.02), price=PRICE)


def test_rebound_that_nobody_chooses_draws_what_a_first_order_lag_leaves(own_rebound):
    on, _ = called(own_rebound)
    owed = np.concatenate([[0.02], own_rebound.values["level"][0, :-1]])
    expected = np.where(on, 0.0, owed * (1.0 - np.exp(-1.0 / TAU)))
    np.testing.assert_allclose(own_rebound.values["draw_mw"][0], expected, atol=EXACT)


def test_blocked_group_catches_up_nothing(own_rebound):
    on, calls = called(own_rebound)
    assert calls >= 1
    assert own_rebound.values["draw_mw"][0][on].max() <= EXACT


def test_debt_falls_by_a_first_order_lag_while_nobody_is_blocked():
    found = plan(group(**FIRST_ORDER, movable=0.0, owed_mwh=0.1), price=[100.0] * 4, hours=(0.25, 0.25, 1.0, 1.0))
    np.testing.assert_allclose(found.values["level"][0], 0.1 * np.exp(-np.array([0.25, 0.5, 1.5, 2.5]) / TAU), atol=EXACT)


def test_rebound_after_the_block_counts_before_a_call_is_made():
    # 50 CHF/MWh saved for an hour; what comes back costs 900 in the next ones
    agreed = {"rebound_h": TAU, "calls_max": 1, "longest_h": 1.0}
    none, much = (plan(group(rebound_share=share, **agreed), price=[300.0, 900.0, 900.0, 900.0]) for share in (0.0, 0.9))
    assert called(none)[1] == 1
    assert not called(much)[0][0]


@pytest.fixture(scope="module")
def compiled():
    return CompiledModel(problem_of(group(**FIRST_ORDER, calls_max=1, rest_h=2.0), price=PRICE))


@settings(max_examples=15, deadline=None)
@given(
    price=st.lists(st.floats(-50.0, 500.0), min_size=12, max_size=12),
    base=st.floats(0.01, 0.5),
    owed=st.floats(0.0, 0.1),
    most=st.integers(0, 3),
)
def test_no_price_makes_a_group_break_its_agreement(compiled, price, base, owed, most):
    agreed = group(**FIRST_ORDER, calls_max=most, rest_h=2.0, base_mw=base, owed_mwh=owed)
    found = compiled.solve(problem_of(agreed, price=price))
    assert found.optimal
    on, calls = called(found)
    assert calls <= most
    assert all(not on[k : k + 3].all() for k in range(10))
    assert np.isclose(shed_mw(found), np.where(on, 0.5 * base, 0.0), atol=EXACT).all()
    balance = owed + 0.9 * shed_mw(found).sum() - found.values["draw_mw"][0].sum()
    assert found.values["level"][0, -1] == pytest.approx(balance, abs=EXACT)


def test_numbers_of_another_group_are_those_of_a_fresh_model(compiled):
    other = problem_of(group(**FIRST_ORDER, calls_max=2, rest_h=2.0, base_mw=0.3, owed_mwh=0.05), price=PRICE[::-1])
    assert compiled.solve(other).p_mw.tobytes() == solved(other).p_mw.tobytes()


def test_group_does_not_catch_up_while_it_sheds():
    found = plan(
        group(rebound_share=0.5, rebound_within_h=3.0, owed_mwh=0.1, rebound_max_mw=0.1), price=np.full(6, 300.0)
    )  # fmt: skip
    assert np.minimum(shed_mw(found), found.values["draw_mw"][0]).max() < EXACT
