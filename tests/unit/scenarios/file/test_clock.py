"""Moments of a scenario: with offset, on the sites' clock, or a time of day; both days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.file.clock import Clock

ZURICH = ZoneInfo("Europe/Zurich")
MIDNIGHT = datetime(2016, 1, 24, 23, 0, tzinfo=UTC)  # of 25 January in Zurich


def test_a_moment_without_offset_is_local_time():
    assert Clock(ZURICH).instant(datetime.fromisoformat("2016-07-01T12:00:00")) == datetime(2016, 7, 1, 10, 0, tzinfo=UTC)


def test_a_moment_with_offset_needs_no_clock():
    assert Clock(None).instant(datetime.fromisoformat("2016-01-25T18:10:00+05:00")) == datetime(2016, 1, 25, 13, 10, tzinfo=UTC)


def test_a_date_is_its_local_midnight():
    assert Clock(ZURICH).instant(date(2016, 1, 25)) == MIDNIGHT


def test_a_time_of_day_is_the_first_one_of_the_window():
    assert Clock(ZURICH, MIDNIGHT).instant(time(18, 10)) == datetime(2016, 1, 25, 17, 10, tzinfo=UTC)


def test_a_time_of_day_before_a_window_that_starts_at_noon_is_that_of_the_next_day():
    noon = datetime(2016, 1, 25, 11, 0, tzinfo=UTC)
    assert Clock(ZURICH, noon).instant(time(6, 0)) == datetime(2016, 1, 26, 5, 0, tzinfo=UTC)


def test_the_window_begins_with_its_own_time_of_day():
    assert Clock(ZURICH, MIDNIGHT).instant(time(0, 0)) == MIDNIGHT


def test_an_end_at_the_time_of_its_beginning_is_a_day_later():
    clock, begin = Clock(ZURICH, MIDNIGHT), datetime(2016, 1, 25, 17, 0, tzinfo=UTC)
    assert clock.instant(time(18, 0), after=begin) == begin + timedelta(days=1)


def test_a_moment_that_clocks_skip_in_spring_is_refused():
    with pytest.raises(ValueError, match="a moment that exists: in Europe/Zurich clocks go forward over 2016-03-27 02:30:00"):
        Clock(ZURICH).instant(datetime.fromisoformat("2016-03-27T02:30:00"))


def test_a_moment_that_clocks_show_twice_in_autumn_is_refused():
    with pytest.raises(ValueError, match="clocks go back over 2016-10-30 02:30:00, which happens twice"):
        Clock(ZURICH).instant(datetime.fromisoformat("2016-10-30T02:30:00"))


@pytest.mark.parametrize(("offset", "utc_hour"), [("+02:00", 0), ("+01:00", 1)])
def test_an_offset_tells_autumns_doubled_hour_apart(offset, utc_hour):
    moment = datetime.fromisoformat(f"2016-10-30T02:30:00{offset}")
    assert Clock(ZURICH).instant(moment) == datetime(2016, 10, 30, utc_hour, 30, tzinfo=UTC)


def test_a_time_of_day_that_clocks_skip_on_that_day_is_refused():
    with pytest.raises(ValueError, match="clocks go forward over 2016-03-27 02:30:00"):
        Clock(ZURICH, datetime(2016, 3, 26, 23, 0, tzinfo=UTC)).instant(time(2, 30))


def test_sites_with_several_clocks_need_moments_with_an_offset():
    with pytest.raises(ValueError, match="its sites have no clock in common"):
        Clock(None).instant(datetime.fromisoformat("2016-01-25T18:10:00"))


@given(
    st.dates(date(2010, 1, 1), date(2020, 1, 1)),
    st.times().filter(lambda moment: not 1 <= moment.hour <= 3),
    st.times().filter(lambda moment: not 1 <= moment.hour <= 3),
)
def test_a_time_of_day_is_never_before_the_start_nor_more_than_a_day_after_it(day, start, moment):
    begin = datetime.combine(day, start, tzinfo=ZURICH).astimezone(UTC)
    found = Clock(ZURICH, begin).instant(moment)
    # the day on which clocks go back has 25 hours
    assert timedelta(0) <= found - begin < timedelta(hours=25)
    assert found.astimezone(ZURICH).time() == moment
