"""Figures, local time and words, as a Swiss reader expects them."""

import math
import string
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import format as formats
from dashboard.format import LANGUAGES, MISSING, Texts, age, choose_language, clock, day, moment, number, percent, texts

ZURICH = "Europe/Zurich"


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("de", "12’345.60 MW"), ("fr", "12 345,60 MW"), ("it", "12’345.60 MW"), ("en", "12,345.60 MW")],
)
def test_figures_group_as_the_language_does(language, expected):
    assert plain(number(12345.6, "MW", language=language)) == expected


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_a_missing_figure_is_a_dash_and_never_zero(value):
    assert number(value, "MW", language="en") == MISSING
    assert percent(value, language="en") == MISSING


def test_a_difference_shows_its_sign_except_for_zero():
    assert number(3.0, "CHF", language="en", signed=True).startswith("+")
    assert number(-0.0001, "CHF", language="en", signed=True).startswith("0.00")


def test_a_share_becomes_a_percentage():
    assert plain(percent(0.624, language="de")) == "62 %"


def test_the_repeated_hour_of_the_autumn_change_names_its_offset():
    first = datetime(2016, 10, 30, 0, 30, tzinfo=UTC)
    shown = [clock(first + timedelta(hours=h), timezone=ZURICH, language="en") for h in (-1, 0, 1, 2)]
    assert shown == ["01:30", "02:30 +02:00", "02:30 +01:00", "03:30"]


def test_the_spring_change_skips_an_hour():
    before = datetime(2016, 3, 27, 0, 45, tzinfo=UTC)
    shown = [clock(before + timedelta(minutes=m), timezone=ZURICH, language="en") for m in (0, 15)]
    assert shown == ["01:45", "03:00"]


def test_a_moment_of_the_same_local_day_is_only_a_time():
    evening = datetime(2016, 6, 15, 21, 0, tzinfo=UTC)  # 23:00
    options = {"timezone": ZURICH, "language": "fr", "near": evening}
    assert moment(evening - timedelta(hours=2), **options) == "21:00"
    assert moment(evening + timedelta(hours=2), **options) == "jeu. 16.06. 01:00"


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        day(datetime.fromisoformat("2016-06-15"), timezone=ZURICH, language="fr")


def test_ages_are_words():
    assert [plain(age(4.0, language=language)) for language in ("fr", "de", "it", "en")] == [
        "il y a 4 s",
        "vor 4 Sek.",
        "4 sec. fa",
        "4 sec. ago",
    ]


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("it", "de", "it"),
        ("xx", "de-CH,fr;q=0.9", "de"),
        (None, "en;q=0.3, fr-CH;q=0.8", "fr"),
        (None, "ja, rm", "en"),
        (None, "de;q=junk,it;q=0.1", "it"),
        (None, None, "en"),
    ],
)
def test_the_language_is_asked_for_or_negotiated(asked, accepted, expected):
    assert choose_language(asked, accepted) == expected


def test_every_language_has_every_text_with_the_same_fields():
    def fields(template):
        return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name)

    english = texts("en", "regie").templates
    for language in LANGUAGES:
        other = texts(language, "regie").templates
        assert other.keys() == english.keys()
        assert {code: fields(text) for code, text in other.items()} == {code: fields(t) for code, t in english.items()}


def test_german_is_swiss():
    assert not [text for text in texts("de", "regie").templates.values() if "ß" in text]


def test_a_template_formats_its_fields_in_its_language():
    german = Texts("de", {"a": "{p_mw:MW.1} um {at:clock}, {share:share}, {name}, {gone:MW}"})
    filled = german.get("a", {"p_mw": 1.26, "at": "2016-06-15T12:00:00Z", "share": 0.5, "name": "L1"}, timezone=ZURICH)
    assert plain(filled) == f"1.3 MW um 14:00, 50 %, L1, {MISSING}"


def test_a_template_cannot_look_into_its_parameters():
    assert Texts("en", {"a": "{x.__class__}"}).get("a", {"x": 1}) == MISSING


def test_a_code_without_words_is_readable():
    assert texts("fr").get("alarm.oil_leak") == "oil leak"
    assert formats.readable("") == MISSING
