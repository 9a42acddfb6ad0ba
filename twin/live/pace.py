"""The pace of a run: when the next tick is due, on the monotonic clock, and where grid time stands in between."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twin.domain.time import QUARTER_HOUR


@dataclass
class Pace:
    """Grid seconds per wall second, or None at full speed. A late tick is not caught up: the next simply follows.

    Attributes:
        due: monotonic instant of the next regular tick. Steps of the wall clock do not move it.
    """

    factor: float | None
    due: float = field(default_factory=time.monotonic)

    @property
    def interval_s(self) -> float | None:
        """Wall time between two regular ticks."""
        return None if self.factor is None else QUARTER_HOUR.total_seconds() / self.factor

    def advance(self) -> None:
        """The regular tick is done; the next is an interval later."""
        if self.interval_s is not None:
            self.due = max(self.due + self.interval_s, time.monotonic())

    def left_s(self) -> float:
        """Wall time until the next regular tick; not more than 0 when it is due."""
        return 0.0 if self.factor is None else self.due - time.monotonic()

    def grid_time(self, next_as_of: datetime) -> datetime:
        """Where grid time stands, in whole seconds, before the next regular tick."""
        factor = self.factor or 1.0
        ahead = max((self.due - time.monotonic()) * factor, 1.0)
        return max(next_as_of - timedelta(seconds=int(ahead) + 1), next_as_of - QUARTER_HOUR + timedelta(seconds=1))
