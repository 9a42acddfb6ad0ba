"""A run of viewers against the public view: its phases, the clients' processes, and a line of counts every ten seconds."""

from __future__ import annotations

import asyncio
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from public_feeder import Feeder
from public_served import Loop, Served

LINE_S = 10.0
JOIN_S = 60.0
BURST_S = 300.0
A_PROCESS = 7500
"""Viewers of one client process: below its limit of files, and far below a core."""


@dataclass(frozen=True)
class Phase:
    """So many viewers for so long; they join or leave evenly within its first ``within_s``."""

    name: str
    seconds: float
    viewers: int
    within_s: float = 0.0


def phases(viewers: int, asked_s: float, *, quiet_s: float, burst: bool) -> list[Phase]:
    """A run: nobody, so that the loop shows its own pace; all join and stay; half as many more come and go; nobody again.

    Args:
        asked_s: length of what is measured, steady and burst together [s].
        quiet_s: of each of the two spells without viewers.
    """
    burst_s = min(BURST_S, asked_s / 4.0) if burst else 0.0
    part_s = (asked_s - burst_s) / 2.0 if burst else asked_s
    found = [Phase("quiet", quiet_s, 0), Phase("joining", JOIN_S + 5.0, viewers, JOIN_S), Phase("steady", part_s, viewers)]
    if burst:
        many = viewers + viewers // 2
        found += [Phase("joining", 35.0, many, 30.0), Phase("burst", burst_s, many), Phase("joining", 35.0, viewers, 30.0)]
        found.append(Phase("steady", part_s, viewers))
    return [phase for phase in (*found, Phase("joining", 15.0, 0, 10.0), Phase("quiet", quiet_s, 0)) if phase.seconds > 0.0]


@dataclass
class Tally:
    """What the clients told since the last line."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    latency_ms: Counter[str] = field(default_factory=Counter)
    fresh_s: Counter[str] = field(default_factory=Counter)
    late_ms: float = 0.0

    def add(self, told: dict[str, Any]) -> None:
        """One client process's line."""
        self.counts.update({"asked": told["asked"], "reconnects": told["reconnects"]})
        for name in ("errors", "latency_ms", "fresh_s"):
            getattr(self, name).update(told[name])
        self.late_ms = max(self.late_ms, told["late_ms"])


class Clients:
    """The clients' processes."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._processes: list[asyncio.subprocess.Process] = []
        self._reading: list[asyncio.Task[None]] = []
        self._cpu_s: dict[int, float] = {}
        self._connected: dict[int, int] = {}

    async def start(self, served: Served, peak: int) -> None:
        """As many processes as ``peak`` viewers need."""
        script, assets = str(Path(__file__).with_name("public_crowd.py")), ",".join(served.assets())
        for number in range(math.ceil(peak / A_PROCESS)):
            command = [sys.executable, script, str(served.port), served.host, assets, str(number)]
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, start_new_session=True)
            self._processes.append(process)
            self._reading.append(asyncio.create_task(self._read(number, process)))

    async def _read(self, number: int, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            told = json.loads(line)
            self._cpu_s[number], self._connected[number] = told["cpu_s"], told["connected"]
            self.tally.add(told)

    def turn_to(self, viewers: int, within_s: float) -> None:
        """So many viewers in all, spread over the processes."""
        share, rest = divmod(viewers, len(self._processes))
        for number, process in enumerate(self._processes):
            assert process.stdin is not None
            process.stdin.write((json.dumps({"viewers": share + (number < rest), "within_s": within_s}) + "\n").encode())

    @property
    def cpu_s(self) -> float:
        """Processor time of all clients so far."""
        return sum(self._cpu_s.values())

    @property
    def connected(self) -> int:
        """Open connections."""
        return sum(self._connected.values())

    async def end(self) -> None:
        """Close all."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        await asyncio.gather(*(process.wait() for process in self._processes), *self._reading)


@dataclass
class Run:
    """One start of a run.

    Attributes:
        number: of this start, from 0. ``loop``: on air beside it, or None.
        write: takes each line of counts.
        ended: set when the run shall end early.
    """

    number: int
    served: Served
    feeder: Feeder
    loop: Loop | None
    write: Callable[[dict[str, Any]], None]
    ended: asyncio.Event

    async def go(self, plan: Sequence[Phase]) -> None:
        """Play the phases; told to end, stop within a line's time."""
        clients, feeding = Clients(), asyncio.create_task(self._feed())
        await clients.start(self.served, max(phase.viewers for phase in plan))
        self._begun = time.monotonic()
        try:
            for phase in plan:
                clients.turn_to(phase.viewers, phase.within_s)
                await self._play(phase, clients)
        finally:
            feeding.cancel()
            await clients.end()

    async def _feed(self) -> None:
        while True:
            await asyncio.sleep(min(self.feeder.feed(datetime.now(UTC)), 1.0))

    async def _play(self, phase: Phase, clients: Clients) -> None:
        until = time.monotonic() + phase.seconds
        while not self.ended.is_set() and time.monotonic() < until - 0.5:
            before, begun = self._spent(clients), time.monotonic()
            with suppress(TimeoutError):  # nobody told it to end: the usual case
                await asyncio.wait_for(self.ended.wait(), min(LINE_S, until - begun))
            self._tell(phase, clients, before, begun)

    def _spent(self, clients: Clients) -> tuple[float, float, float]:
        return self.served.cpu_s(), self.served.export_cpu_s(), clients.cpu_s

    def _tell(self, phase: Phase, clients: Clients, before: tuple[float, float, float], begun: float) -> None:
        now, tally, clients.tally = time.monotonic(), clients.tally, Tally()
        cpu_s, export_cpu_s, client_cpu_s = (
            after - earlier for after, earlier in zip(self._spent(clients), before, strict=True)
        )
        ticks = self.loop.ticks() if self.loop is not None else []
        self.write(
            {
                "run": self.number,
                "phase": phase.name,
                "viewers": phase.viewers,
                "at_s": round(now - self._begun, 2),
                "wall_s": now - begun,
                "cpu_s": cpu_s,
                "export_cpu_s": export_cpu_s,
                "client_cpu_s": client_cpu_s,
                "asked": tally.counts["asked"],
                "reconnects": tally.counts["reconnects"],
                "errors": tally.errors,
                "latency_ms": tally.latency_ms,
                "fresh_s": tally.fresh_s,
                "client_late_ms": tally.late_ms,
                "connected": clients.connected,
                "rss_mb": self.served.rss_mb(),
                "ticks_ms": [ms for ms, _ in ticks],
                "misses": sum(missed for _, missed in ticks),
                "load": os.getloadavg()[0],
            }
        )
