"""The loop's end of the fork server: start it, ask it for workers, end it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.domain.lean import lean_main

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMEXPR", "NUMBA")
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}
_FORK_S = 1.0
"""A fork takes 10 ms, and the tick waits for it."""
_START_S = 120.0


def child_environment(scratch: Path) -> dict[str, str]:
    """What a process below this one finds in its environment: one thread a library, our paths, the same order of names.

    Args:
        scratch: where its temporary files go.
    """
    # The paths of this process, made absolute: a checkout that is not installed must import there too.
    paths = [str(Path(entry or ".").absolute()) for entry in sys.path]
    return {
        **os.environ,
        **_ONE_THREAD,
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONHASHSEED": "0",  # the order of a set of names is the same in every run
        "TMPDIR": str(scratch),
    }


class ForkServerDown(RuntimeError):
    """The fork server is gone or does not answer; the supervisor starts another one."""


class ForkServer:
    """See `twin.regie.preload` for the other end.

    Args:
        modules: imported once, before the first fork. ``scratch``: where temporary files of the libraries go.
    """

    def __init__(self, modules: Sequence[str], scratch: Path) -> None:
        self.modules = tuple(modules)
        self.failed: dict[str, str] = {}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = ours
        self._begun = time.monotonic()
        self._ready = self._killed = False
        order = {"channel": theirs.fileno(), "parent": os.getpid(), "modules": list(self.modules)}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", lean_main("twin.regie.preload"), json.dumps(order)],
                pass_fds=[theirs.fileno()],
                env=child_environment(scratch),
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def alive(self) -> bool:
        """False once it has ended, or was given up."""
        return not self._killed and self._process.poll() is None

    def await_ready(self) -> None:
        """Wait until everything is imported.

        Raises:
            ForkServerDown: see `ready`.
        """
        while not self.ready(_START_S):
            pass

    def ready(self, timeout_s: float = 0.0) -> bool:
        """True once everything is imported; waits up to ``timeout_s``.

        Raises:
            ForkServerDown: when it ended while importing, or has imported for two minutes.
        """
        if not self._ready:
            self._channel.settimeout(timeout_s)
            try:
                message = self._channel.recv(65536)
            except (BlockingIOError, TimeoutError):
                if time.monotonic() - self._begun < _START_S:
                    return False
                self._give_up()
                raise ForkServerDown(f"the fork server is not ready within {_START_S:g} s") from None
            except OSError as error:
                raise ForkServerDown(str(error)) from error
            if not message:
                raise ForkServerDown("the fork server ended while importing")
            self.failed = json.loads(message)["failed"]
            self._ready = True
        return True

    def fork(self, order: Mapping[str, Any], descriptors: Sequence[int]) -> tuple[int, int]:
        """A new worker: its process id and a pidfd for it.

        Raises:
            ForkServerDown: when the server is gone, or silent for a second. It is not asked again: what it might still say
                would be taken for the answer to the next order.
        """
        try:
            self._channel.settimeout(_FORK_S)
            socket.send_fds(self._channel, [json.dumps(order).encode()], list(descriptors))
            data, received, _, _ = socket.recv_fds(self._channel, 4096, 1)
        except OSError as error:
            self._give_up()
            raise ForkServerDown(f"the fork server does not answer: {error}") from error
        if not data or not received:
            raise ForkServerDown("the fork server has ended")
        return int(json.loads(data)["pid"]), received[0]

    def close(self, timeout_s: float = 5.0) -> None:
        """End the server and every process below it; returns when they are gone."""
        self._channel.close()
        if not self._ready:  # while it imports it does not look at its channel, and has nothing below it
            self._give_up()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._give_up()
            self._process.wait()

    def _give_up(self) -> None:
        """Kill it; the kernel ends its workers with it."""
        self._killed = True
        self._process.kill()
