"""The pages beside the live one: 48 hours, figures, method."""

import re
import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, CORRECTION, DECLARED, LANGUAGES, figure, hours, in_words, nothing_known, release, town

from dashboard.format import period, texts
from dashboard.public.feed import Edition
from dashboard.public.open_data import Resource
from dashboard.public.pages.document import Assets
from dashboard.public.pages.figures import figures_page
from dashboard.public.pages.hours import hours_page
from dashboard.public.pages.how import SECTIONS, how_page
from twin.contracts.open_tables import LICENCES

ASSETS = Assets("/s", "/j")
THIN = "\u202f"


def hours_of(snapshot, language="en", stale=False) -> str:
    return hours_page(Edition("1", snapshot), language, ASSETS, stale=stale).decode()


def figures_of(released, language="en", **other) -> str:
    return figures_page(Edition("1", town(), released, **other), language, ASSETS).decode()


def rows_of(page: str) -> list[list[str]]:
    """The text of every row of every table body."""
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.S)
    rows = [row for body in bodies for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in rows]


# ------------------------------------------------------------------------------------------ 48 hours


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_of_the_48_hours_has_a_row_with_share_band_and_every_source(language):
    rows = rows_of(hours_of(town(), language))
    assert len(rows) == 48
    assert all(len(row) == 3 + 4 for row in rows)
    assert rows[4][1].startswith(f"80{THIN}%")
    assert rows[4][2].replace("\u2060", "") == f"77{THIN}%–83{THIN}%"


def test_day_is_named_where_it_begins():
    rows = rows_of(hours_of(town()))
    assert [row[0] for row in rows if not row[0][0].isdigit()] == ["Wed 15 Jun 10:00", "Thu 16 Jun 00:00", "Fri 17 Jun 00:00"]


def test_unknown_hour_is_a_gap_in_the_line_and_a_word_in_the_table():
    coming = hours(AS_OF.replace(minute=0), shares=(0.5, None, 0.4), green=())
    page = hours_of(town(coming=coming))
    assert page.count('class="line"') == 2  # one run on either side of the gap
    assert rows_of(page)[1][1:3] == ["unknown", "–"]


def test_drawing_stays_within_its_frame_and_its_band_holds_the_line():
    page = hours_of(town())
    ys = [
        float(y) for path in re.findall(r'class="(?:band|line)" d="M([^"]+)"', page) for y in re.findall(r"\d+ ([\d.]+)", path)
    ]
    assert ys
    assert all(0.0 <= y <= 100.0 for y in ys)


def test_hours_without_a_band_are_drawn_without_one():
    bare = tuple(hour.model_copy(update={"low": None, "high": None}) for hour in town().coming)
    page = hours_of(town(coming=bare))
    assert 'class="band"' not in page
    assert 'class="line"' in page


def test_forecast_says_of_which_hour_it_is_and_that_it_is_old_when_it_is():
    assert "Forecast of Wed 15 Jun 2016, 10:00" in hours_of(town())
    assert "this forecast is old" not in hours_of(town())
    assert "this forecast is old" in hours_of(town(), stale=True)


def test_hours_of_which_nothing_is_known_are_not_drawn():
    page = hours_of(nothing_known())
    assert "<svg" not in page
    assert "not available at the moment" in page


def test_repeated_hour_in_october_is_told_apart():
    as_of = datetime(2016, 10, 29, 23, 0, tzinfo=UTC)
    names = [row[0] for row in rows_of(hours_of(town(as_of=as_of, coming=hours(as_of)), "de"))]
    assert names[1:3] == ["02:00 +02:00", "02:00 +01:00"]


# ------------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize(
    ("language", "month", "energy"),
    [
        ("fr", "avril 2016", "11 873,4 MWh"),
        ("de", "April 2016", "11’873.4 MWh"),
        ("it", "aprile 2016", "11’873.4 MWh"),
        ("en", "April 2016", "11,873.4 MWh"),
    ],
)
def test_month_stands_with_its_figures_and_its_revision(language, month, energy):
    row = next(row for row in rows_of(figures_of(release(), language)) if row[0] == month)
    assert row[1] in (f"41.2{THIN}%", f"41,2{THIN}%")
    assert row[4].replace(THIN, " ").replace("\u00a0", " ") == energy
    assert " 2, " in row[6]


def test_restated_figure_is_told_above_everything_and_in_the_log_with_its_reason():
    page = figures_of(release())
    assert "Corrected on Sun 12 Jun 2016: April 2016, from 43.7\u202f% to 41.2\u202f%. A meter had counted twice (en)" in page
    assert rows_of(page)[-1] == [
        "April 2016",
        "No. 2, Sun 12 Jun 2016",
        f"43.7{THIN}%",
        f"41.2{THIN}%",
        "A meter had counted twice (en)",
    ]


def test_newest_correction_is_the_notice_and_stands_first_in_the_log():
    newer = CORRECTION.model_copy(update={"at": AS_OF, "reason": in_words("Late meters")})
    page = figures_of(release(corrections=(CORRECTION, newer)))
    assert re.search(r'class="notice">[^<]+Late meters', page)
    assert [row[4] for row in rows_of(page)[-2:]] == ["Late meters (en)", "A meter had counted twice (en)"]


def test_energy_of_a_town_too_small_to_tell_it_is_withheld_in_words():
    row = rows_of(figures_of(release(months=(figure("2016-05", consumption_mwh=None),))))[1]
    assert row[4] == "not public"


def test_month_in_which_nothing_was_consumed_has_an_undefined_share():
    assert rows_of(figures_of(release(months=(figure("2016-05", None, parts={}),))))[1][1] == "undefined"


def test_nothing_approved_yet_is_said_in_words():
    for released in (None, release(months=(), years=(), corrections=(), declared=None)):
        page = figures_of(released)
        assert "<table" not in page
        assert "No month is approved yet." in page
        assert "No figure has been restated." in page
        assert "none is declared here" in page


def test_declared_share_keeps_its_decimal():
    assert "declares 98.5\u202f% renewable" in figures_of(
        release(declared=DECLARED.model_copy(update={"renewable_share": 0.985}))
    )


def test_declaration_by_guarantees_of_origin_stands_in_a_section_apart():
    page = figures_of(release())
    section = page[page.index("Guarantees of origin, apart") :]
    assert (
        "Stadtwerk declares 100\u202f% renewable for 2015, bought for the whole year. Published on Mon 2 May 2016." in section
    )
    assert "Stadtwerk declares" not in page[: page.index("Guarantees of origin, apart")]


def test_open_data_stands_with_its_formats_its_size_its_licence_and_whom_to_name():
    files = (
        Resource(path="months.csv", title="Approved figures of the months", bytes=2048, alternatives=("months.json",)),
        Resource(path="hours-2016-05.csv", title="Hours of an approved month"),
        Resource(path="birds.csv", title="Birds & bees"),
    )
    page = figures_of(release(), "de", downloads=files)
    assert f'<a href="../../open/months.csv" download>Monate (CSV)</a> 2.0{THIN}kB' in page
    assert '<a href="../../open/months.json" download>Monate (JSON)</a>' in page
    assert "Stunden von Mai 2016 (CSV)" in page
    assert "Birds &amp; bees (CSV)" in page
    assert 'rel="license noopener">CC-BY-4.0</a>. Bitte nennen: Stadtwerk.' in page


def test_parts_that_are_not_told_are_said_to_be_withheld():
    assert rows_of(figures_of(release(months=(figure("2016-05", parts={}),))))[1][2] == "not public"


def test_every_licence_that_the_publisher_may_choose_leads_to_its_text():
    for name, (_, address) in LICENCES.items():
        body = figures_page(Edition("1", town(), release(licence=name)), "en", ASSETS).decode()
        assert f'<a href="{address}" rel="license noopener">{name}</a>' in body


def test_licence_without_a_known_address_is_named_and_no_link():
    assert "Licence: OGL-UK-3.0." in figures_of(release(licence="OGL-UK-3.0"))


def test_what_a_publisher_writes_is_text_and_never_markup():
    wicked = CORRECTION.model_copy(update={"reason": in_words("<img src=x onerror=alert(1)>")})
    page = figures_of(release(corrections=(wicked,), attribution="<b>Stadtwerk</b>"))
    assert "<img" not in page
    assert "<b>Stadtwerk" not in page


@pytest.mark.parametrize(("label", "words"), [("2016-01", "janvier 2016"), ("2016", "2016"), ("2016-13", "2016-13"), ("", "")])
def test_period_reads_as_people_say_it(label, words):
    assert period(label, language="fr") == words


# ------------------------------------------------------------------------------------------ method


@pytest.mark.parametrize("language", LANGUAGES)
def test_method_page_tells_every_rule_and_needs_no_values(language):
    body = how_page(language, ASSETS).decode()
    assert body.count("<h2>") == len(SECTIONS)
    for rule in ("Stromkennzeichnung", "15\u202f%", "Bialek", "50\u202f%", "48"):
        assert rule in body


@pytest.mark.parametrize("language", LANGUAGES)
def test_method_page_says_of_a_town_only_what_its_notes_say(language):
    say = texts(language, "public").get
    made_up, replayed = (escape(say(f"about.{note}")) for note in ("synthetic_outside", "published_measurements"))
    demo, zurich, unknown = (
        how_page(language, ASSETS, notes).decode() for notes in (town().notes, ("published_measurements", "of_tomorrow"), ())
    )
    assert (made_up in demo, replayed in demo) == (True, False)
    assert (made_up in zurich, replayed in zurich) == (False, True)
    assert (made_up in unknown, replayed in unknown) == (False, False)
    assert all(page.index(escape(say("how.limits"))) > page.index(escape(say("how.limits_title"))) for page in (demo, unknown))
    assert "of tomorrow" not in zurich
