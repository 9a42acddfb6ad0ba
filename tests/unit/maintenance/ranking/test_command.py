"""The whole way from flags to files, on a small site of CSV telemetry that never ran."""

import json
from pathlib import Path

import pandapower as pp
import pytest

from tests.unit.adapters.small_site import SMALL, small_net
from twin.maintenance.ranking.command import Asked, Output, rank
from twin.maintenance.ranking.gather import Files
from twin.maintenance.ranking.ranked import read_ranked
from twin.site import site_path

FLEET = """asset,kind,element,installed_year,customers
station,mv_lv_transformer,trafo.0,1930,40
lost,mv_lv_transformer,trafo.8,1990,4
odd,thing,,,
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    pp.to_json(small_net(), str(folder / "grid.json"))
    (folder / "csv").mkdir()
    demo = site_path("demo").read_text(encoding="utf-8")
    table = demo[demo.index("[maintenance] ") : demo.index("\n# ----", demo.index("[maintenance] "))]
    (folder / "demo_fleet.csv").write_text(FLEET, encoding="utf-8")
    (folder / "demo_gas.csv").write_text("asset,time,h2,ch4,c2h6,c2h4,c2h2,co,co2\nnobody,2015-01-01,1,1,1,1,1,1,1\n")
    path = folder / "small.toml"
    path.write_text(SMALL + table, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGIE_CACHE", str(folder / "cache"))
        yield path


@pytest.fixture(scope="module")
def ranked(site):
    out = site.parent / "ranking.json"
    report = site.parent / "ranking.html"
    asked = Asked(site=str(site), at="2026-06-01T12:00+02:00", budget_chf=5000.0)
    code = rank(asked, Output(json_line=True, out=out, report=report, language="it"))
    assert code == 0
    return read_ranked(out), report.read_text(encoding="utf-8")


def test_the_station_is_ranked_and_what_is_not_in_the_grid_too(ranked):
    found, _ = ranked
    assert {asset.asset: asset.on_grid for asset in found.assets} == {"station": True, "lost": False}
    assert [(one.asset, one.place) for one in found.not_assessed] == [("odd", "row 4")]


def test_faults_of_fleet_and_gas_are_named_and_the_ranking_stands_without_them(ranked):
    found, _ = ranked
    places = [problem.split(":")[0] for problem in found.problems]
    assert "demo_fleet.csv row 3, element" in places
    assert any(place.startswith("demo_gas.csv") for place in places)


def test_without_a_history_no_hour_is_promised(ranked):
    found, _ = ranked
    assert {source.code for source in found.sources} >= {"source.no_history", "source.week.grid_file"}
    assert all(item.window is None for item in found.items)
    assert not any(item.why_not is not None and item.why_not.code == "why_not.blocked" for item in found.items)


def test_the_flags_replace_the_site_files_budget(ranked):
    assert ranked[0].budget_chf == 5000.0


def test_the_report_speaks_the_language_that_was_asked_for(ranked):
    assert '<html lang="it">' in ranked[1]
    assert "Rischio evitato" in ranked[1]


def test_flags_that_make_no_sense_are_refused_together(capsys, site):
    asked = Asked(site=str(site), years=0, crew_h=-1.0, at="2026-06-01", files=Files(fleet=Path("nowhere.csv")))
    assert rank(asked, Output(language="xx")) == 2
    said = capsys.readouterr().err
    assert [flag for flag in ("--at", "--lang", "--years", "--crew-h", "--fleet") if flag not in said] == []


def test_a_site_without_the_table_says_what_to_add(capsys, site):
    bare = site.parent / "bare.toml"
    bare.write_text(SMALL, encoding="utf-8")
    assert rank(Asked(site=str(bare)), Output()) == 2
    assert "no [maintenance]" in capsys.readouterr().err


def test_why_of_an_asset_that_was_not_assessed_says_why_not(capsys, site):
    assert rank(Asked(site=str(site), at="2026-06-01T12:00+02:00"), Output(why="odd")) == 2
    assert "not assessed (unknown_kind)" in capsys.readouterr().err


def test_the_ranking_is_one_json_line(capsys, site):
    assert rank(Asked(site=str(site), at="2026-06-01T12:00+02:00"), Output(json_line=True)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["site"] == "small"


def test_what_a_crew_found_counts_as_the_latest_inspection(site):
    from datetime import UTC, date, datetime

    from twin.maintenance.ranking import gather
    from twin.maintenance.register.asset import Inspection
    from twin.maintenance.register.fleet import read_fleet
    from twin.maintenance.work_orders.results import Result

    fleet = read_fleet(site.parent / "demo_fleet.csv", elements={}, classes=["mv_lv_transformer"], today=date(2026, 6, 1))
    at = datetime(2026, 5, 20, 9, tzinfo=UTC)
    back = Result("1", "station", "trafo.0", "station:inspect", "inspect", True, at, at.date(), "rust", "", 4, 0, "crew")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gather, "results", lambda _state: [back])
        station = gather._visited(fleet, site.parent, date(2026, 6, 1)).assets[0]
        before = gather._visited(fleet, site.parent, date(2026, 5, 1)).assets[0]
    assert (station.latest, station.last_visit) == (Inspection(date(2026, 5, 20), 4.0), date(2026, 5, 20))
    assert before.latest is None  # the ranking of an earlier day knows nothing of it


def test_a_run_and_another_instant_are_not_asked_for_together(site, tmp_path, capsys):
    assert rank(Asked(site=str(site), state=tmp_path, at="2026-06-01T12:00+02:00"), Output()) == 2
    assert "--at" in capsys.readouterr().err


def test_a_fleet_that_is_none_does_not_hide_what_is_wrong_with_gas_and_failures(site, tmp_path, capsys):
    files = [tmp_path / name for name in ("fleet.csv", "gas.csv", "failures.csv")]
    for file in files:
        file.write_text("a,b\n1,2\n", encoding="utf-8")
    assert rank(Asked(site=str(site), files=Files(*files), at="2026-06-01T12:00+02:00"), Output()) == 2
    said = capsys.readouterr().err
    assert all(file.name in said for file in files)


def test_a_machine_that_reads_the_ranking_still_hears_of_faults_on_standard_error(site, capsys):
    assert rank(Asked(site=str(site), at="2026-06-01T12:00+02:00"), Output(json_line=True)) == 0
    told = capsys.readouterr()
    assert "demo_fleet.csv row 3, element" in told.err
    assert json.loads(told.out)["problems"]
