"""Customers in the dark: who stands behind which load, and which interruptions count."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from scenarios.play.supply import Darkness, customers_of_loads, reliability

BEGIN = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)
CUSTOMERS = np.array([30.0, 10.0])


def dark_for(seconds, *, planned=False):
    """The second load, a quarter of the customers, is dark for so long."""
    states = [
        Darkness(BEGIN, np.array([0.0, 10.0]), planned),
        Darkness(BEGIN + timedelta(seconds=seconds), np.zeros(2), False),
    ]
    return reliability(states, BEGIN + timedelta(hours=1), CUSTOMERS)


@pytest.mark.parametrize(("seconds", "saifi"), [(180, 0.0), (181, 0.25)])
def test_an_interruption_of_three_minutes_or_less_does_not_count(seconds, saifi):
    found = dark_for(seconds)
    assert found.saifi["unplanned"] == saifi
    assert found.saidi_min["unplanned"] == pytest.approx(saifi * seconds / 60.0)


def test_an_interruption_that_was_announced_counts_apart():
    found = dark_for(600, planned=True)
    assert found.saidi_min == {"planned": 2.5, "unplanned": 0.0}
    assert found.saifi == {"planned": 0.25, "unplanned": 0.0}


def test_who_is_dark_at_the_end_is_counted_until_then():
    found = reliability([Darkness(BEGIN, np.array([0.0, 10.0]), False)], BEGIN + timedelta(hours=1), CUSTOMERS)
    assert (found.saidi_min["unplanned"], found.longest_min) == (15.0, 60.0)


def test_customers_of_a_zone_within_another_stand_behind_their_own_loads_alone():
    zones = [("town", None, 100, {0, 1}), ("quarter", "town", 40, {2})]
    found = customers_of_loads(zones, np.array([0, 1, 2]), np.array([1.0, 2.0, 5.0]))
    assert found == pytest.approx([20.0, 40.0, 40.0])  # 60 of the town's own, by energy
