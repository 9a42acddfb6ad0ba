"""The demo town's summer day: its figures; and its night and early morning again, killed and told to end."""

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from alarm_rate import most_in_ten_minutes, raised
from golden import case_input, differences, place_of

from twin.regie.chain import verify

pytestmark = pytest.mark.slow

CASE = Path(__file__).parent / "summer_day"
TICKS = case_input(CASE)["ticks"]
MORNING = 26
"""Ticks to half past six: the nightly fit is in force from the twelfth on, and orders are obeyed from the second."""


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """The day, and beside it the same day until half past six, interrupted: two streams for two cores."""
    place, hurt = (place_of(CASE, tmp_path_factory.mktemp(name) / "state") for name in ("day", "disturbed"))
    run = place.start(TICKS)
    run.until(lambda: place.acked)  # the town's past is lived once, and the second run finds it
    with ThreadPoolExecutor(1) as beside:
        calm = beside.submit(run.ended)
        ended, heads = interrupted(hurt)
    found = SimpleNamespace(place=place, ended=calm.result(), hurt=hurt, hurt_ended=ended, heads=heads)
    for one in (found.ended, found.hurt_ended):
        assert one.code == 0, one.err
    return found


def interrupted(place):
    """kill -9 at a random moment of the night, then SIGTERM: how it ended, and what was acknowledged each time."""
    chance, heads = random.Random(3), []
    for last in (False, True):
        least = MORNING if last else chance.randint(5, 25)
        run = place.start(TICKS)
        run.until(lambda least=least: place.acked >= least)
        time.sleep(chance.uniform(0.0, 0.4))
        ended = run.term() if last else run.kill()
        heads.append([record.head for record in place.records])
    return ended, heads


def test_the_day_has_its_figures(days):
    assert differences(CASE, days.ended.figures) == []


def test_no_tick_is_late_and_no_box_needs_its_fallback_for_long(days):
    for ended in (days.ended, days.hurt_ended):
        assert ended.figures["deadline_misses"] == 0
        assert max(ended.figures["fallback_ticks"].values()) <= 2
        assert len(ended.figures["fallback_ticks"]) >= 10


def test_no_ten_minutes_of_a_normal_day_raise_more_than_one_alarm(days, record_property, capsys):
    alarms = raised(days.place.records)
    record_property("alarms of the day", len(alarms))
    with capsys.disabled():
        sys.stdout.write(f"\nalarms of the day: {len(alarms)}, at most {most_in_ten_minutes(alarms)} in ten minutes\n")
    assert most_in_ten_minutes(alarms) <= 1
    assert len(alarms) == sum(days.ended.figures["alarms"].values())


def test_a_day_of_decisions_costs_no_more_than_a_day_of_none(days):
    # half a franc: the last quarter hours' plan is credited at the day's mean price, not at the next morning's
    assert days.ended.figures["kpis"]["economic"]["difference"]["total_chf"] <= 0.5


def test_the_same_hours_again_with_a_kill_and_an_orderly_end_give_the_same_heads(days):
    again, calm = ([record.head for record in place.records] for place in (days.hurt, days.place))
    assert MORNING <= len(again) < TICKS == len(calm)
    assert again == calm[: len(again)]
    assert 5 <= len(days.heads[0]) < len(days.heads[1])
    for acknowledged in days.heads:
        assert again[: len(acknowledged)] == acknowledged
    assert days.hurt_ended.figures["journal"] == {"acked": len(again), "head": again[-1]}


def test_the_interrupted_hours_hold_a_new_model_and_orders(days):
    records = days.hurt.records
    adopted = [record.seq for record in records if any(code == "artifact_adopted" for code, _ in record.meta["lines"])]
    assert adopted[0] == 0
    assert len(adopted) >= 2
    assert any(record.meta["sent"] for record in records)


def test_every_journal_verifies(days):
    for place, ticks in ((days.place, TICKS), (days.hurt, days.hurt.acked)):
        count, _, problems = verify(place.state)
        assert (count, problems) == (ticks, [])


def test_every_order_of_the_day_was_sent_once(days):
    for place in (days.place, days.hurt):
        sent = [key for record in place.records for key in record.meta["sent"]]
        assert len(sent) == len(set(sent)) > 0
