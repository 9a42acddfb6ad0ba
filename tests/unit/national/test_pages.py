"""What a year writes: a page a language without a word of code, pictures, figures; and the command that writes it."""

from __future__ import annotations

import json
import re
from datetime import date
from html import escape
from xml.etree import ElementTree as ET

import made_up
import pytest
from typer.testing import CliRunner

from dashboard.format import LANGUAGES, number
from twin.cli import app
from twin.national.figures import figures
from twin.national.folder import write_year
from twin.national.page import page, page_name
from twin.national.words import Words
from twin.national.year import year_of
from twin.site import load_site


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return made_up.write(tmp_path_factory.mktemp("data"), date(2019, 6, 1), 30)


@pytest.fixture(scope="module")
def june(data):
    return year_of(load_site("zurich"), data, 2019)


@pytest.fixture(scope="module")
def written(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    write_year(load_site("zurich"), data, 2019, out)
    return out


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_tells_share_bounds_mix_and_what_it_is_not(written, language: str) -> None:
    page = (written / page_name(language)).read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", " ", page)
    percent = r"[\s\u202f\u00a0]*%"
    assert re.search(r"47[.,]4" + percent, text)  # (0.45 / 0.95) of the made-up mix
    assert {"de": "Produktionsmix", "fr": "mix de production", "it": "mix di produzione", "en": "production mix"}[
        language
    ] in text
    unlike = {"de": "Stromkennzeichnung", "fr": "marquage", "it": "etichettatura", "en": "Stromkennzeichnung"}
    assert unlike[language] in text
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_shows_a_code_that_has_no_words_or_an_open_place(written, language: str) -> None:
    page = (written / page_name(language)).read_text(encoding="utf-8")
    assert not re.search(r"\{\w+\}|year\.|compared\.", re.sub(r'href="[^"]*"', "", page))
    assert "own use" not in page or language == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_needs_nothing_else_and_its_pictures_have_names(written, language: str) -> None:
    page = (written / page_name(language)).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    pictures = [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)]
    assert len(pictures) == 3
    for picture in pictures:
        assert picture.get("role") == "img"
        title = picture.find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text is not None
        assert "2019" in title.text


def test_the_picture_that_stands_alone_is_a_whole_svg(written) -> None:
    picture = ET.fromstring((written / "share.svg").read_text(encoding="utf-8"))
    assert picture.tag.endswith("svg")


def test_the_command_tells_one_json_line_with_bounds_comparison_and_sources(data, tmp_path) -> None:
    flags = ["--site", "zurich", "--data", str(data), "--year", "2019", "--out", str(tmp_path / "y"), "--json"]
    told = CliRunner().invoke(app, ["public", "year", *flags])
    assert told.exit_code == 0
    figures = json.loads(told.stdout.splitlines()[-1])
    assert figures["mix_kind"] == "production"
    assert figures["share_low"] < figures["share"] < figures["share_high"]
    assert {"nuclear", "production", "end_use", "city"} <= {row["key"] for row in figures["comparison"]}
    assert figures["files"]["zurich_load"]["source"].endswith("CC0")
    assert sorted(path.name for path in (tmp_path / "y").iterdir()) == figures["written"]


def test_the_command_names_every_fault_of_its_flags_at_once(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("REGIE_DATA", raising=False)
    (tmp_path / "taken").write_text("a file")
    told = CliRunner().invoke(app, ["public", "year", "--site", "atlantis", "--year", "2019", "--out", str(tmp_path / "taken")])
    assert told.exit_code == 2
    for fault in ("--out", "--data: missing", "atlantis"):
        assert fault in told.stderr


def test_net_import_differs_by_gwh_and_a_share_by_points_on_page_and_terminal(data, written, tmp_path) -> None:
    rows = {row["key"]: row for row in json.loads((written / "year.json").read_text(encoding="utf-8"))["comparison"]}
    apart = rows["net_import"]["ours"] - rows["net_import"]["published"]
    page = (written / "year.en.html").read_text(encoding="utf-8")
    assert f"<td>{number(apart, 'GWh', language='en', decimals=0, signed=True)}</td>" in page
    flags = ["--data", str(data), "--year", "2019", "--out", str(tmp_path)]
    terminal = {line.split()[0]: line for line in CliRunner().invoke(app, ["public", "year", *flags]).stdout.splitlines()[3:]}
    assert f" {apart:+.0f} GWh " in terminal["net_import"]
    assert "%" not in terminal["net_import"]
    share = 100.0 * (rows["renewable_share"]["ours"] - rows["renewable_share"]["published"])
    assert f" {share:+.2f} points " in terminal["renewable_share"]
    assert f"{rows['renewable_share']['typical']:.2f} points" in terminal["renewable_share"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_hours_outside_the_bounds_are_told_only_where_there_are_any(june, language: str) -> None:
    words, told = Words.of(language, "Europe/Zurich"), figures(june)
    some, none = (page(june, {**told, "hours_outside_bounds": hours}, language) for hours in (90, 0))
    assert escape(words("band.bounds", outside="90")) in some
    assert escape(words("band.bounds", outside="0")) not in none
    assert none.count("<li>") == some.count("<li>") - 1


def test_a_folder_without_a_name_is_refused_and_nothing_is_written(data, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["public", "year", "--data", str(data), "--year", "2019", "--out", ""])
    assert (told.exit_code, told.stderr.split(";")[0]) == (2, "regie: --out: empty")
    assert list(tmp_path.iterdir()) == []
