"""A scenario is a function from a site to a site: pure, empty where it says nothing, in the site's own vocabulary."""

import copy
from datetime import UTC, datetime

import numpy as np
import pytest

from scenarios.file.compose import compose
from scenarios.file.read import load_scenario
from twin.adapters.prepared import prepare
from twin.domain.problems import BadInput
from twin.plant.town import town_of
from twin.site import load_site
from twin.site.locate import Places
from twin.site.on_grid import grid_problems
from twin.wiring import site_sha256

EVERYTHING = """
seed = 7

[growth]
pv = 1.5
cars = 2.0
heat_pumps = 1.2
load = 1.1

[tariff]
grid_chf_per_kwh = { high = 0.2, low = 0.1 }

[[world]]
quantity = "temp_c"
add = -6.0
at = 00:00:00
until = 12:00:00

[[prices]]
at = 17:00:00
until = 20:00:00
times = 4.0

[[outages]]
element = "trafo.0"
at = 18:10:00

[[switchings]]
switch = "switch.7"
at = 18:20:00
closed = true

[[refusals]]
device = "ev_172"
at = 18:00:00

[[imports]]
at = 19:00:00
until = 20:00:00
limit_mw = 20.0
sheds = ["line.66"]

[[telemetry_lost]]
channels = ["line.*"]
at = 18:00:00
until = 19:00:00

[[box_failures]]
box = "load_town"
at = 18:00:00
until = 19:00:00

[[manual]]
at = 18:00:00
until = 19:00:00
"""


@pytest.fixture(scope="module")
def site():
    return load_site("demo")


@pytest.fixture(scope="module")
def net(site):
    return prepare(site).net()


@pytest.fixture
def everything(written):
    return load_scenario(written(everything=EVERYTHING))


def test_an_empty_scenario_gives_the_very_same_site(site, written):
    assert compose(load_scenario(written(nothing="[growth]\npv = 1.0\n")), site) is site


def test_a_scenario_leaves_the_site_that_it_changes_alone(site, everything):
    before, sha256 = copy.deepcopy(site), site_sha256(site)
    changed = compose(everything, site)
    assert site == before
    assert site_sha256(site) == sha256 != site_sha256(changed)


def test_the_same_scenario_gives_the_same_site(site, everything):
    assert site_sha256(compose(everything, site)) == site_sha256(compose(everything, site))


def test_events_stand_in_the_sites_own_words(site, everything):
    events = compose(everything, site).plant.events
    assert [(event.kind, event.element) for event in events] == [
        ("outage", "trafo.0"),
        ("outage", "line.66"),
        ("close", "switch.7"),
        ("refuse", "device.ev_172"),
    ]
    assert events[0].at == datetime(2016, 1, 25, 17, 10, tzinfo=UTC)


def test_a_price_is_a_change_of_the_world_behind_those_of_the_weather(site, everything):
    world = compose(everything, site).plant.world
    assert [change.quantity for change in world] == ["load", "cars", "temp_c", "price_chf_per_kwh"]


def test_silence_failure_and_manual_hours_reach_their_tables(site, everything):
    changed = compose(everything, site)
    assert changed.telemetry.silences[0].channels == ("line.*",)
    assert [outage.box for outage in changed.box_outages] == ["load_town"]
    assert len(changed.orders.manual) == 1


def test_a_tariff_keeps_what_the_scenario_does_not_name(site, everything):
    changed = compose(everything, site).tariff
    assert (changed.grid_chf_per_kwh.high, changed.energy_chf_per_kwh) == (0.2, site.tariff.energy_chf_per_kwh)


def test_another_seed_is_another_site(site, everything):
    assert (compose(everything, site).seed, site.seed) == (7, 51039)


def test_what_is_shed_is_a_planned_outage(everything):
    assert [(outage.element, outage.planned) for outage in everything.planned_outages] == [("line.66", True)]


def test_a_name_must_be_looked_up_before_a_site_can_change(site, written):
    named = load_scenario(written(named="[[outages]]\nelement = \"line 'MV3.101 Line 67'\"\nat = 18:00:00\n"))
    with pytest.raises(BadInput, match="expected an index"):
        compose(named, site)


# ------------------------------------------------------------------------------------------------ growth


@pytest.fixture
def tripled(site, written):
    return compose(load_scenario(written(tripled="[growth]\npv = 3.0\nheat_pumps = 3.0\ncars = 3.0\n")), site)


def test_grown_panels_agree_with_the_grown_grid(tripled, net):
    grown = copy.deepcopy(net)
    grown.sgen.loc[grown.sgen["kind"] == "pv", "sn_mva"] *= tripled.grid.overlay.pv.growth
    places = Places("demo.toml", {}, {})
    assert grid_problems(tripled, grown, places) == ()
    assert grid_problems(tripled, net, places) != ()  # the panels of the published grid alone would not do


def test_every_figure_of_panels_grows_alike(site, tripled):
    for before, after in zip(site.zones, tripled.zones, strict=True):
        assert after.pv_kwp == pytest.approx(3.0 * before.pv_kwp)
        assert sum(group.kwp for group in after.pv_groups) == pytest.approx(3.0 * sum(group.kwp for group in before.pv_groups))
    for before, after in zip(site.devices, tripled.devices, strict=True):
        if before.kind == "pv_plant":
            assert after.p_min_mw == pytest.approx(3.0 * before.p_min_mw)
            assert after.panels.annual_mwh == pytest.approx(3.0 * before.panels.annual_mwh)


def test_heat_pumps_and_their_ripple_group_grow_together(site, tripled, net):
    before, after = (town_of(each, each.plant, net) for each in (site, tripled))
    assert np.allclose(after.single_heat_pump_mw, 3.0 * before.single_heat_pump_mw)
    assert np.allclose(after.lumped_heat_pump_mw, 3.0 * before.lumped_heat_pump_mw)
    limits = [next(d.p_max_mw for d in each.devices if d.kind == "heat_pumps") for each in (site, tripled)]
    assert limits[1] == pytest.approx(3.0 * limits[0])


def test_what_has_grown_has_always_been_so(tripled):
    (cars,) = tripled.plant.world
    assert (cars.quantity, cars.times) == ("cars", 3.0)
    assert cars.at.year < 1999
    assert cars.until.year > 2100


def test_meters_of_a_grown_town_may_read_more(site, tripled):
    ranges = [next(channel.maximum for channel in each.channels if channel.name == "sgen.139.p_mw") for each in (site, tripled)]
    assert ranges[1] == pytest.approx(3.0 * ranges[0])


def test_a_voltage_keeps_its_range(site, tripled):
    ranges = [next(channel.maximum for channel in each.channels if channel.name == "bus.4.vm_pu") for each in (site, tripled)]
    assert ranges[0] == ranges[1]
