"""What the citizens' snapshot tells, and what the privacy rule, the roof's owner and the site's interval keep out of it."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.regie.public_tick import (
    ALL_ANSWER,
    GOOD,
    HALF,
    HOST,
    LOAD,
    NOON,
    PLANTS,
    PV,
    ROOF_PV,
    changed,
    facts,
    silent,
    tick,
    traced,
)
from twin.contracts.public_snapshot import PublicSnapshot
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR
from twin.origin.traced import Origin, Traced
from twin.regie.public import PublicComposer, held_back

HOUR = timedelta(hours=1)


def published(told=None, quarters=4, *, begin=NOON, flags=GOOD, raw=ALL_ANSWER, origins=None, before=None, host=HOST, **rows):
    """The snapshot after some quarter hours of which each has the values in ``rows`` [MW]."""
    composer = PublicComposer(told or facts(), before)
    paths = {LOAD: rows.get("load", (0.12, 0.14, 0.16, 0.18)), PV: (0.05,) * 4, ROOF_PV: (0.01, 0.02, 0.03, 0.04)}
    for number in range(quarters):
        values = {key: path[number % 4] for key, path in paths.items()}
        origin = traced() if origins is None else origins[number % 4]
        composer.remember(
            begin + number * QUARTER_HOUR, values, flags, origin, None if raw is None else composer.facts.silent(raw)
        )
    return composer.compose(tick(raw=ALL_ANSWER if raw is None else raw), host)


# ------------------------------------------------------------------------------------------------ the neighbourhood


def test_a_group_of_many_without_a_giant_is_told_as_the_mean_of_its_hour():
    group = published().neighbourhood
    assert (group.customers, group.load_kw, group.pv_kw) == (112, 150.0, 50.0)
    assert (group.start, group.end) == (NOON, NOON + HOUR)
    assert group.quality == ("good",)


@pytest.mark.parametrize(
    "areas",
    [changed("quarter", customers=14), changed("quarter", largest_share=0.16), changed("quarter", largest_share=None)],
    ids=["fewer than k", "one stands out", "nobody declared the largest"],
)
def test_a_small_or_dominated_group_is_never_told(areas):
    snapshot = published(facts(areas))
    assert snapshot.neighbourhood is None
    assert [zone.name for zone in snapshot.zones] == ["town"]
    assert snapshot.roof is not None  # another owner, another rule


@pytest.mark.parametrize("areas", [changed("quarter", customers=15), changed("quarter", largest_share=0.15)])
def test_the_rule_holds_up_to_its_limits(areas):
    assert published(facts(areas)).neighbourhood is not None


def test_a_roof_without_recorded_consent_is_never_told():
    plants = tuple(replace(plant, consented=plant.channel == "river") for plant in PLANTS)
    snapshot = published(facts(plants=plants))
    assert snapshot.roof is None
    assert snapshot.neighbourhood is not None


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_nothing_of_the_neighbourhood_is_told_finer_than_the_sites_interval(quarters):
    snapshot = published(quarters=quarters)
    assert snapshot.neighbourhood is None
    assert snapshot.roof is None
    assert [zone.name for zone in snapshot.zones] == ["town"]


def test_an_interval_begins_on_the_clock_and_is_told_when_it_is_over():
    assert published(quarters=7).roof.p_kw == 25.0  # of the full hour, whatever came since
    assert published(begin=NOON + 2 * QUARTER_HOUR, quarters=4).neighbourhood is None  # four quarter hours, but of two hours
    roof = published(facts(hours=2), quarters=8).roof
    assert (roof.start, roof.end) == (NOON, NOON + 2 * HOUR)


def test_a_missing_quarter_hour_makes_the_mean_unknown_and_not_smaller():
    group = published(load=(0.12, math.nan, 0.16, 0.18), flags=GOOD | {LOAD: int(Quality.INVALID)}).neighbourhood
    assert group.load_kw is None
    assert group.quality == ("invalid",)


def test_a_roof_whose_meter_is_silent_says_nothing_though_its_last_value_is_known():
    roof = published(flags=GOOD | {ROOF_PV: int(Quality.SUBSTITUTED)}).roof
    assert roof.p_kw is None
    assert "substituted" in roof.quality


def test_two_roofs_that_answer_alone_are_not_told_as_the_neighbourhoods():
    assert published(raw=silent("q0")).neighbourhood.pv_kw is None
    assert published(raw=silent("school")).neighbourhood.pv_kw == 50.0  # three of the others do


def test_after_a_restart_an_interval_is_told_as_it_was_whatever_came_late():
    first = published()
    greener = [traced(quarter=Origin(1.0, {"pv": 1.0}, 1.0, 1.0, 40.0))] * 4
    again = published(before=first, load=(0.3, 0.3, 0.3, 0.3), origins=greener)
    assert again.neighbourhood == first.neighbourhood
    assert again.zones[1] == first.zones[1]
    assert published(origins=greener).zones[1].share == 1.0
    later = published(before=first, begin=NOON + HOUR, load=(0.3, 0.3, 0.3, 0.3))
    assert later.neighbourhood.load_kw == 300.0


def test_an_hour_of_which_nobody_knows_who_answered_is_told_as_far_as_consents_reach():
    every = facts(plants=[replace(plant, consented=True) for plant in PLANTS])
    assert (published(every, raw=None).neighbourhood.pv_kw, published(every, raw=None).zones[1].share) == (50.0, 0.7)
    some = published(raw=None)
    assert (some.neighbourhood.load_kw, some.neighbourhood.pv_kw, some.roof.p_kw) == (150.0, None, 25.0)


def test_another_sites_page_in_the_same_place_is_not_continued():
    other = published().model_copy(update={"site": "village"})
    assert published(before=other, load=(0.3,) * 4).neighbourhood.load_kw == 300.0


# ------------------------------------------------------------------------------------------------ the zones


def test_the_town_comes_first_with_what_is_told_of_it_and_zones_within_it_by_the_hour():
    town, quarter = published().zones
    assert (town.name, town.parent, town.share, town.end - town.start) == ("town", None, 0.7, QUARTER_HOUR)
    assert (quarter.name, quarter.parent, quarter.share) == ("quarter", "town", 0.7)
    assert (quarter.start, quarter.end) == (NOON, NOON + HOUR)


def test_a_zones_share_is_of_its_energy_and_not_the_mean_of_shares():
    much, little = Origin(3.0, {"pv": 1.0}, 1.0, 1.0, 40.0), Origin(1.0, {"import": 1.0}, 0.2, 0.0, 100.0)
    origins = [traced(quarter=each) for each in (much, much, little, little)]
    assert published(origins=origins).zones[1].share == pytest.approx((2 * 3.0 + 2 * 0.2) / 8.0)


def test_a_quarter_hour_that_nobody_traced_leaves_the_hours_share_unknown():
    zone = published(
        origins=[traced(), Traced("unknown", {}, Origin(math.nan), Origin(math.nan), (), math.nan), traced(), traced()]
    ).zones[1]
    assert zone.share is None
    assert zone.quality == ("invalid",)


def test_a_quarter_hour_without_consumption_leaves_the_hours_share_to_the_others():
    nothing = traced(quarter=Origin(0.0))
    assert published(origins=[nothing, nothing, traced(), traced()]).zones[1].share == 0.7


def test_an_import_of_unknown_mix_makes_a_share_unknown_and_not_zero():
    unknown = Origin(10.0, {"pv": 0.4, "import": 0.6})
    snapshot = PublicComposer(facts()).compose(tick(origin=traced(town=unknown)), HOST)
    assert (snapshot.status, snapshot.share, snapshot.sources) == ("unknown", None, ())


# ------------------------------------------------------------------------------------------------ the town


def test_the_towns_share_is_told_with_its_parts_and_powers():
    snapshot = published()
    assert (snapshot.share, snapshot.made_here, snapshot.co2_g_per_kwh, snapshot.method) == (0.7, 0.4, 71.2, "traced")
    assert snapshot.import_mix == "consumption"
    told = {source.kind: (source.part, source.p_mw, source.renewable_share) for source in snapshot.sources}
    assert told == {"pv": (0.3, 3.0, 1.0), "hydro": (0.1, 1.0, 1.0), "import": (0.6, 6.0, 0.5)}


def test_charging_and_export_leave_the_town_as_negative_powers():
    origin = traced(charged=1.0, exported=2.5, storage=0.0, **{"import": 0.0})
    told = {s.kind: (s.p_mw, s.renewable_share) for s in PublicComposer(facts()).compose(tick(origin=origin), HOST).sources}
    assert told["storage"] == (-1.0, None)
    assert told["import"] == (-2.5, None)


@pytest.mark.parametrize(
    ("areas", "told"),
    [
        (changed("town", customers=127, energy=1_400.0), True),
        (changed("town", customers=126, energy=1_400.0), False),
        (changed("town", energy=1_300.0, largest_share=0.02), False),
    ],
    ids=["fifteen remain", "fourteen remain", "one of those who remain may stand out"],
)
def test_a_zone_is_told_beside_its_town_only_if_a_crowd_remains_outside_it(areas, told):
    snapshot = published(facts(areas))
    assert (snapshot.neighbourhood is not None) is told
    assert [zone.name for zone in snapshot.zones] == (["town", "quarter"] if told else ["town"])
    assert snapshot.share is not None


def test_a_river_plant_without_consent_keeps_the_mix_and_the_powers_back_but_not_the_share():
    plants = tuple(replace(plant, consented=plant.channel == "school") for plant in PLANTS)
    snapshot = published(facts(plants=plants))
    assert (snapshot.share, snapshot.made_here, snapshot.co2_g_per_kwh, snapshot.sources) == (0.7, None, None, ())
    assert snapshot.coming == ()  # they would follow the plant


def test_two_plants_that_answer_alone_keep_the_mix_of_their_quarter_hour_back():
    assert published(raw=silent("m0")).sources == ()
    assert published(raw=silent("m0")).share == 0.7
    assert len(published(raw=silent("q0")).sources) == 3


def test_a_town_too_small_for_quarter_hours_is_told_by_the_hour_without_powers():
    areas = changed("town", customers=140, energy=1_450.0, largest_share=0.02)
    parts = [0.4, 0.8, 0.4, 0.8]
    origins = [traced(town=Origin(1.0, {"pv": part, "import": 1 - part}, part, part, 50.0)) for part in parts]
    snapshot = published(facts(areas), origins=origins)
    assert (snapshot.share, snapshot.interval) == (pytest.approx(0.6), NOON)
    assert {source.kind: (source.part, source.p_mw) for source in snapshot.sources} == {
        "pv": (0.6, None),
        "hydro": (0.0, None),
        "import": (0.4, None),
    }
    assert published(facts(areas), quarters=3).share is None


def test_a_town_that_is_no_crowd_is_not_told_at_all():
    snapshot = published(facts(changed("town", customers=14)))
    assert (snapshot.status, snapshot.share, snapshot.sources, snapshot.zones, snapshot.coming) == ("unknown", None, (), (), ())


def test_a_town_in_the_dark_has_no_share_and_that_is_told_apart_from_not_knowing():
    idle = dict.fromkeys(("pv", "hydro", "import"), 0.0)
    dark, blind = (
        PublicComposer(facts()).compose(tick(origin=traced(town=town, **idle)), HOST)
        for town in (Origin(0.0), Origin(math.nan))
    )
    assert (dark.status, dark.share, dark.made_here) == ("no_production_and_no_consumption", None, None)
    assert (blind.status, blind.share, blind.made_here) == ("unknown", None, None)


@pytest.mark.parametrize(
    ("sun_mw", "status"), [(0.0, "no_production_and_no_consumption"), (2.0, "all_exported"), (math.nan, "unknown")]
)
@pytest.mark.parametrize("live", [True, False])
def test_a_town_that_consumes_nothing_is_idle_only_when_nothing_is_produced_either(live, sun_mw, status):
    composer = PublicComposer(facts() if live else facts(changed("town", customers=149)))
    origin = traced(town=Origin(0.0), pv=sun_mw, hydro=0.0, **{"import": 0.0})
    for number in range(4):
        composer.remember(NOON + number * QUARTER_HOUR, {}, GOOD, origin, ())
    snapshot = composer.compose(tick(origin=origin), HOST)
    assert (snapshot.status, snapshot.share, snapshot.sources) == (status, None, ())


@pytest.mark.parametrize(("speed", "stale_s"), [(1.0, 1800.0), (90.0, 60.0), (None, 60.0)])
def test_the_pace_is_told_and_two_quarter_hours_without_news_are_stale(speed, stale_s):
    snapshot = published(host=replace(HOST, speed=speed))
    assert snapshot.speed == speed
    assert (snapshot.stale_after - snapshot.published_at).total_seconds() == stale_s


# ------------------------------------------------------------------------------------------------ the officer, the wire


def test_the_officer_sees_every_figure_its_resolution_and_why_it_is_held_back():
    plants = tuple(replace(plant, consented=plant.channel == "school") for plant in PLANTS)
    found = {(v.figure, v.zone): v for v in held_back(facts(changed("quarter", customers=12), plants))}
    assert found["share", "town"].told
    assert found["share", "town"].resolution == QUARTER_HOUR
    assert (found["plant", "roof"].told, found["plant", "roof"].resolution) == (True, HOUR)
    assert found["load", "quarter"].held.reason == "too_few_customers"
    assert found["load", "quarter"].held.params == {"customers": 12, "k": 15}
    assert found["parts", "town"].held.reason == "too_few_plants"
    assert found["parts", "town"].held.params["plants"] == ["river"]


def test_a_snapshot_survives_the_wire():
    snapshot = published()
    assert PublicSnapshot.model_validate_json(snapshot.model_dump_json()) == snapshot
    assert snapshot.share == HALF.share
