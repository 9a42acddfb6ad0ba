"""Where the electricity comes from by the citizens' page, what it would take to be greener, and how green it is where."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import town, zones
from public_views import SPAN, THIN, in_real_time, view_of

from dashboard.public.cards.sources import slices
from dashboard.public.cards.zones import in_tree
from twin.contracts.public_snapshot import Source

# ------------------------------------------------------------------------------------------ sources


def test_slices_fill_the_bar_exactly_and_follow_each_other():
    found = slices(town().sources)
    assert sum(part.part for part in found.values()) == pytest.approx(1.0)  # exact but for the addition
    assert found["hydro"].left == pytest.approx(found["pv"].part)


def sources(*rows):
    """(kind, part, p_mw, renewable share) each."""
    return tuple(Source(kind=kind, part=part, p_mw=p_mw, renewable_share=share) for kind, part, p_mw, share in rows)


def test_charging_battery_and_exporting_town_are_not_sources():
    view = view_of(town(sources=sources(("pv", 1.0, 9.0, 1.0), ("storage", 0.0, -1.0, None), ("import", 0.0, -2.5, None))))
    assert view.text["source_storage"] == f"Storage: charging with 1.00{THIN}MW"
    assert view.text["source_import"] == f"Import: none, the town delivers 2.50{THIN}MW to the grid outside"
    assert view.attributes["source_pv_bar"]["width"] == "100.0"


def test_source_that_takes_in_on_balance_tells_its_part_and_no_power():
    # One battery feeds a street while another is charged elsewhere.
    text = view_of(town(sources=sources(("pv", 0.9, 9.0, 1.0), ("storage", 0.1, -1.0, 0.8)))).text
    assert text["source_storage"] == f"Storage: 10{THIN}%, of which 80{THIN}% renewable"


def test_powers_that_a_small_town_withholds_leave_its_parts():
    text = view_of(town(sources=sources(("pv", 0.4, None, 1.0), ("import", 0.6, None, 0.3)))).text
    assert text["source_pv"] == f"Solar: 40{THIN}%"
    assert text["source_import"] == f"Import: 60{THIN}%, of which 30{THIN}% renewable"


def test_sources_that_the_privacy_rule_withholds_are_said_to_be_withheld():
    assert view_of(town(sources=())).text["sources_none"].startswith("The sources are not published")


def test_band_is_explained_only_where_it_is_drawn():
    bare = tuple(hour.model_copy(update={"low": None, "high": None}) for hour in town().coming)
    assert view_of(town()).attributes["legend_band"] == {"hidden": None}
    assert view_of(town(coming=bare)).attributes["legend_band"] == {"hidden": ""}


def test_sources_say_of_which_quarter_hour_they_are_and_how_good():
    assert (
        view_of(in_real_time()).text["sources_when"] == f"Quarter hour: Wed 15 Jun 2016, 10:15{SPAN}10:30 · Quality: estimated"
    )
    assert view_of(town(sources=())).attributes["sources_when"] == {"hidden": ""}


def test_source_without_known_mix_says_so():
    assert view_of(town(sources=sources(("import", 1.0, 2.0, None)))).text["source_import"].endswith("renewable part unknown")


def test_source_that_the_town_does_not_have_is_not_listed():
    view = view_of(town())
    assert view.attributes["source_other_item"] == {"hidden": ""}
    assert view.attributes["source_pv_item"] == {"hidden": None}


def test_kind_without_words_counts_as_other():
    view = view_of(town(sources=sources(("biomass", 1.0, 0.4, 1.0))))
    assert view.text["source_other"] == f"Other plants: 100{THIN}% (0.40{THIN}MW), of which 100{THIN}% renewable"


# ------------------------------------------------------------------------------------------ what it would take


@given(share=st.floats(0.0, 0.99), part=st.floats(0.0, 1.0), renewable=st.floats(0.0, 0.98))
def test_what_it_would_take_gives_ten_points_by_the_same_arithmetic(share, part, renewable):
    words = view_of(town(share=share, sources=sources(("import", part, None, renewable)))).text["greener"]
    if part * (1.0 - renewable) < 0.1:
        assert "ten points" not in words
        return
    n = int(words.split("about ")[1].split(" ")[0])
    gained = n / 100 * (1.0 - renewable)
    assert gained == pytest.approx(0.1, abs=0.005 * (1.0 - renewable) + 1e-9)  # n is a whole number


def test_last_of_the_import_is_named_when_ten_points_are_more_than_it_lacks():
    words = view_of(town(share=0.9, sources=sources(("pv", 0.9, None, 1.0), ("import", 0.1, None, 0.5)))).text["greener"]
    assert words.startswith("If the last 10 of every 100 kWh that are imported now")
    assert words.endswith(f"the share would be 95{THIN}%.")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Käme auch die eine von"),
        ("fr", "Si le dernier kWh"),
        ("it", "Se anche l'ultimo kWh"),
        ("en", "If the last one of"),
    ],
)
def test_last_hundredth_of_the_import_is_told_in_the_singular(language, words):
    snapshot = town(share=0.99, sources=sources(("pv", 0.99, None, 1.0), ("import", 0.01, None, 0.0)))
    assert view_of(snapshot, language).text["greener"].startswith(words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"share": 0.998}, "Nothing: now everything"),
        ({"sources": ()}, "27\u202f% are missing; where they come from is not published."),
        ({"sources": sources(("pv", 0.7, None, 1.0), ("storage", 0.3, None, 0.1))}, "Nothing is imported now; the missing 27"),
        (
            {"sources": sources(("import", 1.0, None, None))},
            "27\u202f% are missing; what of it comes with the import is not known",
        ),
        ({"share": None, "status": "unknown"}, "That cannot be said while"),
        ({"share": None, "status": "no_production_and_no_consumption"}, "That cannot be said where nothing"),
    ],
)
def test_what_it_would_take_is_said_only_as_far_as_it_is_known(fields, words):
    assert view_of(town(**fields)).text["greener"].startswith(words)


# ------------------------------------------------------------------------------------------ zones


def test_zones_stand_below_what_holds_them():
    assert [(branch.depth, branch.zone.name) for branch in in_tree(zones())] == [
        (0, "town"),
        (1, "old_mill"),
        (2, "mill_lane"),
        (1, "works"),
    ]


def test_line_of_the_first_level_goes_on_past_what_lies_deeper_and_ends_at_its_last_zone():
    tree = in_tree(zones())
    assert [branch.on for branch in tree] == [False, True, True, False]
    assert [branch.holds for branch in tree] == [True, True, False, False]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdefg")), max_size=6, unique_by=lambda row: row[0]))
def test_no_tree_of_zones_shows_one_twice(rows):
    """Parents may be missing, or held by their own children in a broken site file."""
    given_zones = tuple(zones()[0].model_copy(update={"name": name, "parent": parent}) for name, parent in rows)
    names = [branch.zone.name for branch in in_tree(given_zones)]
    assert len(names) == len(set(names))


def test_zone_whose_share_is_withheld_has_a_broken_ring_and_a_word():
    view = view_of(town())
    index = next(i for i in range(8) if view.text.get(f"z{i}_name") == "The works")
    assert view.text[f"z{index}_share"] == "unknown"
    assert view.attributes[f"z{index}"]["class"].split()[-1] == "none"


def test_share_of_a_zone_that_is_not_metered_says_so_beside_its_hour():
    assert view_of(town()).text["z1_when"] == f"Mean of 09:00{SPAN}10:00 · Quality: estimated"
    metered = tuple(zone.model_copy(update={"quality": ("good",)}) for zone in zones())
    assert view_of(town(zones=metered)).text["z1_when"] == f"Mean of 09:00{SPAN}10:00"


def test_town_without_zones_needs_no_diagram():
    assert view_of(town(zones=zones()[:1])).attributes["zones_card"] == {"hidden": ""}


def test_zones_that_find_no_place_are_counted():
    many = (zones()[0], *(zones()[1].model_copy(update={"name": f"zone_{i}"}) for i in range(11)))
    assert view_of(town(zones=many)).text["zones_more"] == "4 further zones have no room here."


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Für 1 weitere Zone fehlt hier der Platz."),
        ("fr", "1 autre zone n'a pas trouvé place ici."),
        ("it", "Un'altra zona non trova posto qui."),
        ("en", "1 further zone has no room here."),
    ],
)
def test_a_single_zone_that_finds_no_place_is_told_in_the_singular(language, words):
    many = (zones()[0], *(zones()[1].model_copy(update={"name": f"zone_{i}"}) for i in range(8)))
    assert view_of(town(zones=many), language).text["zones_more"] == words
