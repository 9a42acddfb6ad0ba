"""The local clock behind the static tariff and the priced month."""

from datetime import UTC, datetime

import numpy as np
import pytest

from twin.boxes.flexibility.tariff import calendar, published_or, static_grid_chf_per_kwh

TARIFF = {"high_hours": (7, 20), "grid_chf_per_kwh": {"high": 0.12, "low": 0.085}}


@pytest.mark.parametrize(
    ("as_of", "quarters"),
    # Monday after the clock went forward starts at 22:00Z on Sunday; after it went back at 23:00Z.
    [(datetime(2016, 3, 27, 22, 0, tzinfo=UTC), 28), (datetime(2016, 10, 30, 23, 0, tzinfo=UTC), 28)],
)
def test_high_tariff_begins_at_seven_by_the_local_clock_after_a_clock_change(as_of, quarters):
    prices = static_grid_chf_per_kwh(TARIFF, calendar(as_of, 96, "Europe/Zurich"))
    assert np.flatnonzero(prices == 0.12)[0] == quarters
    assert (prices == 0.12).sum() == 13 * 4


def test_weekend_has_no_high_tariff():
    prices = static_grid_chf_per_kwh(TARIFF, calendar(datetime(2016, 6, 18, 0, 0, tzinfo=UTC), 80, "Europe/Zurich"))
    assert set(prices) == {0.085}


def test_quarter_hours_after_local_midnight_of_the_last_day_belong_to_the_next_month():
    clock = calendar(datetime(2016, 1, 31, 12, 0, tzinfo=UTC), 96, "Europe/Zurich")
    assert clock.this_month.sum() == 11 * 4
    assert clock.month_start == datetime(2015, 12, 31, 23, 0, tzinfo=UTC)


def test_tariff_fills_hours_without_a_published_price():
    prices = published_or(np.array([0.3, np.nan]), np.array([0.1, 0.2]))
    assert prices.tolist() == [0.3, 0.2]
