"""``regie debrief`` as it is typed."""

import json

import pytest
from typer.testing import CliRunner

from twin.cli import app


def run(*words):
    return CliRunner().invoke(app, ["debrief", *map(str, words)])


def test_every_fault_of_the_flags_is_told_at_once(evening, tmp_path):
    done = run(evening.state, "--lang", "rm", "--html", tmp_path / "none" / "page.html")
    assert done.exit_code == 2
    assert "--lang: rm" in done.stderr
    assert f"--html: {tmp_path / 'none' / 'page.html'}" in done.stderr


def test_an_end_before_its_beginning_is_refused(evening):
    done = run(evening.state, "--site", evening.site, "--from", "2024-06-13T01:00", "--to", "2024-06-13T00:00")
    assert done.exit_code == 2
    assert "--to" in done.stderr


def test_a_folder_without_a_journal_is_refused(tmp_path):
    done = run(tmp_path)
    assert done.exit_code == 2
    assert str(tmp_path) in done.stderr


def test_a_folder_of_two_runs_asks_for_one_of_them(evening, tmp_path):
    for name in ("calm", "stormy"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "state").symlink_to(evening.state)
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "calm, stormy" in done.stderr


def test_json_and_files_come_from_one_look(evening, found, tmp_path):
    out = tmp_path / "stormy"
    out.mkdir()
    (out / "state").symlink_to(evening.state)
    wanted = [tmp_path / "page.html", tmp_path / "page.pdf", tmp_path / "replays"]
    done = run(out, "--site", evening.site, "--html", wanted[0], "--pdf", wanted[1], "--replays", wanted[2], "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert [moment["kind"] for moment in told["moments"]] == [moment.kind for moment in found.moments]
    assert told["reliability"]["saifi"]["unplanned"] == pytest.approx(found.reliability.saifi["unplanned"])
    assert told["head"] == found.tape.entries[-1].record.head
    assert all(path.exists() for path in wanted)
