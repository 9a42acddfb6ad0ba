"""The preview process kept: its door stands open from the start, itself it comes with the first question.

The door is a socket of the work process, so a question that finds nobody waits in it until the next preview process takes it.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from twin.domain.lean import lean_main
from twin.regie.forkserver import child_environment
from twin.work.preview_port import SOCKET, address_of

_MODULE = "twin.preview.process"
"""By name: a solver is imported there, and nowhere in the work process."""
_NICE = 5
"""Below the loop, above fits (10) and jobs (19): a dispatcher waits for it."""
_BACKLOG = 64
_START_S = 120.0
_PAUSE_S = 1.0
_DIED = "the preview process died before it could answer; jobs/preview.log says why, ask again in some seconds"


class Previews:
    """Its door and its one process.

    Args:
        jobs: the work process's directory.
    """

    def __init__(self, jobs: Path) -> None:
        self._jobs = jobs
        self._door = _open(jobs / SOCKET)
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: socket.socket | None = None
        self._pidfd = -1
        self._until: float | None = None
        self._heard = False
        self._started = -_PAUSE_S

    def descriptors(self) -> list[int]:
        """What becomes readable when somebody asks while nobody is there, when it says something, and when it ends."""
        if self._watch is None:
            return [self._door.fileno()] if self._rested() else []
        return [self._watch.fileno(), self._pidfd]

    def pids(self) -> list[int]:
        """Its child."""
        return [] if self._process is None else [self._process.pid]

    def look(self) -> None:
        """Start it when somebody asks, end it when it hangs, note its end; never waits."""
        if self._process is not None:
            self._listen()
            if self._until is not None and time.monotonic() > self._until:
                self._process.kill()
            if select.select([self._pidfd], [], [], 0)[0]:
                self._clear()
        elif self._rested() and select.select([self._door], [], [], 0)[0]:
            self._start()

    def end(self) -> None:
        """End it, and close the door."""
        if self._process is not None:
            self._process.kill()
            self._clear()
        self._door.close()
        (self._jobs / SOCKET).unlink(missing_ok=True)

    def _rested(self) -> bool:
        """A process that cannot live must not take the machine with it."""
        return time.monotonic() - self._started >= _PAUSE_S

    def _listen(self) -> None:
        with suppress(OSError):
            while self._watch is not None and (message := self._watch.recv(4096)):
                self._heard = True
                self._until = json.loads(message)["until"]

    def _start(self) -> None:
        self._started = time.monotonic()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        order = {
            "jobs": str(self._jobs),
            "door": self._door.fileno(),
            "watch": theirs.fileno(),
            "parent": os.getpid(),
            "nice": _NICE,
        }
        try:
            with theirs, (self._jobs / "preview.log").open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", lean_main(_MODULE), json.dumps(order)],
                    pass_fds=[theirs.fileno(), self._door.fileno()],
                    env=child_environment(self._jobs / "run"),
                    cwd=self._jobs,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError:
            ours.close()
            self._turn_away()
            return
        self._watch, self._heard, self._until = ours, False, self._started + _START_S
        self._pidfd = os.pidfd_open(self._process.pid)

    def _clear(self) -> None:
        if self._process is None or self._watch is None:
            return
        self._process.wait()
        os.close(self._pidfd)
        self._watch.close()
        self._process, self._watch, self._until = None, None, None
        if not self._heard:  # one that cannot live must not be started again and again for the same questions
            self._turn_away()

    def _turn_away(self) -> None:
        """Tell whoever waits that nobody comes."""
        with suppress(OSError):
            while True:
                connection, _ = self._door.accept()
                with connection, suppress(OSError):
                    connection.settimeout(0.1)
                    connection.sendall(json.dumps({"unavailable": _DIED}).encode())
                    while connection.recv(1 << 16):  # closed with something unread, it would take our words along
                        pass


def _open(path: Path) -> socket.socket:
    """A listening socket that its owner alone may use, in place of what a killed predecessor left."""
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with address_of(path) as address:
            door.bind(address)
    finally:
        os.umask(before)
    door.listen(_BACKLOG)
    door.setblocking(False)
    return door
