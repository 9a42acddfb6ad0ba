"""No sequence of what is public isolates few customers or single plants, and what would let it is found by the same attack."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from tests.unit.regie.attacked_town import GRAMS, GREEN, Town
from tests.unit.regie.attackers import single_plants, small_groups
from tests.unit.regie.watched_page import START, Page
from twin.regie import public_told
from twin.regie.public import PublicComposer, PublicFacts
from twin.regie.public_rule import Moved, Plant, Rule
from twin.regie.public_solve import Outsider

RULE = Rule()
QUARTER = timedelta(minutes=15)


def watched(town, *, hours=2, silent=(), restarts=(), late=(), journal=True, rule=RULE, lost=False) -> Page:
    """A page over some hours, two each day from noon on.

    Args:
        silent: (quarter hour, channels that say nothing in it). ``restarts``: quarter hours after which it starts again.
    """
    page, quiet = Page(town, rule), dict(silent)
    for quarter in range(4 * hours):
        at = START + timedelta(days=quarter // 8, hours=12) + quarter % 8 * QUARTER
        page.tick(at, frozenset(quiet.get(quarter, ())))
        if quarter in restarts:
            page.restart(frozenset(late), journal=journal, lost=lost)
    return page


def openly(page: Page) -> bool:
    """Whether the officer is told that a few plants' part of the consumption follows."""
    return any(verdict.part for verdict in page.facts.book.verdicts)


# ---------------------------------------------------------------------------------------------------- any town

LOADS = st.builds(
    lambda some, big, load: (load,) * some + (9.0,) * big,
    st.sampled_from([0, 1, 7, 14, 15, 16, 30, 200, 200, 200]),
    st.sampled_from([0, 0, 0, 0, 1]),
    st.sampled_from([0.4, 1.0, 2.0]),
)


def plant(number: int, of: str, zone: str, size: float, consented: bool = False) -> Plant:
    """Of a kind, or another plant of a carrier."""
    if of in ("pv", "hydro", "storage"):
        return Plant(f"{of}{number}", zone, of, size, consented)
    return Plant(f"{of}{number}", zone, "other", size, consented, of, GRAMS[of])


@st.composite
def towns(draw):
    """A town of up to four zones with a few plants; half of them so large and even that nearly everything is told of them."""
    names = ["town", "north", "south", "hill"][: draw(st.integers(1, 4))]
    parents = {name: None if i == 0 else draw(st.sampled_from(names[:i])) for i, name in enumerate(names)}
    even = draw(st.booleans())
    customers = {name: (1.0,) * draw(st.sampled_from([200, 200, 9])) if even else draw(LOADS) or (1.0,) for name in names}
    plants = []
    for kind in draw(st.lists(st.sampled_from(["other", "pv", "hydro", "storage"]), unique=True, min_size=1, max_size=3)):
        consented = draw(st.sampled_from([False, False, True]))
        for _ in range(3 if even else draw(st.integers(1, 4))):
            of = draw(st.sampled_from(["biomass", "waste", "wind"])) if kind == "other" else kind
            at, size = ("town", 60.0) if even else (draw(st.sampled_from(names)), draw(st.sampled_from([5.0, 8.0, 60.0])))
            plants.append(plant(len(plants), of, at, size, consented))
    roofs = [plant.channel for plant in plants if plant.kind == "pv"]
    return Town(parents, customers, tuple(plants), draw(st.sampled_from(names)), draw(st.sampled_from([None, *roofs])))


@st.composite
def silences(draw, town):
    """A quarter hour or an hour in which some plants say nothing, or all of a kind but one."""
    kinds = {kind: [plant.channel for plant in town.plants if plant.kind == kind] for kind in ("pv", "storage")}
    some = st.one_of(
        st.lists(st.sampled_from([plant.channel for plant in town.plants]), max_size=4),
        st.sampled_from(list(kinds.values())).map(lambda each: each[1:]),
    )
    first, channels = draw(st.integers(0, 3)), draw(some)
    return [(4 * first + quarter, channels) for quarter in draw(st.sampled_from([[0], [3], [0, 1, 2, 3]]))]


@st.composite
def pages(draw):
    """A town, and what happens to its page."""
    town = draw(towns())
    silent = draw(st.lists(silences(town), max_size=2)) if town.plants else []
    return town, {
        "hours": 4,
        "silent": [each for some in silent for each in some],
        "restarts": draw(st.lists(st.integers(0, 15), max_size=2)),
        "late": silent[0][0][1] if silent and draw(st.booleans()) else [],
        "journal": draw(st.booleans()),
        "lost": draw(st.booleans()),
    }


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pages())
def test_no_sequence_of_pages_isolates_fewer_than_a_crowd_or_single_plants(drawn):
    town, happens = drawn
    page = watched(town, **happens)
    assert small_groups([page], RULE) == []
    assert single_plants(page, RULE) == []
    if not happens["silent"]:  # a battery that says nothing is consumption to the meters, and nobody knows that
        assert openly(page) or single_plants(page, RULE, knows_consumption=True) == []


# ------------------------------------------------------------------------------ what each part of the rule is there for


@pytest.fixture
def broken(monkeypatch):
    """Takes a part of the rule away; verdicts are remembered, so they are forgotten before and after."""

    def away(of: type, name: str, instead) -> None:
        monkeypatch.setattr(of, name, instead)
        public_told._verdicts.cache_clear()

    yield away
    public_told._verdicts.cache_clear()


ROWS = Outsider._rows
TAKEN_AWAY = {
    "plants are counted whatever they burn": (Plant, "like", property(lambda plant: (plant.kind, "", None))),
    "what remains beside told zones is not looked at": (Outsider, "_small_groups", lambda _, zones: None),
    "what follows of plants is not looked at": (Outsider, "_plants", lambda _, figures: None),
    "the coming hours are no figure": (
        Outsider,
        "_rows",
        lambda it, of, **how: [row * (of.name != "ahead") for row in ROWS(it, of, **how)],
    ),
}


@pytest.mark.parametrize("what", TAKEN_AWAY)
def test_the_same_random_towns_find_a_rule_that_lacks_a_part(broken, what):
    def is_found(drawn) -> bool:
        page = watched(drawn[0], **drawn[1])
        return bool(small_groups([page], RULE) or single_plants(page, RULE))

    broken(*TAKEN_AWAY[what])
    search = settings(max_examples=100, deadline=None, database=None, phases=[Phase.generate])
    find(pages(), is_found, settings=search, random=Random(0))  # raises where none of them is found


TOWN = {"town": None, "north": "town"}
SUN = tuple(Plant(f"pv{i}", "north", "pv", 8.0) for i in range(3))
CELLAR = (Plant("cellar", "north", "storage", 5.0),)


def people(town: int, north: int) -> dict[str, tuple[float, ...]]:
    return {"town": (1.0,) * town, "north": (1.0,) * north}


def test_ten_who_remain_of_a_town_are_not_found_by_taking_its_quarter_away(broken):
    town = Town(TOWN, people(10, 290), (Plant("dam", "town", "hydro", 3.0, consented=True),), "north")
    assert small_groups([watched(town)], RULE) == []
    broken(Outsider, "_small_groups", lambda _, zones: None)
    assert small_groups([watched(town)], RULE) == [[("town", i) for i in range(10)]]


def test_a_looser_rule_would_be_seen_through():
    eight, giant = (
        Town(TOWN, people(290, 8), (), "north"),
        Town(TOWN, people(290, 30) | {"north": (1.0,) * 30 + (9.0,)}, (), "north"),
    )
    assert small_groups([watched(eight)], RULE) == small_groups([watched(giant)], RULE) == []
    assert small_groups([watched(eight, rule=Rule(k=5))], RULE) == [[("north", i) for i in range(8)]]
    assert small_groups([watched(giant, rule=Rule(max_share=0.5))], RULE) == [[("north", i) for i in range(31)]]


def test_three_who_joined_a_zone_are_not_found_by_comparing_it_with_last_year():
    core = {"town": (1.0,) * 200, "north": (1.0,) * 30, "edge": (1.0,) * 3}
    before = watched(Town({"town": None, "north": "town", "edge": "town"}, core, (), "north"))
    now = {"parents": {"town": None, "north": "town", "edge": "north"}, "customers": core, "plants": (), "group": "north"}
    assert small_groups([before, watched(Town(**now, formerly={"north": Moved(joined=3, left=0)}))], RULE) == []
    assert small_groups([before, watched(Town(**now))], RULE) == [[("edge", i) for i in range(3)]]


def test_three_who_changed_places_with_three_are_not_found_though_a_zone_is_as_large_as_before():
    core = {"town": (1.0,) * 200, "north": (1.0,) * 30, "edge": (1.0,) * 3, "rim": (1.0,) * 3}
    bounds = {"town": None, "north": "town"}
    before = watched(Town(bounds | {"edge": "north", "rim": "town"}, core, (), "north"))
    now = Town(bounds | {"edge": "town", "rim": "north"}, core, (), "north")
    assert small_groups([before, watched(replace(now, formerly={"north": Moved(joined=3, left=3)}))], RULE) == []
    assert len(small_groups([before, watched(now)], RULE)[0]) == 6


def test_an_hour_that_is_told_again_after_a_late_reading_would_tell_the_battery_that_was_late(broken):
    town, day = Town(TOWN, people(200, 200), CELLAR, "north"), {"hours": 3, "silent": [(5, ["cellar"])], "restarts": [7]}
    assert single_plants(watched(town, **day, late=["cellar"]), RULE) == []
    assert single_plants(watched(town, **day, late=["cellar"], lost=True), RULE) == []
    broken(PublicComposer, "resumed", lambda *_: None)
    assert single_plants(watched(town, **day, late=["cellar"], lost=True), RULE)


def test_a_restart_within_an_hour_costs_nobody_the_hour_while_the_journal_tells_who_answered():
    town = Town(TOWN, people(200, 200), SUN, "north")
    whole = watched(town).told.keys()
    assert watched(town, restarts=[2]).told.keys() == whole
    assert watched(town, restarts=[2], journal=False).told.keys() < whole


def test_a_single_roof_whose_meter_answers_is_not_told_in_the_name_of_all(broken):
    town, day = Town(TOWN, people(200, 200), SUN, "north"), {"silent": [(quarter, ["pv1", "pv2"]) for quarter in range(8)]}
    assert single_plants(watched(town, **day), RULE) == []
    broken(PublicFacts, "silent", lambda _, raw: frozenset())
    assert {"pv0"} in single_plants(watched(town, **day), RULE)


def test_a_power_beside_the_share_would_tell_the_only_river_plant(broken):
    town = Town(TOWN, people(60, 60), (Plant("river", "town", "hydro", 3.0),), "town")
    assert single_plants(watched(town), RULE) == []
    broken(Outsider, "_plants", lambda _, figures: None)
    assert {"river"} in single_plants(watched(town), RULE)


def test_the_coming_hours_would_tell_the_only_river_plant_for_they_hold_it_at_its_last_power(broken):
    sun = tuple(Plant(f"pv{i}", "town", "pv", 50.0) for i in range(3))
    town = Town(TOWN, people(60, 60), (Plant("river", "town", "hydro", 50.0), *sun), "north")
    assert single_plants(watched(town), RULE) == []
    broken(*TAKEN_AWAY["the coming hours are no figure"])
    assert {"river"} in single_plants(watched(town), RULE)


def test_by_night_the_share_tells_what_part_of_the_consumption_the_only_river_plant_covers_and_the_officer_knows():
    sun = tuple(Plant(f"pv{i}", "town", "pv", 50.0) for i in range(3))
    town = Town(TOWN, people(200, 100), (Plant("river", "town", "hydro", 50.0), *sun), "north")
    page = watched(town)
    assert single_plants(page, RULE) == []
    assert {"river"} in single_plants(page, RULE, knows_consumption=True)
    told = {(v.figure, v.zone): v.part and v.part.reason for v in page.facts.book.verdicts if v.told}
    assert told["share", "town"] == "tells_a_part"
    assert told["share", "north"] is None
    three = replace(town, plants=(*sun, *(Plant(f"river{i}", "town", "hydro", 50.0) for i in range(3))))
    assert not openly(watched(three))


def test_the_part_that_follows_by_night_is_the_share_beyond_the_imports():
    town = Town(TOWN, people(200, 100), (Plant("river", "town", "hydro", 50.0),), "north")
    page = watched(town, hours=1)
    at, mix = START + timedelta(hours=12, minutes=45), GREEN["import"]
    x, river = page.meters.truth(at), page.meters.seen(frozenset()).made["town", "hydro"]
    part = river @ x / (page.meters.seen(frozenset()).used["town"] @ x)
    share = page.composer.before.share
    assert (share - mix) / (1.0 - mix) == pytest.approx(part, abs=1e-4 / (1.0 - mix))  # shares have four decimals
    assert page.composer.before.sources == ()


@pytest.mark.parametrize("restarts", [[7], [5], []], ids=["a restart", "a restart within an hour", "none"])
@pytest.mark.parametrize("lost", [False, True], ids=["what was told is known", "nobody knows what was told"])
def test_the_coming_hours_are_foreseen_once_an_hour_of_three_rivers_too(restarts, lost):
    rivers = tuple(Plant(f"river{i}", "town", "hydro", 50.0) for i in range(3))
    page = watched(Town(TOWN, people(60, 60), rivers, "north"), hours=4, restarts=restarts, lost=lost)
    begins = [hours[0].start for hours, _ in page.issues]
    assert len(begins) == 6  # two days: after the first quarter hour, and twice at the full hour
    assert len(set(begins)) == len(begins)


def test_grams_are_watched_as_finely_as_they_are_told_with_one_decimal():
    page = Page(Town(TOWN, people(200, 100), SUN, "north"))
    page._note(("co2", "town", START), 49.1, [START], [49.0508, SUN])
    with pytest.raises(AssertionError):
        page._note(("co2", "town", START), 49.2, [START], [49.148, SUN])


def test_the_only_waste_plant_beside_biomass_is_not_found_by_the_renewable_part_of_other_plants(broken):
    plants = (plant(0, "biomass", "town", 500.0), plant(1, "biomass", "town", 500.0), plant(2, "waste", "town", 500.0))
    town = Town(TOWN, people(200, 100), plants, "north")
    assert single_plants(watched(town), RULE) == []
    broken(Plant, "like", property(lambda plant: (plant.kind, "", None)))
    page = watched(town)
    assert all(verdict.told for verdict in page.facts.book.verdicts if verdict.figure in ("parts", "powers"))
    assert {"waste2"} in single_plants(page, RULE)


def test_three_plants_of_each_carrier_are_told_with_their_renewable_part():
    plants = tuple(plant(i, of, "town", 500.0) for i, of in enumerate(["biomass"] * 3 + ["waste"] * 3))
    page = watched(Town(TOWN, people(200, 100), plants, "north"))
    assert {"blend", "power"} <= {what for what, *_ in page.told}
    assert single_plants(page, RULE) == []


def test_a_large_town_with_many_plants_and_a_consent_is_told_in_full():
    sun = tuple(Plant(f"pv{i}", "town", "pv", 200.0) for i in range(4))
    roof = (Plant("school", "north", "pv", 80.0, consented=True), *(Plant(f"n{i}", "north", "pv", 8.0) for i in range(4)))
    page = watched(Town(TOWN, people(200, 100), (*sun, *roof), "north", roof="school"))
    assert all(verdict.told for verdict in page.facts.book.verdicts)
    assert {what for what, *_ in page.told} == {"share", "co2", "pv", "import", "power", "load", "sun", "roof", "ahead"}
    assert single_plants(page, RULE) == small_groups([page], RULE) == []
