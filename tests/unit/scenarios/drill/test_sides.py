"""A drill's seal is opened: own figures beside the plan's, perfect hindsight's and do-nothing's."""

import pytest

from scenarios.drill.sides import sides
from scenarios.drill.told import lines, told
from scenarios.play.ticks import ticks_of
from scenarios.replay.relived import wired_at
from scenarios.replay.rerun import AGAIN
from tests.unit.scenarios.replay.mill import silent
from twin.domain.problems import BadInput


@pytest.fixture(scope="module")
def played(drill, tmp_path_factory):
    """State of somebody who plays the drill and answers nothing."""
    state = tmp_path_factory.mktemp("played") / "state"
    wired = wired_at(drill.moment, drill.ready, drill.window, state, silent, silent, effort=AGAIN)
    try:
        wired.parts.runner.start()
        wired.loop.begin(drill.moment.begin)
        list(ticks_of(wired, drill.moment.begin, drill.stretch.ticks))
    finally:
        wired.parts.runner.stop()
        wired.parts.journal.close()
    return state


@pytest.fixture(scope="module")
def found(drill, played):
    return sides(drill, played, silent, silent)


@pytest.fixture(scope="module")
def figures(drill, found):
    return told(drill, found, own="played")


def test_every_side_has_the_three_figures(figures):
    assert set(figures["kpis"]) == {"own", "plan", "hindsight", "do_nothing"}
    assert all(set(side) == {"economic", "grid", "climate"} for side in figures["kpis"].values())


def test_hindsight_foretells_what_nobody_could(figures):
    mine, knowing = figures["pinball_mw"]["plan"], figures["pinball_mw"]["hindsight"]
    assert 0.0 < knowing["load"] < 0.5 * mine["load"]  # a battery's order moves the load's own meter a little


def test_hindsight_costs_no_more_than_the_plan_beyond_what_a_box_without_a_plan_may_lose(figures):
    cost = {name: side["economic"]["total_chf"] for name, side in figures["kpis"].items()}
    # The hamlet's box charges a share of what it foretells and minimises nothing: an error of 0.5 kW over an hour, at prices
    # below 0.2 CHF/kWh and a peak charge of 6 CHF/kW, is all that knowing the load can change.
    assert cost["hindsight"] <= cost["plan"] + 0.5 * (0.2 + 6.0)


def test_each_gap_is_one_line_with_what_made_it(figures):
    plan, own, hindsight = figures["gaps"]
    assert plan.startswith("plan less do nothing: ")
    assert own.startswith("own less plan: ")
    assert "forecasts missed by (pinball) load" in hindsight
    assert len(lines(figures)) == 2 + 6 + 3


def test_the_regie_alone_accepts_whatever_waits(found):
    assert {item.state for item in found.plan.recommendations} <= {"accepted", "ended"}


def test_a_run_of_something_else_is_not_taken_for_the_drill(drill, evening):
    with pytest.raises(BadInput, match=r"--played .*: another run: hamlet_plant from 2016-01-25T15:00"):
        sides(drill, evening.state, silent, silent)
