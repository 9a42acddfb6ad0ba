"""The shared frame: what boxes see, and a digest that depends on the rows and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.frame import Frame, Layout
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S
from twin.regie.shared_frame import SharedFrame

LAYOUT = Layout((("temp_c", ""), ("zone_load_p_mw", "town"), ("zone_load_p_mw", "neighbourhood")))
START_S = 1_465_948_800


def row(number: int) -> tuple[int, np.ndarray, np.ndarray]:
    return START_S + number * QUARTER_HOUR_S, np.array([1.0, 2.0, 3.0]) * number, np.zeros(3, np.uint8)


def filled(numbers: range, keep: int = 8) -> SharedFrame:
    shared = SharedFrame(LAYOUT, keep)
    for number in numbers:
        shared.append(*row(number))
    return shared


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(0, 20))
def test_the_same_rows_give_the_same_digest_whatever_the_way_there(begin, more):
    grown, loaded = filled(range(begin + more)), SharedFrame(LAYOUT, 8)
    loaded.load(grown.frame())
    assert loaded.digest == grown.digest
    assert loaded.start_s == grown.start_s


def test_a_corrected_row_changes_the_digest_and_correcting_it_back_restores_it():
    shared = filled(range(5))
    before = shared.digest
    label, values, quality = row(2)
    assert shared.replace(label, values + 1.0, quality)
    assert shared.digest != before
    shared.replace(label, values, quality)
    assert shared.digest == before


def test_a_row_that_has_left_is_not_corrected():
    shared = filled(range(12))
    assert not shared.replace(*row(3))
    assert shared.replace(*row(4))


def test_rows_stay_contiguous_when_the_pages_are_full():
    shared = filled(range(700), keep=8)  # 8 + 672 rows of pages: moved to the front once
    assert shared.rows == 8
    np.testing.assert_array_equal(shared.frame().values[:, 0], np.arange(692.0, 700.0))
    assert shared.digest == filled(range(692, 700)).digest


def test_a_missing_value_is_flagged_invalid():
    shared = filled(range(2))
    label, values, quality = row(2)
    shared.append(label, values * np.nan, quality)
    assert (shared.frame().quality[-1] == int(Quality.INVALID)).all()


def test_a_row_out_of_order_is_refused_with_both_labels():
    with pytest.raises(ValueError, match=r"2016-06-15T01:15.* appended where 2016-06-15T00:45"):
        filled(range(3)).append(*row(5))


def test_what_boxes_see_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        filled(range(3)).frame().values[0, 0] = 1.0


def test_a_frame_of_other_columns_is_refused():
    other = Frame(Layout((("temp_c", ""),)), START_S, np.zeros((1, 1)), np.zeros((1, 1), np.uint8))
    with pytest.raises(ValueError, match="other columns"):
        SharedFrame(LAYOUT, 8).load(replace(other))
