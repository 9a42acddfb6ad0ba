"""A plant that an order holds back stands for itself alone in its zone's generation."""

import numpy as np
import pytest

from tests.unit.regie.small_devices import ROOF
from twin.contracts.frame import Layout
from twin.domain.channels import parse_channel
from twin.domain.zones import Zone
from twin.regie.limited_plants import limited_plants
from twin.regie.observe import Observer

TITLE = {"en": "x"}
CHANNELS = ("sgen.0.p_mw", "sgen.1.p_mw", "device.roof.limit_mw", "device.roof.p_mw")
BOTH = (("sgen.0.p_mw", 500.0), ("sgen.1.p_mw", 100.0))
TOWN = Zone("town", TITLE, 100, pv_kwp=1000.0, pv_references=BOTH, pv_sgens=(1,))
PLANT = Zone("plant", TITLE, 0, pv_kwp=500.0, parent="town", pv_references=BOTH[:1], pv_sgens=(0,))


def pv_mw(roof: float, other: float, limit: float, zone: Zone = TOWN, channels: tuple[str, ...] = CHANNELS) -> float:
    limited = limited_plants([ROOF], [TOWN, PLANT], channels)
    layout = Layout((("zone_pv_p_mw", zone.name),))
    observer = Observer([parse_channel(name) for name in CHANNELS], [TOWN, PLANT], [], layout, limited)
    values = np.array([[roof, other, limit, -roof]])
    return float(observer.derive(values, np.zeros(values.shape, np.uint8), 0)[0][0, 0])


def test_while_nobody_limits_it_a_plant_speaks_for_the_others():
    assert pv_mw(0.4, 0.08, 0.5) == pytest.approx(1000.0 * 0.48 / 600.0)


def test_a_plant_at_its_limit_is_counted_as_it_feeds_and_the_rest_by_the_others():
    assert pv_mw(0.1, 0.08, 0.1) == pytest.approx(0.1 + 500.0 * 0.08 / 100.0)


def test_a_plant_below_its_limit_speaks_for_the_others_as_before():
    assert pv_mw(0.2, 0.04, 0.3) == pytest.approx(1000.0 * 0.24 / 600.0)


def test_a_plant_without_a_neighbour_speaks_for_its_zone_though_limited():
    assert pv_mw(0.1, 0.08, 0.1, PLANT) == pytest.approx(0.1)


def test_a_plant_that_reports_no_limit_is_taken_for_free():
    assert pv_mw(0.1, 0.08, 0.1, channels=CHANNELS[:2]) == pytest.approx(1000.0 * 0.18 / 600.0)


def test_the_plants_own_meter_serves_where_its_sgen_has_none():
    (plant,) = limited_plants([ROOF], [TOWN, PLANT], CHANNELS[2:])["town"]
    assert (plant.channel, plant.sign) == ("device.roof.p_mw", -1.0)
