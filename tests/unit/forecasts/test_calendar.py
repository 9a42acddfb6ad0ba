"""The local calendar: lengths of days, and which type of day each is."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.calendar import OFF_DAY, SATURDAY, WORKDAY, LocalCalendar
from twin.domain.problems import BadInput
from twin.domain.time import quarter_hours

ZURICH = LocalCalendar(timezone="Europe/Zurich", country="CH", subdivision="ZH")


def number(date):
    return int(np.datetime64(date).astype(np.int64))


@pytest.mark.parametrize(("date", "expected"), [("2016-03-27", 92), ("2016-10-30", 100), ("2016-06-15", 96)])
def test_local_day_has_92_and_100_quarter_hours_on_clock_change_days(date, expected):
    length = ZURICH.midnight(number(date) + 1) - ZURICH.midnight(number(date))
    assert length.total_seconds() / 900 == expected


def test_leap_day_is_a_day_of_its_own_between_its_neighbours():
    labels = quarter_hours(ZURICH.midnight(number("2016-02-28")), 3 * 96)
    day, slot = ZURICH.locate(labels)
    assert list(np.unique(day)) == [number(date) for date in ("2016-02-28", "2016-02-29", "2016-03-01")]
    assert list(slot) == list(range(96)) * 3


def test_public_holiday_counts_as_sunday():
    dates = ["2016-08-01", "2016-08-02", "2016-08-06", "2016-08-07"]  # national day on a Monday
    assert list(ZURICH.day_type(np.array([number(date) for date in dates]))) == [OFF_DAY, WORKDAY, SATURDAY, OFF_DAY]


def test_a_holiday_belongs_to_its_canton():
    ticino = LocalCalendar(timezone="Europe/Zurich", country="CH", subdivision="TI")
    saint_joseph = np.array([number("2018-03-19")])
    assert ticino.holiday(saint_joseph).all()
    assert not ZURICH.holiday(saint_joseph).any()


def test_every_fault_of_a_place_is_listed_at_once():
    with pytest.raises(BadInput) as refused:
        LocalCalendar(timezone="Europe/Nowhere", country="CH", subdivision="XX")
    assert "Europe/Nowhere" in str(refused.value)
    assert "XX" in str(refused.value)
