"""What has had its time leaves no byte in a file, and the chain holds from the first tick to the last."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from twin.live.status import status_of
from twin.regie.chain import HELD_AT_LEAST_S, JournalDamaged, open_readonly, verify
from twin.regie.journal import Journal, JournalUnavailable, Note

DAY_S = 86_400
START_S = 1_735_689_600  # 2025-01-01
IDENTITY = {"site": "demo", "site_sha256": "ab" * 32, "seed": 7, "start": "2025-01-01T00:00:00+00:00", "ticks": None}
DAYS = 425  # fourteen months
BEFORE_S = START_S + 60 * DAY_S  # twelve months before their end
LATER = "2099-01-01T00:00:00+00:00"


def commit(journal: Journal, day: int) -> None:
    """One record a day, with the noise of a house's meter: no two hold a run of equal bytes."""
    noise = np.random.default_rng(day).random(600)
    meta = {"orders": [f"wallbox of house {day}"]}
    journal.commit(
        "regular", START_S + day * DAY_S, meta, {"grid.load_p_mw": noise}, {"n": day}, {}, {"live.value": noise[:50]}
    )


def fourteen_months(directory) -> Journal:
    journal = Journal(directory, IDENTITY)
    for day in range(DAYS):
        commit(journal, day)
    return journal


def traces(directory, before_s=BEFORE_S) -> list[bytes]:
    """Pieces of every old record as it lies in the file, beyond the names with which all of them begin."""
    with closing(open_readonly(directory)) as db:
        rows = db.execute("SELECT readings, record FROM tick WHERE as_of_s < ?", (before_s,)).fetchall()
    return [blob[at : at + 24] for row in rows for blob in row for at in range(300, len(blob) - 24, 311)]


def in_files(directory, pieces) -> int:
    raw = b"\0".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())
    return sum(piece in raw for piece in pieces)


def clean(journal: Journal, before_s=BEFORE_S, notes_before="2000", limit=7) -> int:
    """Slice after slice; returns how many there were."""
    for slices in range(1, 1000):
        if journal.expunge(before_s, notes_before, limit, at=LATER).clean:
            return slices
    raise AssertionError("it comes to no end")


def test_nothing_older_than_twelve_months_is_in_any_file(tmp_path):
    journal = fourteen_months(tmp_path)
    pieces = traces(tmp_path)
    assert in_files(tmp_path, pieces) > 0.9 * len(pieces) > 800  # some lie across the border of two pages
    clean(journal)
    assert in_files(tmp_path, pieces) == 0  # while the writer is open: its log is looked through as well
    journal.close()
    assert in_files(tmp_path, pieces) == 0


def test_what_is_younger_stays_to_the_bit(tmp_path):
    journal = fourteen_months(tmp_path)
    before = {record.seq: record.arrays["grid.load_p_mw"].tobytes() for record in journal.records(60)}
    clean(journal)
    assert {record.seq: record.arrays["grid.load_p_mw"].tobytes() for record in journal.records()} == before
    journal.close()


def test_the_chain_holds_from_the_first_tick_on_and_the_head_is_the_same(tmp_path):
    journal = fourteen_months(tmp_path)
    head = journal.head
    clean(journal)
    journal.close()
    assert verify(tmp_path) == (DAYS, head, [])
    assert (status_of(tmp_path)["acked"], status_of(tmp_path)["expunged"]) == (DAYS, 60)


def test_a_run_goes_on_to_the_same_head_as_one_that_kept_everything(tmp_path):
    kept, cut = fourteen_months(tmp_path / "kept"), fourteen_months(tmp_path / "cut")
    clean(cut)
    cut.close()
    cut = Journal(tmp_path / "cut", IDENTITY)
    for journal in (kept, cut):
        assert journal.resume_state()[0] == {"n": DAYS - 1}
        commit(journal, DAYS)
        journal.close()
    assert (kept.head, kept.acked) == (cut.head, cut.acked)


def test_the_slices_of_one_grid_day_are_one_line_of_the_log(tmp_path):
    journal = fourteen_months(tmp_path)
    assert clean(journal) > 8
    assert clean(journal, before_s=BEFORE_S + DAY_S) > 1
    assert [(one["records"], one["as_of_s"]) for one in journal.notes("expunged")] == [
        (60, [START_S, START_S + 59 * DAY_S]),
        (1, [BEFORE_S, BEFORE_S]),
    ]
    journal.close()


def test_a_slice_takes_no_more_than_its_limit(tmp_path):
    journal = fourteen_months(tmp_path)
    assert journal.expunge(BEFORE_S, "2000", 7, at=LATER).records == 7
    journal.close()


def test_what_a_run_resumes_from_stays_whatever_is_asked(tmp_path):
    journal = fourteen_months(tmp_path)
    clean(journal, before_s=START_S + 10_000 * DAY_S, limit=50)
    newest_s = START_S + (DAYS - 1) * DAY_S
    assert next(journal.records()).as_of_s == newest_s - HELD_AT_LEAST_S
    journal.close()
    assert verify(tmp_path)[2] == []


def test_a_reader_of_the_log_is_not_waited_for_and_the_next_slice_makes_it_clean(tmp_path):
    journal = fourteen_months(tmp_path)
    pieces = traces(tmp_path)
    with closing(open_readonly(tmp_path)) as db:
        cursor = db.execute("SELECT record FROM tick")
        cursor.fetchone()
        begun = time.process_time()
        assert not journal.expunge(BEFORE_S, "2000", 100, at=LATER).clean
        assert not journal.expunge(BEFORE_S, "2000", 100, at=LATER).any
        assert time.process_time() - begun < 5.0  # it does not spin either
        cursor.close()
    clean(journal)
    assert in_files(tmp_path, pieces) == 0
    journal.close()


def test_old_notes_of_the_host_go_by_the_wall_clock_and_the_log_of_deletions_stays(tmp_path):
    journal = fourteen_months(tmp_path)
    for at in ("2024-12-31T00:00:00+00:00", "2025-12-31T00:00:00+00:00"):
        journal.note(Note(at, "call", {"who": f"somebody on {at[:4]}"}))
    journal.flush()
    clean(journal, notes_before="2025-01-01")
    assert [detail["who"] for detail in journal.notes("call")] == ["somebody on 2025"]
    told = list(journal.notes("expunged"))
    assert (sum(one["records"] for one in told), sum(one["notes"] for one in told)) == (60, 1)
    journal.note(Note(LATER, "started", {}))
    journal.flush()
    assert len(list(journal.notes("expunged"))) == len(told)  # a later note takes no line's place
    journal.close()


class _Doubtful(sqlite3.Connection):
    """Raises although what it committed is in the file."""

    def __exit__(self, *error):
        super().__exit__(*error)
        raise sqlite3.OperationalError("disk I/O error")


@pytest.mark.parametrize("noted_at", ["2024-12-31T00:00:00+00:00", "2025-12-31T00:00:00+00:00"])
def test_the_log_of_deletions_stays_when_the_expunging_was_kept_although_its_commit_failed(tmp_path, noted_at):
    journal = fourteen_months(tmp_path)
    journal.note(Note(noted_at, "start", {}))
    journal.flush()
    whole, journal._db = (
        journal._db,
        sqlite3.connect(tmp_path / "journal.sqlite", isolation_level="IMMEDIATE", factory=_Doubtful),
    )
    whole.close()
    with pytest.raises(JournalUnavailable):
        journal.expunge(BEFORE_S, "2025", 7, at=LATER)
    for day in (DAYS, DAYS + 1):
        journal.note(Note(LATER, "call", {"day": day}))
        commit(journal, day)
        assert [one["records"] for one in journal.notes("expunged")] == [7]
    assert [one["day"] for one in journal.notes("call")] == [DAYS, DAYS + 1]
    journal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE expunged SET content = 'ab' WHERE seq = 5",
        "UPDATE expunged SET as_of_s = as_of_s + 1 WHERE seq = 5",
        "UPDATE expunged SET head = 'ab' WHERE seq = 5",
        "DELETE FROM expunged WHERE seq = 5",
        "DELETE FROM expunged WHERE seq = 59",
        "DELETE FROM expunged",
    ],
)
def test_an_altered_tombstone_is_found(tmp_path, statement):
    journal = fourteen_months(tmp_path)
    clean(journal)
    journal.close()
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        db.execute(statement)
    db.close()
    assert verify(tmp_path)[2]


def test_content_that_is_gone_too_early_is_found_although_its_digest_holds(tmp_path):
    journal = fourteen_months(tmp_path)
    clean(journal)
    journal.close()
    early_s = START_S + (DAYS - 10) * DAY_S
    code = (
        "import sys, twin.regie.chain, twin.regie.expunge as expunge; expunge.HELD_AT_LEAST_S = 0\n"
        "import sqlite3; db = sqlite3.connect(sys.argv[1])\n"
        f"expunge.expunge(db, {early_s}, '2000', 1000, at='x')\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "journal.sqlite"], check=True)
    problems = verify(tmp_path)[2]
    assert problems
    assert all("gone" in problem.value for problem in problems)


def test_a_damaged_record_is_named_and_nothing_goes(tmp_path):
    journal = fourteen_months(tmp_path)
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        db.execute("UPDATE tick SET record = 'x' WHERE seq = 3")
    db.close()
    with pytest.raises(JournalDamaged, match="tick 3"):
        journal.expunge(BEFORE_S, "2000", 10, at=LATER)
    assert next(journal.records()).seq == 0
    journal.close()


_CHILD = f"""
import sys
from pathlib import Path
from twin.regie.journal import Journal
journal = Journal(Path(sys.argv[1]), {IDENTITY!r})
print("open", flush=True)
while not journal.expunge({BEFORE_S}, "2000", 1, at="x").clean:
    print("slice", flush=True)
print("clean", flush=True)
"""


def test_killed_again_and_again_it_comes_to_its_end_and_the_chain_holds_at_every_moment(tmp_path):
    journal = fourteen_months(tmp_path)
    head = journal.head
    journal.close()
    pieces = traces(tmp_path)
    chance, kills = random.Random(7), 0
    while True:
        child = subprocess.Popen([sys.executable, "-c", _CHILD, tmp_path], stdout=subprocess.PIPE, text=True)
        wanted, said = chance.randint(1, 12), ""
        for _ in range(wanted):
            said = child.stdout.readline().strip()
            if said == "clean":
                break
        if said == "clean":
            child.wait()
            break
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        kills += 1
        assert verify(tmp_path) == (DAYS, head, [])
    assert kills >= 4
    assert verify(tmp_path) == (DAYS, head, [])
    assert in_files(tmp_path, pieces) == 0
