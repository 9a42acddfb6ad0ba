"""A plan that holds with an element out."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import between, cheapest, still
from twin.boxes.flexibility.grid.network import Limits
from twin.boxes.flexibility.grid.outage import outage_cases, supplied_without
from twin.boxes.flexibility.grid.proof import prove
from twin.boxes.flexibility.grid.sequential import sequential
from twin.domain.problems import BadInput


def settle(case, ranges, outages=None):
    prices = np.full((len(case.unit_node), case.steps), -50.0)
    return sequential(case, cheapest(ranges, prices), ranges=ranges, start=still(case), outages=outages)


@pytest.fixture(scope="module")
def closed(ring):
    return ring.case(units=(3, 4), network=ring.network(low=0.9, line=80.0))


def test_an_outage_that_darkens_a_feeder_is_no_case(feeder):
    assert outage_cases(feeder.case(), [("line", 0), ("trafo", 0)]) == {}
    assert not supplied_without(feeder.grid, int(feeder.grid.line_branch[0]))


def test_an_outage_in_a_ring_is_what_pandapower_solves_without_the_line(ring, closed):
    import copy

    import pandapower as pp

    (out,) = outage_cases(closed, [("line", 0)]).values()
    net = copy.deepcopy(ring.net)
    net.line.loc[0, "in_service"] = False
    pp.runpp(net, tolerance_mva=1e-11, calculate_voltage_angles=True)
    proof = prove(out, still(out))
    assert proof.vm_pu[0, ring.grid.bus_node] == pytest.approx(net.res_bus.vm_pu.to_numpy(), abs=1e-7)
    line = out.network.grid.line_branch
    assert line[0] == -1
    assert proof.loading_percent[0, line[1:]] == pytest.approx(net.res_line.loading_percent.to_numpy()[1:], abs=1e-4)


def test_a_plan_with_outages_holds_in_each_of_them(closed):
    ranges, outages = between(closed, 0.0, 0.3), outage_cases(closed, [("line", 0), ("line", 3)])
    free, secure = settle(closed, ranges), settle(closed, ranges, outages)
    assert not prove(outages["line:0"], free.plan).feasible
    assert secure.feasible
    assert all(prove(case, secure.plan).feasible for case in outages.values())
    assert secure.plan.p_mw.sum() < free.plan.p_mw.sum()


def test_rows_of_an_outage_are_named_after_it(closed):
    outages = outage_cases(closed, [("line", 0)])
    names = [row.name for row in settle(closed, between(closed, 0.0, 0.3), outages).linear.rows]
    assert any(name.startswith("n1:line:0>") and ":line:" in name for name in names)


def test_more_may_be_permitted_while_an_element_is_out(ring, closed):
    buses = len(ring.grid.bus)
    relaxed = Limits(np.full(buses, 0.9), np.full(buses, 1.06), 120.0, 120.0)
    (out,) = outage_cases(closed, [("line", 0)], relaxed).values()
    assert out.network.branch_limit_percent[out.network.grid.line_branch[1]] == 120.0


def test_an_unknown_outage_is_refused_by_name(closed):
    with pytest.raises(BadInput, match=r"line 77[\s\S]*bus 1"):
        outage_cases(closed, [("line", 77), ("bus", 1)])
