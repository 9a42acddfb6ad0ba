"""What helps: each remedy where it is known to help, and what speaks against it."""

import numpy as np
import pandapower as pp
import pytest

from scenarios.risk.held import Held
from scenarios.risk.hosting.grid import Added, HostingGrid
from scenarios.risk.remedies.broken import broken_elements
from scenarios.risk.remedies.command import Asked, remedies
from scenarios.risk.remedies.devices import BatterySize, batteries, curtailments, reinforcements
from scenarios.risk.remedies.judge import Harm, Judge
from scenarios.risk.remedies.remedy import Remedy, order, worth
from scenarios.risk.remedies.switchings import Switchings
from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput
from twin.engines import make_engine
from twin.engines.outages.closure_checks import RADIAL
from twin.site import load_site

TIE = 5


def judge_of(net, limits):
    engine = make_engine("batch", net)
    return Judge(engine, Held(engine.model(NORMAL).grid, limits), None)


@pytest.fixture
def overloaded(made):
    """The ring with feeder one's head too weak for its two customers in the second of four quarter hours."""
    net = made.ring()
    net.line.at[0, "max_i_ka"] = 0.11  # 1.9 MVA
    states = made.states(net, load_mw=[[0.5] * 4, [1.1, 1.1, 0.5, 0.5], [0.5] * 4, [0.5] * 4])
    judge = judge_of(net, made.limits(net))
    return net, judge, states, judge.harm(states)


@pytest.fixture
def dark(made):
    """The ring with feeder one's head out in the last two of four quarter hours."""
    net = made.ring()
    states = made.states(net, load_mw=[[0.5] * 4] * 4)
    states.topology[2:] = Topology(out_lines=frozenset({0}))
    judge = judge_of(net, made.limits(net))
    return net, judge, states, judge.harm(states)


def test_harm_adds_up_over_states(overloaded):
    _, judge, states, before = overloaded
    parts = [judge.harm(states.at(np.array([row]))).figures()["overload_percent_h"] for row in range(4)]
    assert before.figures()["overload_percent_h"] == pytest.approx(sum(parts))
    assert before.bad.tolist() == [1]


def test_load_behind_an_outage_is_unserved(dark):
    _, _, _, before = dark
    # two customers of half a MW for two quarter hours
    assert before.figures()["unserved_mwh"] == pytest.approx(0.5)
    assert before.bad.tolist() == [2, 3]


def test_closing_the_tie_brings_a_dark_feeder_back(dark):
    net, judge, states, before = dark
    [found] = Switchings(net, judge, states, before, RADIAL).closures()
    assert found.what == f"switch:{TIE}"
    assert found.harm.figures()["unserved_mwh"] == 0.0
    assert found.refusals == ()
    told = worth(found, before, 15.0)
    assert told["avoided_chf"] == pytest.approx(7500.0)


def test_a_closure_that_makes_a_ring_is_refused_where_the_site_is_radial(overloaded):
    net, judge, states, before = overloaded
    [found] = Switchings(net, judge, states, before, RADIAL).closures()
    assert found.harm.figures()["overload_percent_h"] < before.figures()["overload_percent_h"]
    assert "a second way" in found.refusals[0]


def test_moving_the_open_point_takes_a_customer_off_the_weak_feeder(overloaded):
    net, judge, states, before = overloaded
    moves = list(Switchings(net, judge, states, before, RADIAL).moves([("line", 0)]))
    best = min(moves, key=lambda one: one.harm.figures()["overload_percent_h"])
    # line 1's switch opens: bus 2 comes over the tie
    assert best.what == f"switch:{TIE} switch:1"
    assert best.harm.figures()["overload_percent_h"] == 0.0
    assert best.harm.figures()["unserved_mwh"] == 0.0
    assert best.refusals == ()


def test_moves_leave_nobody_dark(overloaded):
    net, judge, states, before = overloaded
    moves = list(Switchings(net, judge, states, before, RADIAL).moves([("line", 0)]))
    assert moves
    assert all(move.harm.figures()["unserved_mwh"] == 0.0 for move in moves)


def test_a_second_line_takes_half_of_the_load(overloaded):
    net, judge, states, before = overloaded
    [found] = reinforcements(net, judge, states, [("line", 0)], load_site("demo"))
    assert found.harm.figures()["overload_percent_h"] == 0.0
    assert before.figures()["overload_percent_h"] > 0.0
    # the site replaces a medium-voltage cable at that price
    assert found.cost_chf == 130_000.0


def test_a_battery_behind_the_overload_helps_and_one_elsewhere_does_not(overloaded, made):
    net, judge, states, before = overloaded
    grid = HostingGrid(net, "batch", [1, 2, 3], Added("car"), made.limits(net), None)
    found = {one.what: one for one in batteries(grid, judge, states, before, BatterySize(kw=500.0, kwh=500.0))}
    assert found["bus:2"].harm.figures()["overload_percent_h"] == 0.0
    assert found["bus:2"].amount == pytest.approx(125.0)  # 500 kW for a quarter hour
    left = found["bus:3"].harm.figures()["overload_percent_h"] if "bus:3" in found else before.figures()["overload_percent_h"]
    assert left > 0.99 * before.figures()["overload_percent_h"]


def test_a_battery_too_small_takes_the_worst_quarter_hours(made):
    net = made.ring()
    net.line.at[0, "max_i_ka"] = 0.11
    states = made.states(net, load_mw=[[0.5] * 4, [1.0] * 4, [1.2] * 4, [1.0] * 4])
    judge = judge_of(net, made.limits(net))
    before = judge.harm(states)
    grid = HostingGrid(net, "batch", [2], Added("car"), made.limits(net), None)
    [found] = batteries(grid, judge, states, before, BatterySize(kw=200.0, kwh=50.0))
    assert before.bad.tolist() == [1, 2, 3]
    after = found.harm.overload_percent
    assert after[2] < before.overload_percent[2]
    assert after[[1, 3]] == pytest.approx(before.overload_percent[[1, 3]])
    assert found.amount == pytest.approx(50.0)


def test_curtailing_the_plant_that_lifts_the_voltage_ends_the_violation(made):
    net = made.two_bus()
    third = pp.create_bus(net, 0.4)
    made.line(net, 0, third, max_i_ka=1.0)
    for bus in (1, third):
        pp.create_sgen(net, bus, p_mw=0.0)
    states = made.states(net, sgen_mw=[[0.2, 0.01], [0.0, 0.01]])
    judge = judge_of(net, made.limits(net, high=1.05))
    before = judge.harm(states)
    found = {one.what: one for one in curtailments(judge, states, before, load_site("demo"))}
    assert before.bad.tolist() == [0]
    assert found["sgen:0"].harm.figures()["voltage_percent_h"] == 0.0
    assert found["sgen:0"].amount == pytest.approx(50.0)  # 200 kW for a quarter hour
    assert found["sgen:1"].harm.figures()["voltage_percent_h"] == pytest.approx(before.figures()["voltage_percent_h"])


def test_a_tap_step_lowers_a_voltage_that_is_too_high(made):
    net = pp.create_empty_network(sn_mva=1.0)
    mv, lv = pp.create_bus(net, 10.0), pp.create_bus(net, 0.4)
    pp.create_ext_grid(net, mv, vm_pu=1.06)
    pp.create_transformer(net, mv, lv, "0.25 MVA 10/0.4 kV")
    pp.create_load(net, lv, p_mw=0.01)
    limits = made.limits(net, high=1.07)
    limits.bus_high_pu[1] = 1.05
    judge = judge_of(net, limits)
    states = made.states(net, load_mw=[[0.01]])
    before = judge.harm(states)
    found = {one.harm.figures()["voltage_percent_h"]: one for one in Switchings(net, judge, states, before, RADIAL).taps()}
    assert before.figures()["voltage_percent_h"] > 0.0
    assert found[min(found)].harm.figures()["voltage_percent_h"] == 0.0
    assert max(found) > before.figures()["voltage_percent_h"]  # a step the other way makes it worse
    assert {one.amount for one in found.values()} <= {1, 2}


def test_broken_elements_come_with_the_way_to_the_worst_voltage(made):
    net = made.ring()
    net.line.at[3, "max_i_ka"] = 0.03
    states = made.states(net, load_mw=[[1.0, 3.0, 1.0, 1.0]])
    judge = judge_of(net, made.limits(net, low=0.99))
    _, excess = judge.look(states)
    # line 3 has the largest excess, and lines 1 and 0 feed the bus with the lowest voltage
    assert broken_elements(net, judge.held, excess, NORMAL) == [("line", 3), ("line", 0), ("line", 1)]


def test_supply_comes_before_violations_and_both_before_what_is_refused(dark):
    _, _, _, before = dark
    served = Harm(np.zeros(4), np.zeros(4), np.zeros(4), np.ones(4, dtype=bool))
    told = [
        worth(Remedy("close", "switch:1", 1, "switchings", served, refusals=("a second way",)), before, 15.0),
        worth(Remedy("tap", "trafo:0", 1, "steps", before), before, 15.0),
        worth(Remedy("close", "switch:2", 1, "switchings", served), before, 15.0),
    ]
    assert [one["what"] for one in sorted(told, key=order)] == ["switch:2", "trafo:0", "switch:1"]


def test_every_faulty_flag_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        remedies(Asked("winter_evening", 0, -1.0, 0.0, None, json_line=True))
    told = str(refused.value)
    assert all(flag in told for flag in ("--futures", "--battery-kw", "--battery-kwh"))


def test_a_battery_of_infinite_size_and_a_file_as_folder_are_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput) as refused:
        remedies(Asked("winter_evening", None, 100.0, float("inf"), tmp_path / "file", json_line=True))
    told = str(refused.value)
    assert all(said in told for said in ("--battery-kwh: inf", "file is a file"))
