"""What the citizens' page says, in four languages."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, LANGUAGES, hours, nothing_known, town

from dashboard.format import texts
from dashboard.public.feed import Reading
from dashboard.public.green_window import best_window, coming, hour_to_avoid
from dashboard.public.page import Assets, live_page
from dashboard.public.sources import slices
from dashboard.public.view import View, render
from twin.contracts.public_snapshot import GreenHour, Source

THIN = "\u202f"  # narrow space between figure and unit
SPAN = "–\u2060"  # a dash after which no line may break


def view_of(snapshot, language="en") -> View:
    return render(Reading("1", snapshot), language)


def page_of(snapshot, language="en") -> str:
    return live_page(view_of(snapshot, language), Assets("/s", "/j"), stale=False).decode()


# ------------------------------------------------------------------------------------------ words and figures


def test_every_language_has_every_word():
    codes = {language: set(texts(language, "public").templates) for language in LANGUAGES}
    assert all(codes[language] == codes["fr"] for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_left_as_a_code_or_an_open_field(language):
    for snapshot in (town(), nothing_known()):
        for place, words in view_of(snapshot, language).text.items():
            assert "{" not in words, place
            assert "_" not in words, place


@pytest.mark.parametrize(
    ("language", "roof", "load"),
    [
        ("fr", "42,3 kW sur 78,7 kWp", "1 187 kW consommés"),
        ("de", "42.3 kW von 78.7 kWp", "1’187 kW verbraucht"),
        ("it", "42.3 kW su 78.7 kWp", "1’187 kW consumati"),
        ("en", "42.3 kW of 78.7 kWp", "1,187 kW consumed"),
    ],
)
def test_figures_are_grouped_as_each_language_groups(language, roof, load):
    text = view_of(town(), language).text
    assert text["share"] == f"73{THIN}%"
    assert text["roof"].replace(THIN, " ") == roof
    assert text["group_load"].replace(THIN, " ") == load


def test_share_says_what_it_means_and_what_it_is_not():
    page = page_of(town(), "de")
    assert "etwa 73 aus erneuerbaren Quellen" in page
    assert "Das ist nicht die Stromkennzeichnung." in page


def test_estimated_value_says_so_and_a_good_one_says_nothing():
    view = view_of(town(), "fr")
    assert view.text["quality"] == "Qualité\u00a0: estimée"
    assert view.attributes["roof_quality"] == {"hidden": ""}


def test_interval_is_shown_by_its_start_and_end_in_local_time():
    assert view_of(town()).text["interval"] == f"Quarter hour: Wed 15 Jun 2016, 10:15{SPAN}10:30"


def test_hour_skipped_in_march_is_not_in_the_strip():
    as_of = datetime(2016, 3, 27, 0, 0, tzinfo=UTC)
    text = view_of(town(as_of=as_of, green_hours=hours(as_of)), "de").text
    assert [text[f"h{i}_label"] for i in range(3)] == ["01", "03", "04"]


def test_hour_repeated_in_october_is_told_apart_by_its_offset():
    as_of = datetime(2016, 10, 29, 23, 0, tzinfo=UTC)
    text = view_of(town(as_of=as_of, green_hours=hours(as_of)), "de").text
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
    assert view.text["group_load"] == words.get("neighbourhood.load_unknown")
    assert view.text["source_pv"] == words.get("source.missing", {"name": words.get("source.pv")})
    assert view.share_percent is None
    assert view.attributes["roof_picture"] == {"hidden": ""}  # an empty bar would look like zero
    assert not any(text.startswith("0") for text in view.text.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_produced_and_nothing_consumed_is_undefined_not_zero(language):
    view = view_of(town(status="no_production_and_no_consumption", share=None), language)
    assert view.text["share"] == texts(language, "public").get("share.undefined")
    assert view.text["meaning"] == texts(language, "public").get("share.meaning_undefined")


def test_status_of_a_later_version_is_unknown_even_with_a_share():
    assert view_of(town(status="under_repair")).text["share"] == "unknown"


def test_roof_without_consent_is_not_shown_at_all():
    assert view_of(town(roof=None)).attributes["roof_card"] == {"hidden": ""}


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


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.booleans()), max_size=30))
def test_best_window_holds_green_hours_only(rows):
    given_hours = [GreenHour(start=AS_OF + timedelta(hours=i), share=s, green=g) for i, (s, g) in enumerate(rows)]
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
    assert view_of(town(green_hours=coming_hours)).text["best"].startswith(sentence)


def test_advice_says_now_during_a_green_hour():
    text = view_of(town(green_hours=hours(AS_OF.replace(minute=0), green=(0, 1)))).text
    assert text["advice_wash"] == "Washing machine and dishwasher: start them now, before 12:00."


def test_advice_names_the_same_window_as_the_green_hours():
    text = view_of(town(), "fr").text
    assert text["best"].startswith(f"Meilleur moment\u00a0: 12:00{SPAN}17:00")
    assert "entre 12:00 et 17:00" in text["advice_wash"]
    assert f"12:00{SPAN}17:00" in text["advice_car"]
    assert "évitera 22:00" in text["advice_wait"]


def test_advice_without_green_hours_promises_none():
    text = view_of(town(green_hours=hours(AS_OF, green=()))).text
    assert text["best"].startswith("No hour of the next ones stands out")
    assert text["advice_wash"].startswith("Washing machine and dishwasher: any time will do")


def test_every_hour_of_the_strip_has_words_for_the_ear():
    text = view_of(town()).text
    assert text["h1_words"] == f"12:00: 70{THIN}%, forecast, green hour"
    assert all(text[f"h{index}_words"] for index in range(12))


# ------------------------------------------------------------------------------------------ sources


def test_slices_fill_the_bar_exactly():
    found = slices(town().sources)
    assert sum(part.width for part in found.values()) == pytest.approx(100.0)
    assert found["hydro"].left == pytest.approx(found["pv"].width)


def test_charging_battery_and_exporting_town_are_not_sources():
    sources = (Source(kind="pv", p_mw=9.0, renewable_share=1.0), Source(kind="storage", p_mw=-1.0, renewable_share=None))
    view = view_of(town(sources=(*sources, Source(kind="import", p_mw=-2.5, renewable_share=None))))
    assert view.text["source_storage"] == f"Storage: charging with 1.00{THIN}MW"
    assert view.text["source_import"] == f"Import: none, the town delivers 2.50{THIN}MW to the grid outside"
    assert view.attributes["source_pv_bar"]["width"] == "100.00"


def test_source_without_known_mix_says_so():
    view = view_of(town(sources=(Source(kind="import", p_mw=2.0, renewable_share=None),)))
    assert view.text["source_import"].endswith("renewable part unknown")


def test_kind_without_words_counts_as_other():
    view = view_of(town(sources=(Source(kind="biomass", p_mw=0.4, renewable_share=1.0),)))
    assert view.text["source_other"] == f"Other: 0.40{THIN}MW (100{THIN}%), of which 100{THIN}% renewable"
    assert view.attributes["source_other_item"] == {"hidden": None}


# ------------------------------------------------------------------------------------------ notes


def test_demo_says_that_its_calendar_and_its_clock_are_its_own():
    text = view_of(town()).text
    notes = [text[f"note{index}"] for index in range(8) if text[f"note{index}"]]
    assert len(notes) == 5
    assert "the values belong to Wed 15 Jun 2016, not to today" in notes[3]
    assert "within 10 sec a quarter hour passes" in notes[4]


def test_town_on_the_wall_clock_has_no_note_about_clocks():
    snapshot = town(published=AS_OF + timedelta(seconds=5), period_s=895.0)
    text = view_of(snapshot).text
    assert text["note2"]
    assert not text["note3"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_live_file_and_page_hold_the_same_words(language):
    view = view_of(town(), language)
    live = json.loads(view.to_json())
    page = page_of(town(), language)
    assert live["text"] == dict(view.text)
    assert all(f'data-k="{place}"' in page for place in (*live["text"], *live["attributes"]))
