"""What the citizens' page says, in four languages."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, CORRECTION, DECLARED, LANGUAGES, hours, nothing_known, release, story, town, zones

from dashboard.format import texts
from dashboard.public.cards.sources import slices
from dashboard.public.cards.zones import in_tree
from dashboard.public.feed import Edition
from dashboard.public.green_window import best_window, coming, hour_to_avoid
from dashboard.public.pages.document import Assets
from dashboard.public.pages.live import live_page
from dashboard.public.view import View, render
from twin.contracts.public_snapshot import ComingHour, Source

THIN = "\u202f"  # narrow space between figure and unit
QUARTER = timedelta(minutes=15)
SPAN = "–\u2060"  # a dash after which no line may break


def view_of(snapshot, language="en", released=None) -> View:
    return render(Edition("1", snapshot, released), language)


def page_of(snapshot, language="en", released=None) -> str:
    return live_page(view_of(snapshot, language, released), Assets("/s", "/j"), stale=False).decode()


# ------------------------------------------------------------------------------------------ words and figures


def test_every_language_has_every_word():
    codes = {language: set(texts(language, "public").templates) for language in LANGUAGES}
    assert all(codes[language] == codes["fr"] for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_left_as_a_code_or_an_open_field(language):
    released = release(stories=(story(), story("event", begins_in=5.0), story("story")))
    for snapshot in (town(), nothing_known(), town(method="pooled", import_mix="production", coming=())):
        for place, words in view_of(snapshot, language, released).text.items():
            assert "{" not in words, place
            assert "_" not in words, place


@pytest.mark.parametrize(
    ("language", "roof", "load"),
    [
        ("fr", "42,3 kW sur 78,7 kWp au plus", "1 187 kW consommés"),
        ("de", "42.3 kW von höchstens 78.7 kWp", "1’187 kW verbraucht"),
        ("it", "42.3 kW su 78.7 kWp al massimo", "1’187 kW consumati"),
        ("en", "42.3 kW of at most 78.7 kWp", "1,187 kW consumed"),
    ],
)
def test_figures_are_grouped_as_each_language_groups(language, roof, load):
    text = view_of(town(), language).text
    assert text["share"] == f"73{THIN}%"
    assert f"{text['roof']} {text['roof_of']}".replace(THIN, " ") == roof
    assert f"{text['group_load']} {text['group_of']}".replace(THIN, " ") == load


def test_share_says_what_it_means_and_what_it_is_not():
    page = page_of(town(), "de")
    assert "etwa 73 aus erneuerbaren Quellen" in page
    assert "Das ist nicht die Stromkennzeichnung." in page


def test_estimated_value_says_so_and_a_good_one_says_nothing():
    view = view_of(town(), "fr")
    assert view.text["quality"] == "Qualité\u00a0: estimée"
    assert view.attributes["roof_quality"] == {"hidden": ""}


def in_real_time(period_s=895.0, **other):
    """A town whose clock is the one on the wall."""
    return town(published=AS_OF + timedelta(seconds=5), period_s=period_s, speed=1.0, **other)


def test_interval_is_shown_by_its_start_and_end_in_local_time():
    assert view_of(in_real_time()).text["interval"] == f"Quarter hour: Wed 15 Jun 2016, 10:15{SPAN}10:30"
    assert view_of(in_real_time()).text["updated"] == "Updated at 10:30:05"


def test_share_that_is_told_as_the_mean_of_an_hour_says_so():
    hour = tuple(zone.model_copy(update={"start": AS_OF - 4 * QUARTER, "end": AS_OF}) for zone in zones()[:1])
    view = view_of(in_real_time(interval=AS_OF - 4 * QUARTER, zones=hour))
    assert view.text["interval"] == f"Mean of Wed 15 Jun 2016, 09:30{SPAN}10:30"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_town_with_its_own_calendar_shows_its_own_clock_only(language):
    text = view_of(town(), language).text
    assert f"10:15{SPAN}10:30" in text["interval"]
    assert not any(":07" in words for place, words in text.items() if place != "stale")  # published at 13:00:07 on the wall


def test_what_is_made_here_and_what_is_not_add_up_to_the_share():
    text = view_of(town(share=0.474, made_here=0.084)).text
    assert text["share"] == f"47{THIN}%"
    assert text["made"] == f"8{THIN}% made here, 39{THIN}% imported or from storage"


def test_ring_is_as_long_as_the_share_and_its_two_parts_follow_each_other():
    attributes = view_of(town(share=0.474, made_here=0.084)).attributes
    # A free hundredth lies between the two, half of it taken from either.
    assert attributes["ring_here"] == {"stroke-dasharray": "7.4 100", "stroke-dashoffset": "-0.5"}
    assert attributes["ring_else"] == {"stroke-dasharray": "38.0 100", "stroke-dashoffset": "-8.9"}


def test_ring_of_one_part_alone_has_no_gap():
    attributes = view_of(town(share=1.0, made_here=1.0)).attributes
    assert attributes["ring_here"]["stroke-dasharray"] == "100.0 100"
    assert attributes["ring_else"]["stroke-dasharray"] == "0.0 100"


def test_ring_of_an_unknown_share_is_broken_and_carries_no_arc():
    attributes = view_of(nothing_known()).attributes
    assert attributes["ring"] == {"class": "ring none"}
    assert attributes["ring_here"]["stroke-dasharray"] == attributes["ring_else"]["stroke-dasharray"] == "0.0 100"


def test_suppliers_declared_mix_stands_in_a_line_of_its_own():
    text = view_of(town(), released=release(declared=DECLARED)).text
    assert text["declared"].endswith(f"Stadtwerk declares 100{THIN}% renewable for 2015, bought for the whole year.")
    assert "Stadtwerk" not in "".join(words for place, words in text.items() if place != "declared")
    assert view_of(town()).text["declared"].endswith("none is declared here.")


def test_share_that_could_not_be_traced_and_a_mix_that_is_only_produced_say_so():
    assert view_of(town()).attributes["method"] == {"hidden": ""}
    assert "that of the town's balance as a whole" in view_of(town(method="pooled")).text["method"]
    assert "production mix" in view_of(town(import_mix="production")).text["method"]


def test_means_of_the_neighbourhood_and_the_roof_say_which_hour_they_are_of():
    text = view_of(town()).text
    assert text["group_when"] == text["roof_when"] == f"Mean of 09:00{SPAN}10:00"


def test_a_mean_of_yesterday_says_so():
    night = datetime(2016, 6, 15, 22, 15, tzinfo=UTC)  # 00:15 in Zurich
    group = town().neighbourhood.model_copy(update={"start": night - timedelta(minutes=75), "end": night - QUARTER})
    assert view_of(town(as_of=night, neighbourhood=group)).text["group_when"] == f"Mean of Wed 15 Jun 23:00{SPAN}00:00"


def test_hour_skipped_in_march_is_not_in_the_strip():
    as_of = datetime(2016, 3, 27, 0, 0, tzinfo=UTC)
    text = view_of(town(as_of=as_of, coming=hours(as_of)), "de").text
    assert [text[f"h{i}_label"] for i in range(3)] == ["01", "03", "04"]


def test_hour_repeated_in_october_is_told_apart_by_its_offset():
    as_of = datetime(2016, 10, 29, 23, 0, tzinfo=UTC)
    text = view_of(town(as_of=as_of, coming=hours(as_of)), "de").text
    assert [text[f"h{i}_label"] for i in range(4)] == ["01", "02", "02", "03"]
    assert text["h1_words"].startswith("02:00 +02:00")
    assert text["h2_words"].startswith("02:00 +01:00")


# ------------------------------------------------------------------------------------------ missing values


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_known_shows_no_figure_as_zero(language):
    view = view_of(nothing_known(), language)
    words = texts(language, "public")
    assert view.text["share"] == words.get("share.unknown")
    assert view.text["best"] == words.get("green.unknown")
    assert view.text["group_load"] == words.get("neighbourhood.unknown")
    assert view.attributes["made"] == {"hidden": ""}
    assert view.text["sources_none"] == words.get("source.none_unknown")
    assert view.text["greener"] == words.get("greener.unknown")
    assert view.text["z0_share"] == words.get("zones.unknown")
    assert view.share_percent is None
    assert view.attributes["roof_picture"] == {"hidden": ""}  # an empty bar would look like zero
    assert not any(text.startswith("0") for text in view.text.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_produced_and_nothing_consumed_is_undefined_not_zero(language):
    view = view_of(town(status="no_production_and_no_consumption", share=None), language)
    assert view.text["share"] == texts(language, "public").get("share.undefined")
    assert view.text["meaning"] == texts(language, "public").get("share.meaning_undefined")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_town_that_used_nothing_and_sent_everything_away_is_not_said_to_have_produced_nothing(language):
    view, words = view_of(town(status="all_exported", share=None, sources=()), language), texts(language, "public")
    assert view.text["share"] == words.get("share.undefined")
    assert view.text["meaning"] == words.get("share.meaning_exported")
    assert view.text["sources_none"] == words.get("source.none_exported")
    assert view.text["greener"] == words.get("greener.exported")
    assert view.attributes["co2"] == {"hidden": ""}


def test_status_of_a_later_version_is_unknown_even_with_a_share():
    assert view_of(town(status="under_repair")).text["share"] == "unknown"


def test_roof_without_consent_is_not_shown_at_all():
    assert view_of(town(roof=None)).attributes["roof_card"] == {"hidden": ""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_silent_meter_on_the_roof_is_said_and_not_drawn(language):
    view = view_of(nothing_known(), language)
    assert view.text["roof"] == texts(language, "public").get("roof.unknown")
    assert view.attributes["roof_picture"] == {"hidden": ""}


def test_group_that_the_privacy_rule_withholds_says_so():
    text = view_of(town(neighbourhood=None)).text
    assert text["group_load"].startswith("Not published at the moment: the privacy rule")
    assert text["group_customers"] == ""


def test_title_of_a_site_is_text_and_never_markup():
    page = page_of(town(title={"en": "<script>alert(1)</script>"}))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


# ------------------------------------------------------------------------------------------ green hours and advice


def test_best_window_is_the_longest_good_run_of_green_hours():
    found = best_window(hours(AS_OF, shares=(0.9, 0.1, 0.6, 0.6, 0.6, 0.1), green=(0, 2, 3, 4)))
    assert (found.start, found.end) == (AS_OF + timedelta(hours=2), AS_OF + timedelta(hours=5))
    assert found.share == pytest.approx(0.6)  # exact but for the division


def test_nobody_is_asked_to_wait_for_a_little_more():
    found = best_window(hours(AS_OF, shares=(0.9, 0.9, 0.5, 0.5, 0.92, 0.92), green=(0, 1, 4, 5)))
    assert found.start == AS_OF


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.booleans()), max_size=30))
def test_best_window_holds_green_hours_only(rows):
    given_hours = [
        ComingHour(start=AS_OF + timedelta(hours=i), share=s, low=None, high=None, parts={}, green=g)
        for i, (s, g) in enumerate(rows)
    ]
    found = best_window(given_hours)
    green = [hour for hour in given_hours if hour.green and hour.share is not None]
    assert (found is None) == (not green)
    if found:
        inside = [hour for hour in given_hours if found.start <= hour.start < found.end]
        assert inside
        assert all(hour in green for hour in inside)


def test_hour_that_is_over_is_not_recommended():
    assert coming(hours(AS_OF - timedelta(hours=2)), AS_OF)[0].start == AS_OF


def test_hour_to_avoid_is_the_least_green_known_one():
    assert hour_to_avoid(hours(AS_OF, shares=(0.5, None, 0.2, 0.4))).share == 0.2


@pytest.mark.parametrize(
    ("first_green", "sentence"),
    [(1, f"Best moment: 12:00{SPAN}13:00"), (14, f"Best moment: tomorrow, 01:00{SPAN}02:00")],
)
def test_best_moment_names_tomorrow_when_it_is_tomorrow(first_green, sentence):
    coming_hours = hours(AS_OF.replace(minute=0) + timedelta(hours=1), green=(first_green,))
    assert view_of(town(coming=coming_hours)).text["best"].startswith(sentence)


def test_advice_says_now_during_a_green_hour():
    text = view_of(town(coming=hours(AS_OF.replace(minute=0), green=(0, 1)))).text
    assert text["advice_wash"] == "Washing machine and dishwasher: start them now, before 12:00."


def test_advice_names_the_same_window_as_the_green_hours():
    text = view_of(town(), "fr").text
    assert text["best"].startswith(f"Meilleur moment\u00a0: 12:00{SPAN}17:00")
    assert "entre 12:00 et 17:00" in text["advice_wash"]
    assert f"12:00{SPAN}17:00" in text["advice_car"]
    assert "évitera 21:00" in text["advice_wait"]


def test_advice_without_green_hours_promises_none():
    text = view_of(town(coming=hours(AS_OF, green=()))).text
    assert text["best"].startswith("None of the next hours stands out")
    assert text["advice_wash"].startswith("Washing machine and dishwasher: any time will do")


def test_every_hour_of_the_strip_has_words_for_the_ear():
    text = view_of(town()).text
    assert text["h2_words"] == f"12:00: 70{THIN}%, forecast, probably between 67{THIN}% and 73{THIN}%, green hour"
    assert all(text[f"h{index}_words"] for index in range(12))


def test_greenest_and_least_green_bar_carry_their_figures():
    text = view_of(town()).text
    figures = {index: text[f"h{index}_top"] for index in range(12) if text[f"h{index}_top"]}
    assert figures == {4: f"80{THIN}%", 11: f"38{THIN}%"}


@pytest.mark.parametrize(
    ("shares", "figures"),
    [
        ((0.5, 0.6, 0.4, 0.5, 0.4), {1: "60", 4: "40"}),  # the other of two equally grey ones
        ((0.5, 0.6, 0.4, 0.5, 0.5), {1: "60"}),
        ((0.5,) * 12, {0: "50", 2: "50"}),
        ((0.5,), {0: "50"}),
    ],
)
def test_two_figures_side_by_side_would_run_into_each_other(shares, figures):
    text = view_of(town(coming=hours(AS_OF.replace(minute=0), shares=shares, green=()))).text
    assert {i: text[f"h{i}_top"][:2] for i in range(12) if text[f"h{i}_top"]} == figures


def test_bars_of_unknown_height_carry_no_figure():
    assert not any(view_of(nothing_known()).text[f"h{index}_top"] for index in range(12))


def test_running_hour_is_the_first_of_the_strip_and_can_be_the_best():
    text = view_of(town(coming=hours(AS_OF.replace(minute=0), green=(0, 1)))).text
    assert text["h0_label"] == "10"
    assert text["best"].startswith("Best moment: now, until 12:00")


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


# ------------------------------------------------------------------------------------------ stories


def places_of(view) -> list[str]:
    return [view.text[f"s{i}_title"] for i in range(3) if view.attributes[f"s{i}"] == {"hidden": None}]


def test_running_challenge_counts_down_in_the_towns_time():
    view = view_of(town(), released=release(stories=(story(hours_on=3.0, begins_in=-1.0),)))
    assert view.text["s0_when"] == "On now, until 12:30 (2 hr left)"
    assert view.text["s0_kind"] == "Challenge"
    assert view.attributes["stories_empty"] == {"hidden": ""}


def test_what_is_about_a_part_of_the_town_says_which():
    view = view_of(town(), released=release(stories=(story(zone="old_mill"), story("event", zone="elsewhere"), story("story"))))
    assert view.text["s0_where"] == "The old mill"
    assert [view.attributes[f"s{i}_where"] for i in range(3)] == [{"hidden": None}, {"hidden": ""}, {"hidden": ""}]


def test_what_runs_stands_before_what_comes_and_stories_stand_last():
    told = [story("story"), story("event", begins_in=8.0), story("event", begins_in=2.0), story("challenge")]
    titled = tuple(one.model_copy(update={"title": {"en": str(number)}}) for number, one in enumerate(told))
    assert places_of(view_of(town(), released=release(stories=titled))) == ["3", "2", "1"]


def test_what_is_over_is_not_shown_any_more_and_a_story_not_before_its_day():
    over, early = story("event", hours_on=1.0, begins_in=-2.0), story("story", begins_in=4.0)
    view = view_of(town(), released=release(stories=(over, early)))
    assert places_of(view) == []
    assert view.attributes["stories_empty"] == {"hidden": None}


def test_without_a_story_the_green_hours_are_what_one_can_join_in():
    view = view_of(town())
    assert view.text["stories_next"] == "The next occasion to join in: the green hours from 12:00 to 17:00."
    assert view_of(town(coming=())).text["stories_next"] == ""


def test_what_a_publisher_writes_is_text_and_never_markup():
    wicked = story().model_copy(update={"text": {"en": "<script>alert(1)</script>"}})
    assert "<script>alert" not in page_of(town(), released=release(stories=(wicked,)))


def test_corrected_figure_is_noted_on_the_live_page():
    assert view_of(town(), released=release(corrections=(CORRECTION,))).text["note0"] == (
        f"Corrected on Sun 12 Jun 2016: the figure of April 2016, from 44{THIN}% to 41{THIN}%. See Figures."
    )


# ------------------------------------------------------------------------------------------ notes


def test_demo_says_that_its_calendar_and_its_clock_are_its_own():
    text = view_of(town()).text
    notes = [text[f"note{index}"] for index in range(8) if text[f"note{index}"]]
    assert len(notes) == 6
    assert "the values belong to Wed 15 Jun 2016, not to today" in notes[4]
    assert "Within 10 sec a quarter hour passes in the town, within 16 min a whole day." in notes[5]


@pytest.mark.parametrize("period_s", [895.0, 300.0])
def test_town_on_the_wall_clock_has_no_note_about_clocks(period_s):
    text = view_of(in_real_time(period_s)).text  # however soon its next values are due
    assert text["note3"]
    assert not text["note4"]


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (90.0, "town time, 90 times as fast."),
        (0.5, "town time, 0.50 times as fast."),
        (None, "town time, as fast as the computer can."),
        (1.0, "town time, on another date than today."),
    ],
)
def test_first_line_of_a_demo_says_what_is_made_up_and_whose_time_it_is(speed, words):
    made_up = "a benchmark grid, not a Swiss town; simulated plants and meters; synthetic weather, prices and mix; "
    assert view_of(town(speed=speed)).text["demo"] == f"Demo: {made_up}{words}"


def test_real_town_is_no_demonstration():
    view = view_of(in_real_time(notes=("estimated",)))
    assert (view.text["demo"], view.attributes["demo"]) == ("", {"hidden": ""})


@pytest.mark.parametrize("language", LANGUAGES)
def test_live_file_and_page_hold_the_same_words(language):
    released = release(stories=(story(),))
    view = view_of(town(), language, released)
    live = json.loads(view.to_json())
    page = page_of(town(), language, released)
    assert live["text"] == dict(view.text)
    assert all(f'data-k="{place}"' in page for place in (*live["text"], *live["attributes"]))
