"""The town lives by the local clock, and twice a year that clock jumps."""

from datetime import date

import numpy as np
import pytest

from twin.plant.clock import LocalClock, is_weekend

ZURICH = LocalClock("Europe/Zurich")


def quarter_hours_of(day: date) -> int:
    number = (day - date(1970, 1, 1)).days
    labels = (number - 1) * 86_400 + 900 * np.arange(3 * 96)
    return int((ZURICH.local_s(labels) // 86_400 == number).sum())


@pytest.mark.parametrize(("day", "count"), [(date(2016, 3, 27), 92), (date(2016, 10, 30), 100), (date(2016, 6, 15), 96)])
def test_a_local_day_has_92_or_100_quarter_hours_when_the_clock_changes(day: date, count: int) -> None:
    assert quarter_hours_of(day) == count


def test_saturday_and_sunday_are_the_weekend() -> None:
    first = (date(2016, 6, 13) - date(1970, 1, 1)).days  # a Monday
    assert is_weekend(np.arange(first, first + 7)).tolist() == [False] * 5 + [True] * 2
