"""Rows 24 and 25 of the fault table: the journal's disk is full, read-only, or fails while it is written."""

import os
import resource
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hamlet import hamlet

from twin.regie.chain import verify

pytestmark = pytest.mark.fault

DISK_MIB = 40
TICKS = 40


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A file system of 40 MiB."""
    folder = tmp_path_factory.mktemp("disk")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"mounting a small file system is not permitted here ({made.stderr.strip()}); run as root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(file):
    """Write until the last byte of the file system is taken."""
    with file.open("ab", buffering=0) as sink:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    sink.write(b"\0" * size)
            except OSError:
                continue


def sent(ledger):
    with closing(sqlite3.connect(ledger)) as db:
        return [key for (key,) in db.execute("SELECT key FROM sent ORDER BY rowid")]


# ---------------------------------------------------------------------------------------------- row 24


@pytest.fixture(scope="module")
def full(disk, settle, tmp_path_factory):
    """A run that sends an order a quarter hour and trains every hour; its disk fills after some ticks, and is cleared later."""
    place = replace(settle(hamlet(days=1.0).with_planner().with_learner(), "full"), state=disk / "state")
    ledger, filler = tmp_path_factory.mktemp("field") / "ledger.sqlite", disk / "filler"
    story = SimpleNamespace(place=place)
    run = place.drive(TICKS, ledger, speed="4500")  # five quarter hours a second
    run.until(lambda: place.acked >= 4)
    fill(filler)

    def waiting():
        # The commit that was under way when the disk filled may still have found room.
        alarms = place.snapshot["alarms"]
        return next((a["params"]["waiting"] for a in alarms if a["code"] == "journal_unavailable"), 0)

    run.until(lambda: waiting() >= 1)
    story.acked, story.sent = place.acked, sent(ledger)
    story.heads = [record.head for record in place.records]
    story.first = place.snapshot
    run.until(lambda: waiting() >= 8)
    story.later, story.acked_later, story.sent_later = place.snapshot, place.acked, sent(ledger)
    filler.unlink()
    run.until(lambda: place.acked >= story.acked + 12)
    run.until(lambda: waiting() == 0)
    story.recovered = place.snapshot
    story.ended = run.ended()
    story.sent_at_end = sent(ledger)
    return story


def test_on_a_full_disk_the_loop_computes_on(full):
    assert full.later["as_of"] > full.first["as_of"]
    assert full.later["tick"] >= full.first["tick"] + 7


def test_a_full_disk_is_an_urgent_alarm_on_the_screen(full):
    alarm = next(alarm for alarm in full.later["alarms"] if alarm["code"] == "journal_unavailable")
    assert alarm["priority"] == 1
    assert alarm["params"]["waiting"] >= 8
    assert full.later["alarms"][0] == alarm


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_dispatched(full):
    assert full.acked_later == full.acked
    assert full.sent_later == full.sent


def test_a_fit_that_was_due_on_the_full_disk_is_made_afterwards(full):
    adopted = [r.seq for r in full.place.records if any(code == "artifact_adopted" for code, _ in r.meta["lines"])]
    assert adopted[-1] > full.acked + full.later["alarms"][0]["params"]["waiting"]
    boxes = full.place.records[-1].meta["boxes"].values()
    in_force = {box["artifact"] for box in boxes} - {None}
    left = {path.name for path in (full.place.state / "artifacts").iterdir()}
    pending = {name for name in left if name.startswith("history-")}
    assert left - pending == in_force
    assert len(pending) <= len(in_force)


def test_when_space_is_free_again_the_waiting_ticks_are_committed_and_the_alarm_goes(full):
    assert full.ended.code == 0, full.ended.err
    assert full.ended.figures["journal"]["acked"] == full.ended.figures["ticks"] == TICKS
    assert not [alarm for alarm in full.recovered["alarms"] if alarm["code"] == "journal_unavailable"]


def test_a_full_disk_loses_nothing_that_was_acknowledged(full):
    count, _, problems = verify(full.place.state)
    assert (count, problems) == (TICKS, [])
    assert [record.head for record in full.place.records][: len(full.heads)] == full.heads


def test_dispatch_goes_on_afterwards_and_stale_orders_stay_unsent(full):
    keys = full.sent_at_end
    assert len(keys) == len(set(keys))
    assert keys[: len(full.sent)] == full.sent
    assert len(keys) > len(full.sent)
    # Orders of the frozen quarter hours expired before the journal was back: the newest one or two at most went late.
    assert len(keys) <= TICKS - full.later["alarms"][0]["params"]["waiting"] + 2


# ---------------------------------------------------------------------------------------------- row 25


def test_a_store_that_fails_while_it_is_written_acknowledges_nothing_and_the_run_ends_visibly(settle):
    place = settle(hamlet(days=2.0), "failing")
    run = place.start(130)
    run.until(lambda: place.acked >= 5)
    heads = [record.head for record in place.records]
    # From now on every write beyond 128 KiB of a file fails with EFBIG: an I/O error for SQLite, as from a failing disk.
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (1 << 17, 1 << 17))
    ended = run.ended()
    assert ended.code == 1
    assert ended.out == ""
    assert "the journal cannot be written" in ended.err
    count, _, problems = verify(place.state)
    assert problems == []
    assert 5 <= count < 30
    assert [record.head for record in place.records][: len(heads)] == heads


def test_a_read_only_state_directory_is_refused_in_one_line(settle, disk, clean):
    if os.geteuid() != 0:
        pytest.skip("remounting needs root")
    folder = disk / "readonly"
    shutil.copytree(clean.place.state, folder)
    place = replace(clean.place, state=folder)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        ended = place.refused(30)
    finally:
        subprocess.run(["mount", "-o", f"remount,rw,size={DISK_MIB}m", str(disk)], check=True)
    assert ended.code == 2
    assert ended.out == ""
    (line,) = [line for line in ended.err.splitlines() if line.startswith("regie:")]
    assert str(folder) in line
    assert "cannot be written" in line
    assert "Traceback" not in ended.err
