"""A backtest that is killed, stopped or torn goes on and says what an undisturbed one says. The real command, in processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from small_feeder import command, write_feeder

pytestmark = pytest.mark.slow

TIMED = ("fit_s", "predict_s")
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("resume")


@pytest.fixture(scope="module")
def feeder(folder):
    return write_feeder(folder / "feeder.csv")


@pytest.fixture(scope="module")
def undisturbed(folder, feeder):
    return figures(run(feeder, state=folder / "undisturbed"))


def run(*files, state):
    done = subprocess.run(command(*files, state=state), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done


def figures(done):
    """Everything that the last line says but seconds."""
    found = json.loads(done.stdout.splitlines()[-1])
    for expert in found["experts"].values():
        for key in TIMED:
            del expert[key]
    return found


def blocks(state: Path):
    return sorted(state.glob("*/*.block"))


@pytest.fixture(autouse=True)
def ctrl_c_is_heard():
    """A suite that a shell started in the background would hand on that Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait_for_blocks(process, state, count):
    until = time.monotonic() + PATIENCE_S
    while len(blocks(state)) < count:
        assert process.poll() is None, "it ended before it could be disturbed"
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_killed_backtest_goes_on_and_gives_the_same_figures(folder, feeder, undisturbed):
    state = folder / "killed"
    process = subprocess.Popen(command(feeder, state=state), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_blocks(process, state, 5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = {path.name: path.stat().st_mtime_ns for path in blocks(state)}
    everything = len(blocks(folder / "undisturbed"))
    assert 5 <= len(left) < everything, "the kill came too late to prove anything"

    # One of them torn as well, as a disk without power may leave it.
    torn = blocks(state)[2]
    torn.write_bytes(torn.read_bytes()[:100])

    assert figures(run(feeder, state=state)) == undisturbed
    now = {path.name: path.stat().st_mtime_ns for path in blocks(state)}
    assert len(now) == everything
    assert {name for name in left if now[name] == left[name]} == set(left) - {torn.name}, "what was done was done again"


def test_ctrl_c_keeps_the_blocks_and_says_how_to_go_on(folder, feeder):
    state = folder / "stopped"
    slow = command(feeder, state=state, experts="last_week,day_type,boosted")  # a quarter of a minute, were it not stopped
    process = subprocess.Popen(slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_blocks(process, state, 3)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert not out
    assert len(blocks(state)) >= 3


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_series_in_processes_of_their_own_end_with_the_command_and_go_on_with_it(folder, feeder, undisturbed, end):
    state = folder / f"parallel-{end.name}"
    other = write_feeder(folder / "other.csv", seed=2)
    process = subprocess.Popen(
        command(feeder, other, state=state),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for_blocks(process, state, 4)
    children = children_of(process.pid)
    assert children
    process.send_signal(end)
    process.wait(timeout=PATIENCE_S)
    until = time.monotonic() + PATIENCE_S
    while any(alive(int(child)) for child in children):
        assert time.monotonic() < until, "a child outlived the command"
        time.sleep(0.01)

    both = json.loads(run(feeder, other, state=state).stdout.splitlines()[-1])
    assert [found["series"] for found in both] == ["feeder", "other"]
    assert both[0]["weights"] == undisturbed["weights"] != both[1]["weights"]


def children_of(pid):
    """A child belongs to the thread that started it."""
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split() if child]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
