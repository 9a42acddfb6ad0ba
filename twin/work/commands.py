"""Long jobs: one ``regie`` command at a time, at the lowest priority, in a process group of its own, with a log."""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from twin.work.spool import asked_files
from twin.work.table import JobTable

LOGS = "logs"
_NICE = 19
"""The lowest: a fit (10), which the loop may wait for, goes before a job that nobody waits for."""


@dataclass
class _Running:
    job: str
    process: subprocess.Popen[bytes]
    pidfd: int
    ending: bool = False


class Commands:
    """The queue of commands.

    Args:
        jobs: the work process's directory. ``lock``: its descriptor goes along, so that the directory is taken until the last
            job of a killed work process is gone too.
    """

    def __init__(self, jobs: Path, table: JobTable, lock: int) -> None:
        self._jobs = jobs
        self._table = table
        self._lock = lock
        self._running: _Running | None = None

    def descriptors(self) -> list[int]:
        """What becomes readable when a job ends."""
        return [] if self._running is None or self._running.pidfd < 0 else [self._running.pidfd]

    def pids(self) -> list[int]:
        """Its child: the running job's guard, parent of all others."""
        return [] if self._running is None else [self._running.process.pid]

    def look(self) -> None:
        """Take what was asked, note what has ended, start the next; never waits.

        A table that takes nothing changes nothing: the files stay, and the next look tries again.
        """
        with suppress(sqlite3.Error, OSError):
            self._take()
            if self._running is not None:
                self._follow(self._running)
            if self._running is None:
                self._start()

    def end(self) -> None:
        """End the running job at once; it waits for the next work process."""
        if self._running is not None:
            _clear(self._running)
            self._running = None

    def _take(self) -> None:
        for path, asked in asked_files(self._jobs):
            if asked.argv is None:
                self._table.cancel(asked.id)
            else:
                self._table.add(asked)
            path.unlink()

    def _follow(self, running: _Running) -> None:
        cancelled = self._table.to_cancel(running.job)
        if running.pidfd >= 0 and not select.select([running.pidfd], [], [], 0)[0]:
            if cancelled and not running.ending and running.process.stdin is not None:
                running.process.stdin.write(b"e")
                running.ending = True
            return
        code = _clear(running)
        state = "cancelled" if cancelled else "done" if code == 0 else "failed"
        old = self._table.end(running.job, state, f"exit code {code}")
        self._running = None
        for job in old:
            (self._jobs / LOGS / f"{job}.log").unlink(missing_ok=True)

    def _start(self) -> None:
        found = self._table.next_command()
        if found is None:
            return
        job, words, cwd = found
        folder = self._jobs / LOGS
        folder.mkdir(exist_ok=True)
        self._table.begin(job)
        try:
            with (folder / f"{job}.log").open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-c", "from twin.work.guard import main; main()", json.dumps(words)],
                    cwd=cwd,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=[self._lock],
                    start_new_session=True,
                    bufsize=0,
                    preexec_fn=lambda: os.nice(_NICE),  # noqa: PLW1509 - one thread here
                )
        except OSError as error:
            self._table.end(job, "failed", str(error))
            return
        self._running = _Running(job, process, os.pidfd_open(process.pid))


def _clear(running: _Running) -> int:
    """The guard's exit code; nothing of the job is left when this returns, also when the guard was killed."""
    if running.pidfd >= 0:
        if running.process.stdin is not None:
            running.process.stdin.close()
        os.waitid(os.P_PIDFD, running.pidfd, os.WEXITED | os.WNOWAIT)  # not reaped yet: its id, and its group's, stay taken
        with suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)
        os.close(running.pidfd)
        running.pidfd = -1
    return running.process.wait()
