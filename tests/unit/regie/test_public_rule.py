"""Who is a crowd: customers of zones and of what remains of them, and plants."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.regie.public_tick import AREAS, PLANTS, changed
from twin.origin.tracing import share
from twin.regie.public_rule import Area, Beside, Cell, Moved, Plant, Rule, group_held, live_held, own_cells, plants_held
from twin.regie.public_solve import Figure, Outsider
from twin.regie.public_told import Rulebook, Wish

RULE = Rule()
ZONE = Area("zone", None, 40, 100.0, 0.1)


def roofs(*sizes, consented=()):
    return [Plant(f"p{i}", "zone", "pv", size, i in consented) for i, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"customers": 14}, "too_few_customers"),
        ({"customers": 15}, None),
        ({"largest_share": 0.151}, "one_stands_out"),
        ({"largest_share": None}, "largest_customer_not_declared"),
        ({"formerly": (Moved(joined=14, left=0),)}, "bounds_moved_by_few"),
        ({"formerly": (Moved(joined=0, left=1),)}, "bounds_moved_by_few"),
        ({"formerly": (Moved(joined=3, left=3),)}, "bounds_moved_by_few"),
        ({"formerly": (Moved(joined=17, left=2),)}, "bounds_moved_by_few"),
        ({"formerly": (Moved(joined=0, left=30), Moved(joined=5, left=30))}, "bounds_moved_by_few"),
        ({"formerly": (Moved(joined=23, left=20), Moved(joined=0, left=15))}, None),
    ],
)
def test_a_zone_is_held_back_for_what_it_declares(fields, reason):
    held = group_held(replace(ZONE, **fields), RULE)
    assert (held and held.reason) == reason


def test_a_stricter_site_holds_back_more():
    assert group_held(ZONE, RULE) is None
    assert group_held(ZONE, Rule(k=41)).reason == "too_few_customers"
    assert group_held(ZONE, Rule(max_share=0.09)).reason == "one_stands_out"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"customers": 150, "largest_share": 0.05}, None),
        ({"customers": 149, "largest_share": 0.05}, "too_few_for_quarter_hours"),
        ({"customers": 150, "largest_share": 0.051}, "one_stands_out_in_quarter_hours"),
    ],
)
def test_quarter_hours_need_ten_crowds_and_a_third_of_the_largest_share(fields, reason):
    held = live_held(replace(ZONE, **fields), RULE)
    assert (held and held.reason) == reason


@pytest.mark.parametrize(
    ("plants", "reason"),
    [
        (roofs(10, 10, 10), None),
        (roofs(10, 10), "too_few_plants"),
        (roofs(10, 10, 21), "one_plant_dominates"),
        (roofs(10, 10, 20), None),
        (roofs(10, 10, 21, consented=(2,)), "too_few_plants"),
        (roofs(10, consented=(0,)), None),
        ([], None),
    ],
)
def test_plants_without_consent_must_be_several_none_of_them_most(plants, reason):
    held = plants_held(plants, RULE)
    assert (held and held.reason) == reason


def test_what_remains_of_a_zone_is_given_the_largest_customer_of_all():
    cells = own_cells([Area("town", None, 100, 1000.0, 0.1), Area("north", "town", 60, 800.0, 0.05)])
    assert cells["town"] == Cell(40, 200.0, 100.0)  # the town's largest may be one of the forty
    assert cells["north"] == Cell(60, 800.0, 40.0)
    assert not cells["town"].crowd(RULE)


def test_a_remainder_of_unknown_energy_is_no_crowd():
    cells = own_cells([Area("town", None, 100, math.nan, 0.1), Area("north", "town", 60, 800.0, 0.05)])
    assert not cells["town"].crowd(RULE)


# ------------------------------------------------------------------------------------------------ what follows from what


def outsider(areas, plants=(), rule=RULE):
    return Outsider(areas, plants, None, rule)


def test_the_remainder_of_a_town_beside_its_zone_must_be_a_crowd():
    town, few = Area("town", None, 100, 1000.0, 0.02), Area("north", "town", 90, 900.0, 0.02)
    held = outsider([town, few]).finds([Figure("share", "town"), Figure("share", "north")])
    assert (held.reason, held.params) == ("tells_a_small_remainder", {"customers": 10, "zones": ["town"]})
    most = replace(few, customers=80, energy=800.0)
    assert outsider([town, most]).finds([Figure("share", "town"), Figure("load", "north")]) is None


def test_a_zones_share_and_its_load_tell_of_the_factory_at_the_node_of_a_dam_before_it_and_are_not_both_told():
    load, factory, dam, mix = 6.0, 1.1, 1.2, 0.3  # MW; nodes: the connection, the dam with the factory, the zone
    sharing = share(
        branch_from=np.array([0, 1]),
        branch_to=np.array([1, 2]),
        p_from_mw=np.array([load + factory - dam, load]),
        p_to_mw=np.array([dam - load - factory, -load]),
        injected_mw=np.array([[0.0, dam, 0.0], [load + factory - dam, 0.0, 0.0]]),
        drawn_mw=np.array([[0.0, factory, 0.0], [0.0, 0.0, load]]),
    )
    renewable = sharing.taken_mw[1] @ np.array([1.0, mix]) / load
    assert dam * (1.0 - mix) / (renewable - mix) - load == pytest.approx(factory)
    town, zone = Area("town", None, 1300, 1000.0, 0.04), Area("zone", "town", 300, 300.0, 0.01)
    both = [Figure("load", "zone"), Figure("share", "zone")]
    assert outsider([town, zone]).finds(both).reason == "tells_beyond_the_zone"
    assert [outsider([town, zone]).finds([figure]) for figure in both] == [None, None]


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (Beside(15, 0.15), True),
        (Beside(14, 0.15), False),
        (Beside(15, 0.16), False),
        (Beside(90, 0.05, plants=1), False),
        (Beside(90, 0.05, plants=3), True),
    ],
)
def test_a_zone_whose_way_a_crowd_shares_tells_its_share_and_its_load(beside, told):
    town, zone = Area("town", None, 1300, 1000.0, 0.04), Area("zone", "town", 300, 300.0, 0.01, beside=beside)
    assert (outsider([town, zone]).finds([Figure("load", "zone"), Figure("share", "zone")]) is None) == told


def test_a_small_zone_that_is_not_told_hides_among_those_around_it():
    areas = [
        Area("town", None, 100, 1000.0, 0.02),
        Area("north", "town", 80, 800.0, 0.02),
        Area("hamlet", "town", 8, 80.0, 0.2),
    ]
    told = [Figure("share", "town"), Figure("share", "north")]
    assert outsider(areas).finds(told) is None  # twelve of the town and eight of the hamlet remain together
    assert outsider([*areas[:2], replace(areas[2], customers=3)]).finds(told) is None
    assert outsider([areas[0], replace(areas[1], customers=87), areas[2]]).finds(told).params["customers"] == 13


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        (["share"], True),
        (["share", "load"], False),
        (["load", "sun"], True),
        (["parts"], True),
        (["parts", "load"], False),
    ],
    ids=lambda case: "+".join(case) if isinstance(case, list) else "",
)
def test_a_share_tells_the_only_plants_power_as_soon_as_one_other_power_is_told(figures, told):
    river = [Plant("river", "town", "hydro", 1.0)]
    held = outsider([Area("town", None, 1000, 1000.0, 0.01)], river).finds([Figure(name, "town") for name in figures])
    assert (held is None) is told


def test_share_and_intensity_of_three_sources_tell_the_only_plant_where_the_sun_is_known():
    plants = [*roofs(10, 10, 10), Plant("river", "zone", "hydro", 1.0)]
    one, two = [Figure("share", "zone")], [Figure("share", "zone"), Figure("co2", "zone")]
    assert outsider([ZONE], plants).finds(one) is None
    assert outsider([ZONE], plants).finds(two).reason == "tells_a_plant"


# ------------------------------------------------------------------------------------------------ what is admitted


def book(areas=AREAS, plants=PLANTS, **wish):
    return Rulebook(tuple(areas), tuple(plants), RULE, Wish("town", ("quarter",), **({"group": "quarter"} | wish)))


def test_a_stored_energy_of_one_large_battery_is_held_back_with_the_whole_mix():
    battery = Plant("battery", "town", "storage", 1000.0)
    found = book(plants=[*PLANTS, battery])
    assert found.verdict("parts", "town").held.params["plants"] == ["battery"]
    assert found.told("share", "town")
    assert book(plants=[*PLANTS, replace(battery, consented=True)]).told("parts", "town")


def test_a_plant_is_not_told_by_name_when_its_zone_is_scaled_from_another_without_consent():
    areas = changed("roof", references=("school", "q0"))
    held = book(areas, plant="roof").verdict("plant", "roof").held
    assert (held.reason, held.params) == ("no_consent", {"plants": ["q0"]})


def test_a_silent_meter_never_lets_a_figure_in():
    found = book(plant="roof")
    figures = [(v.figure, v.zone) for v in found.verdicts]
    for silent in (frozenset(["m0"]), frozenset(["school"]), frozenset(["q0", "river"]), None):
        assert {key for key in figures if found.told(*key, silent)} <= {key for key in figures if found.told(*key)}


def test_where_nobody_knows_who_answered_only_consented_plants_are_counted_on():
    found = book(plant="roof")
    assert found.told("sun", "quarter")
    assert not found.told("sun", "quarter", None)
    assert found.told("load", "quarter", None)
    every = [replace(plant, consented=True) for plant in PLANTS]
    assert book(plants=every).told("sun", "quarter", None)
