"""Nobody acknowledges: the roster is called step by step; somebody does: it is left alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.regie.test_alarm_desk import SHELVE
from tests.unit.regie.test_alarms import NOW, QUARTER, ack, finding, only, ticks
from twin.regie.alarm_desk import answer
from twin.regie.alarms import AlarmBook, update
from twin.regie.escalation import escalate, next_call
from twin.site.rules import OnCall

LEAD, MANAGER = OnCall(who="Lead", after_minutes=15), OnCall(who="Manager", after_minutes=30)
ROSTER = (MANAGER, LEAD)


def waited(book: AlarmBook, minutes: int, roster=ROSTER):
    """The book and all lines after so long, looked at every five minutes."""
    lines = []
    for at in range(0, minutes + 1, 5):
        book, said = escalate(book, roster, NOW + timedelta(minutes=at))
        lines += said
    return book, lines


def level(book: AlarmBook):
    return only(book).escalation_level, only(book).escalated_to


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(10, (0, None)), (15, (1, "Lead")), (25, (1, "Lead")), (30, (2, "Manager")), (300, (2, "Manager"))],
)
def test_step_after_step_by_grid_time(minutes, expected):
    assert level(waited(ticks(finding(2)), minutes)[0]) == expected


def test_every_step_is_one_line():
    _, lines = waited(ticks(finding(2)), 60)
    assert [(code, said["who"], said["level"]) for code, said in lines] == [
        ("alarm_escalated", "Lead", 1),
        ("alarm_escalated", "Manager", 2),
    ]


@pytest.mark.parametrize(("waited_min", "due_min"), [(0, 15), (10, 15), (15, 30), (30, None)])
def test_the_next_call_is_known_beforehand(waited_min, due_min):
    book, _ = waited(ticks(finding(2)), waited_min)
    assert next_call(book, ROSTER) == (None if due_min is None else NOW + timedelta(minutes=due_min))


def test_of_what_somebody_acknowledged_no_call_is_due():
    book, _ = escalate(ack(waited(ticks(finding(2)), 10)[0])[0], ROSTER, NOW + timedelta(minutes=12))
    assert next_call(book, ROSTER) is None


def test_an_acknowledgement_ends_it_where_it_stands():
    book, _ = ack(waited(ticks(finding(2)), 20)[0])
    assert level(waited(book, 60)[0]) == (1, "Lead")


@pytest.mark.parametrize("priority", [3, 4])
def test_what_is_not_urgent_calls_nobody(priority):
    assert level(waited(ticks(*[finding(priority)] * 2), 60)[0]) == (0, None)


def test_what_is_shelved_calls_nobody():
    book, _ = answer(ticks(finding(2)), [SHELVE], NOW)
    assert level(waited(book, 60)[0]) == (0, None)


def test_what_hangs_below_its_cause_calls_nobody_until_the_cause_is_over():
    book = ticks([finding(1, "cause"), finding(2, "child", parent="cause")])
    assert waited(book, 60)[0].alarms["child"].escalation_level == 0
    book = ticks(*[finding(2, "child", parent="cause")] * 2, begin=book)
    assert waited(book, 60)[0].alarms["child"].escalation_level == 2


def test_a_forecast_that_becomes_urgent_waits_from_then_on():
    book, _ = escalate(ticks(finding(3), finding(3)), ROSTER, NOW)
    later = NOW + timedelta(hours=5)
    book, lines = escalate(update(book, [finding(2)], later), ROSTER, later)
    assert lines == []
    assert escalate(book, ROSTER, later + QUARTER)[1][0][1]["who"] == "Lead"


def test_what_gets_worse_after_an_acknowledgement_waits_anew():
    book, _ = ack(waited(ticks(finding(2)), 40)[0])
    book = update(book, [finding(1)], NOW + timedelta(minutes=45))
    book, lines = escalate(book, ROSTER, NOW + timedelta(minutes=45))
    assert (level(book), lines) == ((0, None), [])


def test_a_team_of_its_own_roster_calls_its_own_people_beside_those_of_all():
    roster = (LEAD, OnCall(who="Forecaster", after_minutes=20, owner="forecasting"))
    assert level(waited(ticks(finding(2)), 60, roster)[0]) == (1, "Lead")
    assert level(waited(ticks(finding(2, owner="forecasting")), 60, roster)[0]) == (2, "Forecaster")


def test_without_a_roster_nobody_is_called():
    assert waited(ticks(finding(1)), 300, ())[1] == []


def test_a_thousand_unanswered_alarms_call_each_person_once():
    book = ticks([finding(2, f"now:{i}") for i in range(1000)])
    _, lines = waited(book, 60)
    assert [(said["who"], said["others"]) for _, said in lines] == [("Lead", 999), ("Manager", 999)]


def test_the_line_names_the_most_urgent_of_them():
    _, lines = waited(ticks([finding(2, "b"), finding(1, "c"), finding(2, "a")]), 15)
    assert lines[0][1]["key"] == "c"


def test_the_wait_survives_the_journal():
    book, _ = escalate(ticks(finding(2)), ROSTER, NOW)
    assert replace(book).waiting == {only(book).key: NOW}
