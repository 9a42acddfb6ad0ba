"""A rehearsal holds boxes back: fallbacks serve, an alarm says so at once, and afterwards they answer at once."""

import sys
from pathlib import Path

import pytest

from twin.contracts.messages import Outcome, Service
from twin.domain.time import QUARTER_HOUR

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import FIRST_FAULT, Stage, steady

pytestmark = pytest.mark.fault

TICKS = 6
"""One before, four within (a breaker opens at the third failure), one after."""
UNTIL = FIRST_FAULT + 4 * QUARTER_HOUR


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """Champion and standby are held back, a second standby is not."""
    span = [(FIRST_FAULT, UNTIL)]
    boxes = [steady(), steady("held", "standby"), steady("free", "standby")]
    stage = Stage(boxes, tmp_path_factory.mktemp("outage"), outages={"load": span, "held": span})
    yield [stage.run() for _ in range(TICKS)], stage
    stage.runner.stop()


@pytest.mark.parametrize("name", ["load", "held"])
def test_a_box_held_back_is_served_by_its_fallback_and_the_scenario_is_named(rehearsed, name):
    envelopes, _ = rehearsed
    for tick in envelopes[1:-1]:
        assert (tick[name].outcome, tick[name].service) == (Outcome.OUTAGE, Service.FALLBACK)
        assert tick[name].problems == (f"held back by the scenario until {UNTIL.isoformat()}",)


def test_an_outage_is_found_in_its_first_tick(rehearsed):
    envelopes, _ = rehearsed
    assert [finding.code for finding in envelopes[1]["load"].report.findings] == ["box_failing"]


def test_it_answers_in_the_first_tick_after_however_long_the_outage(rehearsed):
    envelopes, _ = rehearsed
    assert [envelopes[i]["load"].service for i in (0, -1)] == [Service.FRESH, Service.FRESH]
    assert envelopes[-1]["load"].report.findings == ()


def test_boxes_beside_it_are_served_fresh_and_its_process_lives_on(rehearsed):
    envelopes, stage = rehearsed
    assert all(tick["free"].service is Service.FRESH for tick in envelopes)
    assert not [event for event in stage.ops if "restart" in str(event.get("event"))]
