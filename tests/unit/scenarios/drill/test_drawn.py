"""A drill tells what led there, hides what was decided and came, and its seal is the journal's own."""

import shutil
import sqlite3
import tomllib

import pytest
from typer.testing import CliRunner

from scenarios.drill.draw import Asked, drawn
from scenarios.drill.on_air import scenario_show
from scenarios.drill.source import drilled
from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals
from tests.unit.scenarios.replay.conftest import FROM, UNTIL, content
from tests.unit.scenarios.replay.mill import BARN, silent
from twin.cli import app
from twin.domain.problems import BadInput
from twin.domain.time import from_epoch_s
from twin.live.options import Options
from twin.wiring import Window


def show_of(path, state="somewhere"):
    here = "127.0.0.1"
    options = Options("demo", None, None, "max", False, here, 8050, here, 8080, str(state), False, str(path))
    return scenario_show(options, type("Unseen", (), {"step": staticmethod(silent)}))


def test_the_file_is_a_scenario_without_fault(file):
    scenario = load_scenario(file)
    assert (scenario.window.start, scenario.window.end) == (FROM, UNTIL)
    ended = CliRunner().invoke(app, ["scenario", "check", str(file)])
    assert ended.exit_code == 0, ended.stderr


def test_it_tells_what_led_there(drill):
    led = [(one.kind, one.what) for one in drill.scenario.drill.led]
    assert ("topology", "outage line.1") in led
    assert ("command", f"accept {BARN} by anna") in led
    assert all(one.at <= FROM for one in drill.scenario.drill.led)


def test_nothing_of_what_was_decided_or_came_is_in_it(file, run):
    text = file.read_text(encoding="utf-8")
    for record in run.records(FROM):
        if record.as_of_s < UNTIL.timestamp():
            assert record.head not in text
        for p_mw in record.meta["setpoints"].values():
            assert repr(p_mw)[:8] not in text
        assert from_epoch_s(record.as_of_s).isoformat() not in text
    assert set(tomllib.loads(text)) == {"sites", "scenario", "window", "drill"}


def test_its_seal_is_the_journals_chain_value_at_its_end(drill, run):
    assert drill.scenario.drill.head == run.head_at(FROM)
    assert drill.scenario.drill.seal == run.head_at(UNTIL)


def test_an_outcome_that_was_altered_breaks_the_seal(file, evening, run, tmp_path):
    shutil.copytree(evening.state, tmp_path / "state")
    text = file.read_text(encoding="utf-8")
    path = tmp_path / "drill.toml"
    state = tomllib.loads(text)["drill"]["state"]
    path.write_text(text.replace(state, "state").replace(tomllib.loads(text)["sites"][0], str(evening.site)), encoding="utf-8")
    assert drilled(load_scenario(path), silent).window == Window(FROM, 4)
    last = [seq for seq, _, as_of_s in run.moments if as_of_s <= UNTIL.timestamp()][-1]
    with sqlite3.connect(tmp_path / "state" / "journal.sqlite") as db:
        db.execute("UPDATE tick SET head = ? WHERE seq = ?", ("0" * 64, last))
    db.close()
    with pytest.raises(BadInput, match="drill seal: the journal in state has 000000000000"):
        drilled(load_scenario(path), silent)


def test_drawing_leaves_the_journal_as_it_was(evening, run, tmp_path):
    before = content(evening.state)
    drawn(Asked(run, evening.ready, str(evening.site), None, FROM.isoformat(), 0.5, tmp_path / "other.toml"))
    assert content(evening.state) == before


def test_hours_that_were_not_on_air_and_a_place_that_is_taken_are_refused_together(evening, run, file):
    with pytest.raises(BadInput) as refused:
        drawn(Asked(run, evening.ready, str(evening.site), None, UNTIL.isoformat(), 2.0, file))
    assert [problem.place for problem in refused.value.problems] == ["--at", f"--out {file}"]


def test_on_air_it_goes_on_where_the_run_was(file, evening, run):
    show = show_of(file)
    assert show.window == Window(FROM, 4)
    (moment,) = show.wire.args
    assert (moment.begin, moment.end, moment.run.moments) == (FROM, UNTIL, run.moments)


def test_a_drill_cannot_be_run_as_if_nothing_had_led_there(drill):
    with pytest.raises(BadInput, match="a drill goes on in the middle of a run"):
        rehearsals(drill.scenario)


def test_any_scenario_of_one_site_can_go_on_air(evening, tmp_path):
    words = 'name = "evening"\ntitle = "An evening"\nteaches = "What an evening is like"'
    window = "[window]\nstart = 2016-01-25T18:00:00\nhours = 0.75"
    failure = '[[box_failures]]\nbox = "load"\nat = 18:00:00\nuntil = 18:15:00'
    path = tmp_path / "evening.toml"
    path.write_text(f'sites = ["{evening.site}"]\n[scenario]\n{words}\n{window}\n{failure}\n')
    show = show_of(path)
    assert (show.wire, show.window.ticks) == (None, 3)
    assert [outage.box for outage in show.ready.site.box_outages] == ["load"]


def test_a_scenario_says_itself_where_and_when():
    ended = CliRunner().invoke(app, ["live", "--scenario", "winter_evening", "--ticks", "3"])
    assert ended.exit_code == 2
    assert "--scenario: beside --site, --start or --ticks" in ended.stderr
