"""Table and report of an answer."""

import re

import pytest

from twin.dispatch.report import write_report
from twin.dispatch.table import show


@pytest.fixture
def printed(answer, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")

    def of(language="en", **changes):
        show({**answer, **changes}, language)
        return capsys.readouterr().out.replace("\u202f", " ")

    return of


@pytest.fixture
def page(answer, tmp_path):
    write_report(answer, tmp_path / "plan.html", "de")
    return (tmp_path / "plan.html").read_text()


def test_a_row_tells_energy_power_cost_and_reason(printed):
    assert re.search(r"Cells +5\.0 kWh +\+5\.0 kW +-1\.00 CHF +As by itself", printed())


def test_totals_stand_beside_those_without_a_plan(printed):
    told = printed()
    assert re.search(r"Cost +2,000\.00 CHF +1,234\.50 CHF", told)
    assert re.search(r"Lowest voltage +0\.930 pu +0\.960 pu", told)
    assert told.rstrip().endswith("Proven by AC power flow: no limit is exceeded.")


def test_rules_are_told_before_anything_else(printed):
    assert printed(rung="rules", status="deadline").startswith("No plan: rules serve")


def test_a_name_is_never_taken_for_markup(printed, answer):
    odd = {**answer["devices"][0], "id": "[red]Cells[/red]"}
    assert "[red]Cells[/red]" in printed(devices=[odd])


def test_the_page_is_whole_and_loads_nothing(page):
    assert "default-src 'none'" in page
    assert '<html lang="de">' in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)


def test_the_page_tells_what_it_draws(page):
    titles = re.findall(r"<h3>([^<]+)</h3>", page)
    assert titles == [
        "Leistung der Geräte", "Gespeicherte Energie", "Temperatur", "Preis einer kWh, Cells", "Auslastung der Leitungen",
        "Spannung", "Geräte", "Summen",
    ]  # fmt: skip
    assert "Spart 765.50\u202fCHF" in page


def test_a_title_is_text_and_not_markup(page):
    assert "<h1>Farm &lt;1&gt;</h1>" in page
