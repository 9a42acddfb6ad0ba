"""The section on risk, as people read it."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from scenarios.risk.assess import risk_of
from scenarios.risk.drawings import hourly_bars, loading_fan
from scenarios.risk.page import page
from scenarios.risk.report import risk_report
from scenarios.risk.words import LANGUAGES, WORDS

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def risk(made, facts):
    loading = np.random.default_rng(1).normal(95.0, 10.0, (200, 8))
    return risk_of(made.loadings(loading, loading + 4.0, per_chunk=100), facts)


def section(risk, lang):
    return ET.fromstring(risk_report({"risk": risk}, lang=lang, timezone="Europe/Zurich"))


def test_every_language_says_everything():
    assert all(set(says) == set(LANGUAGES) for says in WORDS.values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_section_is_well_formed_and_has_both_pictures(risk, lang):
    found = section(risk, lang)
    assert len(found.findall(f".//{SVG}svg")) == 2
    assert not found.findall(".//script")


def test_clock_is_the_sites(risk):
    # 17:00 UTC in January is 18:00 in Zurich
    assert "18:00" in [text.text for text in section(risk, "en").iter(f"{SVG}text")]


def test_bars_are_as_high_as_their_hours_are_probable():
    picture = ET.fromstring(hourly_bars([10.0, 20.0, 0.0], [0.0, 40.0, None], ["1", "2", "3"], unit="%", title="risk"))
    heights = [float(bar.get("height")) for bar in picture.findall(f"{SVG}rect")]
    assert len(heights) == 3  # nothing is drawn where there is no risk
    # heights are written with one decimal
    assert heights[1] / heights[0] == pytest.approx(2.0, abs=0.01)
    assert heights[2] / heights[1] == pytest.approx(2.0, abs=0.01)


def test_fan_holds_its_median_within_its_bands(risk):
    picture = ET.fromstring(loading_fan(risk["plan"]["loading"], ["x"] * 8, limit_percent=100.0, title="fan"))
    wide, half, median = [
        [float(point.split()[1]) for point in path.get("d").rstrip("Z").replace("M", "L").split("L") if point]
        for path in picture.findall(f"{SVG}path")
    ]
    for step in range(8):
        assert wide[step] <= half[step] <= median[step]  # a screen's y runs downwards
        assert median[step] <= half[-1 - step] <= wide[-1 - step]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_needs_nothing_from_anywhere_and_escapes_what_it_shows(risk, lang):
    result = {"risk": risk, "title": {lang: "Abend <b>"}, "scenario": "e", "site": "demo", "timezone": "Europe/Zurich"}
    text = page([result, result], lang)
    assert f'<html lang="{lang}">' in text
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)=|url\(", text)
    assert "Abend <b>" not in text
    assert text.count('<section class="risk">') == 2


def test_a_grid_without_violations_says_so(made, facts):
    calm = np.full((50, 4), 40.0)
    risk = risk_of(made.loadings(calm, calm, per_chunk=50), facts)
    assert WORDS["none"]["en"] in risk_report({"risk": risk}, lang="en", timezone="UTC")
