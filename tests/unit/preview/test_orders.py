"""A switching order before it is one: every step on what those before it left."""

import pytest
from hamlet_now import FEEDER, TIE

from twin.domain.problems import BadInput

CUT = {"switch": [{"switch": FEEDER, "closed": False}]}
RING = {"switch": [{"switch": TIE, "closed": True}]}


def test_each_step_stands_on_what_the_last_one_left(ask):
    found = ask(kind="order", steps=[CUT, RING])
    assert [step.after.unsupplied_buses for step in found.steps] == [(6, 7, 8), ()]
    assert [step.after.radial for step in found.steps] == [True, True]


def test_a_dark_feeder_is_taken_over_without_objection(ask):
    found = ask(kind="order", steps=[CUT, RING])
    assert [step.allowed for step in found.steps] == [False, True]
    assert found.first_objection == 0


def test_the_tie_joins_a_live_side_and_a_dark_one(ask):
    closing = ask(kind="order", steps=[CUT, RING]).steps[1].closings[0]
    assert not closing.joins_live
    assert closing.vm_difference_pu is None
    assert closing.ikss_min_ka > 0.0


def test_the_steps_in_another_order_close_a_ring_on_the_way(ask):
    found = ask(kind="order", steps=[RING, CUT])
    assert [step.after.radial for step in found.steps] == [False, True]
    assert not any(step.after.unsupplied_buses for step in found.steps)


def test_a_step_without_changes_leaves_what_is(ask):
    found = ask(kind="order", steps=[{}])
    assert found.steps[0].after == found.before
    assert found.first_objection is None


def test_every_fault_of_every_step_is_named_at_once(ask):
    with pytest.raises(BadInput) as refused:
        ask(
            kind="order",
            steps=[
                {"switch": [{"switch": 99, "closed": True}, {"switch": TIE, "closed": True}, {"switch": TIE, "closed": False}]},
                {"outages": [{"table": "trafo", "index": 5}]},
                {"redispatch": [{"device": "ghost", "p_mw": 0.0}, {"device": "battery", "p_mw": 1.0}, {"bus": 1, "p_mw": 0.1}]},
            ],
        )
    assert [(p.place, p.value) for p in refused.value.problems] == [
        ("steps.0.switch.0: switch 99", "unknown"),
        ("steps.0.switch.2: switch 1", "named twice"),
        ("steps.1.outages.0: trafo 5", "unknown"),
        ("steps.2.redispatch.0: device 'ghost'", "unknown"),
        ("steps.2.redispatch.1: device 'battery'", "p_mw=1"),
        ("steps.2.redispatch.2: bus 1", "no load, plant or storage"),
    ]
    assert all(problem.remedy for problem in refused.value.problems)
