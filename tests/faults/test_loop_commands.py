"""Row 37, and what else people ask of a running loop: nothing is obeyed twice, nothing is refused in silence."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hamlet import SUMMER, Reading, hamlet

from dashboard.regie.commands import CommandQueue
from dashboard.regie.wish import Wish
from twin.domain.time import from_epoch_s, to_epoch_s

pytestmark = pytest.mark.fault

OPENED = SUMMER
KNOWN_MIN = 22
INTERVAL_S = 5.0
TICKS = 5
ROSTER = '\n[[roster]]\nwho = "Lead"\nafter_minutes = 10\n'
RING = 1
"""The open end of the hamlet's ring."""


@pytest.fixture(scope="module")
def shift(settle):
    """A paced run with a breaker that opens, and a dispatcher who asks for everything that there is to ask for."""
    made = hamlet(days=1.0).with_planner("dispatcher").with_shadow()
    made.site += f"{ROSTER}\n[switching]\nremote = [{RING}]\n"
    made.window = [r for r in made.window if r.channel != "switch.0.closed" or r.label < OPENED]
    made.window.append(Reading(to_epoch_s(OPENED), "switch.0.closed", 0.0, KNOWN_MIN))
    place = settle(made, "shift")
    run = place.start(TICKS, speed=str(900 / INTERVAL_S))
    run.until(lambda: place.snapshot.get("kind") == "event")
    alarm = next(a for a in place.snapshot["alarms"] if a["code"] == "unsupplied")
    run.until(lambda: place.snapshot["kind"] == "regular")
    story, queue = SimpleNamespace(place=place, lines={}), CommandQueue(place.state)

    def asked(name, put):
        before = place.acked
        put()

        def answers():
            codes = [code for record in place.records[before:] for code, _ in record.meta["lines"]]
            return [code for code in codes if code != "alarm_escalated"]  # which comes when its time is over

        story.lines[name] = run.until(answers, poll_s=0.02)

    def wish(valid_s=60, **fields):
        now = datetime.now(UTC)
        return lambda: queue.put(Wish(**fields), "anna", now, now + timedelta(seconds=valid_s))

    def again():
        with closing(sqlite3.connect(queue.path)) as db, db:
            columns = "kind, target, by, issued_at, expires, motive, minutes, value"
            db.execute(f"INSERT INTO command ({columns}) SELECT {columns} FROM command WHERE id = 1")

    asked("shelve", wish(kind="shelve", target=alarm["key"], minutes=60, motive="test"))
    asked("again", again)
    asked("switch", wish(kind="switch", target=str(RING), value="closed"))
    asked("promote", wish(kind="promote", target="load_tuned"))
    story.waiting = place.snapshot
    run.until(lambda: place.snapshot["site"]["boxes"]["load_tuned"]["role"] == "champion")
    story.ended = run.ended()
    story.records, story.last = place.records, place.snapshot
    return story


def lines(shift, code):
    return [params for record in shift.records for found, params in record.meta["lines"] if found == code]


def test_what_cannot_be_shelved_is_refused_and_journalled(shift):
    assert "alarm_too_urgent_to_shelve" in shift.lines["shelve"]


def test_a_row_that_comes_again_is_refused_and_journalled(shift):
    assert "command_replayed" in shift.lines["again"]
    assert lines(shift, "command_replayed")[0]["by"] == "anna"


def test_a_replayed_command_is_no_command_of_its_tick(shift):
    obeyed = [command["kind"] for record in shift.records for command in record.meta["commands"]]
    assert obeyed == ["shelve", "switch", "promote"]


def test_a_site_that_only_reads_moves_no_switch_and_says_so(shift):
    assert "switch_read_only" in shift.lines["switch"]
    (order,) = shift.last["switch_orders"]
    assert (order["switch"], order["state"], order["reason"]) == (RING, "refused", "switch_read_only")


def test_a_promotion_waits_for_the_quarter_hour(shift):
    assert "box_promotion_asked" in shift.lines["promote"]
    assert shift.waiting["site"]["boxes"]["load_tuned"]["role"] == "shadow"


def test_a_promoted_shadow_has_its_champions_place_from_the_next_quarter_hour_on(shift):
    assert {"box": "load_tuned", "instance": "load"} in lines(shift, "box_promoted")
    roles = {name: box["role"] for name, box in shift.last["site"]["boxes"].items()}
    assert (roles["load_tuned"], roles["load"]) == ("champion", "shadow")


def test_an_urgent_alarm_that_nobody_acknowledges_reaches_who_is_on_call(shift):
    assert lines(shift, "alarm_escalated")[0]["who"] == "Lead"
    alarm = next(a for a in shift.last["alarms"] if a["code"] == "unsupplied")
    assert (alarm["escalation_level"], alarm["escalated_to"]) == (1, "Lead")


def test_who_is_on_call_is_called_to_the_minute_and_not_at_the_next_quarter_hour(shift):
    called = next(r for r in shift.records if any(code == "alarm_escalated" for code, _ in r.meta["lines"]))
    assert from_epoch_s(called.as_of_s) == OPENED + timedelta(minutes=KNOWN_MIN + 10)
    assert called.kind == "event"


def test_the_run_ends_in_order(shift):
    assert shift.ended.code == 0, shift.ended.err


# ---------------------------------------------------------------------------------------------- a switch, end to end

MOVED_MIN = 27
"""The ring's position of the first quarter hour is known twelve minutes after the first tick: time to order it before."""


@pytest.fixture(scope="module")
def ring(settle, tmp_path_factory):
    """The ring is closed from afar, on a site whose field takes orders: asked for, sent, seen."""
    made = hamlet(days=1.0)
    made.site += f"\n[switching]\nremote = [{RING}]\n"
    channel = f"switch.{RING}.closed"
    made.window = [r for r in made.window if r.channel != channel or r.label < SUMMER]
    made.window.append(Reading(to_epoch_s(SUMMER), channel, 1.0, MOVED_MIN))
    place, ledger = settle(made, "ring"), tmp_path_factory.mktemp("ledger") / "sent.sqlite"
    run = place.drive(2, ledger, speed="45")
    run.until(lambda: place.snapshot)
    now = datetime.now(UTC)
    CommandQueue(place.state).put(
        Wish(kind="switch", target=str(RING), value="closed"), "anna", now, now + timedelta(minutes=5)
    )
    run.until(lambda: place.snapshot.get("switch_orders"))
    story = SimpleNamespace(ordered=place.snapshot, ledger=ledger)
    run.until(lambda: RING not in place.snapshot["grid"]["open_switches"])
    story.done = place.snapshot
    run.term()
    story.records = place.records
    return story


def test_an_order_to_a_switch_is_accepted_at_once_and_the_switch_has_not_moved_yet(ring):
    (order,) = ring.ordered["switch_orders"]
    assert (order["state"], order["closed"], order["by"]) == ("accepted", True, "anna")
    assert RING in ring.ordered["grid"]["open_switches"]


def test_the_field_gets_it_once(ring):
    (order,) = ring.ordered["switch_orders"]
    with closing(sqlite3.connect(ring.ledger)) as db:
        assert db.execute("SELECT key, device, p_mw FROM sent").fetchall() == [(order["key"], f"switch:{RING}", 1.0)]


def test_the_event_of_the_switching_confirms_it(ring):
    assert ring.done["kind"] == "event"
    assert [order["state"] for order in ring.done["switch_orders"]] == ["confirmed"]
    codes = [code for record in ring.records for code, _ in record.meta["lines"]]
    assert [code for code in codes if code.startswith("switch_")] == ["switch_ordered", "switch_moved"]
