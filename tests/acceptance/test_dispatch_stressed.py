"""Two stressed days of a SimBench grid of scenario 2: what is planned is what the wires carry.

PV times three, heat pumps and cars added by a seeded rule; the month of a larger grid stands in ``tests/soak``.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from dispatch_month import MOST, Tally, against_pandapower, ticked
from dispatch_town import Added, town_of

from twin.boxes.flexibility.lp.compiled import Limits as Ends
from twin.boxes.flexibility.planner import Planner

FIRST_ROW = 60 * 96
"""The first of March: cold nights, and sun."""
EVERY = 8
"""Quarter hours between plans."""
ADDED = Added(batteries=0.2, cars=0.2, pumps=0.2, other_cars=0.4, other_pumps=0.5)


@pytest.fixture(scope="module")
def days():
    """The town, and its plans of two days."""
    town = town_of("1-LV-rural1--2-sw", first_row=FIRST_ROW, days=2, added=ADDED)
    return town, list(ticked(town, every=EVERY))


@pytest.fixture(scope="module")
def worst(days):
    """The tick whose units would break a limit most."""
    return max(days[1], key=lambda tick: float(tick.plan.before.violation.max()))


def test_most_plans_begin_where_doing_nothing_would_break_a_limit(days):
    tally = Tally()
    for tick in days[1]:
        tally.add(tick)
    assert tally.stressed > tally.ticks / 2


def test_every_violation_of_doing_nothing_is_gone_from_the_plan(days):
    for tick in days[1]:
        assert tick.plan.rung == "ok"
        assert tick.plan.proof.feasible
        assert tick.plan.settled.feasible_after <= MOST


def test_no_tick_is_counted_as_held_that_is_not(days):
    tally = Tally()
    for tick in days[1]:
        tally.add(tick)
    assert (tally.held, tally.reported, tally.missed) == (tally.ticks, 0, [])


def test_what_the_plan_says_the_wires_carry_is_what_pandapower_says(days, worst):
    town, ticks = days
    for tick in (ticks[0], worst):
        vm_pu, percent = against_pandapower(town, tick)
        assert vm_pu < 1e-8  # both solve to 1e-9 MVA or better
        assert percent < 1e-5  # 1e-8 pu of voltage over a branch of some 1e-3 pu


def test_the_losses_that_the_plan_pays_are_the_power_flows(worst):
    proof, site = worst.plan.proof, worst.problem.site
    carried = site.net_p_mw + worst.plan.p_mw.sum(axis=0) + proof.loss_mw
    np.testing.assert_allclose(proof.source_p_mw, carried, atol=1e-9)  # MW, a thousandth of a watt


@pytest.mark.parametrize("tighter", [{"bus_high_pu": -0.01}, {"trafo_percent": -15.0}, {"line_percent": -40.0}])
def test_a_tighter_limit_never_lowers_the_cost(worst, tighter):
    planner, network = Planner(limits=Ends(guard_s=60.0)), worst.case.network
    (name, step), costs = *tighter.items(), []
    for factor in (0.0, 1.0):
        limits = replace(network.limits, **{name: getattr(network.limits, name) + factor * step})
        case = replace(worst.case, network=replace(network, limits=limits))
        costs.append(planner.plan(worst.problem, case=case).solution.cost_chf)
    loose, tight = costs
    assert tight >= loose - 1e-3 * abs(loose)  # linearisations end when the cost stands still to 0.1 %


def test_cars_leave_with_what_they_want_and_houses_stay_warm(days):
    for tick in days[1]:
        values = tick.plan.solution.values
        assert float(values["short"].max(initial=0.0)) < 1e-6  # MWh: a watt-hour
        assert float(values["below"].max(initial=0.0)) < 1e-3  # K
