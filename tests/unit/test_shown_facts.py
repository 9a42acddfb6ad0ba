"""What the demo's page may tell, from what its site file declares: every figure, thanks to consents that it records."""

from datetime import timedelta

import pytest

from twin.regie.public_rule import Rule
from twin.regie.public_told import Rulebook, Wish
from twin.shown_facts import areas_of, plants_of
from twin.site import load_site
from twin.site.site import jsonable
from twin.site.zone import OtherPlant

OWN_ENERGY = {"town": 109_340.0, "neighbourhood": 1_172.0, "school_roof": 0.0}
"""Annual consumption of the simulated customers [MWh], the year before 25 January 2016."""


@pytest.fixture(scope="module")
def demo():
    return load_site("demo")


def book(site) -> Rulebook:
    rule = Rule(**site.privacy.model_dump(exclude={"consents"}))
    wish = Wish("town", ("neighbourhood",), "neighbourhood", "school_roof", timedelta(hours=1))
    return Rulebook(areas_of(site, OWN_ENERGY), plants_of(site), rule, wish)


def without(site, *plants):
    """The site without the consents for some plants; without any when none is named."""
    kept = tuple(each for each in site.privacy.consents if plants and each.plant not in plants)
    return site.model_copy(update={"privacy": site.privacy.model_copy(update={"consents": kept})})


def test_the_demo_tells_everything_the_town_by_the_quarter_hour(demo):
    found = {(v.figure, v.zone): v for v in book(demo).verdicts}
    assert all(verdict.told for verdict in found.values())
    quarter_hours = {figure for (figure, zone), v in found.items() if v.coarse is None}
    assert quarter_hours == {"share", "co2", "parts", "powers"}
    assert found["load", "neighbourhood"].resolution == timedelta(hours=1)


def test_the_towns_energy_holds_that_of_its_zones(demo):
    energy = {area.name: area.energy for area in areas_of(demo, OWN_ENERGY)}
    assert energy == {"town": 110_512.0, "neighbourhood": 1_172.0, "school_roof": 0.0}


def test_a_plant_stands_in_the_smallest_zone_that_names_it(demo):
    plants = {plant.channel: plant for plant in plants_of(demo)}
    assert plants["sgen.139.p_mw"].zone == "school_roof"
    assert plants["device.battery_458.p_mw"].zone == "neighbourhood"
    assert plants["device.battery_community.p_mw"].zone == "town"
    assert plants["sgen.139.p_mw"].size == 78.7


@pytest.mark.parametrize(
    ("carriers", "told"),
    [(("biomass", "biomass", "waste"), False), (("biomass",) * 3, True)],
    ids=["two and one", "three of one carrier"],
)
def test_other_plants_are_a_crowd_only_among_those_of_their_carrier(demo, carriers, told):
    others = tuple(
        OtherPlant(channel=f"sgen.{900 + i}.p_mw", carrier=carrier, kw=500.0, co2_g_per_kwh=300.0, co2_source="its owner, 2024")
        for i, carrier in enumerate(carriers)
    )
    town, *within = demo.zones
    found = book(demo.model_copy(update={"zones": (town.model_copy(update={"other_plants": others}), *within)}))
    plants = [plant for plant in found.plants if plant.kind == "other"]
    assert [(plant.carrier, plant.co2_g_per_kwh) for plant in plants] == [(carrier, 300.0) for carrier in carriers]
    assert found.told("parts", "town") is found.told("powers", "town") is told
    assert found.told("share", "town")


@pytest.mark.parametrize(
    ("plant", "held"),
    [
        ("sgen.132.p_mw", {"parts", "powers"}),
        ("device.battery_community.p_mw", {"parts", "powers"}),
        ("sgen.136.p_mw", {"sun"}),
        ("sgen.139.p_mw", {"plant"}),
    ],
    ids=["the river plant", "the community battery", "one of the neighbourhood's roofs", "the school roof"],
)
def test_a_consent_that_is_taken_back_holds_back_what_would_tell_the_plant(demo, plant, held):
    missing = {v.figure for v in book(without(demo, plant)).verdicts if not v.told}
    assert held <= missing
    assert not missing & {"share", "load"} - held


def test_boxes_and_the_journals_identity_know_nothing_of_consents_and_largest_customers(demo):
    assert jsonable(demo) == jsonable(without(demo))
    assert "largest_customer" not in demo.context("load_town", b"").zones["town"]
