"""Several series at once, each in a process of its own, one core each."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

from forecasts.backtest.child import step_of
from forecasts.backtest.job import Job, Step
from twin.domain.problems import BadInput, Problem

# A library reads these once, when it is loaded; with every core busy, more threads only wait for each other.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

_CODE = "from forecasts.backtest.child import main; main()"
_TAIL_CHARS = 400


class JobFailed(RuntimeError):
    """A series ended without an answer; the message says how."""


@dataclass
class Outcome:
    """What became of a job: its summary, or why there is none."""

    job: Job
    summary: dict[str, Any] | None = None
    quality: tuple[str, ...] = ()
    error: BadInput | JobFailed | None = None


@dataclass
class _Children:
    """Processes that are running now; once stopped, none starts any more."""

    stopped: bool = False
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, log: IO[bytes]) -> subprocess.Popen[str] | None:
        with self.lock:
            if self.stopped:
                return None
            process = subprocess.Popen(
                [sys.executable, "-c", _CODE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **ONE_THREAD},
                start_new_session=True,
            )
            self.running.append(process)
            return process

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for process in self.running:
                if process.poll() is None:
                    process.kill()  # a block is written whole or not at all, so there is nothing to wait for


def run_jobs(jobs: Sequence[Job], workers: int, on_step: Callable[[Job, Step], None]) -> list[Outcome]:
    """Run every job, ``workers`` at a time, in processes; outcomes in the order of ``jobs``.

    ``on_step`` is called in the caller's thread. When it raises, or on Ctrl-C, the processes end and their blocks stay.
    """
    waiting: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
    news: queue.SimpleQueue[tuple[int, Step | Outcome]] = queue.SimpleQueue()
    children = _Children()
    for item in enumerate(jobs):
        waiting.put(item)
    threads = [threading.Thread(target=_work, args=(waiting, news, children), daemon=True) for _ in range(workers)]
    found: dict[int, Outcome] = {}
    try:
        for thread in threads:
            thread.start()
        while len(found) < len(jobs):
            index, message = news.get()
            if isinstance(message, Outcome):
                found[index] = message
            else:
                on_step(jobs[index], message)
    finally:
        children.stop()
        for thread in threads:
            thread.join()
    return [found[index] for index in range(len(jobs))]


def _work(
    waiting: queue.SimpleQueue[tuple[int, Job]],
    news: queue.SimpleQueue[tuple[int, Step | Outcome]],
    children: _Children,
) -> None:
    with suppress(queue.Empty):
        while True:
            index, job = waiting.get_nowait()
            news.put((index, _run(job, children, partial(_tell, news, index))))


def _tell(news: queue.SimpleQueue[tuple[int, Step | Outcome]], index: int, step: Step) -> None:
    news.put((index, step))


def _run(job: Job, children: _Children, on_step: Callable[[Step], None]) -> Outcome:
    with tempfile.TemporaryFile() as log:
        process = children.start(log)
        if process is None or process.stdin is None or process.stdout is None:
            return Outcome(job, error=JobFailed(f"{job.title}: not started"))
        last: dict[str, Any] = {}
        with suppress(BrokenPipeError):  # it died at once; its exit code says so below
            process.stdin.write(job.to_text() + "\n")
            process.stdin.flush()
        for line in process.stdout:
            last = json.loads(line)
            step = step_of(last)
            if step is not None:
                on_step(step)
        code = process.wait()
        log.seek(0)
        return _outcome(job, last, code, log.read().decode(errors="replace"))


def _outcome(job: Job, last: dict[str, Any], code: int, log: str) -> Outcome:
    if "summary" in last:
        return Outcome(job, last["summary"], tuple(last["quality"]))
    if "problems" in last:
        refused = BadInput(Problem(**problem) for problem in last["problems"])
        refused.exit_code = last["exit_code"]
        return Outcome(job, error=refused)
    if "failure" in last:
        return Outcome(job, error=JobFailed(f"{job.title}: {last['failure']}"))
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    return Outcome(job, error=JobFailed(f"{job.title}: {how} {log.strip()[-_TAIL_CHARS:]}".strip()))
