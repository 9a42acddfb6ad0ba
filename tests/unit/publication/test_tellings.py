"""Which telling of a quarter hour holds: hours stay as first told, months take in what nobody or a crowd has changed."""

import itertools
from zoneinfo import ZoneInfo

import pytest

from twin.contracts.publication import NAMELESS
from twin.publication.quarters import FEW, MANY, NOBODY, WITHHELD, Quarter, Quarters
from twin.publication.tellings import first_told, restated_by_many, tellings_of

ZURICH = ZoneInfo("Europe/Zurich")
K = 15
MIX = [4.0, 0.5, 0.2, 41.0, {"hydro": 0.5, "import": 0.5}]
MONTH = 1454281200
"""Begins, February 2016 in Zurich, epoch seconds."""


class Heed:
    """Plants with a "p" in their name are protected; without "pv" nothing may be told."""

    def whole(self, silent):
        return silent is not None and "pv" not in silent

    def crowd(self, late):
        return len(late - {NAMELESS}) >= K

    def protected(self, late):
        if late is None:
            return frozenset([NAMELESS])
        return frozenset("" if "soc" in name else name for name in late if "p" in name)


def told(meta, label_s=1800):
    return list(tellings_of(meta, label_s, "town", Heed(), ZURICH))


def origin(mix=MIX, silent=(), **more):
    return {"method": "traced", "zones": {"town": mix}, "silent": list(silent), **more}


def restated(*late, p_mw=3.0):
    return origin([p_mw, 0.5, 0.2, 41.0, {}], late=list(late))


def known(p_mw, behind=NOBODY, label_s=0):
    return Quarter(label_s, p_mw, 0.5, 40.0, behind=behind)


UNKNOWN = Quarter(0, None, None, None)
HELD = Quarter(0, None, None, None, behind=WITHHELD)


def test_a_record_tells_its_own_quarter_hour_and_those_that_it_restates():
    changed = origin([3.0, 0.1, 0.1, 90.0, {"import": 1.0}], late=["river"])
    assert told({"origin": origin(), "restated": {"900": changed}}) == [
        Quarter(1800, 4.0, 0.5, 41.0, {"hydro": 0.5, "import": 0.5}),
        Quarter(900, 3.0, 0.1, 90.0, {"import": 1.0}),
    ]


def test_a_record_that_traced_nothing_tells_an_unknown_quarter_hour_and_an_old_record_none():
    assert told({"origin": {"zones": {}}}, 900) == [Quarter(900, None, None, None)]
    assert told({}, 900) == []


def test_a_quarter_hour_of_which_something_was_withheld_live_is_unknown():
    assert told({"origin": origin(silent=["pv"])}) == [Quarter(1800, None, None, None, behind=WITHHELD)]
    assert told({"origin": origin(silent=["river"])})[0].known


def test_a_quarter_hour_of_which_nobody_knows_who_was_silent_is_unknown():
    assert not told({"origin": {"zones": {"town": MIX}}})[0].known


def test_all_protected_meters_that_a_record_hears_of_a_month_stand_behind_its_restatements():
    meta = {"restated": {str(MONTH + 900 * i): restated(f"p{i}", "river") for i in range(20)}}
    assert {quarter.behind for quarter in told(meta, None)} == {MANY}


def test_the_same_meter_late_in_many_quarter_hours_is_one():
    meta = {"restated": {str(MONTH + 900 * i): restated("p0") for i in range(20)}}
    assert {quarter.behind for quarter in told(meta, None)} == {FEW}


def test_a_meter_that_may_be_of_a_device_counted_already_is_behind_a_difference_and_not_counted():
    many = [f"p{i}" for i in range(14)]
    assert [told({"restated": {str(MONTH): restated(*late)}}, None)[0].behind for late in ([*many, "p.soc"], ["p.soc"])] == [
        FEW,
        FEW,
    ]


def test_what_follows_in_a_month_from_meters_of_the_month_before_is_of_few():
    before = {str(MONTH - 900): restated(*(f"p{i}" for i in range(20)))}
    after = {str(MONTH): restated()}
    assert [quarter.behind for quarter in told({"restated": before | after}, None)] == [MANY, FEW]


def test_of_whom_nobody_knows_who_was_late_somebody_is_behind_the_difference():
    assert told({"restated": {"900": {"zones": {"town": MIX}, "silent": []}}}, None)[0].behind == FEW


@pytest.mark.parametrize(
    ("tellings", "p_mw"),
    [
        ([known(1.0)], 1.0),
        ([known(1.0), known(2.0)], 2.0),
        ([known(1.0), known(2.0, behind=FEW)], 1.0),
        ([known(1.0), known(2.0, behind=MANY)], 2.0),
        ([known(1.0), known(2.0, behind=FEW), known(3.0)], 1.0),  # the third holds what the one meter said, too
        ([known(1.0), known(2.0, behind=FEW), known(3.0, behind=MANY)], 3.0),
        ([known(1.0), known(2.0, behind=FEW), known(3.0, behind=MANY), known(4.0)], 4.0),
        ([UNKNOWN, known(2.0, behind=FEW), known(3.0, behind=FEW)], 2.0),  # nothing was told before
        ([known(1.0), UNKNOWN], None),  # taken back by nobody's meter
        ([HELD, known(2.0, behind=FEW)], None),  # of which a part was told
        ([HELD, known(2.0, behind=MANY), known(3.0)], None),
    ],
)
def test_a_month_takes_a_restatement_in_where_nobody_or_a_crowd_is_behind_it(tellings, p_mw):
    assert [quarter.p_mw for quarter in restated_by_many(tellings)] == [p_mw]


@pytest.mark.parametrize(
    ("tellings", "p_mw"),
    [
        ([known(1.0), known(2.0)], 1.0),
        ([known(1.0), known(2.0, behind=MANY)], 1.0),
        ([UNKNOWN, known(2.0), known(3.0)], 2.0),
        ([HELD, known(2.0)], None),
    ],
)
def test_an_hour_stays_as_it_was_first_told_whoever_was_late(tellings, p_mw):
    assert [quarter.p_mw for quarter in first_told(tellings)] == [p_mw]


def test_each_quarter_hour_is_restated_by_itself():
    tellings = [known(1.0), known(2.0, behind=FEW), known(5.0, label_s=900), known(6.0, label_s=900)]
    assert [quarter.p_mw for quarter in restated_by_many(tellings)] == [1.0, 6.0]


def test_the_order_in_which_records_are_read_does_not_matter():
    lines = [
        (seq, known(float(seq), behind=behind, label_s=label))
        for seq, (label, behind) in enumerate([(0, NOBODY), (0, FEW), (0, MANY), (900, NOBODY)])
    ]
    found = set()
    for order in itertools.permutations(lines):
        store = Quarters(None)
        run = store.run_of("town", "g", lambda _: "g", 0)
        for line in order:
            run = store.take(run, [line], 4, "h")
        found.add(tuple(quarter.p_mw for quarter in restated_by_many(store.between("town", 0, 10**10))))
    assert found == {(2.0, 3.0)}
