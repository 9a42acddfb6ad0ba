"""Photovoltaic plants: an order caps what they feed in, and never makes them feed more than their sun."""

import numpy as np
import pytest

from twin.plant.pv_plants import PvPlants

ROOF = PvPlants(np.array([0]), np.array([0.08]))


def fed(available_mw: float, wanted_mw: float = np.nan) -> tuple[float, float]:
    power, limit = ROOF.step(ROOF.idle(), np.array([available_mw]), np.array([wanted_mw]))
    return float(power[0]), float(limit[0])


def test_a_plant_left_alone_feeds_in_all_its_sun_and_reports_its_rating_as_limit() -> None:
    assert fed(0.05) == (-0.05, 0.08)


@pytest.mark.parametrize(("available", "expected"), [(0.05, -0.02), (0.01, -0.01)])
def test_an_order_is_the_most_that_a_plant_feeds_in(available: float, expected: float) -> None:
    assert fed(available, -0.02) == (expected, 0.02)


def test_an_order_to_draw_stops_a_plant_and_no_more() -> None:
    assert fed(0.05, 0.01) == (0.0, 0.0)
