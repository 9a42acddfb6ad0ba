"""On air the journal is expunged slice by slice between ticks, and a sweep begins by itself, ends, and is begun again."""

import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dashboard.regie.book import Book
from twin.domain.retention import due_before
from twin.domain.time import to_epoch_s
from twin.live import tidying
from twin.live.tidying import Tidying
from twin.privacy.deletion import SLICE
from twin.regie.chain import open_readonly, verify
from twin.regie.journal import Journal

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
IDENTITY = {"site": "town", "site_sha256": "0" * 64, "seed": 1, "start": START.isoformat(), "ticks": None}


def commit(journal, at):
    journal.commit("regular", to_epoch_s(at), {"at": at.isoformat()}, {"grid.load_p_mw": np.ones(3)}, {}, {})


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path, IDENTITY)
    for number in range(500):
        commit(made, START + number * DAY)
    yield made
    made.close()


def oldest(journal):
    return next(journal.records()).as_of_s


def test_a_backlog_goes_a_slice_a_look_and_then_no_look_touches_the_file(journal, tmp_path, monkeypatch):
    slices = []
    real = journal.expunge
    monkeypatch.setattr(journal, "expunge", lambda *args, **more: slices.append(real(*args, **more)) or slices[-1])
    tidy, grid = Tidying(tmp_path, measured=False), START + 499 * DAY
    for _ in range(20):
        assert tidy.look(journal, grid) == []
    due = 500 - 365 - 1 + 1
    assert [one.records for one in slices] == [SLICE] * (due // SLICE) + [due % SLICE, 0]
    assert oldest(journal) == to_epoch_s(due_before(grid))
    assert verify(tmp_path) == (500, journal.head, [])


def test_with_every_new_day_what_becomes_old_in_it_goes(journal, tmp_path):
    tidy = Tidying(tmp_path, measured=False)
    for number in range(500, 510):
        commit(journal, START + number * DAY)
        for _ in range(10):
            tidy.look(journal, START + number * DAY)
        assert oldest(journal) >= to_epoch_s(due_before(START + number * DAY))
    assert verify(tmp_path)[2] == []


def test_a_reader_is_not_waited_for_and_the_log_is_emptied_when_it_has_gone(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(tidying, "_READER_S", 0.0)
    tidy, grid, log = Tidying(tmp_path, measured=False), START + 499 * DAY, tmp_path / "journal.sqlite-wal"
    with closing(open_readonly(tmp_path)) as db:
        cursor = db.execute("SELECT record FROM tick")
        cursor.fetchone()
        for _ in range(20):
            tidy.look(journal, grid)
        assert oldest(journal) == to_epoch_s(due_before(grid))
        assert log.stat().st_size
        cursor.close()
    tidy.look(journal, grid)
    assert log.stat().st_size == 0


def test_a_young_run_loses_nothing(tmp_path):
    journal = Journal(tmp_path, IDENTITY)
    for number in range(360):
        commit(journal, START + number * DAY)
    tidy = Tidying(tmp_path, measured=False)
    for _ in range(3):
        tidy.look(journal, START + 359 * DAY)
    assert oldest(journal) == to_epoch_s(START)
    journal.close()


def test_a_store_that_takes_nothing_is_noted_once_and_left_alone_for_a_while(journal, tmp_path):
    journal._db.execute("CREATE TEMP TRIGGER broken BEFORE DELETE ON tick BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    tidy, grid = Tidying(tmp_path, measured=False), START + 499 * DAY
    assert [one["of"] for one in tidy.look(journal, grid)] == ["journal"]
    assert tidy.look(journal, grid) == []
    commit(journal, START + 500 * DAY)  # the next tick is acknowledged as ever
    assert verify(tmp_path) == (501, journal.head, [])


def until_ended(tidy, journal, limit_s=120.0):
    last, found = time.monotonic() + limit_s, []
    while tidy._process is not None and time.monotonic() < last:
        found += tidy.look(journal, START)
        time.sleep(0.05)
    assert tidy._process is None
    return found


def test_a_sweep_begins_by_itself_and_the_next_one_a_day_later(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(tidying, "FIRST_S", 0.0)
    Book(tmp_path).write(START - 400 * DAY, "Wilhelmina", "viewer", "log.write", text="x")
    Book(tmp_path).write(datetime.now(UTC), "anna", "viewer", "log.write", text="y")
    tidy = Tidying(tmp_path, measured=False)
    tidy.look(journal, START)
    assert until_ended(tidy, journal) == []
    assert [line.by for line in Book(tmp_path).lines()] == ["anna", "régie"]
    tidy.look(journal, START)
    assert tidy._process is None


def test_a_sweep_that_fails_says_why_and_is_tried_again(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(tidying, "FIRST_S", 0.0)
    monkeypatch.setattr(tidying, "AGAIN_S", 0.0)
    (tmp_path / "desk.sqlite").write_bytes(b"no database at all" * 100)
    tidy = Tidying(tmp_path, measured=False)
    tidy.look(journal, START)
    (failed,) = until_ended(tidy, journal)
    assert failed["of"] == "sweep"
    assert "not a database" in failed["reason"]
    tidy.look(journal, START)
    assert tidy._process is not None
    tidy.stop()


@pytest.mark.parametrize(("module", "name"), [("tempfile", "TemporaryFile"), ("subprocess", "Popen")])
def test_where_no_sweep_can_be_begun_the_run_goes_on_and_it_is_tried_again(journal, tmp_path, monkeypatch, module, name):
    monkeypatch.setattr(tidying, "FIRST_S", 0.0)
    tidy = Tidying(tmp_path, measured=False)
    with monkeypatch.context() as full:

        def refused(*_, **__):
            raise OSError(28, "No space left on device")

        full.setattr(getattr(tidying, module), name, refused)
        (failed,) = tidy.look(journal, START)
        assert (failed["of"], "No space left" in failed["reason"]) == ("sweep", True)
        assert tidy.look(journal, START) == []
    tidy._sweep_at = 0.0
    tidy.look(journal, START)
    assert until_ended(tidy, journal) == []


def test_the_sweep_imports_no_solver_and_no_model():

    code = "import twin.privacy.__main__, sys; print([m for m in ('pandapower', 'prophet', 'pyomo') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
