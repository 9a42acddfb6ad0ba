"""Who goes dark with which element, and which single closure brings them back."""

import copy

import networkx as nx
import numpy as np
import pandapower as pp
import pytest
from pandapower.topology import unsupplied_buses

from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput
from twin.engines.outages.closures import MESHES, NOTHING, RECONNECTS, closure_effects, closures
from twin.engines.outages.islands import supply_graph

CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def make_ring(*, tie_open=True):
    """One source, two feeders of two lines each, tie line 4 between their ends, open at bus 4; a switch at every end."""
    net = pp.create_empty_network()
    for _ in range(5):
        pp.create_bus(net, vn_kv=10.0)
    pp.create_ext_grid(net, 0)
    for one, two in ((0, 1), (1, 2), (0, 3), (3, 4), (2, 4)):
        line = pp.create_line(net, one, two, 1.0, CABLE)
        pp.create_switch(net, one, line, et="l", type="LBS")
        pp.create_switch(net, two, line, et="l", type="LBS", closed=not (tie_open and line == 4))
    return net


def random_net(seed):
    """Twelve buses, parallel lines, couplers, open ends, elements out of service, one to three sources."""
    rng = np.random.default_rng(seed)
    net = pp.create_empty_network()
    for index in rng.permutation(50)[:12]:
        pp.create_bus(net, vn_kv=10.0, index=int(index), in_service=rng.random() > 0.05)

    def pick():
        return (int(bus) for bus in rng.choice(net.bus.index, 2, replace=False))

    for bus in rng.choice(net.bus.index, rng.integers(1, 4)):
        pp.create_ext_grid(net, int(bus))
    for _ in range(14):
        line = pp.create_line(net, *pick(), 1.0, CABLE, in_service=rng.random() > 0.1)
        if rng.random() < 0.3:
            pp.create_switch(net, int(net.line.from_bus[line]), line, et="l", closed=rng.random() > 0.5)
    for _ in range(3):
        pp.create_switch(net, *pick(), et="b", closed=rng.random() > 0.3)
    return net


def lost_by_pandapower(net, table, index):
    """Buses that pandapower finds without supply with the element out of service, and with supply otherwise."""
    service = net[table].in_service
    own = bool(service[index])
    before = unsupplied_buses(net)
    net[table].at[index, "in_service"] = False
    after = unsupplied_buses(net)
    net[table].at[index, "in_service"] = own
    return (after - before) | ({index} - before if table == "bus" and own else set())


def assert_equal_to_pandapower(net, tables):
    net = copy.deepcopy(net)
    graph = supply_graph(net)
    for table in tables:
        dark = graph.dark(table, list(net[table].index))
        for row, index in zip(dark, net[table].index, strict=True):
            assert set(graph.wiring.bus[row]) == lost_by_pandapower(net, table, index), (table, index)


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv_with_pv_and_wind", "four_loads_with_branches"])
def test_every_line_and_transformer_darkens_the_buses_that_pandapower_says(published_nets, name):
    assert_equal_to_pandapower(published_nets[name], ("line", "trafo"))


@pytest.mark.slow
def test_every_line_and_transformer_of_the_demo_town_darkens_the_buses_that_pandapower_says(simbench_town):
    assert_equal_to_pandapower(simbench_town, ("line", "trafo"))


@pytest.mark.parametrize("seed", range(6))
def test_lines_and_buses_of_random_meshed_grids_agree_too(seed):
    assert_equal_to_pandapower(random_net(seed), ("line", "bus"))


def test_a_three_winding_transformer_darkens_both_lower_sides_and_a_switch_only_its_own():
    net = pp.create_empty_network()
    for vn_kv in (110.0, 20.0, 10.0):
        pp.create_bus(net, vn_kv=vn_kv)
    pp.create_ext_grid(net, 0)
    trafo = pp.create_transformer3w(net, 0, 1, 2, "63/25/38 MVA 110/20/10 kV")
    assert_equal_to_pandapower(net, ("trafo3w",))
    pp.create_switch(net, 2, trafo, et="t3", closed=False)
    assert supply_graph(net).supplied[:3].tolist() == [True, True, False]
    assert [(c.kind, c.bus, c.other_bus) for c in closures(net)] == [("trafo3w", 2, 0)]


def test_a_slack_machine_carries_its_part_of_the_grid():
    net = make_ring()
    pp.create_gen(net, 4, p_mw=1.0, slack=True)
    assert supply_graph(net).dark("line", [2, 3]).sum() == 0


def test_no_line_of_a_closed_ring_darkens_anything():
    graph = supply_graph(make_ring(tie_open=False))
    assert not graph.dark("line", range(5)).any()


def test_each_of_two_parallel_lines_may_go_alone():
    net = make_ring()
    pp.create_line(net, 0, 1, 1.0, CABLE)
    assert not supply_graph(net).dark("line", [0, 5]).any()


def test_a_line_that_is_out_already_moves_the_bridges():
    graph = supply_graph(make_ring(tie_open=False), Topology(out_lines=frozenset({0})))
    assert [row.nonzero()[0].tolist() for row in graph.dark("line", range(5))] == [[], [1], [1, 2, 3, 4], [1, 2, 4], [1, 2]]


def test_the_source_bus_takes_its_feeders_with_it_unless_another_source_feeds_them():
    net = make_ring()
    assert supply_graph(net).dark("bus", [0]).all()
    pp.create_ext_grid(net, 2)
    assert supply_graph(net).dark("bus", [0])[0].tolist() == [True, False, False, True, True]


def test_an_outage_of_an_element_that_is_not_there_is_refused_by_name():
    with pytest.raises(BadInput) as refused:
        supply_graph(make_ring()).dark("line", [0, 77, 78])
    assert [p.place for p in refused.value.problems] == ["outage, line 77", "outage, line 78"]


@pytest.mark.slow
def test_all_lines_of_the_demo_town_take_less_than_twenty_milliseconds(simbench_town, processor_s):
    graph = supply_graph(simbench_town)
    found, lines = closures(simbench_town), list(simbench_town.line.index)
    assert processor_s(lambda: closure_effects(graph, found, "line", lines)) < 0.020


def seen(net, topology=NORMAL):
    return [(c.switch, c.kind, {c.bus, c.other_bus}) for c in closures(net, topology)]


def test_a_line_open_at_one_end_is_a_single_closure_between_its_two_buses():
    assert seen(make_ring()) == [(9, "line", {2, 4})]


def test_a_line_open_at_both_ends_needs_two_operations_and_is_none():
    assert seen(make_ring(), Topology(open_switches=frozenset({8}))) == []


def test_a_line_out_of_service_cannot_be_switched_in():
    assert seen(make_ring(), Topology(out_lines=frozenset({4}))) == []


def test_couplers_and_open_transformer_switches_are_closures():
    net = make_ring()
    low = pp.create_bus(net, vn_kv=0.4)
    trafo = pp.create_transformer(net, 1, low, "0.4 MVA 10/0.4 kV")
    pp.create_switch(net, low, trafo, et="t", closed=False)
    pp.create_switch(net, 1, 3, et="b", closed=False)
    assert seen(net)[1:] == [(10, "trafo", {1, low}), (11, "coupler", {1, 3})]


def test_a_closure_says_what_the_net_says_of_its_switch():
    net = make_ring()
    pp.create_switch(net, 1, 3, et="b", closed=False, type="DS")
    net.switch["permitted"] = [None] * 9 + [False, None]
    net.switch["remote"] = [None] * 9 + [True, None]
    net.switch["minutes"] = [np.nan] * 9 + [2.0, np.nan]
    tie, coupler = closures(net)
    assert (tie.permitted, tie.operation, tie.minutes, tie.switch_type) == (False, "remote", 2.0, "LBS")
    assert (coupler.permitted, coupler.operation, coupler.switch_type) == (True, "unknown", "DS")
    assert np.isnan(coupler.minutes)


def test_a_switch_away_from_its_line_is_refused_by_name():
    net = make_ring()
    net.switch.loc[3, "bus"] = 4
    with pytest.raises(BadInput, match=r"net\.switch 3: bus 4; expected a bus of line 1"):
        closures(net)


def test_the_tie_reconnects_after_feeder_outages_and_does_nothing_for_its_own_line():
    net = make_ring()
    effect = closure_effects(supply_graph(net), closures(net), "line", range(5))
    assert effect[:, 0].tolist() == [RECONNECTS] * 4 + [NOTHING]


def test_the_tie_meshes_what_an_outage_leaves_supplied():
    net = make_ring()
    spur = pp.create_bus(net, vn_kv=10.0)
    pp.create_line(net, 1, spur, 1.0, CABLE)
    assert closure_effects(supply_graph(net), closures(net), "line", [5]).tolist() == [[MESHES]]


def test_a_closure_at_a_faulted_bus_does_nothing():
    net = make_ring()
    effect = closure_effects(supply_graph(net), closures(net), "bus", range(5))
    assert effect[:, 0].tolist() == [NOTHING, RECONNECTS, NOTHING, RECONNECTS, NOTHING]


@pytest.mark.parametrize("seed", range(4))
def test_a_reconnecting_closure_of_a_radial_grid_leaves_it_radial_and_a_meshing_one_closes_a_loop(seed):
    rng = np.random.default_rng(seed)
    net = pp.create_empty_network()
    for _ in range(12):
        pp.create_bus(net, vn_kv=10.0)
    pp.create_ext_grid(net, 0)
    for bus in range(1, 12):
        pp.create_line(net, int(rng.integers(bus)), bus, 1.0, CABLE)
    for _ in range(4):
        pp.create_switch(net, *(int(b) for b in rng.choice(12, 2, replace=False)), et="b", closed=False)
    ties = closures(net)
    effect = closure_effects(supply_graph(net), ties, "line", range(11))
    assert {RECONNECTS, MESHES} <= set(effect.ravel())
    for line in range(11):
        for tie, what in zip(ties, effect[line], strict=True):
            after = nx.MultiGraph()
            after.add_nodes_from(range(12))
            after.add_edges_from(net.line.loc[net.line.index != line, ["from_bus", "to_bus"]].to_numpy())
            after.add_edge(tie.bus, tie.other_bus)
            assert (what == RECONNECTS) == nx.is_tree(after)
            supplied = nx.node_connected_component(after, 0)
            assert (what == MESHES) == (not nx.is_forest(after) and tie.bus in supplied)


@pytest.mark.slow
def test_with_a_main_transformer_of_the_demo_town_out_a_coupler_brings_back_all_56_buses(simbench_town):
    found = closures(simbench_town)
    graph = supply_graph(simbench_town)
    effect = closure_effects(graph, found, "trafo", [0])[0]
    assert graph.dark("trafo", [0]).sum() == 56  # DEMO_TOWN.md: 8.4 MW on 56 buses
    couplers = {c.switch for c, e in zip(found, effect, strict=True) if e == RECONNECTS and c.kind == "coupler"}
    assert {7, 8} <= couplers
    for switch in (7, 8):
        closed = Topology(out_trafos=frozenset({0}), closed_switches=frozenset({switch}))
        assert supply_graph(simbench_town, closed).supplied[: len(simbench_town.bus)].all()
