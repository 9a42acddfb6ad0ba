"""A source followed quarter hour by quarter hour: the incremental frame is the one derived all at once, bit for bit."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.frame import Layout
from twin.contracts.ports import Readings
from twin.domain.channels import parse_channel
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s
from twin.domain.zones import Zone
from twin.regie.observe import HOLD_ROWS, Observer
from twin.regie.side import Side, readings_from_arrays, readings_to_arrays

START_S = 1_465_948_800
START = from_epoch_s(START_S)
CHANNELS = [parse_channel(name, minimum=-5.0, maximum=5.0) for name in ("trafo.0.p_mw", "sgen.1.p_mw", "device.b.p_mw")]
TOWN = Zone(
    "town",
    {"en": "town"},
    9,
    pv_kwp=70.0,
    boundary=(("trafo.0.p_mw", 1.0),),
    storage=("device.b.p_mw",),
    pv_references=(("sgen.1.p_mw", 30.0),),
)
LAYOUT = Layout(tuple((f"zone_{kind}_p_mw", "town") for kind in ("net", "load", "pv", "storage")))
OBSERVER = Observer(CHANNELS, [TOWN], [], LAYOUT)


class Archive:
    """Telemetry from a list: every reading when it becomes known."""

    def __init__(self, readings: Readings) -> None:
        order = np.argsort(readings.known_time_s, kind="stable")
        self._all = Readings(*(column[order] for column in vars(readings).values()))
        self._read = 0

    def history(self, start, end):
        return self.read(end)

    def read(self, as_of):
        until = int(np.searchsorted(self._all.known_time_s, to_epoch_s(as_of), side="right"))
        batch = slice(self._read, until)
        self._read = until
        return Readings(*(column[batch] for column in vars(self._all).values()))

    def topology(self, as_of):
        return NORMAL

    def next_event(self, after, until):
        return None

    def checkpoint(self):
        return str(self._read).encode()

    def restore(self, checkpoint):
        self._read = int(checkpoint)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 30),
        st.integers(0, 12),  # quarter hours late
        st.sampled_from([np.nan, 0.0, 0.1, 0.7, 1.3, 99.0]),
    ),
    max_size=60,
)


def archive(rows) -> Archive:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    label = START_S + 900 * np.array(columns[1], dtype=np.int64)
    known = label + 900 * (1 + np.array(columns[2], dtype=np.int64))
    return Archive(Readings(np.array(columns[0], np.int32), label, known, np.array(columns[3], dtype=float)))


def side_of(telemetry: Archive, keep: int) -> Side:
    side = Side(telemetry, CHANNELS, OBSERVER, LAYOUT.columns, keep)
    side.preload(telemetry.history(START, START), START, START)
    return side


def followed(side: Side, ticks: range, frame: dict) -> list[tuple[int, Readings]]:
    """Observe tick by tick into ``frame``; returns what the journal would keep."""
    journal = []
    for tick in ticks:
        as_of = START + (tick + 1) * QUARTER_HOUR
        observation = side.observe(as_of)
        frame.update(observation.rows)
        journal.append((to_epoch_s(as_of), observation.readings))
    return journal


def same(rows: dict, side: Side, newest: int) -> None:
    label, values, quality = side.frame_rows()
    for i in range(max(0, len(values) - newest), len(values)):
        found = rows[label + 900 * i]
        assert found[0].tobytes() == values[i].tobytes()
        assert found[1].tobytes() == quality[i].tobytes()


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_rows_grown_with_late_readings_are_those_derived_all_at_once(rows):
    frame: dict = {}
    side = side_of(archive(rows), keep=64)
    followed(side, range(40), frame)
    same(frame, side, newest=40)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(6, 39))
def test_a_restart_at_any_tick_finds_every_visible_row_again_to_the_bit(rows, ticks):
    keep, frame = 8, {}
    journal = followed(side_of(archive(rows), keep), range(ticks), frame)
    resumed = side_of(archive(rows), keep)
    for as_of_s, readings in journal:
        resumed.fold(readings, from_epoch_s(as_of_s))
    same(frame, resumed, newest=keep)


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_the_newest_row_is_the_same_whatever_the_table_has_forgotten(rows):
    short, long = side_of(archive(rows), 4), side_of(archive(rows), 64)
    for tick in range(40):
        as_of = START + (tick + 1) * QUARTER_HOUR
        one, other = short.observe(as_of), long.observe(as_of)
        assert repr(one.signals) == repr(other.signals)
        assert one.flags == other.flags


def test_a_late_revision_recomputes_its_row_and_those_it_was_held_for():
    rows = [(0, row, 0, 1.0) for row in range(10)] + [(1, row, 0, 0.3) for row in range(3)] + [(1, 2, 5, 0.6)]
    side = side_of(archive(rows), keep=64)
    followed(side, range(7), {})
    changed = side.observe(START + 8 * QUARTER_HOUR)
    pv = LAYOUT.index["zone_pv_p_mw", "town"]
    held = {(label - START_S) // 900: values[pv] for label, (values, _) in changed.rows.items()}
    assert changed.intake.revised == 1
    assert {label: channels.tolist() for label, channels in changed.written.items()} == {START_S + 2 * 900: [1]}
    assert [bool(np.isnan(changed.raw_rows[START_S + 900 * row][1])) for row in range(2, 8)] == [False] * 5 + [True]
    assert list(held) == list(range(2, 8))
    assert [held[row] for row in range(2, 2 + HOLD_ROWS + 1)] == [pytest.approx(1.4)] * (HOLD_ROWS + 1)
    assert np.isnan(held[7])


def test_nothing_late_means_one_new_row():
    side = side_of(archive([(0, row, 0, 1.0) for row in range(10)]), keep=64)
    followed(side, range(5), {})
    seen = side.observe(START + 6 * QUARTER_HOUR)
    assert list(seen.rows) == list(seen.raw_rows) == [START_S + 5 * 900]
    assert seen.written == {}


def test_an_event_between_quarter_hours_adds_no_row():
    side = side_of(archive([(0, row, 0, 1.0) for row in range(10)]), keep=64)
    followed(side, range(5), {})
    at_event = side.observe(START + 5 * QUARTER_HOUR + timedelta(minutes=7))
    assert list(at_event.rows) == [START_S + 4 * 900]


def test_a_lost_source_holds_for_an_hour_and_then_says_missing():
    side = side_of(archive([(0, 0, 0, 1.0)]), keep=64)
    flags = []
    for tick in range(6):
        observation = side.observe(START + (tick + 1) * QUARTER_HOUR)
        flags.append(int(observation.raw_quality[0]))
    assert flags == [Quality.GOOD] + [Quality.SUBSTITUTED] * 4 + [Quality.INVALID]


def test_readings_come_back_from_the_journal_as_they_were():
    readings = archive([(0, 1, 2, 99.0), (2, 3, 0, np.nan)]).read(START + timedelta(days=1))
    again = readings_from_arrays(readings_to_arrays(readings, "live"), "live")
    for name, column in vars(readings).items():
        np.testing.assert_array_equal(getattr(again, name), column)
