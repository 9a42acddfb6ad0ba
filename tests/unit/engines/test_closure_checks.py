"""What speaks against closing a switch: loops, foreign infeeds, short-circuit current, blind protection, the switch itself."""

from dataclasses import replace

import numpy as np
import pandapower as pp
import pytest

from twin.domain.grid import NORMAL, Topology
from twin.engines import make_engine
from twin.engines.outages.closure_checks import ClosureRules, check_closure
from twin.engines.outages.closures import closures
from twin.engines.outages.restoration import ENGINE
from twin.engines.outages.short_circuit import short_circuit

TIE = 0


def make_feeders(*, sources=1, tie_km=1.0, va_degree=0.0, vm_pu=1.0):
    """Buses 0-1 and 2-3 in two feeders, tie line 2 between their ends 1 and 3 open at bus 3 (switch 0)."""
    net = pp.create_empty_network()
    for _ in range(4):
        pp.create_bus(net, vn_kv=20.0)
    pp.create_ext_grid(net, 0, s_sc_max_mva=500.0, s_sc_min_mva=300.0, rx_max=0.1, rx_min=0.1)
    if sources == 1:
        pp.create_switch(net, 0, 2, et="b")
        net.switch.index = [9]
    else:
        given = {"s_sc_max_mva": 500.0, "s_sc_min_mva": 300.0, "rx_max": 0.1, "rx_min": 0.1}
        pp.create_ext_grid(net, 2, vm_pu=vm_pu, va_degree=va_degree, **given)
    for one, two, km in ((0, 1, 2.0), (2, 3, 2.0), (1, 3, tie_km)):
        pp.create_line_from_parameters(net, one, two, km, 0.161, 0.11, 10.0, 0.27, type="cs", endtemp_degree=80.0)
    pp.create_switch(net, 3, 2, et="l", closed=False, type="LBS", index=TIE)
    for bus in (1, 3):
        pp.create_load(net, bus, p_mw=1.0, q_mvar=0.3)
    return net


OUT = Topology(out_lines=frozenset({1}))


def check(net, topology=OUT, **rules):
    [tie] = [c for c in closures(net, topology) if c.switch == TIE]
    return check_closure(net, tie, topology, engine=make_engine(ENGINE, net), rules=ClosureRules(**rules))


def places(verdict):
    return [problem.place for problem in verdict.refusals]


def test_a_tie_that_brings_a_dark_feeder_back_radially_is_recommended():
    verdict = check(make_feeders())
    assert verdict.recommended
    assert verdict.refusals == ()
    assert np.isnan(verdict.vm_difference_pu)  # one side is dark: nothing to synchronise


def test_the_figures_are_the_currents_of_the_grid_with_the_switch_closed():
    net = make_feeders()
    verdict = check(net)
    found = short_circuit(net, [3], replace(OUT, closed_switches=frozenset({TIE})))
    assert verdict.ikss_max_ka == found.ikss_max_ka.item()
    assert verdict.ikss_min_ka == found.ikss_min_ka.item()
    assert verdict.pickup_needed_ka == pytest.approx(2.0 * 0.27)  # twice the feeder's rating: the stated criterion


def test_missing_ratings_are_said_and_not_taken_for_kept():
    assert [p.place for p in check(make_feeders()).assumed] == ["net.bus, max_ik_ka", "net.switch, max_ik_ka"]


def test_closing_between_two_supplied_feeders_is_a_loop_and_refused_unless_the_site_meshes():
    net = make_feeders()
    refused = check(net, NORMAL)
    assert [p.value for p in refused.refusals] == ["both supplied: a second way"]
    assert refused.vm_difference_pu == pytest.approx(0.0, abs=1e-5)  # alike but for the open tie's charging
    assert check(net, NORMAL, meshing=True).recommended


def test_two_infeeds_of_unknown_coupling_are_not_joined_unless_the_site_knows_better():
    net = make_feeders(sources=2)
    refused = check(net, NORMAL, meshing=True)
    assert [p.limit for p in refused.refusals] == ["one synchronous grid above"]
    assert check(net, NORMAL, meshing=True, coupled_infeeds=True).recommended


def test_a_dark_feeder_may_come_back_from_the_other_infeed():
    net = make_feeders(sources=2)
    assert check(net).recommended


def test_infeeds_out_of_step_are_refused_with_the_angle_between_them():
    net = make_feeders(sources=2, va_degree=-30.0)
    verdict = check(net, NORMAL, meshing=True, coupled_infeeds=True)
    assert places(verdict) == ["across switch 0, va_degree"]
    assert verdict.va_difference_degree == pytest.approx(30.0, abs=1e-3)  # the tie's charging turns less


def test_angles_either_side_of_half_a_turn_are_close():
    net = make_feeders(sources=2, va_degree=-179.0)
    net.ext_grid.loc[0, "va_degree"] = 179.0
    verdict = check(net, NORMAL, meshing=True, coupled_infeeds=True)
    assert verdict.va_difference_degree == pytest.approx(2.0, abs=1e-3)


def test_voltages_too_far_apart_are_refused():
    net = make_feeders(sources=2, vm_pu=1.05)
    assert places(check(net, NORMAL, meshing=True, coupled_infeeds=True)) == ["across switch 0, vm_pu"]


def test_switchgear_that_cannot_withstand_the_current_is_named():
    net = make_feeders()
    greatest = check(net).ikss_max_ka
    net.bus["max_ik_ka"] = [np.nan, np.nan, np.nan, 0.99 * greatest]
    net.switch["max_ik_ka"] = [np.nan, 0.99 * greatest]
    assert places(check(net)) == ["net.bus 3", "net.switch 0"]
    net.bus.loc[3, "max_ik_ka"] = net.switch.loc[TIE, "max_ik_ka"] = 1.01 * greatest
    assert check(net).recommended


def test_a_fault_at_the_end_of_a_long_way_that_the_relay_would_not_see_is_refused():
    net = make_feeders(tie_km=120.0)
    verdict = check(net)
    assert places(verdict) == ["bus 3"]
    assert verdict.ikss_min_ka < verdict.pickup_needed_ka == pytest.approx(0.54)  # 2.0 x 0.27 kA
    assert check(net, pickup_factor=verdict.ikss_min_ka / 0.28).recommended


def test_the_largest_rating_on_the_way_sets_the_pickup():
    net = make_feeders()
    net.line["max_i_ka"], net.line["parallel"] = [0.27, 0.27, 0.1], [2, 1, 1]
    assert check(net).pickup_needed_ka == pytest.approx(2.0 * 2 * 0.27)


def test_a_disconnector_is_not_closed_on_load_and_a_blocked_switch_not_at_all():
    net = make_feeders()
    net.switch["permitted"] = [True, False]
    net.switch.loc[TIE, "type"] = "DS"
    assert places(check(net)) == ["net.switch 0, permitted", "net.switch 0, type"]


def test_a_closure_whose_short_circuit_cannot_be_computed_is_refused():
    net = make_feeders()
    pp.create_sgen(net, 3, p_mw=0.2, sn_mva=0.2, generator_type="async_doubly_fed")  # without its greatest current
    verdict = check(net)
    assert [p.limit for p in verdict.refusals] == ["a net for IEC 60909"]


def test_joining_two_dark_parts_is_refused():
    both = Topology(out_lines=frozenset({0, 1}))
    assert [p.value for p in check(make_feeders(), both).refusals] == ["both without supply"]


def test_every_reason_is_given_at_once():
    net = make_feeders(sources=2, vm_pu=1.1, va_degree=-30.0)
    net.line["max_i_ka"] = 20.0
    net.switch.loc[TIE, "type"] = "DS"
    assert len(check(net, NORMAL).refusals) == 6  # disconnector, loop, coupling, vm, va, pickup
