"""A thousand findings at once: order, cost and memory stay within bounds, and what is urgent stays on top."""

from datetime import timedelta

from tests.unit.regie.test_alarms import NOW, QUARTER, finding
from twin.regie.alarm_desk import returned
from twin.regie.alarms import KEEP_MOST, AlarmBook, ordered, update
from twin.regie.escalation import escalate
from twin.site.rules import OnCall

ROSTER = (OnCall(who="Lead", after_minutes=15),)
MOST_MS = 200.0
"""For a thousand alarms; a tick has ten seconds."""


def flood(count=1000, first=0):
    return [finding(1 + i % 4, f"now:overload:line:{first + i}") for i in range(count)]


def ticked(book, findings, at):
    book, _ = returned(update(book, findings, at), at)
    return escalate(book, ROSTER, at)


def test_a_flood_keeps_the_order_of_urgency():
    book = update(update(AlarmBook(), flood(), NOW), flood(), NOW + QUARTER)
    priorities = [alarm.priority for alarm in ordered(book)]
    assert len(priorities) == 1000
    assert priorities == sorted(priorities)


def test_a_flood_costs_a_tick_little(processor_s):
    book = update(AlarmBook(), flood(), NOW)

    def tick():
        ordered(ticked(book, flood(), NOW + QUARTER)[0])

    assert 1000.0 * processor_s(tick) < MOST_MS


def test_a_flood_is_a_few_lines_in_the_journal():
    book, _ = ticked(AlarmBook(), flood(), NOW)
    _, lines = ticked(book, flood(), NOW + QUARTER)
    assert len(lines) == 1


def test_flood_after_flood_does_not_fill_the_memory():
    book = AlarmBook()
    for number in range(8):
        book, _ = ticked(book, flood(first=1000 * number), NOW + number * QUARTER)
    active = sum(alarm.cleared_at is None for alarm in book.alarms.values())
    assert len(book.alarms) - active <= KEEP_MOST
    assert active <= 3000  # this tick's, and those that wait for their off-delay
    assert set(book.missed) <= set(book.alarms)


def test_of_what_is_over_the_oldest_that_somebody_saw_goes_first():
    book = AlarmBook()
    for number in range(4):  # of each flood half alarms at once: P1 and P2
        book = update(book, flood(count=KEEP_MOST, first=10 * KEEP_MOST * number), NOW + number * QUARTER)
    book = update(update(book, [], NOW + timedelta(hours=2)), [], NOW + timedelta(hours=3))
    kept = [alarm for alarm in book.alarms.values() if alarm.cleared_at is not None]
    assert len(kept) == KEEP_MOST
    assert min(alarm.cleared_at for alarm in kept) == NOW + timedelta(hours=2)


def test_when_it_is_over_nothing_is_left_of_it():
    book = update(AlarmBook(), flood(), NOW)
    for hours in range(1, 30):
        book, _ = ticked(book, [], NOW + timedelta(hours=hours))
    assert (book.alarms, book.seen, book.missed, book.waiting) == ({}, {}, {}, {})
