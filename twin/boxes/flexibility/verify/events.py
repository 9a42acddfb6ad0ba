"""Calls for demand response, and the faults that a list of them can have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from twin.domain.problems import Problems
from twin.domain.time import from_datetime64, to_epoch_s


@dataclass(frozen=True)
class Event:
    """One call.

    Attributes:
        start, end: first instant of the call and the first after it, with a time zone.
        notice: when customers learned of it, or None where nobody knows.
        called_mw: power offered or contracted for every hour of the call [MW], or None.
    """

    start: datetime
    end: datetime
    notice: datetime | None = None
    called_mw: float | None = None

    @property
    def hours(self) -> float:
        """How long it lasts [h]."""
        return (self.end - self.start).total_seconds() / 3600.0

    @property
    def called_mwh(self) -> float:
        """Energy called [MWh]; NaN where no power is known."""
        return math.nan if self.called_mw is None else self.called_mw * self.hours

    @property
    def name(self) -> str:
        """How faults and tables call it: its start in UTC."""
        return f"event {self.start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def check_events(events: Sequence[Event], labels: np.ndarray, step_s: int, problems: Problems) -> None:
    """Note every fault of calls on meters whose intervals start at ``labels`` (UTC, dims (time,)), ``step_s`` apart."""
    if not events:
        problems.add("events", "none", "at least one", "add a row with its start and end")
    first, last = to_epoch_s(from_datetime64(labels[0])), to_epoch_s(from_datetime64(labels[-1])) + step_s
    for event in events:
        _check(event, step_s, problems)
        if to_epoch_s(event.start) < first or to_epoch_s(event.end) > last:
            span = f"within {from_datetime64(labels[0]):%Y-%m-%dT%H:%MZ} and {from_datetime64(labels[-1]):%Y-%m-%dT%H:%MZ}"
            problems.add(event.name, "outside the meters", span, "give meters that hold it, or leave it out")
    ordered = sorted(events, key=lambda each: each.start)
    for before, after in pairwise(ordered):
        if after.start < before.end:
            problems.add(after.name, f"begins during {before.name}", "one call at a time", "join the two, or verify them apart")


def _check(event: Event, step_s: int, problems: Problems) -> None:
    if event.end <= event.start:
        value = f"ends {event.end.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        problems.add(event.name, value, "an end after the start", "swap or correct the two")
    for which, instant in (("start", event.start), ("end", event.end)):
        if to_epoch_s(instant) % step_s:
            value = f"{which} {instant.astimezone(UTC):%H:%M:%S}Z lies inside an interval"
            problems.add(event.name, value, f"a multiple of {step_s // 60} min", "round it, or give finer meters")
    if event.notice is not None and event.notice > event.start:
        value = f"notice {event.notice.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        problems.add(event.name, value, "a notice at or before the start", "correct it, or leave it empty")
    if event.called_mw is not None and not (math.isfinite(event.called_mw) and event.called_mw > 0):
        problems.add(event.name, f"called_mw={event.called_mw:g}", "above 0 MW", "state the power offered, or leave it empty")
