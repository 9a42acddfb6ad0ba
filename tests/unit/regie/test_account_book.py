"""The accounts after late meters: what they would have been had the meters spoken in time, in the loop and from its journal."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.time import to_epoch_s
from twin.origin.consumed import Consumed
from twin.regie import account_book
from twin.regie.account_book import AccountBook, CountedOfTick, told_last
from twin.regie.kpi import Account, KpiFacts, add_both, figures
from twin.regie.quarter_hour import UNSOLVED, Interval, Measured, OfGrid, alike, from_meta, to_meta

FACTS = KpiFacts("Europe/Zurich", 6.5, 20.0, np.zeros(1), np.ones(1), 100.0, 100.0)
START = datetime(2016, 6, 30, 21, 0, tzinfo=UTC)
"""An hour before July begins in Zurich: the peaks of two months are in the window."""
STEP = timedelta(minutes=15)
BEFORE = Account(month="2016-06", peak_kw=2500.0)

known = st.floats(-9.0, 9.0).map(lambda p_mw: round(p_mw, 3))
perhaps = known | st.just(math.nan)
energies = st.floats(0.0, 2.0) | st.just(math.nan)
measurements = st.builds(
    Measured, perhaps, known, known, known, known, perhaps, st.dictionaries(st.sampled_from("ab"), known), st.floats(0.0, 2.0)
)
eaten = st.builds(Consumed, st.floats(0.0, 2.0), energies, energies) | st.just(Consumed(math.nan, math.nan, math.nan))
grids = st.builds(OfGrid, st.floats(0.0, 0.5), st.floats(0.0, 1.0), st.floats(0.0, 50.0), st.floats(0.0, 120.0)) | st.just(
    UNSOLVED
)


@st.composite
def sides(draw):
    """A quarter hour as first told, and as told in the end: only what is metered and traced changes."""
    grid, owed = draw(grids), draw(st.floats(0.0, 5.0))
    return [(draw(measurements), draw(eaten), grid, owed) for _ in range(2)]


def interval(number, told):
    there, consumed, grid, owed = told
    return Interval(START + number * STEP, there, consumed, grid, owed, 0.1)


@st.composite
def runs(draw):
    """By quarter hour: both sides first and last, and how many quarter hours later the last word comes."""
    count = draw(st.integers(1, 9))
    twin = draw(st.booleans())
    return [(draw(sides()), draw(sides()) if twin else None, draw(st.integers(0, 3))) for _ in range(count)]


def played(run):
    """``(book, metas)`` of a run in which the last word comes late."""
    book, metas = AccountBook(FACTS, (BEFORE, BEFORE if run[0][1] else None)), []
    for now in range(len(run) + 3):
        heard = [i for i, (*_, after) in enumerate(run) if after and i + after == now]
        mine = {to_epoch_s(START + i * STEP): interval(i, run[i][0][1]) for i in heard}
        alone = {to_epoch_s(START + i * STEP): interval(i, run[i][1][1]) for i in heard if run[i][1]}
        book.restate({label: (mine[label], alone.get(label)) for label in mine})
        newest = None
        if now < len(run):
            ours, theirs, after = run[now]
            newest = interval(now, ours[not after]), theirs and interval(now, theirs[not after])
            book.write(newest)
        tick = CountedOfTick(newest, mine, alone, book.before)
        metas.append(json.loads(json.dumps(tick.to_meta() | {"alone": tick.alone_to_meta()}, allow_nan=False)))
    return book, metas


def in_time(run):
    accounts = (BEFORE, BEFORE if run[0][1] else None)
    for i, (ours, theirs, _) in enumerate(run):
        accounts = add_both(accounts, (interval(i, ours[1]), theirs and interval(i, theirs[1])), FACTS)
    return accounts


@settings(max_examples=200, deadline=None)
@given(runs())
def test_every_sum_count_and_peak_is_that_of_meters_in_time(run):
    book, _ = played(run)
    assert book.accounts == in_time(run)


@settings(max_examples=100, deadline=None)
@given(runs())
def test_the_journal_gives_the_same_accounts(run):
    book, metas = played(run)
    accounts = (BEFORE, BEFORE if run[0][1] else None)
    for both in told_last(metas).values():
        accounts = add_both(accounts, both, FACTS)
    assert accounts == book.accounts


@given(sides())
def test_what_nobody_knew_is_unknown_in_the_journal_too(told):
    for one in told:
        there = interval(0, one)
        again = from_meta(json.loads(json.dumps(to_meta(there), allow_nan=False)))
        assert alike(again, there)
        assert to_meta(again) == to_meta(there)


@given(measurements, eaten, st.integers(0, 9))
def test_a_quarter_hour_that_says_anything_else_is_another_one(there, consumed, at):
    one = interval(0, (there, consumed, UNSOLVED, 0.0))
    names = [name for name in vars(there) if name != "deliverable_mwh"] + list(vars(consumed))
    side, of = ("measured", there) if at < 7 else ("consumed", consumed)
    value = getattr(of, names[at])
    other = replace(one, **{side: replace(of, **{names[at]: 1.0 if math.isnan(value) else math.nan})})
    assert alike(one, one)
    assert not alike(one, other)
    assert not alike(one, replace(one, measured=replace(there, deliverable_mwh={"c": 1.0})))


def known_quarter(number, net_p_mw):
    there = Measured(net_p_mw, 0.0, 0.0, 0.0, 0.0, 0.2, {}, 0.0)
    return interval(number, (there, Consumed(1.0, 0.5, 0.1), OfGrid(0.01, 0.0, 0.0, 50.0), 0.0)), None


def written(*net_p_mw):
    book = AccountBook(FACTS, (Account(), None))
    for number, p_mw in enumerate(net_p_mw):
        book.write(known_quarter(number, p_mw))
    return book


def restated(book, number, p_mw):
    book.restate({to_epoch_s(START + number * STEP): known_quarter(number, p_mw)})
    return book.accounts[0]


def test_a_peak_that_was_none_gives_way_to_the_second_highest():
    assert restated(written(3.0, 9.0, 5.0), 1, 1.0).peak_kw == 5000.0


def test_a_quarter_hour_whose_meter_speaks_late_is_no_longer_missing():
    book = written(3.0, math.nan, 5.0)
    assert book.accounts[0].missing == 1
    account = restated(book, 1, -4.0)
    assert (account.missing, account.import_mwh, account.export_mwh) == (0, 2.0, 1.0)
    assert figures(account, FACTS)["economic"]["energy_chf"] == (2.0 - 1.0) * 200.0


def test_a_peak_of_a_month_that_has_ended_is_restated_in_that_month():
    account = restated(written(3.0, 3.0, 3.0, 3.0, 2.0), 1, 7.0)
    assert (account.month, account.closed_peaks_kw, account.peak_kw) == ("2016-07", 7000.0, 2000.0)


def test_what_is_older_than_the_pages_stays(monkeypatch):
    monkeypatch.setattr(account_book, "KEPT", 2)
    book = written(3.0, 9.0, 5.0, 4.0)
    assert restated(book, 1, 1.0).peak_kw == 9000.0
    assert book.before[0].steps == 2
    assert restated(book, 2, 10.0).peak_kw == 10000.0
