"""Instants of a document as hours after its start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np


@dataclass(frozen=True)
class Clock:
    """The plan's time grid.

    Attributes:
        start: first instant, UTC. ``timezone``: of stamps without offset. ``hours``: length of every step.
    """

    start: datetime
    timezone: str
    hours: tuple[float, ...]

    @classmethod
    def of(cls, start: datetime, timezone: str, hours: tuple[float, ...]) -> Clock:
        """With a start that is local time unless it has an offset."""
        return cls(_utc(start, timezone), timezone, hours)

    @property
    def edges_h(self) -> np.ndarray:
        """Start of every step and end of the last [h after the start], dims (step + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.hours)])

    @property
    def end_h(self) -> float:
        """Length of the plan [h]."""
        return float(sum(self.hours))

    @property
    def starts(self) -> list[datetime]:
        """Start of every step, UTC."""
        return [self.start + timedelta(seconds=round(3600.0 * h)) for h in self.edges_h[:-1].tolist()]

    def hour(self, instant: str) -> float:
        """Hours after the start of "+3h", "+90min" or an ISO instant; negative before it.

        Raises:
            ValueError: where it is neither.
        """
        if instant.startswith("+"):
            text = instant[1:].replace(" ", "")
            return float(text[:-3]) / 60.0 if text.endswith("min") else float(text.removesuffix("h"))
        at = _utc(datetime.fromisoformat(instant), self.timezone)
        return (at - self.start).total_seconds() / 3600.0

    def present(self, from_h: float, to_h: float) -> np.ndarray:
        """Share of every step between two hours, 0..1, dims (step,)."""
        edges = np.clip(self.edges_h, from_h, max(to_h, from_h))
        return np.diff(edges) / np.asarray(self.hours)


def _utc(instant: datetime, timezone: str) -> datetime:
    return (instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
