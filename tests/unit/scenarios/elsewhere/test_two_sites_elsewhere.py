"""A scenario on two sites, both put on another grid, played by the command: plants live there, and figures add up."""

import json
from pathlib import Path

import pandapower as pp
import pytest
from typer.testing import CliRunner

from scenarios.debrief.source import source_of
from tests.unit.scenarios.elsewhere.hamlet_plant import SCENARIO, SITE, hamlet, hamlet_net
from twin.cli import app


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    scenario, other = hamlet(folder), folder / "other.json"
    pp.to_json(hamlet_net(first=10, drawn_back=True), str(other))
    second = SITE.replace('name = "hamlet_plant"', 'name = "second"').replace("seed = 1", "seed = 2")
    (folder / "second.toml").write_text(second, encoding="utf-8")
    scenario.write_text(SCENARIO.replace('["hamlet_plant.toml"]', '["hamlet_plant.toml", "second.toml"]'), encoding="utf-8")
    result = CliRunner().invoke(
        app, ["run", str(scenario), "--grid", str(other), "--out", str(folder / "out"), "--json"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_every_site_has_results_of_its_own(played):
    assert [one["site"] for one in played["results"]] == ["hamlet_plant", "second"]
    assert played["results"][0]["kpis"] != played["results"][1]["kpis"]


def test_results_name_the_other_grid_and_a_debrief_finds_the_run_on_it(played):
    for one in played["results"]:
        assert one["grid"] == "other.json"
        assert one["other_grid"].endswith("/other.json")
        source = source_of(Path(one["folder"]), None, lambda *_told: None)
        assert source.scenario is not None
        assert source.same_site


def test_a_plant_lives_on_a_grid_of_lent_profiles(played):
    for one in played["results"]:
        assert one["unknown_quarter_hours"] == 0
        assert one["kpis"]["grid"]["value"]["losses_mwh"] > 0
        # Farm is dark for 15 of the minutes that its customers have: a share of the hamlet's, by energy.
        assert 0 < one["kpis"]["grid"]["value"]["saidi_unplanned_min"] < 15


@pytest.mark.parametrize(("group", "figure"), [("economic", "total_chf"), ("grid", "losses_mwh"), ("climate", "co2_t")])
def test_totals_are_the_sum_of_the_sites(played, group, figure):
    for side in ("value", "do_nothing", "difference"):
        parts = [one["kpis"][group][side][figure] for one in played["results"]]
        # A sum of two is exact to the last bit; what is left is how JSON writes it.
        assert played["totals"]["hamlet_evening"][group][side][figure] == pytest.approx(sum(parts), rel=1e-12, abs=1e-12)
