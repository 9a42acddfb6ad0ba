"""Motor drives of the simulated plant: they move within a minute, once per key, or never; a restart forgets nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from twin.contracts.messages import OrderState, SwitchOrder
from twin.plant.drives import Drives
from twin.plant.outages import schedule
from twin.site.rules import PlantEvent

T = datetime(2016, 1, 27, 16, 45, tzinfo=UTC)
S = int(T.timestamp())


def order(key="a", switch=278, closed=True):
    return SwitchOrder(key, switch, closed, "anna", T, T + timedelta(minutes=5), OrderState.ACCEPTED)


def moved(*orders, stuck=()):
    drives = Drives(7)
    drives.receive(orders, S, lambda at_s: stuck)
    return drives


def after(drives, seconds):
    declared = schedule((), exists=lambda *_: True, open_in_file=frozenset({278}))
    return declared.joined(drives.changes()).topology(S + seconds)


def test_a_switch_moves_within_a_minute_and_not_at_once():
    drives = moved(order())
    assert after(drives, 10).closed_switches == frozenset()
    assert after(drives, 60).closed_switches == {278}


def test_the_switching_is_an_event_of_the_telemetry():
    declared = schedule((), exists=lambda *_: True, open_in_file=frozenset({278}))
    event = declared.joined(moved(order()).changes()).next_event(T, T + timedelta(minutes=5))
    assert (event.kind, event.element) == ("close", "switch.278")


def test_a_key_seen_before_changes_nothing():
    drives = moved(order(), order(closed=False))
    assert len(drives.held) == 1
    assert drives.known(["a", "b"]) == {"a"}


def test_the_last_order_counts():
    drives = moved(order())
    drives.receive([order("b", closed=False)], S + 300, lambda at_s: ())
    assert after(drives, 400).closed_switches == frozenset()


def test_a_stuck_switch_moves_for_nobody():
    assert moved(order(), stuck={"278"}).changes() == ()


def test_one_order_in_fifty_fails():
    drives = moved(*[order(str(i), switch=i) for i in range(5000)])
    assert sum(move.refuses for move in drives.held.values()) == pytest.approx(100, abs=30)


def test_a_restart_forgets_nothing():
    drives, again = moved(order(), order("b", 280)), Drives(7)
    again.replace(drives.to_meta())
    assert again.held == drives.held


def test_a_key_is_known_for_a_week_and_the_position_for_ever():
    drives = moved(order(), order("b", closed=False))
    drives.receive([], S + 8 * 86_400, lambda at_s: ())
    assert list(drives.held) == ["b"]


def test_a_declared_refusal_of_a_switch_leaves_its_position_alone():
    events = (
        PlantEvent(at=T, kind="close", element="switch.278"),
        PlantEvent(at=T + timedelta(hours=1), kind="refuse", element="switch.278"),
    )
    plan = schedule(events, exists=lambda *_: True, open_in_file=frozenset({278}))
    assert plan.topology(S + 7200).closed_switches == {278}
    assert plan.refusing(S + 7200, "switch") == {"278"}
    assert plan.next_event(T, T + timedelta(hours=2)) is None
