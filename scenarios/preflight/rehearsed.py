"""One tick before air: everything starts as it would, on a scratch directory, and the first quarter hour is run through."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scenarios.preflight.host import used_bytes
from twin.adapters.ready import Ready
from twin.live.options import first_as_of
from twin.regie.tick import Moment, Tick
from twin.wiring import Progress, Window, Wired, wire


@dataclass(frozen=True)
class Rehearsed:
    """The first tick as it would be.

    Attributes:
        tick_s: its wall time. ``used_bytes``: memory of the loop and everything that it started.
        box_bytes: of each box's process. ``own_ms``: time inside each box. ``fit_s``: of each training.
        journal_bytes: what the tick added to the journal.
    """

    wired: Wired
    tick: Tick
    tick_s: float
    used_bytes: int
    box_bytes: Mapping[str, int]
    own_ms: Mapping[str, float]
    fit_s: Mapping[str, float]
    journal_bytes: int


@contextmanager
def rehearsed(ready: Ready, start: datetime, progress: Progress) -> Iterator[Rehearsed]:
    """The tick with its processes still there; they end, and the directory goes, when the block is left.

    Raises:
        BadInput: naming every box that could not be built in its own process.
        SourceFailed: when a source of telemetry cannot go on.
        JournalUnavailable: when the scratch directory takes no journal.
    """
    told: list[Mapping[str, Any]] = []
    with TemporaryDirectory(prefix="regie-preflight-") as scratch:
        state = Path(scratch)
        wired = wire(ready, Window(start, 1), state, progress, told.append)
        runner = wired.parts.runner
        try:
            progress("boxes", 0.0)
            runner.start()
            progress("history", 0.3)
            wired.loop.begin(start)
            progress("tick", 0.8)
            begun, before = time.monotonic(), _size(state)
            tick = wired.loop.tick(Moment(first_as_of(Window(start, 1))))
            took = time.monotonic() - begun
            boxes = {name: used_bytes([worker.pid]) for name, worker in runner.crew.workers.items()}
            progress("tick", 1.0)
            yield Rehearsed(
                wired,
                tick,
                took,
                used_bytes([os.getpid()]) + sum(boxes.values()),
                boxes,
                next((event["own_ms"] for event in reversed(told) if event["event"] == "boxes_run"), {}),
                {event["instance"]: event["seconds"] for event in told if event["event"] == "fit"},
                max(_size(state) - before, 0),
            )
        finally:
            runner.stop()
            wired.parts.journal.close()


def _size(state: Path) -> int:
    """Bytes of journal and log."""
    return sum(path.stat().st_size for path in state.glob("journal.sqlite*"))
