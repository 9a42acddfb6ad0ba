"""The prices ahead, and the local clock behind the month whose peak is paid."""

from datetime import UTC, datetime

import numpy as np
import pytest

from twin.boxes.flexibility.tick.tariff import calendar, published_or


@pytest.mark.parametrize(
    ("as_of", "left", "month_start"),
    # March ends by the summer clock (22:00Z) and October by the winter clock (23:00Z), though both began by the other.
    [
        (datetime(2016, 3, 31, 12, 0, tzinfo=UTC), 10 * 4, datetime(2016, 2, 29, 23, 0, tzinfo=UTC)),
        (datetime(2016, 10, 31, 12, 0, tzinfo=UTC), 11 * 4, datetime(2016, 9, 30, 22, 0, tzinfo=UTC)),
    ],
)
def test_the_paid_month_ends_by_the_local_clock_after_a_clock_change(as_of, left, month_start):
    clock = calendar(as_of, 96, "Europe/Zurich")
    assert clock.this_month.sum() == left
    assert clock.month_start == month_start


def test_quarter_hours_after_local_midnight_of_the_last_day_belong_to_the_next_month():
    clock = calendar(datetime(2016, 1, 31, 12, 0, tzinfo=UTC), 96, "Europe/Zurich")
    assert clock.this_month.sum() == 11 * 4
    assert clock.month_start == datetime(2015, 12, 31, 23, 0, tzinfo=UTC)


def test_tariff_fills_hours_without_a_published_price():
    prices = published_or(np.array([0.3, np.nan]), np.array([0.1, 0.2]))
    assert prices.tolist() == [0.3, 0.2]
