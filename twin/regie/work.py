"""The loop's end of the work process: start it, wake it, start it again when it died, end it.

The two share files (`twin.regie.fit_files`) and a doorbell: a socket on which a message only says "look", or that the disk
took no answer. Whatever is lost on it is found again by the next look, so either may be killed at any moment.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.domain.lean import lean_main
from twin.regie.forkserver import child_environment

_PAUSE_S = 0.5
"""Between two starts: a process that cannot live must not take the machine with it."""
_END_S = 5.0
MAX_MESSAGE = 4096


class WorkProcess:
    """One process that trains and runs long jobs; ``python -c`` starts `twin.work.process`, which nothing here imports.

    Args:
        jobs: its directory, the only place where it writes.

    Attributes:
        preload: modules its fork server imports once. ``deaths``: how often it ended unasked.
        refused: fit -> why the disk did not take its answer yet.
    """

    def __init__(self, jobs: Path, on_ops: Callable[[Mapping[str, Any]], None]) -> None:
        self.preload: Sequence[str] = ()
        self.deaths = 0
        self.refused: dict[str, str] = {}
        self._jobs = jobs
        self._on_ops = on_ops
        self._process: subprocess.Popen[bytes] | None = None
        self._bell: socket.socket | None = None
        self._started = -_PAUSE_S

    @property
    def pid(self) -> int | None:
        """Process id, None while there is none."""
        return None if self._process is None else self._process.pid

    def keep(self) -> None:
        """Start it if it is not there; call from the main thread, with whose end the kernel ends it.

        Raises:
            OSError: when it cannot be started.
        """
        if self._process is not None and self._process.poll() is not None:
            self._on_ops({"event": "work_lost", "code": self._process.returncode})
            self.deaths += 1
            self._clear()
        if self._process is None and time.monotonic() - self._started >= _PAUSE_S:
            self._started = time.monotonic()
            self._start()

    def ring(self) -> None:
        """Ask it to look at its files."""
        if self._bell is not None:
            with suppress(OSError):  # it looks by itself, or is started again
                self._bell.send(b"{}")

    def wait(self, timeout_s: float) -> None:
        """Until it rings or ends, at most ``timeout_s``."""
        if self._bell is None:
            time.sleep(timeout_s)
            return
        select.select([self._bell], [], [], timeout_s)
        with suppress(BlockingIOError, ConnectionResetError):
            while message := self._bell.recv(MAX_MESSAGE):
                self.refused |= json.loads(message)
            with suppress(subprocess.TimeoutExpired):  # its end of the bell is closed: it is ending
                self._checked().wait(_PAUSE_S)

    def stop(self) -> None:
        """End it and everything below it; returns when they are gone."""
        if self._process is None:
            return
        if self._bell is not None:
            self._bell.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._clear()

    def _start(self) -> None:
        self._jobs.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        order = {"jobs": str(self._jobs), "bell": theirs.fileno(), "parent": os.getpid(), "preload": list(self.preload)}
        try:
            with theirs, (self._jobs / "work.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", lean_main("twin.work.process"), json.dumps(order)],
                    pass_fds=[theirs.fileno()],
                    env=child_environment(self._jobs / "run"),
                    cwd=self._jobs,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError:
            ours.close()
            raise
        self._bell = ours

    def _checked(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the work process is not started")
        return self._process

    def _clear(self) -> None:
        if self._bell is not None:
            self._bell.close()
        self._bell = self._process = None
