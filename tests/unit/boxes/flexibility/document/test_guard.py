"""Each way in which a planning process can fail, for real: a child that hangs, one that grows, one that crashes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from twin.boxes.flexibility.guard import run_guarded

TASKS = """
import ctypes, os, sys, time

def echo(payload):
    return payload[::-1]

def hang(payload):
    while True:
        time.sleep(60)

def grow(payload):
    return bytes(2**30)

def crash(payload):
    print("about to crash", file=sys.stderr, flush=True)
    ctypes.string_at(0)

def raises(payload):
    raise ValueError("no such device")

def leaves_a_child(payload):
    child = os.fork()
    if child == 0:
        time.sleep(60)
    return str(child).encode()
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "tasks_of_a_test.py").write_text(TASKS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda task, **limits: run_guarded(
        f"tasks_of_a_test:{task}", b"abc", **{"deadline_s": 20.0, "memory_mb": 256, **limits}
    )


def test_what_a_task_returns_is_the_answer(run):
    outcome = run("echo")
    assert (outcome.kind, outcome.answer) == ("answer", b"cba")


def test_a_task_that_hangs_is_gone_at_the_deadline(run):
    outcome = run("hang", deadline_s=0.3)
    assert outcome.kind == "deadline"
    assert outcome.seconds < 2.0  # the deadline, and a kill that waits for nothing


def test_a_task_that_takes_more_memory_than_allowed_is_told_so(run):
    assert run("grow").kind == "memory"


def test_a_task_that_crashes_says_its_last_words(run):
    outcome = run("crash")
    assert outcome.kind == "died"
    assert "about to crash" in outcome.told


def test_a_task_that_raises_has_died_and_its_error_is_told(run):
    outcome = run("raises")
    assert outcome.kind == "died"
    assert outcome.told.endswith("ValueError: no such device")


def test_what_a_task_leaves_behind_is_ended_with_it(run):
    child = int(run("leaves_a_child").answer)
    _soon(lambda: _is_gone(child))


def test_a_task_dies_with_its_parent(run, tmp_path):
    code = (
        "import sys, tasks_of_a_test as t; from twin.boxes.flexibility.guard import run_guarded;"
        "run_guarded('tasks_of_a_test:hang', b'', deadline_s=60, memory_mb=256)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    child = _soon(lambda: children.read_text().split())[0]
    _soon(lambda: b"hang" in Path(f"/proc/{child}/cmdline").read_bytes())
    parent.kill()
    parent.wait()
    _soon(lambda: _is_gone(child))


def _is_gone(pid):
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()  # dead, and not yet buried by whoever inherited it
    except FileNotFoundError:
        return True


def _soon(happens):
    for _ in range(200):
        if found := happens():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen within 4 s")
