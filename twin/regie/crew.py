"""The boxes' processes as a whole: one fork server, one worker per box; lost ones come back between the ticks."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twin.domain.problems import Problems
from twin.regie.forkserver import ForkServer, ForkServerDown
from twin.regie.workers import Worker

_START_S = 120.0


class Crew:
    """Workers by instance name.

    Args:
        scratch: directory for temporary files of the boxes; made at `start`, removed at `stop`.
    """

    def __init__(self, scratch: Path, on_ops: Callable[[Mapping[str, Any]], None]) -> None:
        self.workers: dict[str, Worker] = {}
        self._scratch = scratch
        self._on_ops = on_ops
        self._preload: tuple[str, ...] = ()
        self._server: ForkServer | None = None
        self._slept_s = slept_s()

    @property
    def server(self) -> ForkServer | None:
        """The fork server; None before `start` and after `stop`."""
        return self._server

    def start(self, workers: Sequence[Worker], preload: Sequence[str]) -> None:
        """Start everything; returns when every box is built.

        Raises:
            BadInput: naming every box that could not be built in its own process.
            ForkServerDown: when the fork server does not come up.
        """
        begun = time.monotonic()
        self.workers = {worker.name: worker for worker in workers}
        self._preload = tuple(preload)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        server = self._server = ForkServer(self._preload, self._scratch)
        server.await_ready()
        for worker in workers:
            worker.start(server)
        self._await_ready()
        for module, reason in server.failed.items():
            self._on_ops({"event": "preload_failed", "module": module, "reason": reason})
        self._on_ops({"event": "boxes_started", "count": len(workers), "seconds": time.monotonic() - begun})

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
