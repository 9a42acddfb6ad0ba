"""Shelving: with a motive, for a while, never what is most urgent, and back in sight by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.regie.test_alarms import NOW, QUARTER, finding, only, ticks
from twin.contracts.messages import Command
from twin.regie.alarm_desk import answer, returned
from twin.regie.alarms import AlarmBook, ordered, update

KEY = "now:overload:line:66"
SHELVE = Command(1, "shelve", KEY, "anna", NOW, NOW + QUARTER, "known since spring", 60)
HOUR = timedelta(hours=1)


def asked(book, **changes):
    return answer(book, [replace(SHELVE, **changes)], NOW)


def code(book, **changes):
    return asked(book, **changes)[1][0][0]


@pytest.fixture
def raised() -> AlarmBook:
    return ticks(finding(2))


def test_a_shelved_alarm_says_until_when_by_whom_and_why(raised):
    book, lines = asked(raised)
    alarm = only(book)
    assert (alarm.shelved_until, alarm.shelved_by, alarm.shelved_motive) == (NOW + HOUR, "anna", "known since spring")
    assert lines == [("alarm_shelved", {"key": KEY, "by": "anna", "minutes": 60, "motive": "known since spring"})]


def test_a_shelved_alarm_is_still_active(raised):
    assert only(asked(raised)[0]).cleared_at is None


def test_the_most_urgent_cannot_be_shelved():
    assert code(ticks(finding(1))) == "alarm_too_urgent_to_shelve"


@pytest.mark.parametrize("changes", [{"motive": None}, {"minutes": None}, {"minutes": 14}, {"minutes": 481}])
def test_without_a_motive_or_beyond_a_shift_nothing_is_shelved(raised, changes):
    assert code(raised, **changes) == "shelving_malformed"


@pytest.mark.parametrize("minutes", [15, 480])
def test_a_quarter_hour_and_a_shift_are_within_the_bounds(raised, minutes):
    assert code(raised, minutes=minutes) == "alarm_shelved"


def test_what_is_gone_or_unknown_is_not_shelved():
    assert code(AlarmBook()) == "alarm_gone"
    assert code(ticks(finding(), None, None)) == "alarm_gone"


def test_it_comes_back_by_itself_at_the_end_of_its_time_and_not_before(raised):
    book, _ = asked(raised)
    assert returned(book, NOW + HOUR - timedelta(seconds=1)) == (book, [])
    back, lines = returned(book, NOW + HOUR)
    assert only(back).shelved_until is None
    assert lines == [("alarm_returned", {"key": KEY, "by": "anna"})]


def test_anybody_can_take_it_back(raised):
    book, lines = asked(asked(raised)[0], kind="unshelve", by="bruno", minutes=None, motive=None)
    assert only(book).shelved_until is None
    assert lines == [("alarm_unshelved", {"key": KEY, "by": "bruno"})]
    assert code(book, kind="unshelve") == "alarm_not_shelved"


def test_one_that_clears_and_comes_again_within_its_time_stays_shelved(raised):
    book = ticks(None, None, None, None, finding(2), begin=asked(raised)[0], at=NOW + QUARTER)
    alarm = only(book)
    assert (alarm.cleared_at, alarm.shelved_until) == (None, NOW + HOUR)


def test_one_that_gets_worse_comes_back_at_once(raised):
    assert only(update(asked(raised)[0], [finding(1)], NOW + QUARTER)).shelved_until is None


def test_shelved_ones_stand_after_those_in_sight_and_before_those_that_are_over():
    book = ticks([finding(2, "a"), finding(3, "b"), finding(2, "c")], [finding(2, "a"), finding(3, "b")])
    book = ticks([finding(2, "a"), finding(3, "b")], begin=answer(book, [replace(SHELVE, target="a")], NOW)[0], at=NOW + HOUR)
    assert [alarm.key for alarm in ordered(book)] == ["b", "a", "c"]
