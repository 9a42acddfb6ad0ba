"""Twelve months by the calendar, never a day longer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.retention import due_before, goes_on


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (datetime(2027, 3, 14, 9, 30, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 28, 12, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)),  # the day after has no namesake
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)),
    ],
)
def test_what_becomes_twelve_months_old_in_the_course_of_a_day_goes_at_its_beginning(now, before):
    assert due_before(now) == before


@given(st.integers(1_577_836_800, 2_208_988_800), st.integers(3, 36))  # 2020 to 2040
def test_something_goes_on_the_first_day_on_which_it_is_due_and_is_not_older_than_its_months(at_s, months):
    at = datetime.fromtimestamp(at_s, UTC)
    day = goes_on(at, months)
    assert due_before(day, months) > at >= due_before(day - timedelta(days=1), months)
    assert day - at <= timedelta(days=31 * months)
