"""AC optimal power flows with known objectives, by the planner's own linearisations.

MATPOWER's cases limit apparent power and let every generator choose its voltage; pandapower's ``runopp`` limits currents and
holds the external grid's voltage unless told otherwise. Both are solved as they are meant.
"""

import json
from functools import cache
from pathlib import Path

import pytest

from tests.benchmarks.opf_solver import opf_of, refined

CASES = Path(__file__).parents[3] / "shared" / "cases" / "dispatch"
published = pytest.mark.skipif(not CASES.is_dir(), reason=f"published dispatch cases are not at {CASES}")


@cache
def optimum(name):
    from pandapower import networks

    net = getattr(networks, name)()
    net.ext_grid["controllable"] = True  # the slack generator chooses its voltage as the others do
    return refined(opf_of(net, by_power=True))


@published
@pytest.mark.parametrize("name", ["matpower_case9", "matpower_case14"])
def test_published_objective_is_reached(name):
    case = json.loads((CASES / f"{name}.json").read_text())
    found = optimum(case["inputs"]["case"])
    assert found.settled.feasible
    assert found.objective == pytest.approx(case["expected"]["ac_opf"], rel=case["tolerance"])


# Objectives that MATPOWER prints for its own case files, to a cent.
@pytest.mark.parametrize(("name", "objective"), [("case5", 17551.89), ("case6ww", 3143.97), ("case30", 576.89)])
def test_other_cases_of_the_same_class_reach_matpowers_objective(name, objective):
    found = optimum(name)
    assert found.settled.feasible
    assert found.objective == pytest.approx(objective, rel=1e-5)  # the tolerance of the published two


def test_prices_at_every_bus_are_those_of_an_interior_point_method():
    import pandapower as pp
    from pandapower import networks

    net = networks.case6ww()
    pp.runopp(net)
    found = refined(opf_of(net))
    assert found.objective == pytest.approx(net.res_cost, rel=1e-5)
    for bus, price in found.price.items():
        assert price == pytest.approx(net.res_bus.lam_p[bus], abs=0.02)  # of 12 to 15: the cost's segments are this fine
