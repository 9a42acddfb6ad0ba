"""The sun per kWp: from plants that nobody limits, in the zone or above it."""

import numpy as np
import pytest

from tests.unit.regie import small_town as town
from tests.unit.regie.small_devices import ROOF
from twin.domain.zones import Zone
from twin.regie.sun import Sun

STREET = Zone(
    "street", {"en": "x"}, 9, pv_kwp=30.0, parent="town", pv_references=(("sgen.0.p_mw", 500.0), ("sgen.7.p_mw", 20.0))
)
LONELY = Zone("lonely", {"en": "x"}, 9, pv_kwp=30.0, parent="street", pv_references=(("sgen.0.p_mw", 500.0),))
SUN = Sun.of([town.TOWN, STREET, LONELY], {"sgen.0.p_mw": 0, "sgen.7.p_mw": 1}, [ROOF])


def test_all_references_speak_while_nobody_is_limited():
    assert SUN.mw_per_kwp("street", np.array([0.4, 0.012]), ()) == pytest.approx(0.412 / 520.0)


def test_a_limited_plant_says_nothing_of_the_sun():
    assert SUN.mw_per_kwp("street", np.array([0.1, 0.012]), {"roof"}) == pytest.approx(0.012 / 20.0)


def test_a_zone_whose_only_plant_is_limited_sees_the_sun_of_the_zone_around_it():
    assert SUN.mw_per_kwp("lonely", np.array([0.1, 0.012]), {"roof"}) == pytest.approx(0.012 / 20.0)


def test_where_nobody_speaks_nothing_is_known():
    assert np.isnan(SUN.mw_per_kwp("street", np.array([0.1, np.nan]), {"roof"}))
