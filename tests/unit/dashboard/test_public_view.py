"""What the citizens' page says of the share, of what is missing and of itself, in four languages."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, DECLARED, LANGUAGES, hours, nothing_known, release, story, town, zones
from public_views import QUARTER, SPAN, THIN, in_real_time, page_of, view_of

from dashboard.format import texts

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


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("de", "stammt etwa 1 aus", "stammen etwa 2 aus"),
        ("fr", "environ 1 vient de", "environ 2 viennent de"),
        ("it", "circa 1 proviene da", "circa 2 provengono da"),
        ("en", "about 1 comes from", "about 2 come from"),
    ],
)
def test_a_hundredth_is_told_in_the_singular(language, one, many):
    assert one in view_of(town(share=0.01, made_here=0.0), language).text["meaning"]
    assert many in view_of(town(share=0.02, made_here=0.0), language).text["meaning"]


def test_estimated_value_says_so_and_a_good_one_says_nothing():
    view = view_of(town(), "fr")
    assert view.text["quality"] == "Qualité\u00a0: estimée"
    assert view.attributes["roof_quality"] == {"hidden": ""}


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


@pytest.mark.parametrize(
    ("share", "shown"), [(0.985, "98.5"), (0.9996, "99.96"), (0.98, "98"), (1.0, "100"), (0.29, "29"), (0.9999999, "100")]
)
def test_declared_share_is_never_rounded_beyond_what_was_declared(share, shown):
    declared = DECLARED.model_copy(update={"renewable_share": share})
    assert f"declares {shown}{THIN}%" in view_of(town(), released=release(declared=declared)).text["declared"]


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
