"""Row 25 of the fault table: the disk refuses to sync. What the file shows is then no acknowledgement, and no order leaves."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from hamlet import hamlet

from twin.regie.chain import verify

pytestmark = pytest.mark.fault

IDENTITY = {"site": "demo", "start": "2016-06-15T00:00:00+00:00", "ticks": 96}
TICKS = 20

JOURNAL = """
import json, sys
from pathlib import Path
from twin.regie.journal import Journal, JournalUnavailable, Note

state, broken = Path(sys.argv[1]), Path(sys.argv[2])


def commit(journal, number):
    try:
        journal.commit("regular", 900 * number, {"n": number}, {}, {"n": number}, {})
    except JournalUnavailable as error:
        return str(error)


def log():
    return (state / "journal.sqlite-wal").read_bytes()[16:24].hex()  # its salt: another one when it begins anew


journal = Journal(state, json.loads(sys.argv[3]))
commit(journal, 0)
journal.note(Note("x", "tick", {"ms": 1.0}))
before, _ = log(), broken.touch()
refused = [commit(journal, 1) for _ in range(3)]
shown = sum(1 for _ in journal.records())
facts = {"refused": refused, "shown": shown, "acked": journal.acked, "before": before}
if sys.argv[4] == "repaired":
    broken.unlink()
    facts["again"] = commit(journal, 1)
    facts |= {"acked_again": journal.acked, "head": journal.head, "after": log(), "notes": list(journal.notes("tick"))}
print(json.dumps(facts), flush=True)
import os; os._exit(0)  # as kill -9: no connection is closed, the log stays as it is
"""


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    """Environment of a process whose syncs fail while ``FSYNC_FAILS`` names a file that exists."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (cc) to build the failing fsync with")
    folder = tmp_path_factory.mktemp("fsync")
    library, source = folder / "failing_fsync.so", Path(__file__).with_name("failing_fsync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return {"LD_PRELOAD": str(library), "FSYNC_FAILS": str(folder / "broken")}


@pytest.fixture
def syncing(preload, monkeypatch):
    """Processes that are started now sync through the library; returns the file that breaks it."""
    for name, value in preload.items():
        monkeypatch.setenv(name, value)
    broken = Path(preload["FSYNC_FAILS"])
    broken.unlink(missing_ok=True)
    yield broken
    broken.unlink(missing_ok=True)


def journal(state, broken, end, code=JOURNAL):
    words = [sys.executable, "-c", code, str(state), str(broken), json.dumps(IDENTITY), end]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_tick_that_the_file_shows_but_no_sync_carried_is_not_acknowledged(syncing, tmp_path):
    facts = journal(tmp_path / "state", syncing, "broken")
    assert all("disk I/O error" in error for error in facts["refused"])
    assert facts["shown"] == 2  # the log holds the frames of the tick: only its own sync would make it one
    assert facts["acked"] == 1


def test_the_retry_after_a_failed_sync_writes_the_tick_anew_and_once(syncing, tmp_path):
    facts = journal(tmp_path / "state", syncing, "repaired")
    assert (facts["acked"], facts["again"], facts["acked_again"]) == (1, None, 2)
    assert facts["notes"] == [{"ms": 1.0}]
    assert facts["after"] != facts["before"]  # not behind frames that may never have reached the disk
    assert verify(tmp_path / "state") == (2, facts["head"], [])


REOPENED = """
import json, sys
from pathlib import Path
from twin.regie.journal import Journal, JournalUnavailable
try:
    Journal(Path(sys.argv[1]), json.loads(sys.argv[3]))
    print(json.dumps("opened"))
except JournalUnavailable as error:
    print(json.dumps(str(error)))
"""


def test_a_restart_takes_no_head_that_cannot_be_synced(syncing, tmp_path):
    journal(tmp_path / "state", syncing, "broken")
    syncing.touch()
    assert "disk I/O error" in journal(tmp_path / "state", syncing, "", REOPENED)
    syncing.unlink()
    assert journal(tmp_path / "state", syncing, "", REOPENED) == "opened"


def sent(ledger):
    with closing(sqlite3.connect(ledger)) as db:
        return [key for (key,) in db.execute("SELECT key FROM sent ORDER BY rowid")]


def test_while_syncs_fail_the_loop_computes_on_and_sends_no_order(syncing, settle, tmp_path):
    place = settle(hamlet(days=1.0).with_planner(), "unsynced")
    run = place.drive(TICKS, tmp_path / "ledger.sqlite", speed="4500")  # five quarter hours a second
    run.until(lambda: place.acked >= 4)
    syncing.touch()

    def waiting():
        alarms = place.snapshot["alarms"]
        return next((a["params"]["waiting"] for a in alarms if a["code"] == "journal_unavailable"), 0)

    run.until(lambda: waiting() >= 1)
    early = SimpleNamespace(sent=sent(tmp_path / "ledger.sqlite"), as_of=place.snapshot["as_of"])
    run.until(lambda: waiting() >= 5)
    late = SimpleNamespace(sent=sent(tmp_path / "ledger.sqlite"), as_of=place.snapshot["as_of"])
    syncing.unlink()
    ended = run.ended()
    assert ended.code == 0, ended.err
    assert late.as_of > early.as_of
    assert late.sent == early.sent
    assert len(sent(tmp_path / "ledger.sqlite")) > len(late.sent)
    assert ended.figures["journal"]["acked"] == TICKS
    assert verify(place.state)[::2] == (TICKS, [])
