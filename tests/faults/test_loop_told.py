"""What reaches a running régie unasked: a breaker that nobody announced, SIGTERM while models are fitted, SIGHUP (row 34)."""

import json
import os
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hamlet import hamlet

from twin.domain.time import QUARTER_HOUR
from twin.regie.chain import open_readonly

pytestmark = pytest.mark.fault

SCREEN_S = 5.0
WAITS = 5
"""The sixth quarter hour ends at half past: the model whose fit was due at the hour takes effect."""
DRAIN_S = 10.0


def ops(place, kind):
    """Details of the host notes of one kind."""
    db = open_readonly(place.state)
    try:
        return [json.loads(detail) for (detail,) in db.execute("SELECT detail FROM ops WHERE kind = ? ORDER BY id", (kind,))]
    finally:
        db.close()


# ---------------------------------------------------------------------------------------------- events


def test_a_breaker_that_opens_while_the_loop_waits_is_on_the_screen_within_five_seconds(settle, contention):
    place, speed = settle(hamlet(days=0.5), "surprise"), 150.0  # a quarter hour in six seconds
    run = place.start(8, speed=str(speed))
    screen = place.state / "snapshots" / "regie.json"
    run.until(lambda: screen.exists() and place.snapshot["tick"] >= 1)
    before, waited_s = datetime.fromisoformat(place.snapshot["as_of"]), 1.5
    time.sleep(waited_s)
    instant = before + timedelta(seconds=round(waited_s * speed))
    row = f"{(before - QUARTER_HOUR).isoformat()},switch.0.closed,0,{instant.isoformat()}"
    (Path(place.site).parent / "telemetry" / "breaker.csv").write_text(f"time,channel,value,known_time\n{row}\n")
    opened = time.time()
    run.until(lambda: place.snapshot["kind"] == "event", poll_s=0.01)
    assert (screen.stat().st_mtime - opened) / contention() <= SCREEN_S
    assert datetime.fromisoformat(place.snapshot["as_of"]) == instant
    assert "unsupplied" in {alarm["code"] for alarm in place.snapshot["alarms"]}
    run.kill()


# ---------------------------------------------------------------------------------------------- row 38


def told(record):
    return [(code, facts.get("box")) for code, facts in record.meta["lines"]]


def told_to_end(run):
    told = time.monotonic()
    ended = run.term()
    return ended, time.monotonic() - told


def test_sigterm_during_the_first_fit_ends_the_run_and_the_next_start_makes_it(settle, contention):
    made = hamlet(days=0.5).with_learner(fit_s=40.0)
    place = settle(made, "untrained")
    run = place.start(4)
    fit = place.state / "jobs" / "run" / "learner.fit"
    run.until(fit.is_dir)
    ended, drained_s = told_to_end(run)
    assert ended.code == 0, ended.err
    assert drained_s / contention() <= DRAIN_S
    assert ended.figures["ticks"] == place.acked == 0
    assert not any((place.state / "run").rglob("*"))
    assert not (place.state / "jobs" / "run").exists()


def test_sigterm_while_a_tick_waits_for_its_model_ends_the_run_and_the_fit_goes_on_after_a_restart(settle, contention):
    place = settle(hamlet(days=0.5).with_learner(fit_s=2.5), "waiting")
    run = place.start(8)
    run.until(lambda: place.acked >= WAITS)
    time.sleep(1.0)
    ended, drained_s = told_to_end(run)
    assert ended.code == 0, ended.err
    assert drained_s / contention() <= DRAIN_S
    assert ended.figures["journal"]["acked"] == place.acked == WAITS
    last = place.run(8)
    assert last.code == 0, last.err
    adopted = [r for r in place.records if ("artifact_adopted", "learner") in told(r)]
    assert [record.seq for record in adopted] == [0, WAITS]


# ---------------------------------------------------------------------------------------------- row 34


def test_a_look_at_the_site_file_lists_its_faults_and_the_old_one_keeps_running(settle):
    place = settle(hamlet(days=4.0), "looked_at")
    run = place.start(380, speed="900")  # longer than three looks can take
    run.until(lambda: place.acked >= 1)
    site = Path(place.site)
    right = site.read_text()

    def looked(count, text):
        site.write_text(text)
        run.process.send_signal(signal.SIGHUP)
        run.until(lambda: len(ops(place, "site_file")) >= count)
        return ops(place, "site_file")[-1]

    faulty = right.replace("seed = 7", 'seed = 7\ncolour = "red"').replace('trafo = "station"', 'trafo = "moon"')
    refused = looked(1, faulty)
    changed = looked(2, right.replace("seed = 7", "seed = 8"))
    same = looked(3, right + "\n# a comment\n")
    acked = place.acked
    run.until(lambda: place.acked > acked)
    ended = run.term()
    assert ended.code == 0, ended.err
    assert refused["verdict"] == "refused"
    assert "colour" in "".join(refused["problems"])
    assert (changed["verdict"], same["verdict"]) == ("changed", "unchanged")
    assert "colour" in ended.err
    assert "goes on as it was started" in ended.err
    assert "takes effect at the next start" in ended.err


def test_a_terminal_that_goes_takes_the_run_with_it(settle):
    place = settle(hamlet(days=1.0), "terminal")
    ours, theirs = os.openpty()
    run = place.start(90, speed="900", stderr=theirs)
    os.close(theirs)
    run.until(lambda: place.acked >= 1)
    os.close(ours)
    run.process.send_signal(signal.SIGHUP)
    run.process.wait(DRAIN_S)
    assert not (place.state / "run" / "boxes").exists()
