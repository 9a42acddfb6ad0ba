"""Hosting capacity against closed forms, against a scan, and what must hold of it on any grid."""

from itertools import pairwise

import numpy as np
import pandapower as pp
import pytest

from scenarios.risk.held import Held
from scenarios.risk.hosting.capacity import RESOLUTION_MW, RESOLUTION_SHARE, capacities
from scenarios.risk.hosting.command import Asked, hosting
from scenarios.risk.hosting.grid import Added, HostingGrid
from scenarios.risk.hosting.worst import worst_rows
from scenarios.risk.remedies.worst_futures import joined
from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.grid import Topology
from twin.domain.problems import BadInput
from twin.engines import make_engine

Q_OF_VM = Curve.of_corners((0.92, 0.96, 1.05, 1.08), 0.9)
PV = Added("pv")


def grid_of(net, buses, added, limits, controls=None):
    return HostingGrid(net, "batch", buses, added, limits, controls)


def within(found, expected):
    """The answer is proved, so never above; and it is below by no more than the resolution of the search."""
    return expected - 2 * max(RESOLUTION_MW, RESOLUTION_SHARE * expected) <= found <= expected * (1 + 1e-5)


def test_voltage_rise_over_a_wire_limits_pv_by_its_closed_form(made):
    net = made.two_bus(r_ohm=0.05)
    [found] = capacities(grid_of(net, [1], PV, made.limits(net, high=1.05)), made.states(net))
    # V2^2 - V1 V2 = R P: of a wire without reactance that is exact, P = V2 (V2 - V1) / R
    assert within(found.mw, 1.05 * 0.05 * 0.4**2 / 0.05)
    assert (found.binding.element, found.binding.kind) == ("bus:1", "overvoltage")


def test_voltage_drop_over_a_wire_limits_cars_by_its_closed_form(made):
    net = made.two_bus(r_ohm=0.05)
    [found] = capacities(grid_of(net, [1], Added("car"), made.limits(net, low=0.95)), made.states(net))
    assert within(found.mw, 0.95 * 0.05 * 0.4**2 / 0.05)
    assert found.binding.kind == "undervoltage"


def test_rated_current_limits_where_voltage_does_not(made):
    net = made.two_bus(r_ohm=1e-4)
    net.line["max_i_ka"] = 0.1
    [found] = capacities(grid_of(net, [1], Added("car"), made.limits(net)), made.states(net))
    # S = sqrt(3) U I, and the wire drops a permille of the voltage
    assert found.mw == pytest.approx(np.sqrt(3.0) * 0.4 * 0.1, rel=0.003)
    assert (found.binding.element, found.binding.kind) == ("line:0", "loading")


def test_half_the_sun_hosts_twice_the_plant(made):
    net = made.two_bus()
    limits = made.limits(net, high=1.05)
    full, half = (capacities(grid_of(net, [1], PV, limits), made.states(net, sun=[sun]))[0].mw for sun in (1.0, 0.5))
    assert half == pytest.approx(2.0 * full, rel=0.005)  # two resolutions


def make_feeder(made):
    """A 10/0.4 kV transformer, a feeder of three buses with inverters on Q(U) at its end, and loads."""
    net = pp.create_empty_network(sn_mva=1.0)
    mv = pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, mv, vm_pu=1.02)
    buses = [pp.create_bus(net, 0.4) for _ in range(4)]
    pp.create_transformer(net, mv, buses[0], "0.25 MVA 10/0.4 kV")
    for one, two in pairwise(buses):
        made.line(net, one, two, r_ohm=0.06, x_ohm=0.02, max_i_ka=0.27)
    for bus in buses[1:]:
        pp.create_load(net, bus, p_mw=0.02)
    pp.create_sgen(net, buses[-1], p_mw=0.03, sn_mva=0.033)
    controls = Controls((InverterControl((0,), (0.033,), q_of_vm=Q_OF_VM),))
    states = made.states(
        net, load_mw=[[0.02] * 3, [0.005] * 3, [0.03] * 3], sgen_mw=[[0.03], [0.025], [0.0]], sun=[1.0, 0.9, 0.0]
    )
    return net, buses, controls, states


@pytest.mark.parametrize("kind", ["pv", "car"])
def test_capacity_is_the_last_size_that_a_scan_finds_harmless(made, kind):
    net, buses, controls, states = make_feeder(made)
    added = Added("pv", q_of_vm=Q_OF_VM, mva_per_mw=1.0 / 0.9) if kind == "pv" else Added("car")
    grid = grid_of(net, buses, added, made.limits(net, low=0.94, high=1.05), controls)
    sizes = np.arange(0.0, 0.3, 0.004)
    rows = np.flatnonzero(states.sun > 0.0) if kind == "pv" else np.arange(3)
    for place, found in enumerate(capacities(grid, states)):
        lanes = np.repeat(rows, len(sizes))
        size = np.tile(sizes, len(rows))
        excess = grid.excess(states, lanes, np.full(len(lanes), place), size).max(axis=1).reshape(len(rows), -1)
        harmless = (excess <= 0.0).all(axis=0)
        assert harmless[0]
        last = sizes[np.flatnonzero(~harmless)[0] - 1]  # the scan's last size before the first that breaks something
        assert last - 0.001 < found.mw < last + 0.005  # the scan's step and the resolution


def test_an_inverter_that_draws_reactive_power_hosts_more(made):
    net, buses, controls, states = make_feeder(made)
    limits = made.limits(net, low=0.94, high=1.06)
    with_q = grid_of(net, buses[-1:], Added("pv", q_of_vm=Q_OF_VM, mva_per_mw=1.0 / 0.9), limits, controls)
    without = grid_of(net, buses[-1:], PV, limits, controls)
    assert capacities(with_q, states)[0].mw > 1.05 * capacities(without, states)[0].mw


def test_what_is_added_follows_its_q_of_u_at_the_voltage_found(made):
    net, buses, _, states = make_feeder(made)
    net.sgen.drop(net.sgen.index, inplace=True)
    states = made.states(net, load_mw=[[0.005] * 3])
    own = grid_of(net, buses[-1:], Added("pv", q_of_vm=Q_OF_VM, mva_per_mw=1.0 / 0.9), made.limits(net))
    size = 0.12
    ours = own.excess(states, np.zeros(1, dtype=int), np.zeros(1, dtype=int), np.array([size]))
    pp.create_sgen(net, buses[-1], p_mw=size, sn_mva=size / 0.9)
    engine = make_engine("batch", net)
    controls = Controls((InverterControl((0,), (size / 0.9,), q_of_vm=Q_OF_VM),))
    model = engine.model(Topology())
    given = states.injections.drop_vars("sgen_p_mw").assign(sgen_p_mw=(("time", "sgen"), [[size]]))
    theirs = Held(model.grid, made.limits(net)).excess(
        model.solve(given, want=("vm_pu", "line_loading_percent", "trafo_loading_percent"), controls=controls)
    )
    # two fixed points of the same law: each is settled to 1e-7 Mvar or better
    assert np.abs(ours - theirs).max() < 1e-4


def test_more_states_never_host_more(made):
    net, buses, controls, states = make_feeder(made)
    grid = grid_of(net, buses, Added("car"), made.limits(net, low=0.94), controls)
    one, three = (np.array([c.mw for c in capacities(grid, states.at(np.arange(n)))]) for n in (1, 3))
    assert (three <= one * (1 + RESOLUTION_SHARE)).all()


def test_further_from_the_source_never_hosts_more(made):
    net, buses, controls, states = make_feeder(made)
    found = [c.mw for c in capacities(grid_of(net, buses, Added("car"), made.limits(net, low=0.94), controls), states)]
    assert all(near >= far * (1 - RESOLUTION_SHARE) for near, far in pairwise(found))


def test_a_broken_limit_refuses_those_behind_it_and_nobody_else(made):
    net = made.ring()
    net.line.at[1, "max_i_ka"] = 0.05  # line 1 feeds bus 2 alone, and 1 MW needs 58 A
    states = made.states(net, load_mw=[[1.0] * 4])
    found = {c.bus: c for c in capacities(grid_of(net, [1, 2, 3, 4], Added("car"), made.limits(net)), states)}
    assert found[2].mw == 0.0
    assert found[2].already
    assert found[2].binding.element == "line:1"
    assert min(found[bus].mw for bus in (1, 3, 4)) > 0.5


def test_a_bus_that_is_asked_about_alone_has_the_same_capacity(made):
    net = made.ring()
    net.line.at[1, "max_i_ka"] = 0.05
    grid, states = grid_of(net, [1, 2, 3, 4], Added("car"), made.limits(net)), made.states(net, load_mw=[[1.0] * 4])
    every = {c.bus: c for c in capacities(grid, states)}
    assert [capacities(grid, states, asked=[bus])[0] for bus in (1, 2, 3)] == [every[bus] for bus in (1, 2, 3)]


def test_a_bus_without_supply_takes_nothing(made):
    net = made.two_bus()
    dark = pp.create_bus(net, 0.4)
    found = capacities(grid_of(net, [1, dark], PV, made.limits(net)), made.states(net))[1]
    assert (found.mw, found.binding) == (0.0, None)


def test_no_sun_in_any_state_stops_no_plant(made):
    net = made.two_bus()
    [found] = capacities(grid_of(net, [1], PV, made.limits(net)), made.states(net, sun=[0.0]))
    assert (found.mw, found.proved) == (0.0, 0)


def test_n1_halves_what_two_parallel_wires_host(made):
    net = made.two_bus(r_ohm=1e-4)
    net.line["max_i_ka"] = 0.1
    made.line(net, 0, 1, r_ohm=1e-4, max_i_ka=0.1)
    pp.create_load(net, 1, p_mw=0.0)
    grid = grid_of(net, [1], Added("car"), made.limits(net))
    states = made.states(net, load_mw=[[0.0]])
    [alone], [secure] = capacities(grid, states), capacities(grid, states, n1=True)
    assert secure.mw == pytest.approx(alone.mw / 2.0, rel=0.005)  # the wire drops a permille more with twice the current
    assert secure.outage in ("line 0", "line 1")


def test_states_with_another_topology_are_solved_in_theirs(made):
    net = made.ring()
    normal = made.states(net, load_mw=[[0.5] * 4])
    # feeder one's head is out, and the tie feeds its two buses from feeder two
    out = made.states(net, load_mw=[[0.5] * 4], topology=Topology(out_lines=frozenset({0}), closed_switches=frozenset({5})))
    grid = grid_of(net, [3], Added("car"), made.limits(net))
    usual, both = (capacities(grid, states)[0] for states in (normal, joined([normal, out])))
    # two more customers of half a MW on the same feeder, and what the longer way loses
    assert usual.mw - 1.05 < both.mw < usual.mw - 1.0
    assert both.row == 1


def test_a_state_without_power_flow_refuses_every_bus(made):
    net = made.ring()
    states = made.states(net, load_mw=[[1.0] * 4, [500.0] * 4])
    found = capacities(grid_of(net, [1, 3], Added("car"), made.limits(net)), states)
    assert [(c.mw, c.already, c.row) for c in found] == [(0.0, True, 1)] * 2


def test_the_worst_quarter_hours_hold_the_extremes_of_every_limit(made):
    net, _, controls, _ = make_feeder(made)
    rng = np.random.default_rng(1)
    sun = np.clip(rng.normal(0.4, 0.4, 200), 0.0, 1.0)
    states = made.states(net, load_mw=rng.uniform(0.0, 0.04, (200, 3)), sgen_mw=0.03 * sun[:, None], sun=sun)
    engine = make_engine("batch", net)
    held = Held(engine.model(Topology()).grid, made.limits(net))
    rows = worst_rows(engine, held, states, controls, np.ones(200))
    solved = engine.model(Topology()).solve(
        states.injections, want=("vm_pu", "line_loading_percent", "trafo_loading_percent"), controls=controls
    )
    assert set(held.excess(solved).argmax(axis=0)) <= set(rows.tolist())
    assert len(rows) < 60


@pytest.mark.parametrize("kind", ["pv", "car"])
def test_a_screened_year_finds_nearly_what_all_its_quarter_hours_find(made, kind):
    net, buses, controls, _ = make_feeder(made)
    rng = np.random.default_rng(2)
    sun = np.clip(rng.normal(0.4, 0.4, 100), 0.0, 1.0)
    states = made.states(net, load_mw=rng.uniform(0.0, 0.04, (100, 3)), sgen_mw=0.03 * sun[:, None], sun=sun)
    added = PV if kind == "pv" else Added("car")
    grid = grid_of(net, buses, added, made.limits(net, low=0.94, high=1.05), controls)
    moved = sun if kind == "pv" else np.ones(100)
    rows = worst_rows(make_engine("batch", net), grid.held, states, controls, moved)
    whole, screened = (np.array([c.mw for c in capacities(grid, s)]) for s in (states, states.at(rows)))
    assert (screened >= whole * (1 - 2 * RESOLUTION_SHARE)).all()
    # what a screening by constant slopes misses
    assert (screened <= whole * 1.005).all()
    assert len(rows) < 60


def test_an_unknown_kind_is_refused_before_anything_is_read():
    with pytest.raises(BadInput, match="--kind: 'kettle'"):
        hosting(Asked("nowhere", "kettle", (), None, n1=False, out=None, json_line=True))


def test_a_limit_says_when_it_binds(made):
    net, buses, controls, states = make_feeder(made)
    grid = grid_of(net, buses[-1:], Added("car"), made.limits(net, low=0.94), controls)
    [found] = capacities(grid, states)
    assert str(states.time[found.row]).startswith("2016-05-22T10:30")


def test_a_file_as_folder_is_told_beside_an_unknown_kind(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput) as refused:
        hosting(Asked("nowhere", "kettle", (), None, n1=False, out=tmp_path / "file", json_line=True))
    told = str(refused.value)
    assert all(said in told for said in ("--kind: 'kettle'", "file is a file"))
