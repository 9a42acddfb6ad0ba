"""Alarms: delays, acknowledgement, worsening, what stays on the list and what is counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from twin.contracts.messages import Command, Finding
from twin.regie.alarm_desk import answer
from twin.regie.alarms import AlarmBook, ordered, update

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def finding(priority=2, key="now:overload:line:66", **changes) -> Finding:
    known = Finding(key, priority, "overload_now", {"loading_percent": 104.0}, "line:66", NOW, NOW + QUARTER, "grid_operation")
    return replace(known, **changes)


def ticks(*findings, begin: AlarmBook | None = None, at: datetime = NOW) -> AlarmBook:
    """One tick per argument: a finding, a list of them, or None."""
    book = begin or AlarmBook()
    for i, found in enumerate(findings):
        listed = [] if found is None else found if isinstance(found, list) else [found]
        book = update(book, listed, at + i * QUARTER)
    return book


def only(book: AlarmBook):
    (alarm,) = book.alarms.values()
    return alarm


def ack(book: AlarmBook, at: datetime = NOW, key="now:overload:line:66"):
    return answer(book, [Command(1, "acknowledge", key, "anna", at, at + QUARTER)], at)


@pytest.mark.parametrize(("priority", "seen"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_urgent_findings_alarm_at_once_and_forecasts_when_seen_twice(priority, seen):
    assert not ticks(*[finding(priority)] * (seen - 1)).alarms
    assert ticks(*[finding(priority)] * seen).alarms


def test_a_forecast_that_flickers_never_alarms():
    assert not ticks(*[finding(3), None] * 5).alarms


@pytest.mark.parametrize("code", ["box_failing", "dispatch_held"])
def test_what_the_regie_knows_of_itself_alarms_at_once(code):
    assert only(ticks(finding(3, code=code))).since == NOW


def test_a_box_that_fails_every_other_tick_is_one_alarm():
    book = ticks(*[finding(3, "box:load", code="box_failing"), None] * 8)
    assert (only(book).cleared_at, book.raised["P3"]) == (None, 1)


def test_an_alarm_clears_when_its_finding_is_gone_for_two_ticks():
    assert only(ticks(finding(), None)).cleared_at is None
    assert only(ticks(finding(), None, None)).cleared_at == NOW + 2 * QUARTER


def test_an_alarm_that_flickers_stays_and_is_counted_once():
    book = ticks(*[finding(), None] * 5)
    assert only(book).cleared_at is None
    assert book.raised["P2"] == 1


def test_acknowledged_is_not_cleared():
    book, lines = ack(ticks(finding()))
    assert lines[0][0] == "alarm_acknowledged"
    assert (only(book).acknowledged_by, only(book).cleared_at) == ("anna", None)


def test_cleared_is_not_acknowledged():
    assert only(ticks(finding(), None, None)).acknowledged_at is None


def test_an_acknowledgement_lasts_while_the_alarm_does():
    book, _ = ack(ticks(finding()))
    assert only(ticks(finding(), finding(), begin=book)).acknowledged_by == "anna"


def test_a_second_acknowledgement_finds_nothing_to_do():
    book, _ = ack(ticks(finding()))
    assert ack(book)[1][0][0] == "alarm_not_open"
    assert only(ack(book)[0]).acknowledged_at == NOW


def test_acknowledging_an_unknown_alarm_finds_nothing():
    assert ack(AlarmBook())[1][0][0] == "alarm_not_open"


def test_worsening_takes_the_acknowledgement_away_and_keeps_the_beginning():
    book, _ = ack(ticks(finding(2)))
    worse = ticks(finding(1), begin=book, at=NOW + QUARTER)
    assert (only(worse).priority, only(worse).acknowledged_by, only(worse).since) == (1, None, NOW)
    assert (worse.raised["P1"], worse.raised["P2"]) == (1, 1)


def test_easing_keeps_the_acknowledgement_and_is_not_counted():
    book, _ = ack(ticks(finding(1)))
    eased = ticks(finding(2), begin=book)
    assert (only(eased).priority, only(eased).acknowledged_by) == (2, "anna")
    assert (eased.raised["P1"], eased.raised["P2"]) == (1, 0)


def test_an_alarm_that_returns_after_clearing_is_a_new_one():
    book, _ = ack(ticks(finding()))
    again = ticks(None, None, finding(), begin=book, at=NOW + QUARTER)
    assert (only(again).since, only(again).acknowledged_by) == (NOW + 3 * QUARTER, None)
    assert again.raised["P2"] == 2


def test_a_running_alarm_shows_the_newest_values():
    book = ticks(finding(), finding(params={"loading_percent": 109.0}))
    assert only(book).params == {"loading_percent": 109.0}


def test_of_two_findings_with_one_key_the_more_urgent_counts():
    for pair in ([finding(1), finding(3)], [finding(3), finding(1)]):
        assert only(ticks(pair)).priority == 1


def test_a_cleared_alarm_that_was_seen_leaves_after_an_hour():
    book, _ = ack(ticks(finding(), None, None))
    assert ticks(*[None] * 4, begin=book, at=NOW + 3 * QUARTER).alarms
    assert not ticks(*[None] * 5, begin=book, at=NOW + 3 * QUARTER).alarms


def test_a_cleared_alarm_that_nobody_saw_stays_for_a_day():
    book = ticks(finding(), None, None)
    cleared = NOW + 2 * QUARTER
    assert update(book, [], cleared + timedelta(hours=24)).alarms
    assert not update(book, [], cleared + timedelta(hours=24, minutes=15)).alarms


def test_the_list_shows_active_before_cleared_then_urgent_then_unseen_then_new():
    book = ticks([finding(2, "a"), finding(2, "b")], [finding(2, "c"), finding(1, "d")], [finding(2, "c"), finding(1, "d")])
    book, _ = ack(book, key="c")
    book = ticks([finding(2, "c"), finding(1, "d"), finding(2, "e")], begin=book, at=NOW + 3 * QUARTER)
    assert [alarm.key for alarm in ordered(book)] == ["d", "e", "c", "a", "b"]


def test_root_cause_and_owner_travel_with_the_alarm():
    alarm = only(ticks(finding(parent="now:unsupplied")))
    assert (alarm.parent, alarm.owner, alarm.act_before) == ("now:unsupplied", "grid_operation", NOW + QUARTER)


def test_nothing_is_remembered_of_what_is_long_gone():
    book = ticks(finding(), None, None, *[None] * 200)
    assert (book.alarms, book.seen, book.missed) == ({}, {}, {})
