"""Time on a machine that others use too: CPU time beside wall time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """How long something took: CPU time of this process and wall time [s]."""

    cpu_s: float
    wall_s: float

    def per(self, count: float) -> Span:
        """The share of one of ``count``."""
        return Span(self.cpu_s / count, self.wall_s / count)

    def __sub__(self, other: Span) -> Span:
        return Span(self.cpu_s - other.cpu_s, self.wall_s - other.wall_s)


def span_of(call: Callable[[], object]) -> Span:
    """Call it once."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return Span(time.process_time() - cpu, time.perf_counter() - wall)
