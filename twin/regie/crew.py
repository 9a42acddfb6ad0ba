"""The boxes' processes as a whole: one fork server, one worker per box; lost ones come back between the ticks.

With them go the pages that they read: the shared frame, and what is known ahead.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twin.domain.problems import Problems
from twin.regie.cast import Part
from twin.regie.forkserver import ForkServer, ForkServerDown
from twin.regie.shared_frame import SharedFrame
from twin.regie.workers import SharedFiles, Worker

_START_S = 120.0


class Crew:
    """Workers by instance name.

    Args:
        frame: rows that the boxes read; closed at `stop`.
        scratch: directory for temporary files of the boxes; made at `start`, removed at `stop`.
    """

    def __init__(self, frame: SharedFrame, scratch: Path, on_ops: Callable[[Mapping[str, Any]], None]) -> None:
        self.frame = frame
        self.ahead = os.memfd_create("regie-ahead")
        self.workers: dict[str, Worker] = {}
        self._cast: dict[str, bytes] = {}
        self._scratch = scratch
        self._on_ops = on_ops
        self._preload: tuple[str, ...] = ()
        self._server: ForkServer | None = None
        self._slept_s = slept_s()

    @property
    def server(self) -> ForkServer | None:
        """The fork server; None before `start` and after `stop`."""
        return self._server

    def start(self, cast: Mapping[str, Part]) -> None:
        """Start everything; returns when every box is built.

        Raises:
            BadInput: naming every box that could not be built in its own process.
            ForkServerDown: when the fork server does not come up.
        """
        begun = time.monotonic()
        files = SharedFiles(self.frame.fd, self.frame.capacity, self.ahead)
        for name, part in cast.items():
            scratch, memory_mb = self._scratch / name, part.seat.card.memory_mb
            self.workers[name] = Worker(name, part.description, files, memory_mb=memory_mb, scratch=scratch)
        self._cast = {name: part.description for name, part in cast.items()}
        self._preload = tuple(dict.fromkeys(m for part in cast.values() for m in part.seat.card.preload))
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        server = self._server = ForkServer(self._preload, self._scratch)
        server.await_ready()
        for worker in self.workers.values():
            worker.start(server)
        self._await_ready()
        for module, reason in server.failed.items():
            self._on_ops({"event": "preload_failed", "module": module, "reason": reason})
        self._on_ops({"event": "boxes_started", "count": len(cast), "seconds": time.monotonic() - begun})

    def plays(self, cast: Mapping[str, Part], frame: SharedFrame) -> bool:
        """Whether these very boxes are running here, on such a frame: built from the same bytes, they answer alike."""
        same = {name: part.description for name, part in cast.items()} == self._cast
        return self._server is not None and same and frame.keep_rows == self.frame.keep_rows

    def hand_over(self, on_ops: Callable[[Mapping[str, Any]], None]) -> None:
        """Who is told of restarts from now on: the processes serve another run."""
        self._on_ops = on_ops

    def look_after(self) -> None:
        """Before a tick: note a suspend of the host, collect workers that died unasked, bring lost ones back."""
        slept = slept_s()
        if slept - self._slept_s > 1.0:
            self._on_ops({"event": "host_suspended", "seconds": slept - self._slept_s})
        self._slept_s = slept
        for worker in self.workers.values():
            if worker.alive and worker.dead():
                worker.end()
        self.restart_dead()

    def restart_dead(self) -> None:
        """Fork every worker that has no process; it builds its box while the loop goes on."""
        dead = [worker for worker in self.workers.values() if not worker.alive]
        if not dead:
            return
        try:
            server = self.live_server()
            if server.ready():
                for worker in dead:
                    worker.start(server)
                    self._on_ops({"event": "box_restarted", "instance": worker.name, "starts": worker.starts})
        except ForkServerDown as error:
            self._on_ops({"event": "fork_server_lost", "reason": str(error)})

    def live_server(self) -> ForkServer:
        """The fork server, a new one if it was lost (which then needs seconds to import; see `ForkServer.ready`)."""
        if self._server is None:
            raise RuntimeError("the crew is not started")
        if not self._server.alive():
            self._on_ops({"event": "fork_server_replaced"})
            self._server.close()
            self._server = ForkServer(self._preload, self._scratch)
        return self._server

    def stop(self) -> None:
        """End every process and remove every temporary file."""
        for worker in self.workers.values():
            worker.end()
        if self._server is not None:
            self._server.close()
            self._server = None
        shutil.rmtree(self._scratch, ignore_errors=True)
        if self.ahead >= 0:
            os.close(self.ahead)
            self.frame.close()
            self.ahead = -1

    def _await_ready(self) -> None:
        problems = Problems()
        deadline = time.monotonic() + _START_S
        for name, worker in self.workers.items():
            answer = None
            while answer is None and not worker.ready and time.monotonic() < deadline:
                answer = worker.receive()
                if answer is None and not worker.ready:
                    worker.wait(0.5)
            if not worker.ready:
                why = answer.text if answer else f"not ready within {_START_S:g} s"
                problems.add(f"box {name!r}", why, "a box built in its own process", "see its constructor and memory_mb")
        problems.raise_if_any()


def slept_s() -> float:
    """Seconds the host was suspended since it booted; the monotonic clock, which deadlines use, stands still meanwhile."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
