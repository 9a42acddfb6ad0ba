"""What ``regie run`` refuses, before anything is written."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))
from quiet_town import quiet_town

from scenarios.run.table import lines, totals
from twin.cli import app


def run(*words):
    return CliRunner().invoke(app, ["run", *map(str, words)])


def test_faults_of_all_scenarios_are_listed_at_once_and_nothing_is_written(tmp_path):
    good = quiet_town(tmp_path)
    bad = tmp_path / "bad.toml"
    bad.write_text(good.read_text().replace("line.66", "line.6666").replace("quiet_evening", "bad"))
    out = tmp_path / "out"
    done = run(good, bad, "nobodys_scenario", "--futures", 0, "--out", out)
    assert done.exit_code == 2
    for fault in ("bad.toml:", "outages[0]: 6666", "nobodys_scenario", "--futures: 0"):
        assert fault in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--workers", "0"), "--workers: 0"),
        (("--futures", "99999999999999"), "--futures: 99999999999999; expected 1 to 1000000"),
        (("--closed-loop",), "--closed-loop: without --futures"),
        (("--cluster", "tcp://127.0.0.1:1"), "--cluster: without --futures"),
    ],
)
def test_flags_that_cannot_be_are_named(words, fault):
    done = run("nobodys_scenario", *words)
    assert done.exit_code == 2
    assert fault in done.stderr


def test_a_scenario_asked_for_twice_is_named(tmp_path):
    scenario = quiet_town(tmp_path)
    done = run(scenario, scenario, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "quiet_evening: asked for twice" in done.stderr


def told(site, chf, mwh, **more):
    sides = {"value": chf, "do_nothing": 10.0, "difference": chf - 10.0}
    kpis = {"economic": {side: {"total_chf": value} for side, value in sides.items()}, "grid": {"value": {"losses_mwh": mwh}}}
    about = {"scenario": "evening", "title": {"en": "Evening"}, "site": site, "start": "2016-01-25T17:00:00+00:00", "ticks": 4}
    return {**about, "mode": "played", "kpis": kpis, **more}


def test_what_adds_up_over_sites_is_added_and_nothing_else():
    sums = totals([told("one", 3.0, 1.0), told("two", 4.0, 2.0)])["evening"]
    assert sums["economic"]["difference"]["total_chf"] == -13.0
    assert sums["grid"] == {"value": {"losses_mwh": 3.0}}


def test_two_scenarios_of_one_site_are_not_added():
    assert totals([told("one", 3.0, 1.0), {**told("one", 4.0, 2.0), "scenario": "noon"}]) == {}


def test_people_read_the_figures_the_least_margin_and_where_the_files_are():
    n1 = {"hour": ["2016-01-25T17:00:00+00:00"], "margin_percent": [-3.25], "worst_outage": ["trafo:1"], "loaded": ["trafo:2"]}
    said = "\n".join(lines({Path("runs/evening"): told("one", 3.0, 1.0, n1=n1)}))
    assert "-7.00 CHF" in said
    assert "-3.2 % on trafo:2 after trafo:1 is out" in said
    assert said.endswith("runs/evening")


def test_a_page_of_risk_that_could_not_be_written_is_told_beside_the_other_flags(tmp_path):
    done = run("nobodys_scenario", "--report", tmp_path / "no" / "r.html", "--lang", "rm")
    assert done.exit_code == 2
    for told in ("--report: without --futures", "a file in a folder that is there", "--lang: rm", "nobodys_scenario"):
        assert told in done.stderr


@pytest.mark.parametrize("below", [(), ("deeper",)])
def test_a_file_where_results_should_go_is_told_beside_the_other_flags(tmp_path, below):
    (tmp_path / "file").write_text("mine")
    done = run("nobodys_scenario", "--workers", 0, "--out", tmp_path.joinpath("file", *below))
    assert done.exit_code == 2
    assert "file is a file; expected a folder" in done.stderr
    assert "--workers: 0" in done.stderr


def test_a_folder_that_holds_another_run_is_refused_by_the_name_of_what_it_holds(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"rehearsals": ["heat_wave"]}), encoding="utf-8")
    done = run(quiet_town(tmp_path), "--out", tmp_path)
    assert done.exit_code == 2
    assert "holds a run of heat_wave" in done.stderr


def test_two_scenarios_of_one_name_are_told_with_both_files(tmp_path):
    first = quiet_town(tmp_path)
    second = tmp_path / "second.toml"
    second.write_bytes(first.read_bytes())
    done = run(first, second, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert f"asked for twice: {first} and {second}" in done.stderr
