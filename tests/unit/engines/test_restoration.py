"""After a fault: who trips, what is cut out, who comes back by which switch, and why the others do not."""

from functools import cache

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.problems import BadInput
from twin.engines import make_engine
from twin.engines.outages.closure_checks import ClosureRules
from twin.engines.outages.restoration import ENGINE, NO_SWITCH, restore
from twin.engines.reference import run_pandapower
from twin.engines.topology import with_topology

CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def make_town():
    """110/10 kV transformer, busbar 1; feeder 1-2-3 (lines 0, 1), feeder 1-4-5 (lines 2, 3), tie line 4 between 3 and 5.

    Switches: 2 line + 0 and 2 line + 1 at the from and to end of each line; 9, at bus 5, is open; 10 and 11 the transformer's.
    """
    net = pp.create_empty_network()
    high = pp.create_bus(net, vn_kv=110.0)
    for _ in range(5):
        pp.create_bus(net, vn_kv=10.0)
    pp.create_ext_grid(net, high)
    trafo = pp.create_transformer(net, high, 1, "25 MVA 110/10 kV")
    for one, two in ((1, 2), (2, 3), (1, 4), (4, 5), (3, 5)):
        line = pp.create_line(net, one, two, 2.0, CABLE)
        pp.create_switch(net, one, line, et="l", type="CB" if one == 1 else "LBS")
        pp.create_switch(net, two, line, et="l", type="LBS", closed=two != 5 or line != 4)
    for bus in (high, 1):
        pp.create_switch(net, bus, trafo, et="t", type="CB")
    for bus, mw in ((2, 1.0), (3, 0.8), (4, 0.6), (5, 0.4)):
        pp.create_load(net, bus, p_mw=mw, q_mvar=0.2 * mw)
    return net


@pytest.fixture
def town():
    return make_town()


@cache
def plan_of(table, index):
    """The sequence in the town as it stands."""
    return restore(make_town(), (table, index))


def told(plan):
    return [(step.action, step.switch, "close" if step.closes else "open") for step in plan.steps]


def unsupplied(plan):
    return [round(step.figures.unsupplied_mw, 9) for step in plan.steps]


def test_a_line_fault_is_cleared_cut_out_on_both_sides_and_everyone_comes_back():
    plan = plan_of("line", 1)
    assert told(plan) == [
        ("trip", 0, "open"),
        ("isolate", 2, "open"),
        ("isolate", 3, "open"),
        ("re-energise", 0, "close"),
        ("restore", 9, "close"),
    ]
    assert unsupplied(plan) == [1.8, 1.8, 1.8, 0.8, 0.0]
    assert plan.left == ()


def test_a_breaker_that_stands_at_the_fault_stays_open():
    plan = plan_of("line", 0)
    assert told(plan) == [("trip", 0, "open"), ("isolate", 1, "open"), ("restore", 9, "close")]
    assert unsupplied(plan)[-1] == 0.0


def test_the_customers_at_a_faulted_bus_stay_out_and_those_behind_come_back():
    plan = plan_of("bus", 2)
    assert told(plan) == [("trip", 0, "open"), ("isolate", 1, "open"), ("isolate", 2, "open"), *told(plan)[3:]]
    assert told(plan)[3:] == [("re-energise", 0, "close"), ("restore", 9, "close")]
    assert plan.isolated_buses == (2,)
    assert [(p.place, p.value) for p in plan.left] == [("bus 2", "1.000 MW unsupplied")]


def test_a_transformer_fault_without_another_infeed_leaves_all_dark_and_says_so():
    plan = plan_of("trafo", 0)
    assert told(plan) == [("trip", 10, "open"), ("isolate", 11, "open")]
    [left] = plan.left
    assert left.value == "2.800 MW unsupplied"
    assert left.remedy == "repair the fault: no single closure joins these buses to a supplied one"


def test_every_step_has_the_figures_of_the_power_flow_then(town):
    for step in plan_of("line", 1).steps:
        switched = with_topology(town, step.topology)
        assert run_pandapower(switched)
        # the two power flows agree to 1e-8 pu (engine tests); loading is some thousand times that in percent
        assert step.figures.vm_pu == pytest.approx(switched.res_bus.vm_pu.min(), abs=1e-8)
        loading = max(switched.res_line.loading_percent.max(), switched.res_trafo.loading_percent.max())
        assert step.figures.loading_percent == pytest.approx(loading, abs=1e-4)


def test_the_result_stays_radial(town):
    pp.create_switch(town, 3, 5, et="b", closed=False, type="LBS")
    plan = restore(town, ("line", 0))
    assert [step.action for step in plan.steps].count("restore") == 1


def test_the_same_fault_gives_the_same_sequence(town):
    assert repr(restore(town, ("bus", 2))) == repr(plan_of("bus", 2))  # a NaN is not equal to itself


def two_ties(net):
    """A second tie to bus 3, ten times as long: the same customers back, with more losses."""
    line = pp.create_line(net, 4, 3, 20.0, CABLE)
    pp.create_switch(net, 3, line, et="l", type="LBS", closed=False, index=12)


def test_of_two_ties_the_one_with_lower_losses_is_closed(town):
    two_ties(town)
    assert told(restore(town, ("line", 1)))[-1] == ("restore", 9, "close")


def test_an_overload_weighs_more_than_losses(town):
    two_ties(town)
    town.line.loc[4, "max_i_ka"] = 0.01
    assert told(restore(town, ("line", 1)))[-1] == ("restore", 12, "close")


def test_a_better_placed_tie_that_a_check_refuses_is_passed_over_and_told(town):
    two_ties(town)
    town.switch.loc[9, "type"] = "DS"
    plan = restore(town, ("line", 1))
    assert told(plan)[-1] == ("restore", 12, "close")
    assert [verdict.switch for verdict in plan.refused] == [9]


def test_what_only_a_refused_tie_could_restore_is_left_with_its_number(town):
    town.switch["permitted"] = [True] * 9 + [False, True, True]
    plan = restore(town, ("line", 1))
    assert [verdict.switch for verdict in plan.refused] == [9]
    [left] = plan.left
    assert (left.place, left.value) == ("bus 3", "0.800 MW unsupplied")
    assert left.remedy.endswith("closing switch 9")


def test_without_breakers_the_head_of_the_feeder_opens(town):
    town.switch["type"] = "LBS"
    assert told(restore(town, ("line", 1)))[0] == ("trip", 0, "open")


def test_a_transformers_breaker_takes_the_other_feeder_along_until_the_fault_is_cut_out(town):
    town.switch.loc[[0, 4], "type"] = "LBS"
    plan = restore(town, ("line", 1))
    assert told(plan)[0] == ("trip", 11, "open")
    assert unsupplied(plan) == [2.8, 2.8, 2.8, 0.8, 0.0]


def test_a_blocked_switch_widens_the_part_that_is_cut_out(town):
    town.switch["permitted"] = [True, True, False] + [True] * 9
    plan = restore(town, ("line", 1))
    assert told(plan) == [("trip", 0, "open"), ("isolate", 1, "open"), ("isolate", 3, "open"), *told(plan)[3:]]
    assert plan.isolated_buses == (2,)


def test_a_fault_that_no_switch_can_cut_out_takes_the_grid_with_it(town):
    town.switch = town.switch.iloc[:0]
    plan = restore(town, ("line", 1))
    assert told(plan) == [("trip", NO_SWITCH, "open")]
    assert unsupplied(plan) == [2.8]
    assert np.isnan(plan.steps[0].figures.vm_pu)
    assert plan.left[0].remedy.startswith("repair the fault: no switch separates it")


def test_a_fault_before_the_first_breaker_trips_the_grid_above_until_it_is_cut_out(town):
    other = pp.create_bus(town, vn_kv=110.0)
    line = pp.create_line(town, 0, other, 1.0, "149-AL1/24-ST1A 110.0")
    pp.create_switch(town, 0, line, et="l", type="DS")
    plan = restore(town, ("line", line))
    # a switch on the way clears it where there is one, breaker or not
    assert told(plan) == [("trip", 12, "open")]
    plan = restore(town, ("bus", 0))
    assert told(plan)[0] == ("trip", NO_SWITCH, "open")
    assert plan.steps[0].figures.unsupplied_mw == pytest.approx(2.8)


def test_in_a_ring_the_breakers_on_both_ways_trip(town):
    town.switch.loc[9, "closed"] = True
    plan = restore(town, ("line", 1))
    assert sorted(step.switch for step in plan.steps if step.action == "trip") == [0, 4]
    assert [step.action for step in plan.steps].count("re-energise") == 2
    assert plan.left == ()


def test_steps_say_who_switches_and_how_long_it_takes(town):
    town.switch["remote"] = [True, True, False] + [None] * 9
    town.switch["minutes"] = [1.0, 1.0, 30.0] + [np.nan] * 9
    trip, first, second, again, tie = restore(town, ("line", 1)).steps
    assert (trip.by, trip.minutes) == ("protection", 0.0)
    assert (first.switch, first.by, first.minutes) == (2, "crew", 30.0)
    assert (second.switch, second.by) == (3, "unknown")
    assert (again.switch, again.by, again.minutes) == (0, "remote", 1.0)
    assert np.isnan(tie.minutes)


def test_unsupplied_power_is_that_of_the_step_asked_for(town):
    steps = xr.Dataset({"load_p_mw": (("time", "load"), [[2.0, 1.6, 0.1, 0.1]])})
    assert unsupplied(restore(town, ("line", 1), injections=steps))[0] == 3.6


def test_more_than_one_step_is_refused(town):
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.ones((2, 4)))})
    with pytest.raises(BadInput, match="2 steps; expected one step"):
        restore(town, ("line", 1), injections=steps)


@pytest.mark.parametrize("fault", [("line", 77), ("load", 0)])
def test_a_fault_on_something_that_is_not_there_is_refused(town, fault):
    with pytest.raises(BadInput, match=f"fault, {fault[0]} {fault[1]}: unknown"):
        restore(town, fault)


def test_a_fault_on_what_is_dark_already_is_refused(town):
    town.line.loc[1, "in_service"] = False
    with pytest.raises(BadInput, match="without supply before the fault"):
        restore(town, ("line", 1))


def test_a_second_infeed_may_pick_up_a_dark_feeder_without_joining_the_two(town):
    other = pp.create_bus(town, vn_kv=10.0)
    pp.create_ext_grid(town, other)
    pp.create_switch(town, other, 3, et="b", closed=False, type="CB")
    plan = restore(town, ("trafo", 0))
    assert told(plan)[2:] == [("restore", 12, "close"), *told(plan)[3:]]
    assert plan.left == ()


def test_the_sites_own_pickup_criterion_is_kept(town):
    plan = restore(town, ("line", 1), rules=ClosureRules(pickup_factor=100.0))
    assert [verdict.switch for verdict in plan.refused] == [9]


def test_a_tie_that_cannot_carry_the_load_at_any_voltage_is_refused(town):
    town.load.loc[1, "p_mw"] = 500.0  # far beyond what 6 km of 10 kV cable can carry
    plan = restore(town, ("line", 1))
    [refused] = plan.refused
    assert refused.refusals[-1].value == "no power flow converges"
    assert plan.left[0].value == "500.000 MW unsupplied"


@pytest.mark.slow
def test_the_demo_towns_worst_line_is_restored_by_the_switch_that_overloads_least(simbench_town):
    engine = make_engine(ENGINE, simbench_town)
    plan = restore(simbench_town, ("line", 66), engine=engine)
    # DEMO_TOWN.md: line 66 out, closing switch 296
    assert told(plan) == [("trip", 143, "open"), ("isolate", 144, "open"), ("restore", 296, "close")]
    assert unsupplied(plan)[-1] == 0.0
    assert plan.steps[-1].figures.overload_percent > 0.0
