"""Processes that must run sometime: in one piece, in parts, not in blocked hours."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.small_plan import EXACT, plan
from twin.boxes.flexibility.devices.process import Process

PRICE = np.array([300.0, 100.0, 90.0, 300.0, 60.0, 300.0])


def test_run_that_cannot_be_broken_takes_the_cheapest_window():
    p = plan(Process(id="oven", profile_mw=(0.01,) * 8), price=PRICE).p_mw[0]
    np.testing.assert_allclose(p, [0.0, 0.01, 0.01, 0.0, 0.0, 0.0], atol=EXACT)


def test_run_keeps_its_profile_in_steps_of_another_length():
    profile = (0.02, 0.01, 0.01, 0.0, 0.04, 0.04)  # an hour of 10 kW, half an hour of 40 kW
    p = plan(Process(id="oven", profile_mw=profile), price=[50.0, 100.0, 100.0]).p_mw[0]
    np.testing.assert_allclose(p, [0.01, 0.02, 0.0], atol=EXACT)


def test_run_ends_within_the_plan():
    p = plan(Process(id="oven", profile_mw=(0.01,) * 12), price=[300.0, 300.0, 300.0, 10.0]).p_mw[0]
    np.testing.assert_allclose(p, [0.0, 0.01, 0.01, 0.01], atol=EXACT)


def test_whole_run_begins_in_no_blocked_hour():
    allowed = np.array([1.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    p = plan(Process(id="oven", profile_mw=(0.01,) * 8, allowed=allowed), price=PRICE).p_mw[0]
    np.testing.assert_allclose(p, [0.0, 0.0, 0.0, 0.01, 0.01, 0.0], atol=EXACT)


def test_run_that_fits_nowhere_is_skipped_and_told():
    found = plan(Process(id="oven", profile_mw=(0.01,) * 8, allowed=0.0), price=PRICE)
    assert found.values["skipped"][0] == pytest.approx(1.0)
    assert np.abs(found.p_mw).max() <= EXACT


def test_run_that_can_be_broken_takes_the_cheapest_hours():
    p = plan(Process(id="pump", p_mw=0.01, run_hours=3.0), price=PRICE).p_mw[0]
    np.testing.assert_allclose(p, [0.0, 0.01, 0.01, 0.0, 0.01, 0.0], atol=EXACT)


def test_blocked_hours_are_not_used_and_run_time_that_lacks_is_told():
    allowed = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    found = plan(Process(id="pump", p_mw=0.01, run_hours=3.0, allowed=allowed), price=PRICE)
    np.testing.assert_allclose(found.p_mw[0], 0.01 * allowed, atol=EXACT)
    assert found.values["missed_h"][0] == pytest.approx(1.0, abs=EXACT)


def test_process_that_already_runs_goes_on_where_a_start_is_dear():
    dear = {"p_mw": 0.01, "run_hours": 1.0, "start_chf": 10.0}
    anew, going = (plan(Process(id="pump", was_on=on, **dear), price=PRICE).p_mw[0] for on in (False, True))
    assert int(np.argmax(anew > EXACT)) == 4
    assert int(np.argmax(going > EXACT)) == 0


def test_process_that_must_not_be_moved_does_what_it_would_by_itself():
    own = np.array([0.01, 0.0, 0.0, 0.01, 0.0, 0.0])
    found = plan(Process(id="pump", p_mw=0.01, run_hours=2.0, own_p_mw=own, movable=0.0), price=PRICE)
    np.testing.assert_allclose(found.p_mw[0], own, atol=EXACT)
