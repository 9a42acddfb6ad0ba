"""Runs of green hours: where they begin and end, and their bands."""

from datetime import timedelta
from itertools import pairwise

import pytest
from extras_town import AS_OF, coming
from hypothesis import given
from hypothesis import strategies as st

from dashboard.public.extras.green_windows import banded_windows
from dashboard.public.green_window import coming as ahead

FIRST = AS_OF.replace(minute=0)


def hours_of(window):
    return (window.end - window.start) / timedelta(hours=1)


def test_neighbouring_green_hours_make_one_window_and_a_gap_makes_two():
    first, second = banded_windows(coming(green=(2, 3, 4, 7)))
    assert (first.start, first.end) == (FIRST + timedelta(hours=2), FIRST + timedelta(hours=5))
    assert (second.start, hours_of(second)) == (FIRST + timedelta(hours=7), 1.0)
    assert first.share == pytest.approx((0.7 + 0.78 + 0.8) / 3)


def test_an_hour_whose_share_is_unknown_ends_a_window():
    shares = (0.7, None, 0.7, *[0.3] * 9)
    assert [hours_of(window) for window in banded_windows(coming(shares=shares, green=(0, 1, 2)))] == [1.0, 1.0]


def test_the_band_of_a_window_spans_those_of_its_hours_and_is_unknown_where_one_is():
    hours = coming(green=(3, 4))
    (window,) = banded_windows(hours)
    assert (window.low, window.high) == (pytest.approx(0.751), pytest.approx(0.832))  # of its first hour, of its last
    unsure = [hour.model_copy(update={"low": None}) if hour.share == 0.8 else hour for hour in hours]
    assert banded_windows(unsure)[0].low is None


@given(green=st.sets(st.integers(0, 47)), passed=st.integers(0, 47))
def test_windows_hold_every_green_hour_once_and_never_touch(green, passed):
    hours = ahead(coming(green=green), FIRST + timedelta(hours=passed))
    windows = banded_windows(hours)
    assert sum(hours_of(window) for window in windows) == len([index for index in green if index >= passed])
    assert all(before.end < after.start for before, after in pairwise(windows))
