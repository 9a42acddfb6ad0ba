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
QUARTER = timedelta(minutes=15)
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


def in_real_time(period_s=895.0, **other):
    """A town whose clock is the one on the wall."""
    return town(published=AS_OF + timedelta(seconds=5), period_s=period_s, speed=1.0, **other)


def test_interval_is_shown_by_its_start_and_end_in_local_time():
    assert view_of(in_real_time()).text["interval"] == f"Quarter hour: Wed 15 Jun 2016, 10:15{SPAN}10:30"
    assert view_of(in_real_time()).text["updated"] == "Updated at 10:30:05"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_town_with_its_own_calendar_shows_its_own_clock_only(language):
    text = view_of(town(), language).text
    assert f"10:15{SPAN}10:30" in text["interval"]
    assert not any(":07" in words for place, words in text.items() if place != "stale")  # published at 13:00:07 on the wall


def test_what_is_made_here_and_what_is_not_add_up_to_the_share():
    text = view_of(town(share=0.474, made_here=0.084)).text
    assert text["share"] == f"47{THIN}%"
    assert text["made"] == f"8{THIN}% made here, 39{THIN}% imported or from storage"


def test_suppliers_declared_mix_stands_in_a_line_of_its_own():
    assert '<p class="muted">The supplier&#x27;s declared mix (guarantees of origin): none is declared here.</p>' in page_of(
        town()
    )


def test_means_of_the_neighbourhood_and_the_roof_say_which_hour_they_are_of():
    text = view_of(town()).text
    assert text["group_when"] == text["roof_when"] == f"Mean of 09:00{SPAN}10:00"


def test_a_mean_of_yesterday_says_so():
    night = datetime(2016, 6, 15, 22, 15, tzinfo=UTC)  # 00:15 in Zurich
    group = town().neighbourhood.model_copy(update={"start": night - timedelta(minutes=75), "end": night - QUARTER})
    assert view_of(town(as_of=night, neighbourhood=group)).text["group_when"] == f"Mean of Wed 15 Jun 23:00{SPAN}00:00"


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
    assert view.attributes["made"] == {"hidden": ""}
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
    assert "évitera 21:00" in text["advice_wait"]


def test_advice_without_green_hours_promises_none():
    text = view_of(town(green_hours=hours(AS_OF, green=()))).text
    assert text["best"].startswith("No hour of the next ones stands out")
    assert text["advice_wash"].startswith("Washing machine and dishwasher: any time will do")


def test_every_hour_of_the_strip_has_words_for_the_ear():
    text = view_of(town()).text
    assert text["h2_words"] == f"12:00: 70{THIN}%, forecast, green hour"
    assert all(text[f"h{index}_words"] for index in range(12))


def test_greenest_and_least_green_bar_carry_their_figures():
    text = view_of(town()).text
    figures = {index: text[f"h{index}_top"] for index in range(12) if text[f"h{index}_top"]}
    assert figures == {4: f"80{THIN}%", 11: f"38{THIN}%"}


def test_bars_of_unknown_height_carry_no_figure():
    assert not any(view_of(nothing_known()).text[f"h{index}_top"] for index in range(12))


def test_running_hour_is_the_first_of_the_strip_and_can_be_the_best():
    text = view_of(town(green_hours=hours(AS_OF.replace(minute=0), green=(0, 1)))).text
    assert text["h0_label"] == "10"
    assert text["best"].startswith("Best moment: now, until 12:00")


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


def test_powers_that_a_small_town_withholds_leave_no_card_behind():
    assert view_of(town(sources=())).attributes["sources_card"] == {"hidden": ""}
    assert view_of(nothing_known()).attributes["sources_card"] == {"hidden": None}  # unknown is said, not hidden


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
    assert len(notes) == 6
    assert "the values belong to Wed 15 Jun 2016, not to today" in notes[4]
    assert "a quarter hour passes within 10 sec, a whole day within 16 min." in notes[5]


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
    view = view_of(town(), language)
    live = json.loads(view.to_json())
    page = page_of(town(), language)
    assert live["text"] == dict(view.text)
    assert all(f'data-k="{place}"' in page for place in (*live["text"], *live["attributes"]))
