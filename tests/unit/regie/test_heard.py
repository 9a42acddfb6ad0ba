"""Who was silent in a quarter hour and who came late: the meters of plants, storages and devices, and no others."""

import numpy as np
import pytest

from twin.domain.channels import parse_channel
from twin.domain.zones import OtherPlant, Zone
from twin.regie.heard import Heard, Hearing
from twin.regie.tick import Observation

NAMES = (
    "trafo.0.p_mw",
    "sgen.1.p_mw",
    "sgen.2.p_mw",
    "sgen.3.p_mw",
    "storage.4.p_mw",
    "device.battery.soc_percent",
    "load.5.p_mw",
    "load.6.p_mw",
)
ZONE = Zone(
    "town",
    {"en": "Town"},
    100,
    10.0,
    boundary=(("trafo.0.p_mw", 1.0), ("load.6.p_mw", -1.0)),
    hydro=("sgen.1.p_mw",),
    storage=("storage.4.p_mw",),
    others=(OtherPlant("sgen.2.p_mw", "waste", 1.0, 300.0),),
    pv_references=(("sgen.3.p_mw", 1.0),),
)
HEARING = Hearing([parse_channel(name) for name in NAMES], [ZONE])


def heard(silent=(), late=()):
    row = np.array([np.nan if name in silent else 1.0 for name in NAMES])
    written = {900: np.array([NAMES.index(name) for name in late])} if late else {}
    nothing = np.empty(0)
    return HEARING.of(Observation(None, None, row, nothing, {}, {}, {}, {900: row}, written), [900])[900]


@pytest.mark.parametrize("name", ["sgen.1.p_mw", "sgen.2.p_mw", "sgen.3.p_mw", "storage.4.p_mw", "load.6.p_mw"])
def test_a_meter_that_the_towns_origin_is_made_of_is_heard_when_it_is_silent_and_when_it_is_late(name):
    assert heard(silent=[name]) == Heard((name,), ())
    assert heard(late=[name]) == Heard((), (name,))


def test_a_device_that_tells_what_it_holds_is_heard_when_it_is_late():
    name = "device.battery.soc_percent"
    assert (heard(silent=[name]), heard(late=[name])) == (Heard(), Heard((), (name,)))


@pytest.mark.parametrize("name", ["trafo.0.p_mw", "load.5.p_mw"])
def test_the_grids_own_meters_and_those_that_no_origin_is_made_of_are_not_heard(name):
    assert heard(silent=[name], late=[name]) == Heard()


def test_a_late_word_is_heard_of_the_first_quarter_hour_that_it_changes():
    row, nothing, of_storage = np.ones(len(NAMES)), np.empty(0), np.array([5])
    seen = Observation(None, None, row, nothing, {}, {}, {}, dict.fromkeys((900, 1800, 2700), row), {900: of_storage})
    told = HEARING.of(seen, [1800, 2700])
    assert [told[label].late for label in (1800, 2700)] == [("device.battery.soc_percent",), ()]
