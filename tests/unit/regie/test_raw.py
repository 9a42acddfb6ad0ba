"""The raw table: a pure fold over readings, whatever order they come in."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.ports import Readings
from twin.domain.channels import parse_channel
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, from_epoch_s
from twin.regie.raw import RawTable

START_S = 1_465_948_800
CHANNELS = [parse_channel("trafo.2.p_mw", minimum=-2.0, maximum=2.0), parse_channel("bus.19.vm_pu", minimum=0.8, maximum=1.2)]
AS_OF = from_epoch_s(START_S) + 8 * QUARTER_HOUR


def readings(*rows: tuple[int, int, int, float]) -> Readings:
    """``(channel, quarter hour, known after so many seconds, value)`` each."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    label = START_S + 900 * np.array(columns[1], dtype=np.int64)
    known = START_S + np.array(columns[2], dtype=np.int64)
    return Readings(np.array(columns[0], dtype=np.int32), label, known, np.array(columns[3], dtype=float))


def table(keep: int = 16) -> RawTable:
    empty = RawTable(CHANNELS, START_S, keep)
    empty.extend_to(AS_OF)
    return empty


def content(of: RawTable) -> bytes:
    return of.values.tobytes() + of.quality.tobytes()


ROW = st.tuples(
    st.integers(0, 1), st.integers(-1, 9), st.integers(0, 3), st.sampled_from([np.nan, -1.0, 0.0, 0.9, 1.0, 1.1, 1000.0])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=14), st.randoms(use_true_random=False), st.integers(0, 14))
def test_readings_in_any_order_and_any_batches_give_the_same_table(rows, random, cut):
    shuffled = list(rows)
    random.shuffle(shuffled)
    at_once, in_parts = table(), table()
    at_once.take(readings(*rows), AS_OF)
    for part in (shuffled[:cut], shuffled[cut:]):
        in_parts.take(readings(*part), AS_OF)
    assert content(in_parts) == content(at_once)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=10))
def test_readings_that_came_before_have_no_effect(rows):
    once, twice = table(), table()
    once.take(readings(*rows), AS_OF)
    twice.take(readings(*rows, *rows), AS_OF)
    again = twice.take(readings(*rows), AS_OF)
    assert content(twice) == content(once)
    assert (again.first_row, again.accepted) == (None, 0)


def test_a_duplicate_is_counted():
    raw = table()
    raw.take(readings((0, 3, 10, 1.0)), AS_OF)
    assert raw.take(readings((0, 3, 10, 1.0)), AS_OF).duplicates == 1


def test_a_channel_that_nobody_reported_is_missing_and_not_zero():
    assert np.isnan(table().values[:8]).all()
    assert (table().quality[:8] == Quality.INVALID).all()


def test_a_missing_reading_is_missing_and_not_zero():
    raw = table()
    raw.take(readings((0, 3, 10, np.nan)), AS_OF)
    assert np.isnan(raw.values[3, 0])
    assert raw.quality[3, 0] == Quality.INVALID


def test_a_label_that_is_not_complete_yet_is_quarantined():
    raw = table()
    before = content(raw)
    assert raw.take(readings((0, 8, 10, 1.0), (0, 400, 10, 1.0)), AS_OF).future == 2
    assert content(raw) == before


def test_a_label_off_the_quarter_hour_is_quarantined():
    raw, odd = table(), readings((0, 3, 10, 1.0))
    odd.valid_time_s[0] += 60
    assert raw.take(odd, AS_OF).off_grid == 1
    assert np.isnan(raw.values[:8]).all()


def test_a_label_older_than_the_table_is_quarantined():
    assert table().take(readings((0, -1, 10, 1.0)), AS_OF).too_old == 1


@pytest.mark.parametrize("value", [1000.0, -1000.0, np.inf])
def test_a_unit_error_is_refused_by_name(value):
    raw = table()
    intake = raw.take(readings((0, 3, 10, value)), AS_OF)
    assert intake.refused == ("trafo.2.p_mw",)
    assert (intake.first_row, raw.quality[3, 0]) == (None, Quality.INVALID)


def test_a_spike_does_not_erase_the_good_value_it_follows():
    raw = table()
    raw.take(readings((0, 3, 10, 1.0)), AS_OF)
    raw.take(readings((0, 3, 20, 1000.0)), AS_OF)
    assert (raw.values[3, 0], raw.quality[3, 0]) == (1.0, Quality.GOOD)


def test_a_revision_replaces_the_value_and_is_counted():
    raw = table()
    raw.take(readings((0, 3, 10, 1.0)), AS_OF)
    intake = raw.take(readings((0, 3, 20, 1.5)), AS_OF)
    assert (intake.revised, intake.first_row, raw.values[3, 0]) == (1, 3, 1.5)


def test_a_revision_that_arrives_before_its_original_stands():
    raw = table()
    raw.take(readings((0, 3, 20, 1.5)), AS_OF)
    raw.take(readings((0, 3, 10, 1.0)), AS_OF)
    assert raw.values[3, 0] == 1.5


def test_a_value_confirmed_later_is_not_replaced_by_what_was_known_in_between():
    raw = table()
    raw.take(readings((0, 3, 10, 1.0)), AS_OF)
    raw.take(readings((0, 3, 30, 1.0)), AS_OF)
    raw.take(readings((0, 3, 20, 1.5)), AS_OF)
    assert raw.values[3, 0] == 1.0


def test_a_source_may_take_a_value_back():
    raw = table()
    raw.take(readings((0, 3, 10, 1.0)), AS_OF)
    raw.take(readings((0, 3, 20, np.nan)), AS_OF)
    assert raw.quality[3, 0] == Quality.INVALID


def test_rows_keep_their_values_when_the_table_moves_up():
    raw = RawTable(CHANNELS, START_S, keep=4)
    for row in range(30):
        as_of = from_epoch_s(START_S) + (row + 1) * QUARTER_HOUR
        raw.extend_to(as_of)
        raw.take(readings((0, row, 10, row / 100.0)), as_of)
        newest = raw.values[raw.rows - 4 : raw.rows, 0]
        np.testing.assert_array_equal(newest, np.arange(max(row - 3, 0), row + 1) / 100.0 if row >= 3 else newest)
        assert raw.row_of(START_S + row * 900) == raw.rows - 1


def test_a_reading_after_a_move_lands_on_its_own_row():
    raw = RawTable(CHANNELS, START_S, keep=4)
    as_of = from_epoch_s(START_S) + 10 * QUARTER_HOUR
    raw.extend_to(as_of)
    raw.take(readings((0, 7, 10, 0.7)), as_of)
    assert raw.values[raw.row_of(START_S + 7 * 900), 0] == 0.7


@pytest.mark.parametrize("gap", [9, 12, 13, 100])
def test_a_gap_longer_than_the_table_leaves_it_empty_and_whole(gap):
    raw = RawTable(CHANNELS, START_S, keep=4)
    raw.extend_to(from_epoch_s(START_S) + QUARTER_HOUR)
    raw.take(readings((0, 0, 10, 1.0)), from_epoch_s(START_S) + QUARTER_HOUR)
    raw.extend_to(from_epoch_s(START_S) + gap * QUARTER_HOUR)
    assert raw.start_s + raw.rows * 900 == START_S + gap * 900
    assert np.isnan(raw.values).all()


def test_an_event_between_two_quarter_hours_makes_no_row():
    raw = table()
    raw.extend_to(AS_OF + timedelta(minutes=7))
    assert raw.rows == 8
