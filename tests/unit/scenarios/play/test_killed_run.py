"""A run that is told to end, started again, killed, and started again: nothing is lost, and nothing else was touched."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest
from typer.testing import CliRunner

from scenarios.results.inputs import file_sha256
from scenarios.results.read import read_result
from twin.cli import app
from twin.domain.finite import finite
from twin.regie.chain import open_readonly

_CALL = "import sys; from twin.cli import main; sys.argv[0] = 'regie'; main()"


@pytest.fixture(scope="module")
def place(evening, tmp_path_factory):
    """A folder for the same evening, with digests of everything that a run may only read."""
    return tmp_path_factory.mktemp("killed") / "out"


def acked(out):
    state = out / ".quiet_evening.partial" / "state"
    if not (state / "journal.sqlite").exists():
        return 0
    with closing(open_readonly(state)) as db:
        return db.execute("SELECT count(*) FROM tick").fetchone()[0]


def run_until(evening, out, ticks, number):
    """Start the command, send it ``number`` once so many ticks are journalled; gives its exit code."""
    words = ["run", str(evening.scenario), "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-c", _CALL, *words], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 600.0
    while acked(out) < ticks and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    if process.poll() is None:
        os.kill(process.pid, number)
    _, said = process.communicate(timeout=300.0)
    return process.returncode, said


def test_a_run_goes_on_where_its_journal_ends_whatever_ended_it(evening, place):
    only_read = [evening.scenario.parent, evening.played.folder / "state" / "journal.sqlite"]
    before = [file_sha256(path) for path in only_read]
    code, said = run_until(evening, place, 1, signal.SIGTERM)
    assert code == 128 + signal.SIGTERM, said
    told = acked(place)
    assert 1 <= told < 6
    code, said = run_until(evening, place, told + 1, signal.SIGKILL)
    assert code == -signal.SIGKILL, said
    assert told < acked(place) < 6
    assert not (place / "quiet_evening").exists()

    done = CliRunner().invoke(app, ["run", str(evening.scenario), "--out", str(place), "--json"])
    assert done.exit_code == 0, done.stderr
    result = read_result(place / "quiet_evening")
    inputs = result.pop("inputs_sha256")
    assert result.pop("other_grid") is None
    assert json.loads(json.dumps(finite(dict(evening.result)))) == result
    assert inputs["ticks"] == 4
    assert [file_sha256(path) for path in only_read] == before


def test_what_is_there_is_not_made_again(evening, place):
    made = (place / "quiet_evening" / "result.json").stat().st_mtime_ns
    done = CliRunner().invoke(app, ["run", str(evening.scenario), "--out", str(place), "--json"])
    assert done.exit_code == 0
    assert (place / "quiet_evening" / "result.json").stat().st_mtime_ns == made
    (told,) = json.loads(done.stdout)["results"]
    assert (told["scenario"], told["ticks"]) == ("quiet_evening", 4)
    assert told["kpis"]["economic"]["difference"]["total_chf"] == 0.0
