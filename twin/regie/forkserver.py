"""The loop's end of the fork server: start it, ask it for workers, end it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMEXPR", "NUMBA")
_ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}
_FORK_TIMEOUT_S = 5.0


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
        self._ready = False
        order = {"channel": theirs.fileno(), "parent": os.getpid(), "modules": list(self.modules)}
        # The paths of this process, made absolute: a checkout that is not installed must import there too.
        paths = [str(Path(entry or ".").absolute()) for entry in sys.path]
        environment = {
            **os.environ,
            **_ONE_THREAD,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONHASHSEED": "0",  # the order of a set of names is the same in every run
            "TMPDIR": str(scratch),
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from twin.regie.preload import main; main()", json.dumps(order)],
                pass_fds=[theirs.fileno()],
                env=environment,
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
        """False once it has ended."""
        return self._process.poll() is None

    def ready(self, timeout_s: float = 0.0) -> bool:
        """True once everything is imported; waits up to ``timeout_s``.

        Raises:
            ForkServerDown: when it ended while importing.
        """
        if not self._ready:
            self._channel.settimeout(timeout_s)
            try:
                message = self._channel.recv(65536)
            except (BlockingIOError, TimeoutError):
                return False
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
            ForkServerDown: when the server is gone or silent for five seconds.
        """
        try:
            self._channel.settimeout(_FORK_TIMEOUT_S)
            socket.send_fds(self._channel, [json.dumps(order).encode()], list(descriptors))
            data, received, _, _ = socket.recv_fds(self._channel, 4096, 1)
        except OSError as error:
            raise ForkServerDown(f"the fork server does not answer: {error}") from error
        if not data or not received:
            raise ForkServerDown("the fork server has ended")
        return int(json.loads(data)["pid"]), received[0]

    def close(self, timeout_s: float = 5.0) -> None:
        """End the server and every process below it; returns when they are gone."""
        self._channel.close()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
