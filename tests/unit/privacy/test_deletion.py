"""Nothing of people that is older than twelve months is left in any file; what proves and what is public stays."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.people import People
from dashboard.regie.book import Book
from dashboard.regie.privacy.due import due
from dashboard.regie.work.store import OrderStore
from twin.domain.problems import BadInput
from twin.domain.retention import due_before
from twin.live.status import status_of
from twin.privacy.deletion import expunge_journal, sweep
from twin.regie.chain import open_readonly, read_meta, verify
from twin.regie.journal import Journal
from twin.work import table


def swept(state, now, **options):
    return {one.kind: one.count for one in sweep(state, now, due_before(now), by="régie", **options)}


def test_nobody_who_was_here_before_the_border_is_found_in_any_file(town, state):
    assert len(town.files_with(state, town.OLD)) >= 8
    open_ones = town.hold_open(state)
    swept(state, town.NOW)
    before = due_before(town.NOW)
    expunge_journal(state, town.NOW, before, before)
    found = town.files_with(state, town.OLD)
    for db in open_ones:
        db.close()
    assert found == {"desk.sqlite"}  # the approval of a public figure, and nothing else:
    assert [line.kind for line in Book(state).lines() if town.OLD in str(line)] == ["publish.approve"]


def test_whoever_is_here_since_is_untouched(town, state):
    files = town.files_with(state, town.YOUNG)
    lines = [line for line in Book(state).lines() if line.by == town.YOUNG]
    swept(state, town.NOW)
    found = town.files_with(state, town.YOUNG)
    put_aside = "logs/public.log.20260314"  # the log's lines of the day
    assert (put_aside in found, found - {put_aside}) == (True, files - {"logs/public.log"})
    assert [line for line in Book(state).lines() if line.by == town.YOUNG] == lines


def test_both_chains_hold_and_the_journals_head_is_the_same(town, state, made):
    swept(state, town.NOW)
    before = due_before(town.NOW)
    expunge_journal(state, town.NOW, before, before)
    assert verify(state) == (len(town.days()), made[1], [])
    assert Book(state).verify()[0] >= len(town.days())
    with closing(open_readonly(state)) as db:
        identity = read_meta(db)["identity"]
    journal = Journal(state, identity)
    assert (journal.head, journal.acked) == (made[1], len(town.days()))
    journal.close()


def test_the_figures_of_a_month_survive(town, state):
    public = {path: (state / path).read_bytes() for path in ("public/release.json", "publication/hours.json")}
    swept(state, town.NOW + timedelta(days=400))
    assert {path: (state / path).read_bytes() for path in public} == public


def test_what_was_found_at_an_asset_stays_without_who_found_it(town, state):
    swept(state, town.NOW)
    old, young = (kept.report for kept in OrderStore(state).all())
    assert (old.by, old.note, old.photos, old.found, old.score) == ("-", "", (), "oil is clear", 2)
    assert (young.by, young.note) == (town.YOUNG, f"{town.YOUNG} was there")


def test_an_altered_work_order_is_refused_afterwards_as_before(town, state):
    swept(state, town.NOW)
    with sqlite3.connect(OrderStore(state).path) as db, pytest.raises(sqlite3.IntegrityError, match="nothing here is altered"):
        db.execute("UPDATE change SET content = ''")
    db.close()


def test_what_a_run_of_many_months_needs_is_not_taken_for_old(town, state):
    """Written at its start alone, and asked for by every screen that is opened since."""
    names = ("snapshots/diagram.json", "snapshots/history.json", "jobs/preview.kit", "run/frame", "artifacts/0a", "jobs/fits/1")
    needed = [state / name for name in names]
    for path in needed:
        town.write(path, "grid", town.START)
    log = (state / "logs" / "regie.log").open("a")
    with closing(open_readonly(state)) as db, closing(Journal(state, read_meta(db)["identity"])):
        swept(state, town.NOW)
    assert all(path.exists() for path in needed)
    log.write("goes on")
    log.close()
    assert (state / "logs" / "regie.log").read_text() == "goes on"


def test_what_a_killed_regie_left_goes_when_nobody_is_on_air(town, state):
    left = [state / name for name in ("run/frame", "artifacts/history-0a", "jobs/fits/1")]
    for path in [*left, state / "artifacts" / "0a"]:
        town.write(path, "readings", town.START)
    swept(state, town.NOW)
    assert not any(path.exists() for path in left)
    assert (state / "artifacts" / "0a").exists()  # the model is in force: the run can still go on with it
    with sqlite3.connect(state / "journal.sqlite") as db:
        db.execute("DELETE FROM resume")
    db.close()
    swept(state, town.NOW)
    assert not (state / "artifacts" / "0a").exists()


def test_a_store_that_cannot_be_read_keeps_no_other_one_from_its_term(town, state):
    (state / "commands.sqlite").write_bytes(b"no database at all" * 100)
    found = []
    with pytest.raises(OSError, match=r"^commands: "):
        found += [one.kind for one in sweep(state, town.NOW, due_before(town.NOW), by="régie")]
    told = {line.target for line in Book(state).lines("privacy")}
    assert {"book", "accounts", "sessions", "work_orders", "tasks", "logs", "snapshots"} <= told
    assert town.files_with(state, town.OLD) <= {"desk.sqlite", "journal.sqlite"}


def test_a_folder_that_a_kill_left_half_goes_with_the_next_sweep(town, state, monkeypatch):
    (folder,) = {path.parent for path in (state / "jobs" / "desk").glob("*/*/task.json") if town.OLD in path.read_text()}

    real = Path.unlink

    def killed(self, missing_ok=False):
        if self.name == "task.json":
            raise KeyboardInterrupt
        real(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        swept(state, town.NOW)
    monkeypatch.undo()
    assert [path.name for path in folder.iterdir()] == ["task.json"]
    swept(state, town.NOW)
    assert not folder.exists()


def test_a_task_whose_record_says_nothing_goes_by_when_it_was_written(town, state):
    folder = state / "jobs" / "desk" / "rehearsal" / "torn"
    town.write(folder / "task.json", "", town.START)
    town.write(folder / "debrief.html", town.OLD, town.START)
    os.utime(folder, (town.START.timestamp(),) * 2)
    swept(state, town.NOW)
    assert not folder.exists()


def test_a_line_of_a_log_goes_after_twelve_months_although_the_log_is_written_every_day(tmp_path):
    log, begun = tmp_path / "logs" / "regie.log", datetime(2026, 1, 1, 3, tzinfo=UTC)
    log.parent.mkdir()
    with log.open("a") as writer:
        for day in range(0, 380, 5):
            at = begun + timedelta(days=day)
            writer.write(f"a fault of day {day}\n")
            writer.flush()
            os.utime(log, (at.timestamp(), at.timestamp()))
            swept(tmp_path, at + timedelta(hours=1))
            said = "".join(path.read_text() for path in log.parent.iterdir())
            held = [number for number in range(0, day + 1, 5) if f"day {number}\n" in said]
            assert held == [number for number in range(0, day + 1, 5) if begun + timedelta(days=number) >= due_before(at)]


def test_what_a_reader_kept_in_a_log_is_said_and_goes_with_the_next_sweep_although_nothing_is_due(town, state):
    with closing(sqlite3.connect(state / "commands.sqlite")) as reader:
        cursor = reader.execute("SELECT * FROM command")
        cursor.fetchone()
        with pytest.raises(OSError, match=r"commands.sqlite: what went still stands in its log"):
            swept(state, town.NOW)
        cursor.close()
        reader.rollback()
        assert "commands.sqlite" in {path.removesuffix("-wal") for path in town.files_with(state, town.OLD)}
        assert swept(state, town.NOW) == {}
        assert town.files_with(state, town.OLD) == {"desk.sqlite", "journal.sqlite"}


@pytest.fixture
def lenient(monkeypatch):
    """A library that is built to unlink only."""
    real = sqlite3.connect

    def connect(*args, **more):
        db = real(*args, **more)
        db.execute("PRAGMA secure_delete=OFF")
        return db

    monkeypatch.setattr(sqlite3, "connect", connect)


@pytest.mark.usefixtures("lenient")
def test_who_has_logged_out_is_in_no_file_whatever_the_library(town, tmp_path):
    ledger = Ledger(tmp_path)
    ledger.open_session(town.OLD, None, "open", town.NOW)
    assert town.files_with(tmp_path, town.OLD)
    ledger.end_sessions_of(town.OLD)
    swept(tmp_path, town.NOW)
    assert not town.files_with(tmp_path, town.OLD)


@pytest.mark.usefixtures("lenient")
def test_a_job_that_is_listed_no_longer_is_in_no_file_whatever_the_library(town, tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_KEPT", 1)
    (tmp_path / "jobs").mkdir()
    jobs = table.JobTable(tmp_path / "jobs")
    for name in (f"study-{town.OLD}", f"study-{town.YOUNG}"):
        jobs.begin_fit(name, "load")
        jobs.end(name, "done", "")
    jobs.close()
    swept(tmp_path, town.NOW)
    assert not town.files_with(tmp_path, town.OLD)


def test_two_sweeps_at_once_come_to_an_end_and_the_chain_holds(town, state):
    words = [sys.executable, "-m", "twin.privacy", str(state)]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [child.communicate(timeout=120)[1] for child in both] == ["", ""]
    assert Book(state).verify()[0] > len(town.days())
    assert town.files_with(state, town.OLD) == {"desk.sqlite"}


def test_a_bar_on_somebody_of_the_towns_own_login_stays(town, state):
    People(state).bar("otto@town")
    swept(state, town.NOW + timedelta(days=4000))
    assert People(state).get("otto@town").disabled


def test_every_deletion_stands_in_the_book_and_names_nobody(town, state):
    gone = swept(state, town.NOW)
    told = {line.target: line.params["count"] for line in Book(state).lines("privacy")}
    assert told == gone
    assert {"book", "accounts", "sessions", "commands", "work_orders", "tasks", "logs", "snapshots"} <= set(gone)


def test_a_second_sweep_of_the_day_finds_nothing(town, state):
    swept(state, town.NOW)
    assert swept(state, town.NOW) == {}


def test_only_counting_changes_no_byte(town, state):
    def content():
        return {p: p.read_bytes() for p in state.rglob("*") if p.is_file() and not p.name.endswith(("-shm", "-wal"))}

    before = content()
    assert swept(state, town.NOW, dry=True)
    assert content() == before


def test_a_sweep_that_is_killed_again_and_again_comes_to_its_end(town, state):
    code = (
        "import sys\nfrom datetime import datetime\nfrom pathlib import Path\n"
        "from twin.domain.retention import due_before\nfrom twin.privacy.deletion import sweep\n"
        "now = datetime.fromisoformat(sys.argv[2])\n"
        "print('begun', flush=True)\n"
        "for one in sweep(Path(sys.argv[1]), now, due_before(now), by='régie'):\n    print(one.kind, flush=True)\n"
    )
    chance, kills, ended = random.Random(3), 0, False
    while not ended:
        words = [sys.executable, "-c", code, str(state), town.NOW.isoformat()]
        child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        for _ in range(chance.randint(1, 3)):
            ended = not child.stdout.readline()
        if not ended:
            os.kill(child.pid, signal.SIGKILL)
            kills += 1
        child.wait()
        child.stdout.close()
        Book(state).verify()
    assert kills > 2
    assert [line.kind for line in Book(state).lines() if town.OLD in str(line)] == ["publish.approve"]
    assert town.files_with(state, town.OLD) <= {"desk.sqlite", "journal.sqlite"}


def test_the_journal_of_a_regie_on_air_is_left_to_it(town, state):
    with closing(open_readonly(state)) as db:
        journal = Journal(state, read_meta(db)["identity"])
    before = due_before(town.NOW)
    with pytest.raises(BadInput):
        expunge_journal(state, town.NOW, before, before)
    journal.close()
    assert status_of(state)["expunged"] == 0


# ---------------------------------------------------------------------------------------------- the book's own rule


def switching(book, at, order, kind, **params):
    return book.write(at, "anna", "dispatcher", f"switching.{kind}", order, as_of=at.isoformat(), **params)


STEP = {"operation": "open", "element": "switch:7", "how": "crew", "tag": "hang", "tag_text": "people at work"}
CONTENT = {"title": "Renew the cable", "reason": "work", "steps": [STEP]}


def tagged(book, start):
    """An order whose only step hangs a tag; done and signed within the hour."""
    at = start
    switching(book, at, "SO-1", "draft", content=CONTENT)
    for kind, params in (("release", {}), ("order", {"step": 1}), ("report", {"step": 1, "crew": "Crew 2"}), ("sign", {})):
        at += timedelta(minutes=10)
        switching(book, at, "SO-1", kind, **params)


def test_a_switching_order_whose_tag_hangs_stays_whatever_its_age(town, tmp_path):
    book = Book(tmp_path)
    tagged(book, town.START)
    book.write(town.START, "anna", "dispatcher", "log.write", text="x")
    book.write(town.NOW, "anna", "dispatcher", "log.write", text="y")
    lines = book.lines()
    assert [line.kind for line in lines if line.id in due(lines, town.BORDER)] == ["log.write"]


def test_a_line_of_the_run_of_show_stays_until_its_day_is_over(town, tmp_path):
    book = Book(tmp_path)
    day = town.NOW + timedelta(days=30)
    cue = {"id": "c", "kind": "event", "ref": "", "code": "", "params": {}, "priority": None, "title": "fair"}
    book.write(town.START, "anna", "dispatcher", "cue.add", "c", cue={**cue, "start": day.isoformat(), "end": day.isoformat()})
    book.write(town.NOW, "anna", "dispatcher", "log.write", text="y")
    assert due(book.lines(), town.BORDER) == []
    assert due(book.lines(), day + timedelta(days=1)) == [1, 2]
