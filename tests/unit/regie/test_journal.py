"""The journal: all of a tick or nothing, one chain, one writer, and no alteration that goes unnoticed."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.pack import pack, unpack
from twin.domain.problems import BadInput
from twin.live.status import status_of
from twin.regie.chain import SCHEMA_VERSION, JournalDamaged, genesis, open_readonly, read_meta, read_moments, verify
from twin.regie.journal import Journal, JournalUnavailable, Note
from twin.regie.lock import take_lock

IDENTITY = {"site": "demo", "site_sha256": "ab" * 32, "seed": 7, "start": "2016-06-15T00:00:00+00:00", "ticks": 96}
START_S = 1_465_948_800


def commit(journal: Journal, number: int, kind: str = "regular", **more) -> str:
    arrays = {"grid.vm_pu": np.array([1.0, np.nan, number])}
    resume = {"memory": {"ticks": number + 1}}
    return journal.commit(
        kind, START_S + 900 * number, {"lines": [["x", {}]], **more}, arrays, resume, {"plant": arrays["grid.vm_pu"]}
    )


def filled(directory, ticks: int = 5) -> str:
    journal = Journal(directory, IDENTITY)
    for number in range(ticks):
        commit(journal, number)
    journal.close()
    return journal.head


def altered(directory, *statements):
    """Do what no writer does; each statement with its parameters."""
    with sqlite3.connect(directory / "journal.sqlite") as db:
        for statement, *values in statements:
            db.execute(statement, values)
    db.close()
    return verify(directory)[2]


# ------------------------------------------------------------------------------------------------ promises


def test_the_same_ticks_give_the_same_head(tmp_path):
    assert filled(tmp_path / "a") == filled(tmp_path / "b")


def test_the_head_is_that_of_the_site_before_the_first_tick(tmp_path):
    journal = Journal(tmp_path, IDENTITY)
    assert (journal.head, journal.acked, journal.resume_state()) == (genesis(IDENTITY), 0, None)
    journal.close()


@pytest.mark.parametrize("change", [{"seed": 8}, {"site": "zurich"}, {"ticks": None}])
def test_another_site_seed_or_window_gives_another_head(tmp_path, change):
    assert genesis(IDENTITY | change) != genesis(IDENTITY)


def test_host_notes_leave_no_trace_in_the_chain(tmp_path):
    quiet, noted = Journal(tmp_path / "a", IDENTITY), Journal(tmp_path / "b", IDENTITY)
    noted.note(Note("2026-01-01T00:00:00+00:00", "started", {"pid": 1}))
    noted.flush()
    noted.note(Note("2026-01-01T00:00:01+00:00", "tick", {"ms": 12.5}))
    noted.commit("regular", START_S, {}, {}, {}, {})
    quiet.commit("regular", START_S, {}, {}, {}, {})
    assert noted.head == quiet.head
    assert list(noted.notes("tick")) == [{"ms": 12.5}]
    quiet.close()
    noted.close()


def test_a_reopened_journal_goes_on_where_it_was(tmp_path):
    straight = filled(tmp_path / "straight", 6)
    filled(tmp_path / "broken", 3)
    journal = Journal(tmp_path / "broken", IDENTITY)
    assert journal.acked == 3
    for number in range(3, 6):
        commit(journal, number)
    journal.close()
    assert journal.head == straight


def test_records_come_back_to_the_bit(tmp_path):
    filled(tmp_path, 3)
    journal = Journal(tmp_path, IDENTITY)
    last = list(journal.records(start=2))
    journal.close()
    assert [(r.seq, r.kind, r.as_of_s) for r in last] == [(2, "regular", START_S + 1800)]
    assert last[0].arrays["grid.vm_pu"].tobytes() == np.array([1.0, np.nan, 2.0]).tobytes()


def test_the_state_to_resume_from_is_the_last_ticks(tmp_path):
    filled(tmp_path, 4)
    journal = Journal(tmp_path, IDENTITY)
    meta, arrays = journal.resume_state()
    journal.close()
    assert meta == {"memory": {"ticks": 4}}
    assert arrays["plant"][2] == 3.0


def test_a_commit_that_fails_in_the_middle_leaves_nothing_of_it(tmp_path):
    journal = Journal(tmp_path, IDENTITY)
    commit(journal, 0)
    journal._db.execute("CREATE TEMP TRIGGER broken BEFORE INSERT ON resume BEGIN SELECT RAISE(ABORT, 'power cut'); END")
    head = journal.head
    journal.note(Note("x", "tick", {"ms": 1.0}))
    with pytest.raises(JournalUnavailable, match="power cut"):
        commit(journal, 1)
    assert (journal.head, journal.acked, list(journal.notes("tick"))) == (head, 1, [])
    commit(journal, 1)  # the connection is a new one, tick and note are made once
    assert list(journal.notes("tick")) == [{"ms": 1.0}]
    journal.close()
    assert verify(tmp_path) == (2, journal.head, [])


def test_a_note_is_written_once_though_a_later_tick_of_a_catch_up_fails(tmp_path):
    journal = Journal(tmp_path, IDENTITY)
    journal.note(Note("x", "tick", {"ms": 1.0}))
    commit(journal, 0)
    journal._db.execute("CREATE TEMP TRIGGER broken BEFORE INSERT ON resume BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(JournalUnavailable):
        commit(journal, 1)
    commit(journal, 1)
    assert list(journal.notes("tick")) == [{"ms": 1.0}]
    journal.close()


def test_a_killed_writer_leaves_whole_ticks_only(tmp_path):
    code = (
        "import os, sys, numpy as np; from pathlib import Path; from twin.regie.journal import Journal\n"
        f"j = Journal(Path(sys.argv[1]), {IDENTITY!r})\n"
        "write = j._db.execute\n"
        "for i in range(3): j.commit('regular', i, {'i': i}, {}, {'i': i}, {})\n"
        "j._db.execute('BEGIN IMMEDIATE')\n"
        "j._db.execute('INSERT INTO tick VALUES (3, ?, 3, ?, ?, ?)', ('regular', 'none', b'half', b''))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    journal = Journal(tmp_path, IDENTITY)
    assert (journal.acked, journal.resume_state()[0]) == (3, {"i": 2})
    journal.close()
    assert verify(tmp_path)[2] == []


# ------------------------------------------------------------------------------------------------ refusals


def refusal(directory, identity=IDENTITY) -> str:
    with pytest.raises(BadInput) as refused:
        Journal(directory, identity)
    assert len(refused.value.problems) == 1
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("change", [{"site": "zurich"}, {"start": "2016-06-16T00:00:00+00:00"}, {"ticks": 97}])
def test_a_state_of_another_site_or_window_is_refused_with_both_values(tmp_path, change):
    head = filled(tmp_path)
    text = refusal(tmp_path, IDENTITY | change)
    ((key, value),) = change.items()
    assert repr(IDENTITY[key]) in text
    assert repr(value) in text
    assert "another --state" in text
    assert verify(tmp_path) == (5, head, [])


@pytest.mark.parametrize("other", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
def test_a_journal_of_another_schema_is_refused(tmp_path, other):
    filled(tmp_path)
    altered(tmp_path, ("UPDATE meta SET value = ? WHERE key = 'schema_version'", json.dumps(other)))
    assert f"journal of schema {other}" in refusal(tmp_path)


def test_a_second_writer_is_refused(tmp_path):
    first = Journal(tmp_path, IDENTITY)
    assert "in use by another régie" in refusal(tmp_path)
    first.close()
    Journal(tmp_path, IDENTITY).close()


def test_a_refused_state_is_free_for_the_right_owner(tmp_path):
    filled(tmp_path)
    refusal(tmp_path, IDENTITY | {"seed": 8})
    Journal(tmp_path, IDENTITY).close()


def test_a_file_that_is_no_database_is_one_clear_failure(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(JournalDamaged, match="not a database"):
        Journal(tmp_path, IDENTITY)


def test_a_directory_without_journal_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"no journal\.sqlite"):
        verify(tmp_path)


# ------------------------------------------------------------------------------------------------ verification


def test_an_untouched_journal_verifies(tmp_path):
    head = filled(tmp_path)
    assert verify(tmp_path) == (5, head, [])


def test_an_empty_journal_verifies(tmp_path):
    Journal(tmp_path, IDENTITY).close()
    assert verify(tmp_path) == (0, genesis(IDENTITY), [])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 4), st.integers(0, 10_000), st.integers(0, 7))
def test_any_flipped_bit_of_a_record_is_found(tmp_path_factory, seq, position, bit):
    directory = tmp_path_factory.mktemp("state")
    filled(directory)
    with sqlite3.connect(directory / "journal.sqlite") as db:
        blob = bytearray(zlib.decompress(db.execute("SELECT record FROM tick WHERE seq = ?", (seq,)).fetchone()[0]))
    db.close()
    blob[position % len(blob)] ^= 1 << bit
    problems = altered(directory, ("UPDATE tick SET record = ? WHERE seq = ?", zlib.compress(bytes(blob), 1), seq))
    assert problems[0].place == f"tick {seq}"


@pytest.mark.parametrize("seq", range(5))
def test_a_deleted_tick_is_found(tmp_path, seq):
    filled(tmp_path)
    assert altered(tmp_path, ("DELETE FROM tick WHERE seq = ?", seq))


def test_a_journal_cut_at_its_end_is_found(tmp_path):
    filled(tmp_path)
    (problem,) = altered(tmp_path, ("DELETE FROM tick WHERE seq >= 3",))
    assert (problem.place, problem.value) == ("resume", "state of tick 4")


def test_a_journal_without_any_tick_but_with_a_state_is_found(tmp_path):
    filled(tmp_path)
    problem, checkpoint = altered(tmp_path, ("DELETE FROM tick",))
    assert checkpoint.place == "checkpoint of tick 0"
    assert problem.limit == "none before the first tick"


def test_an_inserted_tick_is_found(tmp_path):
    filled(tmp_path)
    record = zlib.compress(pack({"resume": ""}), 1)
    problems = altered(
        tmp_path,
        ("UPDATE tick SET seq = seq + 100 WHERE seq >= 2",),
        ("UPDATE tick SET seq = seq - 99 WHERE seq >= 100",),
        ("INSERT INTO tick VALUES (2, 'regular', ?, ?, ?, ?)", START_S + 1700, "00" * 32, record, record),
    )
    assert problems[0].place == "tick 2"


@pytest.mark.parametrize(("column", "value"), [("as_of_s", START_S + 1), ("kind", "event"), ("head", "00" * 32)])
def test_an_altered_time_kind_or_head_is_found(tmp_path, column, value):
    filled(tmp_path)
    assert altered(tmp_path, (f"UPDATE tick SET {column} = ? WHERE seq = 2", value))[0].place == "tick 2"


def test_an_altered_identity_is_found(tmp_path):
    filled(tmp_path)
    assert altered(tmp_path, ("UPDATE meta SET value = ? WHERE key = 'identity'", json.dumps(IDENTITY | {"seed": 8})))


@pytest.mark.parametrize("state", [zlib.compress(pack({"memory": {"ticks": 99}}), 1), b"no zlib", zlib.compress(b"no pack")])
def test_an_altered_state_to_resume_from_is_found(tmp_path, state):
    filled(tmp_path)
    assert altered(tmp_path, ("UPDATE resume SET state = ?", state))[0].place == "resume"


@pytest.mark.parametrize("record", [b"no zlib", zlib.compress(b"no pack")])
def test_a_last_record_that_cannot_be_read_is_found(tmp_path, record):
    filled(tmp_path)
    assert altered(tmp_path, ("UPDATE tick SET record = ? WHERE seq = 4", record))[0].place == "tick 4"


def test_a_corrupt_page_is_found(tmp_path):
    filled(tmp_path, 40)
    file = tmp_path / "journal.sqlite"
    data = bytearray(file.read_bytes())
    data[4096 * 5 : 4096 * 6] = b"\xff" * 4096
    file.write_bytes(bytes(data))
    assert verify(tmp_path)[2]


def test_a_file_cut_short_is_found(tmp_path):
    filled(tmp_path, 40)
    file = tmp_path / "journal.sqlite"
    file.write_bytes(file.read_bytes()[: 4096 * 6])
    assert verify(tmp_path)[2]


def test_the_digest_of_the_state_stands_in_the_chain(tmp_path):
    filled(tmp_path, 1)
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        (blob,) = db.execute("SELECT record FROM tick").fetchone()
    db.close()
    assert len(unpack(zlib.decompress(blob))[0]["resume"]) == 64


# ------------------------------------------------------------------------------------------------ status


def test_status_tells_window_count_head_and_that_nobody_runs(tmp_path):
    head = filled(tmp_path, 3)
    found = status_of(tmp_path)
    assert (found["ticks"], found["ticks_wanted"], found["acked"], found["head"]) == (3, 96, 3, head)
    assert found["running"] is False


def test_status_sees_a_running_writer_without_disturbing_it(tmp_path):
    journal = Journal(tmp_path, IDENTITY)
    assert status_of(tmp_path)["running"] is True
    commit(journal, 0)
    assert status_of(tmp_path)["acked"] == 1
    journal.close()


def test_status_of_a_damaged_journal_is_one_clear_line(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(BadInput, match="not a database"):
        status_of(tmp_path)


@pytest.mark.parametrize(("content", "said"), [(b"", "an empty file"), (b"PK" * 4000, "not a database"), (b"x", "not a data")])
def test_what_is_no_journal_is_named_with_its_path(tmp_path, content, said):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match=f"{path}: .*{said}"):
        open_readonly(tmp_path)
    with pytest.raises(BadInput, match=said):
        verify(tmp_path)


def beside(directory):
    return {path.name for path in directory.iterdir()}


def test_a_reader_leaves_no_file_in_a_state_that_is_at_rest(tmp_path):
    filled(tmp_path)
    before = beside(tmp_path)
    assert "journal.sqlite-wal" not in before
    with closing(open_readonly(tmp_path)) as db:
        assert len(list(read_moments(db))) == 5
        assert beside(tmp_path) == before
    verify(tmp_path)
    assert beside(tmp_path) == before


def test_a_reader_sees_what_is_only_in_the_log_of_a_live_or_killed_writer(tmp_path):
    journal = Journal(tmp_path / "live", IDENTITY)
    commit(journal, 0)
    shutil.copytree(tmp_path / "live", tmp_path / "killed")
    with closing(open_readonly(tmp_path / "live")) as db:
        commit(journal, 1)
        assert len(list(read_moments(db))) == 2
    with closing(open_readonly(tmp_path / "killed")) as db:
        assert len(list(read_moments(db))) == 1
    commit(journal, 2)
    journal.close()
    assert verify(tmp_path / "live")[::2] == (3, [])


def test_a_reader_never_meets_a_journal_that_is_being_made(tmp_path, monkeypatch):
    seen = []

    def look(directory):
        seen.append(beside(directory) & {"journal.sqlite"})
        if seen[-1]:
            with closing(open_readonly(directory)) as db:
                assert read_meta(db)["identity"] == IDENTITY

    real = {name: getattr(os, name) for name in ("fsync", "open")}
    for name, call in real.items():
        monkeypatch.setattr(os, name, lambda *args, call=call: (look(tmp_path / "state"), call(*args))[1])
    Journal(tmp_path / "state", IDENTITY).close()
    assert [bool(names) for names in seen[:2]] == [False, True]  # before its bytes are synced, and once it has its name


def test_a_writer_that_has_only_locked_the_state_is_read_as_a_live_one(tmp_path):
    filled(tmp_path)
    lock = take_lock(tmp_path)
    with closing(open_readonly(tmp_path)) as db:
        journal_mode = db.execute("PRAGMA journal_mode").fetchone()[0]
        assert len(list(read_moments(db))) == 5
        assert journal_mode == "wal"
        assert "journal.sqlite-shm" in beside(tmp_path)  # the index it shares with the writer: nothing moves under it
    lock.close()


def test_a_writer_may_begin_while_a_journal_at_rest_is_read(tmp_path):
    filled(tmp_path)
    with closing(open_readonly(tmp_path)) as db:
        journal = Journal(tmp_path, IDENTITY)
        commit(journal, 5)
        assert len(list(read_moments(db))) == 5
        journal.close()
    assert verify(tmp_path)[::2] == (6, [])


def test_a_flipped_bit_in_the_state_to_resume_from_is_named(tmp_path):
    filled(tmp_path, 2)
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        (blob,) = db.execute("SELECT state FROM resume").fetchone()
        db.execute("UPDATE resume SET state = ?", [blob[:-3] + bytes([blob[-3] ^ 1]) + blob[-2:]])
    db.close()
    journal = Journal(tmp_path, IDENTITY)
    with pytest.raises(JournalDamaged, match="from a backup"):
        journal.resume_state()
    journal.close()
