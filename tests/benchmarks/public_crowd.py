"""Viewers as the public page behaves, in a process of its own: real sockets, kept alive, one for each.

    python public_crowd.py PORT HOST ASSET,ASSET SEED

Reads ``{"viewers": n, "within_s": s}`` lines: so many shall be there, joining or leaving evenly within that time. Writes a line
of counts since the one before every few seconds. A viewer loads the page with its assets, then asks for ``live.json`` at
``next_at`` and a random 0 to 15 s, after 60 s at the latest, with the ETag of what it holds; who came too early for the new
snapshot asks again 5 s later.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import re
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from public_figures import bucket

LANGUAGES = ("de", "fr", "it", "en")
SPREAD_S, AGAIN_S, HEARTBEAT_S, PATIENCE_S = 15.0, 5.0, 60.0, 10.0
TELL_S = 5.0
SOURCES = 20
"""Loopback addresses that viewers come from: each has ephemeral ports of its own."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)


@dataclass
class Counts:
    """Since the last telling."""

    asked: int = 0
    reconnects: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    latency_ms: Counter[int] = field(default_factory=Counter)
    fresh_s: Counter[int] = field(default_factory=Counter)
    late_ms: float = 0.0


@dataclass
class Crowd:
    """What viewers share: where to, what to load first, and what a body says (read once, however many receive it)."""

    port: int
    host: str
    assets: tuple[str, ...]
    chance: random.Random
    counts: Counts = field(default_factory=Counts)
    connected: int = 0
    _told: dict[bytes, tuple[float, float]] = field(default_factory=dict)

    def published_and_next(self, body: bytes) -> tuple[float, float]:
        """Seconds since 1970 of a snapshot's publication and of the next one."""
        if body not in self._told:
            view = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            instants = (datetime.fromisoformat(view[name]).timestamp() for name in ("published_at", "next_at"))
            if len(self._told) > 64:
                self._told.clear()
            self._told[body] = (next(instants), next(instants))
        return self._told[body]


class Viewer(asyncio.Protocol):
    """One tab."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self._crowd, self._source = crowd, f"127.0.0.{2 + number % SOURCES}"
        self._language = LANGUAGES[number % len(LANGUAGES)]
        self._paths = [f"/{self._language}/", *crowd.assets]
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._buffer, self._etag = b"", b""
        self._held, self._next, self._asked = 0.0, 0.0, 0.0
        self._left, self._kept = False, False

    # ------------------------------------------------------------------------------------------ asking

    def ask(self, due: float = 0.0) -> None:
        """Ask for what comes next, on a new connection where the last one is gone.

        Args:
            due: loop time at which this was meant to happen.
        """
        if self._left:
            return
        loop, counts = asyncio.get_running_loop(), self._crowd.counts
        if due:
            counts.late_ms = max(counts.late_ms, 1000.0 * (loop.time() - due))
        self._asked, counts.asked = loop.time(), counts.asked + 1
        self._limit = loop.call_later(PATIENCE_S, self._failed, "no answer within 10 s")
        self._kept = self._transport is not None
        if self._kept:
            self._send()
        else:
            self._connecting = loop.create_task(self._connect(loop))

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            await loop.create_connection(lambda: self, "127.0.0.1", self._crowd.port, local_addr=(self._source, 0))
        except OSError as problem:
            self._failed(f"{type(problem).__name__} {problem.errno}")

    def _send(self) -> None:
        path = self._paths[0] if self._paths else f"/{self._language}/live.json"
        known = b"" if self._paths or not self._etag else b"If-None-Match: " + self._etag + b"\r\n"
        head = f"GET {path} HTTP/1.1\r\nHost: {self._crowd.host}\r\nAccept-Encoding: gzip\r\n"
        assert self._transport is not None
        self._transport.write(head.encode() + known + b"\r\n")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask at once: that is why it was made."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._crowd.connected += 1
        if self._left:
            transport.abort()
        else:
            self._send()

    def connection_lost(self, _reason: Exception | None) -> None:
        """An idle connection may be closed, also while the next question was on its way: a browser then asks on a new one."""
        begun, self._transport, self._buffer = bool(self._buffer), None, b""
        self._crowd.connected -= 1
        if self._limit is None or (self._kept and not begun):
            self._crowd.counts.reconnects += not self._left
            if self._limit is not None:
                self._kept = False
                loop = asyncio.get_running_loop()
                self._connecting = loop.create_task(self._connect(loop))
        else:
            self._failed("closed while asked")

    def leave(self) -> None:
        """Close the tab."""
        self._left = True
        for handle in (self._timer, self._limit):
            if handle is not None:
                handle.cancel()
        self._limit = None
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------------------------------------ answers

    def data_received(self, data: bytes) -> None:
        """Take a whole answer: its head, and as much as it says it is long."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head, status = self._buffer[:end], int(self._buffer[9:12])
        length = _LENGTH.search(head)
        whole = end + 4 + (int(length[1]) if length and status != 304 else 0)
        if len(self._buffer) < whole or self._limit is None:
            return
        body, self._buffer = self._buffer[end + 4 : whole], b""
        self._limit.cancel()
        self._limit = None
        loop, counts = asyncio.get_running_loop(), self._crowd.counts
        counts.latency_ms[bucket(1000.0 * (loop.time() - self._asked))] += 1
        if status not in (200, 304):
            counts.errors[f"status {status}"] += 1
        elif self._paths:
            self._paths.pop(0)
            self.ask()
            return
        elif status == 200:
            tag = _ETAG.search(head)
            self._etag = tag[1] if tag else b""
            self._take(body)
        self._plan()

    def _take(self, body: bytes) -> None:
        """How long after its publication a snapshot is here; one that never came counts from when it was due."""
        published, following = self._crowd.published_and_next(body)
        if published > self._held:
            now, fresh = time.time(), self._crowd.counts.fresh_s
            if self._held:
                fresh[bucket(now - published)] += 1
                if published - self._next > 0.5 * (following - published):
                    fresh[bucket(now - self._next)] += 1
            self._held, self._next = published, following

    def _failed(self, reason: str) -> None:
        self._crowd.counts.errors[reason] += 1
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        if self._transport is not None:
            self._transport.abort()
        if not self._left:
            self._plan()

    def _plan(self) -> None:
        until, drawn = self._next - time.time(), self._crowd.chance.random()
        if until > 0.0:
            wait_s = min(until + SPREAD_S * drawn, HEARTBEAT_S)
        else:  # too early for the new one, or nobody knows when it comes
            wait_s = AGAIN_S * (0.9 + 0.2 * drawn) if until > -SPREAD_S else HEARTBEAT_S
        loop = asyncio.get_running_loop()
        due = loop.time() + wait_s
        self._timer = loop.call_at(due, self.ask, due)


def told(crowd: Crowd) -> dict[str, Any]:
    """What happened since this was asked last, and the processor time of all so far."""
    counts, crowd.counts = crowd.counts, Counts()
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "asked": counts.asked,
        "reconnects": counts.reconnects,
        "errors": counts.errors,
        "latency_ms": counts.latency_ms,
        "fresh_s": counts.fresh_s,
        "late_ms": counts.late_ms,
        "connected": crowd.connected,
        "cpu_s": spent.ru_utime + spent.ru_stime,
    }


async def crowded(crowd: Crowd) -> None:
    """Do as the lines on standard input say, until they end."""
    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    viewers: list[Viewer] = []

    def tell() -> None:
        sys.stdout.write(json.dumps(told(crowd)) + "\n")
        sys.stdout.flush()

    async def keep_telling() -> None:
        while True:
            await asyncio.sleep(TELL_S)
            tell()

    telling = loop.create_task(keep_telling())
    while line := await lines.readline():
        wanted = json.loads(line)
        more = wanted["viewers"] - len(viewers)
        for number in range(abs(more)):
            later_s = number * wanted["within_s"] / abs(more)
            if more > 0:
                viewers.append(Viewer(crowd, len(viewers)))
                loop.call_later(later_s, viewers[-1].ask)
            else:
                loop.call_later(later_s, viewers.pop().leave)
    telling.cancel()
    tell()


def main() -> int:
    """Be a crowd until standard input ends."""
    port, host, assets, seed = sys.argv[1:5]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.nice(10)  # they stand for other machines: what is measured goes first
    crowd = Crowd(int(port), host, tuple(filter(None, assets.split(","))), random.Random(int(seed)))
    asyncio.run(crowded(crowd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
