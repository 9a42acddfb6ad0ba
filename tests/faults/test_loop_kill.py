"""Rows 1, 2, 3 and 38 of the fault table: the loop is killed, at random and where it hurts most, and told to end."""

import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hamlet import SUMMER, hamlet

from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s
from twin.regie.chain import verify
from twin.work.listing import list_jobs

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import descendants, running, until

pytestmark = pytest.mark.fault

TICKS = 20
DRAIN_S = 10.0
RESUME_S, RESUME_CPU_S = 30.0, 20.0
"""Until the first tick, on a machine of one's own: by the clock, for nothing may be waited for, and of all processes."""


def assert_whole(place, ticks):
    """The chain is intact and holds every quarter hour once."""
    count, _, problems = verify(place.state)
    assert not problems
    records = place.records
    assert count == len(records) == ticks
    assert [record.seq for record in records] == list(range(ticks))
    assert [record.as_of_s - records[0].as_of_s for record in records] == [900 * number for number in range(ticks)]


# ---------------------------------------------------------------------------------------------- rows 1 and 38


def learning():
    """A fit is due every fourth quarter hour and in force two later, so at this pace one is made in half of them."""
    return hamlet(days=1.0).with_learner(fit_s=0.4)


@pytest.fixture(scope="module")
def calm(play):
    """Twenty undisturbed quarter hours."""
    return play(learning(), TICKS, "calm")


@pytest.fixture(scope="module")
def interrupted(settle, contention, slower):
    """Killed at a random moment, resumed, robbed of its work process in a fit, told to end, resumed to the window's end."""
    chance = random.Random(1)
    place, heads = settle(learning(), "interrupted"), []
    fit = place.state / "jobs" / "run" / "learner.fit"

    resumed = []

    def on_air(least, befall=lambda run: None):
        begun, before = time.monotonic(), place.acked
        run = place.start(TICKS, speed="9000")
        run.until(lambda: place.acked > before)
        took_s = (time.monotonic() - begun) / contention()
        resumed.append((took_s, sum(map(cpu_s, [run.process.pid, *descendants(run.process.pid)])) / slower()))
        befall(run)
        run.until(lambda: place.acked >= least)
        time.sleep(chance.uniform(0.0, 0.2))
        return run

    def kill_work(run):
        run.until(fit.is_dir)
        (work,) = (pid for pid in descendants(run.process.pid) if b"twin.work.process" in cmdline(pid))
        os.kill(work, signal.SIGKILL)
        run.until(lambda: not running(work))

    run = on_air(chance.randint(3, 8))
    below = descendants(run.process.pid)
    run.kill()
    alone = until(lambda: not any(running(pid) for pid in below), contention())
    heads.append([record.head for record in place.records])
    run = on_air(len(heads[0]) + chance.randint(3, 8), kill_work)
    told = time.monotonic()
    term = run.term()
    drained_s = (time.monotonic() - told) / contention()
    heads.append([record.head for record in place.records])
    last = place.run(TICKS)
    return SimpleNamespace(
        place=place,
        heads=heads,
        below=below,
        alone=alone,
        term=term,
        drained_s=drained_s,
        resumed=resumed[1],
        last=last,
        jobs=list_jobs(place.state / "jobs"),
    )


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def cpu_s(pid):
    """Processor time that a process and its ended children have taken; none when it has just ended."""
    try:
        return sum(psutil.Process(pid).cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0.0


def test_a_run_killed_at_random_ends_with_the_undisturbed_head(interrupted, calm):
    assert interrupted.last.figures["journal"] == {"acked": TICKS, "head": calm.head}


def test_kill_9_of_the_loop_takes_along_all_that_it_started(interrupted):
    assert len(interrupted.below) >= 6  # the boxes' fork server and workers, the work process
    assert interrupted.alone


def test_a_fit_that_was_pending_when_the_loop_was_killed_is_taken_up(interrupted, calm):
    # Due in ticks 3, 7, 11 ... and in force two ticks later.
    assert len(interrupted.heads[0]) % 4 in (0, 1)
    adopted = [[r.seq for r in place.records if adopts(r)] for place in (interrupted.place, calm.place)]
    assert adopted[0] == adopted[1] == [0, *range(5, TICKS, 4)]


def test_a_fit_that_lost_the_work_process_is_made_again(interrupted):
    assert 2 in [job["attempts"] for job in interrupted.jobs]
    assert {job["state"] for job in interrupted.jobs} <= {"done", "interrupted"}


def adopts(record):
    return any(code == "artifact_adopted" and facts["box"] == "learner" for code, facts in record.meta["lines"])


def test_a_killed_run_is_back_with_its_next_tick_within_seconds(interrupted):
    own_s, processor_s = interrupted.resumed
    assert own_s <= RESUME_S
    assert processor_s <= RESUME_CPU_S


def test_no_acknowledged_tick_is_lost_or_doubled(interrupted):
    assert_whole(interrupted.place, TICKS)
    final = [record.head for record in interrupted.place.records]
    for acknowledged in interrupted.heads:
        assert len(acknowledged) >= 3
        assert final[: len(acknowledged)] == acknowledged


def test_figures_after_kills_are_the_undisturbed_ones(interrupted, calm):
    figures, undisturbed = interrupted.last.figures, calm.ended.figures
    for name in ("ticks", "events", "fallback_ticks", "alarms", "orders", "kpis", "max_vm_error_pu"):
        assert figures[name] == undisturbed[name], name


def test_sigterm_drains_within_ten_seconds_and_says_what_was_done(interrupted):
    assert interrupted.term.code == 0
    assert interrupted.drained_s <= DRAIN_S
    assert interrupted.term.figures["journal"]["acked"] == len(interrupted.heads[1]) < TICKS
    assert interrupted.term.figures["journal"]["head"] == interrupted.heads[1][-1]


def test_a_complete_state_prints_the_same_figures_again(interrupted, contention):
    begun = time.monotonic()
    again = interrupted.place.run(TICKS)
    assert again.code == 0
    assert again.figures == interrupted.last.figures
    assert "starting the boxes" not in again.err
    assert (time.monotonic() - begun) / contention() < 30.0  # imports and the site check


# ---------------------------------------------------------------------------------------------- rows 2 and 3

DISPATCH, COMMIT, SENT = 3, 6, 9
"""Records in the journal when it dies; the seventh record is the event tick of a breaker that opens."""
RECORDS = 13


@pytest.fixture(scope="module")
def both(settle, tmp_path_factory):
    """A run that is killed between commit and dispatch, between compute and commit of an event tick, and when only the field
    knows of an order; and beside it the same window undisturbed."""
    made = hamlet(days=1.0).with_planner()
    opened = next(
        r for r in made.window if r.channel == "switch.0.closed" and r.label_s == to_epoch_s(SUMMER + 5 * QUARTER_HOUR)
    )
    made.window = [r for r in made.window if r.channel != opened.channel or r.label_s < opened.label_s]
    made.window.append(replace(opened, value=0.0, known_min=22))
    calm, place = settle(made, "calm"), settle(made, "crashed")
    calm_ledger, ledger = (tmp_path_factory.mktemp("field") / "ledger.sqlite" for _ in range(2))
    beside = calm.drive(12, calm_ledger)
    acked_at, sent_at = [], []
    for die, at in (("dispatch", DISPATCH), ("commit", COMMIT), ("sent", SENT), ("nowhere", -1)):
        ended = place.drive(12, ledger, die=die, at=at).ended()
        assert ended.code == (0 if die == "nowhere" else -9), ended.err
        acked_at.append(place.acked)
        sent_at.append(sent(ledger))
    undisturbed = beside.ended()
    assert undisturbed.code == 0, undisturbed.err
    return SimpleNamespace(
        place=place,
        acked_at=acked_at,
        sent_at=sent_at,
        last=ended,
        undisturbed=undisturbed,
        undisturbed_sent=sent(calm_ledger),
    )


def sent(ledger):
    with closing(sqlite3.connect(ledger)) as db:
        return db.execute("SELECT key, device, p_mw, start FROM sent ORDER BY rowid").fetchall()


def test_a_tick_killed_before_its_commit_is_computed_again_with_the_same_result(both):
    assert both.acked_at == [DISPATCH, COMMIT, SENT, RECORDS]
    assert both.last.figures["journal"] == both.undisturbed.figures["journal"]
    assert verify(both.place.state)[2] == []


def test_an_event_tick_killed_before_its_commit_happens_once_at_its_instant(both):
    events = [record for record in both.place.records if record.kind == "event"]
    assert [record.seq for record in events] == [COMMIT]
    assert from_epoch_s(events[0].as_of_s) == SUMMER + 5 * QUARTER_HOUR + timedelta(minutes=22)


def test_an_order_committed_but_not_dispatched_is_sent_after_the_restart(both):
    before, after = both.sent_at[0], both.sent_at[1]
    decided = {order["key"] for order in both.place.records[DISPATCH - 1].meta["orders"] if order["state"] == "accepted"}
    assert decided
    assert decided.isdisjoint(key for key, *_ in before)
    assert decided <= {key for key, *_ in after}


def test_no_order_is_sent_twice_though_its_sender_died_before_it_knew(both):
    keys = [key for key, *_ in both.sent_at[-1]]
    assert len(keys) == len(set(keys)) == 12
    assert both.sent_at[-1] == both.undisturbed_sent


def test_nothing_is_dispatched_that_the_journal_has_not_acknowledged(both):
    for acked, orders in zip(both.acked_at, both.sent_at, strict=True):
        known = {order["key"] for record in both.place.records[:acked] for order in record.meta["orders"]}
        assert {key for key, *_ in orders} <= known
