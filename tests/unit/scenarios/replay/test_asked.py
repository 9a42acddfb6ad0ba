"""What is asked of a replay: swaps and hours, and every fault of them at once."""

import pytest
from typer.testing import CliRunner

from scenarios.replay.accidents import with_accidents
from scenarios.replay.on_air_site import site_on_air
from scenarios.replay.swap import swapped
from tests.unit.scenarios.replay.mill import silent
from twin.cli import app
from twin.contracts.messages import Outcome
from twin.domain.problems import BadInput


def configs(found):
    return {box.name: (box.use, box.config) for box in found.site.boxes}


def test_a_setting_becomes_what_toml_reads_and_the_site_stays_as_it_was(evening):
    found = swapped(evening.ready, ["mover.share=0.25", "load.engine=last_week"])
    assert configs(found)["mover"][1] == {"share": 0.25}
    assert configs(found)["load"][1]["engine"] == "last_week"
    assert found.boxes == ("mover", "load")
    assert evening.ready.site.boxes[0].config["engine"] == "day_type"


def test_a_setting_of_nothing_is_the_boxs_own_default(evening):
    assert "fallbacks" not in configs(swapped(evening.ready, ["load.fallbacks="]))["load"][1]


def test_another_box_keeps_the_settings(evening):
    use, config = configs(swapped(evening.ready, ["load=forecasts.load.box:LoadBox"]))["load"]
    assert (use, config["zone"]) == ("forecasts.load.box:LoadBox", "town")


def test_a_box_that_the_site_does_not_trust_is_used_and_said(evening):
    assert swapped(evening.ready, ["mover=tests.unit.scenarios.replay.still_box:Still"]).untrusted == (
        "tests.unit.scenarios.replay.still_box:Still",
    )


def test_every_fault_of_swaps_and_hours_is_listed_and_nothing_is_run(evening):
    asked = ["replay", "--state", str(evening.state), "--site", str(evening.site), "--from", "2016-01-25T12:00"]
    asked += ["--to", "2016-01-25T16:20", "--swap", "lord=load", "--swap", "load=nobody", "--swap", "pv=tests.nowhere:Box"]
    ended = CliRunner().invoke(app, [*asked, "--swap", "mover", "--swap", "pv.zone.tilt=1", "--swap", "pv=load"])
    assert ended.exit_code == 2
    said = ended.stderr
    for fault in (
        "--from: 2016-01-25T12:00+01:00; expected 2016-01-25T16:00+01:00 to 2016-01-25T18:00+01:00",
        "--to: 2016-01-25T16:20; expected a whole quarter hour",
        "--swap lord=load: box 'lord'",
        "--swap load=nobody: no entry point",
        "--swap pv=tests.nowhere:Box: ModuleNotFoundError",
        "--swap mover: is no swap",
        "--swap pv.zone.tilt=1: zone is no table",
        "--swap pv=load: said twice",
    ):
        assert fault in said


def test_what_a_box_refuses_is_told_with_its_swap(evening):
    with pytest.raises(BadInput) as refused:
        swapped(evening.ready, ["load.engine=nobody", "pv.zone=attic"])
    places = [problem.place for problem in refused.value.problems]
    assert places == ["--swap boxes[0] \"load\": box 'load': engine", "--swap boxes[2] \"pv\": box 'pv': zone"]


def test_without_a_swap_there_is_nothing_to_replay(evening):
    with pytest.raises(BadInput, match="--swap: missing"):
        swapped(evening.ready, [])


def test_another_sites_journal_is_refused(run):
    with pytest.raises(BadInput, match="written with another site than demo"):
        site_on_air(run, "demo", None, silent)


def test_what_befell_a_boxs_host_is_repeated_but_not_for_its_successor(stretch, monkeypatch):
    missed = {"load": Outcome.DEADLINE, "pv": Outcome.EXCEPTION, "mover": Outcome.OK}
    monkeypatch.setattr("scenarios.replay.accidents.outcomes_of", lambda _record: missed)
    outages = with_accidents(stretch.ready.site, stretch).box_outages
    ticks = len(list(stretch.run.records(stretch.begin, stretch.end)))
    assert {outage.box for outage in outages} == {"load"}
    assert len(outages) == ticks
    assert with_accidents(stretch.ready.site, stretch, ["load"]) == stretch.ready.site
