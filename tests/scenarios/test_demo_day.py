"""The demo town's summer day: its figures, the same day again, and the day with three kills."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from golden import case_input, differences, place_of

from twin.regie.chain import verify

pytestmark = pytest.mark.slow

CASE = Path(__file__).parent / "summer_day"
TICKS = case_input(CASE)["ticks"]


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """The day, the day again, and beside them the day with three kills: two streams for two cores."""
    first, second, hurt = (place_of(CASE, tmp_path_factory.mktemp(name) / "state") for name in ("day", "again", "disturbed"))
    with ThreadPoolExecutor(1) as beside:
        calm = [beside.submit(place.run, TICKS) for place in (first, second)]
        disturbed = hurt, *killed_three_times(hurt)
    found = [(first, calm[0].result()), (second, calm[1].result())]
    for _, ended in found:
        assert ended.code == 0, ended.err
    return found, disturbed


def killed_three_times(place):
    """How it ended, and what was acknowledged at each kill -9."""
    chance, heads = random.Random(3), []
    for _ in range(3):
        least = place.acked + chance.randint(5, 25)
        run = place.start(TICKS)
        run.until(lambda least=least: place.acked >= least)
        time.sleep(chance.uniform(0.0, 0.4))
        run.kill()
        heads.append([record.head for record in place.records])
    return place.run(TICKS), heads


@pytest.fixture(scope="module")
def twice(days):
    return days[0]


@pytest.fixture(scope="module")
def disturbed(days):
    return days[1]


def test_the_day_has_its_figures(twice):
    assert differences(CASE, twice[0][1].figures) == []


def test_no_tick_is_late_and_no_box_needs_its_fallback_for_long(twice):
    for _, ended in twice:
        assert ended.figures["deadline_misses"] == 0
        assert max(ended.figures["fallback_ticks"].values()) <= 2
        assert len(ended.figures["fallback_ticks"]) >= 10


def test_a_day_of_decisions_costs_no_more_than_a_day_of_none(twice):
    # half a franc: the last quarter hours' plan is credited at the day's mean price, not at the next morning's
    assert twice[0][1].figures["kpis"]["economic"]["difference"]["total_chf"] <= 0.5


def test_the_same_day_twice_gives_the_same_head(twice):
    (_, one), (_, other) = twice
    assert one.figures["journal"] == other.figures["journal"]


def test_the_day_with_three_kills_gives_the_same_head(twice, disturbed):
    place, ended, heads = disturbed
    assert ended.code == 0, ended.err
    assert ended.figures["journal"] == twice[0][1].figures["journal"]
    final = [record.head for record in place.records]
    for acknowledged in heads:
        assert final[: len(acknowledged)] == acknowledged


def test_figures_of_the_disturbed_day_are_those_of_the_undisturbed(twice, disturbed):
    one, other = twice[0][1].figures, disturbed[1].figures
    for name in ("ticks", "fallback_ticks", "alarms", "orders", "kpis", "max_vm_error_pu", "estimate_vm_rmse_pu"):
        assert one[name] == other[name], name


def test_every_journal_verifies(twice, disturbed):
    for place in (*(place for place, _ in twice), disturbed[0]):
        count, _, problems = verify(place.state)
        assert (count, problems) == (TICKS, [])


def test_every_order_of_the_day_was_sent_once(twice):
    sent = [key for record in twice[0][0].records for key in record.meta["sent"]]
    assert len(sent) == len(set(sent)) > 0


def test_a_complete_day_prints_the_same_line_again_and_another_window_is_refused(twice):
    (place, ended), (beside, _) = twice
    again, other = place.start(TICKS), beside.start(TICKS + 1)
    found = again.ended()
    assert (found.code, found.figures) == (0, ended.figures)
    assert "starting the boxes" not in found.err
    refused = other.ended()
    assert (refused.code, refused.out) == (2, "")
    assert "ticks: the state has 96; expected 97 as asked" in refused.err
