"""Events and commands between two quarter hours of a paced run: at once, journalled, and refused when too old."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hamlet import SUMMER, Reading, hamlet

from dashboard.regie.commands import CommandQueue
from dashboard.regie.wish import Wish
from twin.domain.time import from_epoch_s, to_epoch_s

pytestmark = pytest.mark.fault

OPENED = SUMMER
"""The breaker of the eastern feeder opens in this quarter hour; the control system says so seven minutes after its end."""
KNOWN_MIN = 22
INTERVAL_S = 10.0
"""Four commands fit into one, on a machine with other work, too."""
TICKS = 3


@pytest.fixture(scope="module")
def evening(settle, contention):
    """A paced run: a breaker opens, the dispatcher acknowledges, accepts, and clicks on what is no longer there."""
    made = hamlet(days=1.0).with_planner("dispatcher")
    made.window = [r for r in made.window if r.channel != "switch.0.closed" or r.label < OPENED]
    made.window.append(Reading(to_epoch_s(OPENED), "switch.0.closed", 0.0, KNOWN_MIN))
    place = settle(made, "evening")
    run = place.start(TICKS, speed=str(900 / INTERVAL_S))
    story = SimpleNamespace(place=place, seen={})
    run.until(lambda: place.snapshot.get("kind") == "event")
    story.event = place.snapshot
    alarm = next(a for a in story.event["alarms"] if a["code"] == "unsupplied")
    open_one = next(r for r in story.event["recommendations"] if r["state"] == "open")
    run.until(lambda: place.snapshot["kind"] == "regular")  # a command has a whole interval before the next tick
    queue = CommandQueue(place.state)
    for name, wish, valid_s in (
        ("accept", Wish(kind="accept", target=open_one["id"]), 60),
        ("acknowledge", Wish(kind="acknowledge", target=alarm["key"]), 60),
        ("expired", Wish(kind="acknowledge", target=alarm["key"]), -1),
        ("unknown", Wish(kind="refuse", target="nobody@never", motive="test"), 60),
    ):
        before, now = place.acked, datetime.now(UTC)
        number = queue.put(wish, "late" if name == "expired" else "anna", now, now + timedelta(seconds=valid_s))
        asked = time.monotonic()
        run.until(lambda before=before: place.acked > before, poll_s=0.01)
        took_s = (time.monotonic() - asked) / contention()
        story.seen[name] = SimpleNamespace(number=number, seconds=took_s, record=place.records[before])
    story.alarm, story.accepted = alarm, open_one
    story.ended = run.ended()
    story.records = place.records
    return story


def test_a_breaker_opens_an_event_tick_at_its_own_instant(evening):
    (event,) = [r for r in evening.records if r.kind == "event" and any(c == "topology_changed" for c, _ in r.meta["lines"])]
    assert from_epoch_s(event.as_of_s) == OPENED + timedelta(minutes=KNOWN_MIN)
    assert event.meta["topology"]["open_switches"] == [0]
    before, after = evening.records[event.seq - 1], evening.records[event.seq + 1]
    assert before.as_of_s < event.as_of_s < after.as_of_s


def test_batteries_keep_their_last_power_through_an_event(evening):
    event = next(r for r in evening.records if any(code == "topology_changed" for code, _ in r.meta["lines"]))
    before = evening.records[event.seq - 1].arrays["grid.storage_p_mw"]
    assert event.arrays["grid.storage_p_mw"].tolist() == before.tolist()
    assert abs(before[0]) > 0.001


def test_the_alarm_of_an_outage_comes_in_the_event_tick_itself(evening):
    assert evening.event["as_of"] == (OPENED + timedelta(minutes=KNOWN_MIN)).isoformat().replace("+00:00", "Z")
    assert evening.alarm["priority"] == 1
    assert evening.alarm["params"]["buses"] == 3


def test_an_event_is_on_the_screen_within_five_seconds(evening):
    # The quarter hour is paced, so grid time tells when the breaker spoke: 7 of 15 minutes after the tick before.
    assert evening.event["tick_ms"] < 5000.0


@pytest.mark.parametrize("name", ["acknowledge", "expired", "accept", "unknown"])
def test_a_command_is_answered_at_once_and_not_at_the_next_quarter_hour(evening, name):
    seen = evening.seen[name]
    assert seen.seconds < INTERVAL_S / 3.0  # polled four times a second, then a tick
    assert seen.record.kind == "event"
    assert seen.record.as_of_s % 900


def test_an_acknowledged_alarm_carries_who_and_when(evening):
    record = evening.seen["acknowledge"].record
    alarm = next(a for a in record.meta["alarms"] if a["key"] == evening.alarm["key"])
    assert alarm["acknowledged_by"] == "anna"
    assert ["alarm_acknowledged", {"key": evening.alarm["key"], "by": "anna"}] in record.meta["lines"]
    assert [command["id"] for command in record.meta["commands"]] == [evening.seen["acknowledge"].number]


def test_an_expired_command_is_refused_and_journalled(evening):
    record = evening.seen["expired"].record
    assert record.meta["lines"][0][0] == "command_expired"
    assert record.meta["lines"][0][1]["by"] == "late"
    assert record.meta["commands"] == []


def test_an_accepted_recommendation_is_in_force(evening):
    record = evening.seen["accept"].record
    item = next(r for r in record.meta["recommendations"] if r["id"] == evening.accepted["id"])
    assert (item["state"], item["by"]) == ("accepted", "anna")


def test_an_answer_to_nothing_is_refused_and_journalled(evening):
    record = evening.seen["unknown"].record
    assert [code for code, _ in record.meta["lines"]] == ["recommendation_not_open"]


def test_events_count_beside_the_quarter_hours(evening):
    assert evening.ended.code == 0
    assert evening.ended.figures["ticks"] == TICKS
    assert evening.ended.figures["events"] == 5
    assert evening.ended.figures["deadline_misses"] == 0
