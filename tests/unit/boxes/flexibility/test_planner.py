"""A plan, rung by rung: the solver's, the last one as far as it can be followed, plain rules; each proven on the wires."""

import dataclasses

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import Feeder
from tests.unit.boxes.flexibility.small_plan import EXACT, problem_of
from twin.boxes.flexibility.commitment import Announced
from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.ladder import by_rules, followed
from twin.boxes.flexibility.lp.solution import Limits
from twin.boxes.flexibility.planner import KEPT, Planner, ranges_of
from twin.boxes.flexibility.response import Response

PRICE = [100.0, 50.0, 200.0]
SUN = np.array([0.0, 0.25, 0.0])
STUCK = Limits(iterations=1)


def battery(**changes):
    given = {"efficiency": 1.0, "charge_max_mw": 0.05, "discharge_max_mw": 0.05, "e0_mwh": 0.02, "e_max_mwh": 0.1}
    return Storage(id="battery", **{**given, "end_value_chf_per_mwh": 100.0, **changes})


CAR = Charger(id="car", efficiency=1.0, charge_max_mw=0.011, required_mwh=0.022)
ROOF = Plant(id="roof", available_mw=SUN, curtailed_chf_per_mwh=100.0)
PROBLEM = problem_of(battery(), CAR, ROOF, price=PRICE)
LAST = np.array([[0.5, 0.5, -0.01], [0.004, 0.004, 0.004], [0.0, -0.25, 0.0]])


@pytest.fixture(scope="module")
def feeder():
    return Feeder()


@pytest.fixture(scope="module")
def case(feeder):
    """Battery, car and roof at the feeder's end, with a band that the roof alone would break at noon."""
    return feeder.case(units=(4, 3, 4), steps=3, factor=(1.0, 0.8, 1.0), network=feeder.network(high=1.05))


@pytest.fixture(scope="module")
def planner():
    return Planner()


@pytest.fixture(scope="module")
def stuck():
    """A planner whose solver never comes to an end."""
    return Planner(limits=STUCK)


@pytest.fixture(scope="module")
def best(planner, case):
    return planner.plan(PROBLEM, case=case)


def test_first_rung_is_the_cheapest_plan_that_the_wires_carry(best):
    assert best.rung == "ok"
    assert best.proof.feasible
    assert best.settled.feasible
    assert not best.before.feasible


def test_cheapest_plan_curtails_no_more_than_the_wires_ask(best):
    at_noon = best.proof.vm_pu[1].max()
    assert best.p_mw[2, 1] > -SUN[1] + 0.01
    assert at_noon == pytest.approx(1.05, abs=2e-4)  # pu: the linearisation's tolerance, and no band given away


def test_without_a_grid_the_connection_decides_and_nothing_is_proven(planner):
    found = planner.plan(PROBLEM)
    assert found.rung == "ok"
    assert found.proof is found.before is found.settled is None
    np.testing.assert_allclose(found.p_mw[2], -SUN, atol=EXACT)


def test_solver_at_its_limit_leaves_the_last_plan_as_far_as_it_can_be_followed(stuck):
    found = stuck.plan(PROBLEM, last_mw=LAST)
    assert (found.rung, found.solution.status) == ("last_plan", "iteration_limit")
    # 50 kW at most, and full after 80 kWh more
    np.testing.assert_allclose(found.p_mw[0], [0.05, 0.03, -0.01], atol=EXACT)
    np.testing.assert_array_equal(found.p_mw, followed(PROBLEM, LAST))


def test_without_a_last_plan_rules_serve(stuck):
    found = stuck.plan(PROBLEM)
    assert found.rung == "rules"
    np.testing.assert_array_equal(found.p_mw, by_rules(PROBLEM))
    assert found.p_mw[1].sum() == pytest.approx(CAR.required_mwh, abs=EXACT)


def test_device_that_nothing_can_satisfy_is_named(planner):
    asked = battery(e_min_mwh=np.array([0.0, 0.0, 0.9]), e_max_mwh=1.0)
    found = planner.plan(dataclasses.replace(PROBLEM, devices=(asked, CAR, ROOF)))
    assert found.rung == "rules"
    assert [conflict.device for conflict in found.conflicts] == ["battery"]
    assert found.conflicts[0].amount == pytest.approx(0.9 - 0.02 - 3 * 0.05, abs=1e-6)


@pytest.mark.parametrize("last", [None, LAST])
def test_lower_rungs_are_proven_and_plants_reduce_where_the_voltage_is_too_high(stuck, case, last):
    found = stuck.plan(PROBLEM, case=case, last_mw=last)
    assert found.rung == ("rules" if last is None else "last_plan")
    assert found.proof is not None
    assert found.before is not None
    assert found.p_mw[2, 1] > -SUN[1] + 0.01
    assert found.proof.vm_pu.max() <= 1.05 + 1e-4


def test_plan_without_time_falls_to_a_lower_rung(case):
    found = Planner(budget_s=0.0).plan(PROBLEM, case=case, last_mw=LAST)
    assert (found.rung, found.solution.status) == ("last_plan", "time_limit")
    assert found.proof is not None


def test_outage_that_must_be_survived_is_kept_by_the_plan(planner, feeder, case):
    # the same feeder with a lower band: whatever stands in for a line that is out
    tight = dataclasses.replace(case, network=feeder.network(high=1.04))
    free, held = planner.plan(PROBLEM, case=case), planner.plan(PROBLEM, case=case, outages={"line:9": tight})
    assert held.settled.outages["line:9"].feasible
    assert held.p_mw[2, 1] > free.p_mw[2, 1] + 0.01


def test_announced_plan_stands_where_leaving_it_saves_little(planner, case, best):
    told = best.p_mw.copy()
    told[0, 0] += 0.005  # the battery sells a little less now, and the rest later
    announced = Announced(np.where(np.arange(3) < 1, told, np.nan), switching_chf=1.0)
    found = planner.plan(PROBLEM, case=case, announced=announced)
    assert found.kept.kept
    assert found.p_mw[0, 0] == pytest.approx(told[0, 0], abs=EXACT)
    assert found.proof.feasible


def test_wires_count_on_the_share_that_arrives(planner, case, best):
    # half of what is asked of the roof arrives: more must be asked to keep the band
    own = np.array([[0.0] * 3, [0.0] * 3, -SUN])
    found = planner.plan(PROBLEM, case=case, response=Response(np.array([1.0, 1.0, 0.5]), own))
    assert found.proof.feasible
    assert found.p_mw[2, 1] > best.p_mw[2, 1] + 0.01


def test_compiled_shapes_are_kept_and_the_oldest_goes():
    planner = Planner()
    shapes = [problem_of(price=[100.0] * n) for n in range(1, KEPT + 2)]
    first = planner.compiled(shapes[0])
    assert planner.compiled(shapes[0]) is first
    for shape in shapes[1:]:
        planner.compiled(shape)
    assert planner.compiled(shapes[-1]) is planner.compiled(shapes[-1])
    assert planner.compiled(shapes[0]) is not first


def test_units_range_between_what_they_feed_in_and_what_they_draw():
    within = ranges_of(PROBLEM)
    np.testing.assert_allclose(within.low_p_mw, [[-0.05] * 3, [0.0] * 3, -SUN])
    np.testing.assert_allclose(within.high_p_mw, [[0.05] * 3, [0.011] * 3, [0.0] * 3])
