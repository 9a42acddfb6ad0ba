"""Pages of past quarter hours: late meters change them, and what followed."""

import math

import numpy as np

from tests.unit.origin.small_quarter import COLUMNS, FACTS, row
from twin.origin import book as books
from twin.origin.book import Book
from twin.origin.town import Pattern

STEP = 900


def book(*rows, patterns=None) -> Book:
    found = Book(FACTS, COLUMNS)
    for i, each in enumerate(rows):
        found.write(i * STEP, None if patterns is None else patterns[i], each)
    return found


def charging(**changes):
    return row(**{"storage": 2.0, "big_p": 2.0, "big_soc": 12.5, "net": 6.0, **changes})


GIVING = row(storage=-1.0, big_p=-1.0, big_soc=6.25, net=3.0)


def test_a_late_meter_tells_the_quarter_hour_as_if_it_had_come_in_time():
    late = book(charging(share=math.nan), GIVING)
    assert late.restate({0: charging(share=0.9)})[0][1] == book(charging(share=0.9)).newest


def test_the_ledger_and_every_quarter_hour_since_follow():
    late, intime = book(charging(pv=0.5), GIVING, GIVING), book(charging(pv=4.0), GIVING, GIVING)
    anew = late.restate({0: charging(pv=4.0)})
    assert list(anew) == [0, STEP, 2 * STEP]
    assert late.ledgers == intime.ledgers
    assert anew[STEP][1] == book(charging(pv=4.0), GIVING).newest
    assert anew[STEP][0].traced.zones["town"].share < anew[STEP][1].traced.zones["town"].share


def test_a_row_that_says_the_same_again_changes_nothing():
    assert book(charging(), row(net=math.nan)).restate({0: charging(), STEP: row(net=math.nan)}) == {}


def test_a_correction_without_a_storage_restates_its_own_quarter_hour_alone():
    assert list(book(row(), row(), row()).restate({STEP: row(pv=3.0)})) == [STEP]


def test_the_pattern_stays_what_the_estimate_told():
    rng = np.random.default_rng(3)
    patterns = [Pattern(rng.random((5, 6)), 0.1, 0.0) for _ in range(2)]
    late = book(row(pv=1.0), row(), patterns=patterns)
    assert late.restate({0: row(pv=2.0)})[0][1] == book(row(pv=2.0), patterns=patterns).newest


def test_a_quarter_hour_without_a_page_is_not_restated():
    assert book(row()).restate({-STEP: row(pv=9.0), STEP: row()}) == {}


def test_pages_that_are_too_old_are_closed_and_their_ledgers_kept(monkeypatch):
    monkeypatch.setattr(books, "KEPT", 2)
    rows = [charging(), charging(big_soc=25.0), GIVING, GIVING]
    closed, whole = book(*rows), book(*rows[:2])
    assert closed.before == whole.ledgers
    assert closed.restate({0: charging(pv=9.0)}) == {}
    again = Book(FACTS, COLUMNS, closed.before)
    for i in (2, 3):
        again.write(i * STEP, None, rows[i])
    assert again.ledgers == closed.ledgers
