"""The list of jobs: what was asked but not taken, how far a log says it is, whether anybody works."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.domain.problems import BadInput
from twin.regie.journal import Journal
from twin.work.listing import list_jobs, progress_of, works
from twin.work.spool import ask_cancel, ask_job, asked_files
from twin.work.table import JobTable

NOW = datetime(2016, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "share"),
    [
        (["reading", "fold 3 of 20", "something else"], 0.15),
        (["3 of 20", "4 of 20"], 0.2),
        (["trial 7/50"], None),  # a date or a path has slashes too: with blanks it is a count
        (["trial 7 / 50"], 0.14),
        (["boosted  42 %"], 0.42),
        (["42.5% done, 3 of 4"], 0.425),
        (["140 % of the budget"], 1.0),
        (["0 of 0"], None),
        (["nothing to count"], None),
        ([], None),
    ],
)
def test_progress_is_what_the_newest_line_with_a_share_says(lines, share):
    assert progress_of(lines) == pytest.approx(share)


def test_a_job_that_nobody_has_taken_yet_is_listed_as_queued(tmp_path):
    job = ask_job(tmp_path, ["tune", "load.csv"], cwd=Path("/data"), now=NOW)
    (row,) = list_jobs(tmp_path)
    assert (row["id"], row["state"], row["what"], row["progress"]) == (job, "queued", ["tune", "load.csv"], None)


def test_jobs_of_one_second_are_worked_on_in_the_order_in_which_they_were_asked_for(tmp_path):
    asked = [ask_job(tmp_path, ["tune"], cwd=Path("/data"), now=NOW + timedelta(milliseconds=number)) for number in range(8)]
    table = JobTable(tmp_path)
    for _, job in asked_files(tmp_path):
        table.add(job)
    worked_on = []
    while waiting := table.next_command():
        worked_on.append(waiting[0])
        table.begin(waiting[0])
    table.close()
    assert worked_on == asked


def test_a_job_that_is_taken_but_whose_file_still_lies_there_is_listed_once(tmp_path):
    ask_job(tmp_path, ["tune"], cwd=Path("/data"), now=NOW)
    table = JobTable(tmp_path)
    for _, asked in asked_files(tmp_path):
        table.add(asked)
    table.close()
    assert [row["state"] for row in list_jobs(tmp_path)] == ["queued"]


def test_a_running_job_of_a_work_process_that_is_gone_waits_for_the_next(tmp_path):
    table = JobTable(tmp_path)
    ask_job(tmp_path, ["tune"], cwd=Path("/data"), now=NOW)
    for path, asked in asked_files(tmp_path):
        table.add(asked)
        path.unlink()
    table.begin(list_jobs(tmp_path)[0]["id"])
    assert not works(tmp_path)
    assert [row["state"] for row in list_jobs(tmp_path)] == ["queued"]
    table.close()


def test_half_a_file_and_a_strangers_file_are_no_jobs(tmp_path):
    ask_cancel(tmp_path, "abcd", now=NOW)
    folder = tmp_path / "asked"
    (folder / "half.run").write_text('{"id": "ha')
    (folder / "list.run").write_text("[1]")
    (folder / ".new.run.new").write_text("{}")
    assert [asked.id for _, asked in asked_files(tmp_path)] == ["abcd"]
    assert list_jobs(tmp_path) == []


@pytest.mark.parametrize("words", [[], ["live"], ["jobs", "run"]])
def test_what_would_not_end_by_itself_is_no_job(tmp_path, words):
    with pytest.raises(BadInput, match="ends by itself"):
        ask_job(tmp_path, words, cwd=tmp_path, now=NOW)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------------------------------------- the command line


@pytest.fixture
def state(tmp_path):
    Journal(tmp_path / "state", {"site": "demo"}).close()
    return tmp_path / "state"


def jobs(*words, code=0):
    done = CliRunner().invoke(app, ["jobs", *map(str, words)])
    assert done.exit_code == code, done.output
    return done


def test_a_job_asked_for_on_the_command_line_is_listed_there(state):
    asked = jobs("run", "--state", state, "--", "backtest", "load.csv", "--kind", "load")
    job = asked.stdout.strip()
    assert "nobody works" in asked.stderr
    assert job in jobs("--state", state).stdout
    listed = json.loads(jobs("--state", state, "--json").stdout)
    assert listed["at_work"] is False
    assert listed["jobs"][0]["what"] == ["backtest", "load.csv", "--kind", "load"]


def test_a_job_that_is_unknown_or_a_fit_or_over_cannot_be_cancelled(state):
    (state / "jobs").mkdir()
    table = JobTable(state / "jobs")
    table.begin_fit("000-f", "load_town")
    table.begin_fit("000-g", "load_town")
    table.end("000-g", "done", "")
    table.close()
    assert "not among the jobs" in jobs("cancel", "feed", "--state", state, code=2).stderr
    assert "belongs to the loop" in jobs("cancel", "000-f", "--state", state, code=2).stderr


def test_a_directory_without_a_journal_is_refused(tmp_path):
    for words in (["--state", tmp_path], ["run", "--state", tmp_path, "--", "tune"], ["cancel", "a", "--state", tmp_path]):
        assert "no journal.sqlite" in jobs(*words, code=2).stderr
    assert not list(tmp_path.iterdir())
    assert "--state is missing" in jobs(code=2).stderr
