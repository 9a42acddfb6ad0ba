"""Records go with their time while the loop runs: killed and resumed it comes to the head of a run that kept everything.

A year of quarter hours would take hours here, so days stand for months: tables of a day, half of which can be
restated, content held for three, and what is older than four goes. Only these lengths are other ones; what runs is the command.
"""

import random
import sys
import time
from contextlib import closing

import pytest
from hamlet import hamlet
from on_air import launch

from twin.regie import chain
from twin.regie.chain import open_readonly, read_gone, read_meta, read_moments, verify

pytestmark = pytest.mark.fault

TICKS = 5 * 96 + 48
KEPT = 4 * 96
"""Quarter hours that are held."""
DAY_S = 86_400
SCRIPT = f"""
import sys
from datetime import timedelta
from twin import wiring
from twin.live import on_air, tidying
from twin.origin import book
from twin.regie import expunge, origins

book.KEPT = origins.KEPT = 48
wiring.PREHISTORY, wiring._KEEP_ROWS = timedelta(days=1), 96
expunge.HELD_AT_LEAST_S = 3 * {DAY_S}
tidying.due_before = lambda now: now - timedelta(days=int(sys.argv[2]))
sys.exit(on_air.main(sys.argv[1]))
"""


def go(place, kept_days: int):
    """A run to the window's end that keeps so many days."""
    options = place.options(TICKS)
    return launch([sys.executable, "-c", SCRIPT, options, str(kept_days)], place._environment)


@pytest.fixture(scope="module")
def whole(settle):
    """The run that kept everything."""
    place = settle(hamlet(days=6.0), "whole")
    ended = go(place, 9999).ended()
    assert ended.code == 0, ended.err
    return place, ended.figures["journal"]["head"]


def test_measured_quarter_hours_that_are_younger_than_the_term_on_air_are_of_the_present(whole):
    with closing(open_readonly(whole[0].state)) as db:
        assert read_meta(db)[chain.PRESENT] is True


def held_and_gone(state):
    with closing(open_readonly(state)) as db:
        return len(list(read_moments(db))), len(list(read_gone(db)))


def test_a_killed_run_whose_beginning_was_expunged_comes_to_the_same_head(settle, whole, monkeypatch):
    place, chance = settle(hamlet(days=6.0), "cut"), random.Random(5)
    for least in (KEPT + 20, KEPT + 60, KEPT + 110):
        run = go(place, 4)
        run.until(lambda: place.acked + gone_of(place) >= least)  # noqa: B023 - asked within the round
        time.sleep(chance.uniform(0.0, 0.3))
        run.kill()
    ended = go(place, 4).ended()
    assert ended.code == 0, ended.err
    held, gone = held_and_gone(place.state)
    assert held + gone == TICKS
    assert KEPT < held <= KEPT + 3  # what the last ticks made old waits for the next look
    assert ended.figures["journal"]["head"] == whole[1]
    monkeypatch.setattr(chain, "HELD_AT_LEAST_S", 3 * DAY_S)
    assert verify(place.state) == (TICKS, whole[1], [])


def gone_of(place):
    return held_and_gone(place.state)[1] if (place.state / "journal.sqlite").exists() else 0
