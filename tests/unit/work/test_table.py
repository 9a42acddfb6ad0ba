"""The table of jobs: what a restart takes up, what a cancellation ends, what is listed no longer."""

import sqlite3

import pytest

from twin.work import table as tables
from twin.work.spool import Asked
from twin.work.table import FILE, JobTable, read_rows

AT = "2016-06-15T00:00:00+00:00"


@pytest.fixture
def table(tmp_path):
    made = JobTable(tmp_path)
    yield made
    made.close()


def command(job, *words, at=AT):
    return Asked(job, at, words or ("box", "list"), "/tmp")


def rows(tmp_path):
    return {row["id"]: row for row in read_rows(tmp_path)}


def test_a_command_that_is_asked_for_twice_stands_once_and_keeps_its_state(table, tmp_path):
    table.add(command("a"))
    table.begin("a")
    table.add(command("a"))
    assert [(row["id"], row["state"]) for row in read_rows(tmp_path)] == [("a", "running")]


def test_the_command_that_has_waited_longest_is_next(table):
    table.add(command("late", at="2016-06-15T00:00:02+00:00"))
    table.add(command("early", "tune", "--budget", "5"))
    assert table.next_command() == ("early", ["tune", "--budget", "5"], "/tmp")


def test_a_restart_takes_up_the_command_that_ran_and_begins_it_anew(table, tmp_path):
    table.add(command("a"))
    table.begin("a")
    again = JobTable(tmp_path)
    assert again.next_command()[0] == "a"
    again.begin("a")
    again.close()
    assert rows(tmp_path)["a"]["attempts"] == 2


def test_a_command_that_was_to_end_when_the_work_process_died_is_not_taken_up(table, tmp_path):
    table.add(command("a"))
    table.begin("a")
    table.cancel("a")
    again = JobTable(tmp_path)
    assert again.next_command() is None
    again.close()
    assert rows(tmp_path)["a"]["state"] == "cancelled"


def test_a_fit_that_ran_is_left_to_the_files_of_the_loop(table, tmp_path):
    table.begin_fit("000-f", "load_town")
    again = JobTable(tmp_path)
    assert again.next_command() is None
    assert rows(tmp_path)["000-f"]["state"] == "interrupted"
    again.begin_fit("000-f", "load_town")
    assert (rows(tmp_path)["000-f"]["state"], rows(tmp_path)["000-f"]["attempts"]) == ("running", 2)
    again.close()


def test_what_has_ended_cannot_be_cancelled(table, tmp_path):
    table.add(command("a"))
    table.begin("a")
    table.end("a", "done", "exit code 0")
    table.cancel("a")
    assert (rows(tmp_path)["a"]["state"], rows(tmp_path)["a"]["cancel"]) == ("done", False)


def test_the_oldest_of_many_ended_jobs_are_listed_no_longer(table, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_KEPT", 20)
    table.add(command("waits", at="2000-01-01T00:00:00+00:00"))
    forgotten = []
    for number in range(22):
        table.begin_fit(f"{number:04d}", "load")
        forgotten += table.end(f"{number:04d}", "done", "")
    assert forgotten == ["0000", "0001"]
    assert len(rows(tmp_path)) == 20 + 1  # the command still waits, however old


def test_a_table_that_cannot_be_written_raises_and_works_again_later(tmp_path):
    (tmp_path / FILE).mkdir()
    table = JobTable(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        table.add(command("a"))
    (tmp_path / FILE).rmdir()
    table.add(command("a"))
    assert list(rows(tmp_path)) == ["a"]
    table.close()


def test_a_place_where_nobody_ever_worked_has_no_jobs(tmp_path):
    assert read_rows(tmp_path) == []
