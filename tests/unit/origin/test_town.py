"""Tracing the AC power flow of a published grid: sums, losses, and where the wind of one feeder goes."""

import numpy as np
import pandapower as pp
import pytest

from tests.unit.origin import small_origin as small
from twin.origin.town import Pattern, Town
from twin.origin.wires import Wires


@pytest.fixture(scope="module", params=[True, False], ids=["meshed", "radial"])
def case(request):
    net = small.make_net(meshed=request.param)
    grid, state = small.solved(net)
    facts = small.facts(net)
    return net, facts, grid, state, Town(facts).pattern(grid, state)


def test_branch_powers_from_the_estimated_voltages_are_those_of_the_power_flow(case):
    net, _, grid, state, _ = case
    pp.runpp(net, tolerance_mva=1e-8, calculate_voltage_angles=True, init="flat")
    p_from, p_to, _ = Wires(grid).powers(state["vm_pu"].values, state["va_degree"].values)
    on = grid.line_branch >= 0
    # 1e-5 MW: both solvers stop at mismatches of about that size
    assert p_from[grid.line_branch[on]] == pytest.approx(net.res_line["p_from_mw"].to_numpy()[on], abs=1e-5)
    assert p_to[grid.line_branch[on]] == pytest.approx(net.res_line["p_to_mw"].to_numpy()[on], abs=1e-5)


def test_every_source_is_taken_by_somebody_to_the_last_watt(case):
    net, facts, _, state, pattern = case
    taken = dict(zip(facts.sources, pattern.taken_mw.sum(axis=0), strict=True))
    kind = net.sgen["type"]
    assert taken["pv", ""] == pytest.approx(net.sgen["p_mw"][kind == "PV"].sum(), abs=1e-6)
    assert taken["other", "wind"] == pytest.approx(net.sgen["p_mw"][kind == "WP"].sum(), abs=1e-6)
    assert taken["storage", "two"] == pytest.approx(0.3, abs=1e-6)
    assert taken["storage", "one"] == 0.0
    assert taken["import", ""] == pytest.approx(float(state["source_p_mw"].sum()), abs=1e-5)


def test_every_sink_gets_what_it_takes_and_the_town_bears_the_losses(case):
    net, facts, _, state, pattern = case
    town, quarter, one, two, exported = pattern.taken_mw.sum(axis=1)
    load = net.load["p_mw"] * net.load["scaling"]
    assert quarter == pytest.approx(load[list(facts.loads["quarter"])].sum(), abs=1e-6)
    assert town == pytest.approx(load[list(facts.loads["town"])].sum() + float(state["loss_mw"]), abs=1e-5)
    assert (one, two, exported) == (pytest.approx(0.4, abs=1e-6), 0.0, 0.0)
    assert pattern.losses_mw == pytest.approx(float(state["loss_mw"]), abs=1e-9)


def test_the_storage_charges_the_mix_of_its_node(case):
    facts, pattern = case[1], case[4]
    charged = pattern.taken_mw[2]
    assert charged.sum() == pytest.approx(0.4, abs=1e-6)
    assert charged[list(facts.sources).index(("import", ""))] < 0.4  # roofs next to it feed in


def test_two_buses_joined_by_a_coupler_are_one_node(case):
    net, facts, _, _, pattern = case
    split = small.make_net(meshed=bool(net.switch["closed"].all()))
    other = pp.create_bus(split, vn_kv=20.0)
    pp.create_switch(split, 5, other, et="b", closed=True)
    split.load.loc[split.load["bus"] == 5, "bus"] = other
    found = Town(facts).pattern(*small.solved(split))
    assert found.taken_mw == pytest.approx(pattern.taken_mw, abs=1e-6)


def test_an_unsolved_grid_has_no_pattern(case):
    _, facts, grid, state, _ = case
    assert Town(facts).pattern(grid, state.assign(converged=False)) is None
    assert Town(facts).pattern(grid, state.drop_vars("va_degree")) is None


def test_a_pattern_comes_back_from_the_journal_to_the_bit(case):
    _, facts, _, _, pattern = case
    again = Pattern.from_array(pattern.to_array(), len(facts.sources))
    assert np.array_equal(again.taken_mw, pattern.taken_mw)
    assert (again.losses_mw, again.transit_mw) == (pattern.losses_mw, pattern.transit_mw)


def test_a_grid_of_one_bus_is_one_pool():
    net = pp.create_empty_network(sn_mva=1.0)
    bus = pp.create_bus(net, vn_kv=0.4)
    pp.create_ext_grid(net, bus)
    pp.create_load(net, bus, p_mw=3.0)
    pp.create_sgen(net, bus, p_mw=1.0)
    grid, state = small.solved(net)
    facts = small.TownFacts((small.zone("town"),), True, (0,), {"town": (0,)}, False, (), (), (), {"pv": 41.0, "hydro": 24.0})
    assert Town(facts).pattern(grid, state).taken_mw == pytest.approx(np.array([[1.0, 2.0], [0.0, 0.0]]))
