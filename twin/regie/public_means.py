"""Means over the publication interval: intervals that begin on the clock, told once, when they are over and complete.

Windows that slide would tell quarter hours by their differences, and an interval told twice, before and after a late reading,
would tell the meter that was late.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from twin.domain.quality import Quality, worst
from twin.domain.time import QUARTER_HOUR
from twin.origin.traced import UNKNOWN, Origin

Key = tuple[str, str]
"""A column of the frame: (signal, zone)."""


@dataclass(frozen=True)
class QuarterHour:
    """What one quarter hour gives to the means.

    Attributes:
        p_mw: by column, NaN where nobody knows or where few plants answered. ``flags``: its quality.
        zones: origin of what each zone consumed, as it was traced first; empty where nobody traced.
        injected_mw: into the town by all sources together; NaN where nobody traced.
    """

    start: datetime
    p_mw: Mapping[Key, float]
    flags: Mapping[Key, Quality]
    zones: Mapping[str, Origin] = field(default_factory=dict)
    injected_mw: float = math.nan


@dataclass(frozen=True)
class Means:
    """Means over one publication interval: powers [kW], None where a quarter hour is missing, quality, origins, injections."""

    start: datetime
    end: datetime
    p_kw: Mapping[Key, float | None]
    quality: Mapping[Key, Quality]
    zones: Mapping[str, Origin]
    injected_mw: float


@dataclass
class Window:
    """Collects the quarter hours of the running interval."""

    interval: timedelta
    _rows: deque[QuarterHour] = field(default_factory=deque)

    def add(self, row: QuarterHour) -> Means | None:
        """Take a quarter hour; the means, where it completes an interval of which every quarter hour was taken."""
        self._rows.append(row)
        end = row.start + QUARTER_HOUR
        if begin_of(end, self.interval) != end:
            return None
        rows = {each.start: each for each in self._rows if each.start >= end - self.interval}
        self._rows.clear()
        return _means(end - self.interval, end, list(rows.values())) if len(rows) == self.interval // QUARTER_HOUR else None


def begin_of(instant: datetime, interval: timedelta) -> datetime:
    """Begin, on the clock, of the interval of publication in which an instant lies."""
    return instant - timedelta(seconds=instant.timestamp() % interval.total_seconds())


def _means(start: datetime, end: datetime, rows: Sequence[QuarterHour]) -> Means:
    keys, names = rows[-1].p_mw, {name for row in rows for name in row.zones}
    return Means(
        start,
        end,
        {key: _mean_kw([row.p_mw.get(key, math.nan) for row in rows]) for key in keys},
        {key: worst([int(row.flags.get(key, Quality.INVALID)) for row in rows]) for key in keys},
        {name: mean_origin([row.zones.get(name, UNKNOWN) for row in rows]) for name in sorted(names)},
        sum(row.injected_mw for row in rows) / len(rows),
    )


def mean_origin(origins: Sequence[Origin]) -> Origin:
    """Origin of what was consumed in intervals of equal length; unknown where one of them consumed something unknown."""
    known = [origin for origin in origins if origin.p_mw != 0.0]  # NaN is among them
    total = sum(origin.p_mw for origin in known)
    mean = total / len(origins)
    if not total > 0.0:
        return Origin(mean)
    kinds = dict.fromkeys(kind for origin in known for kind in origin.parts)
    parts = {kind: sum(o.p_mw * o.parts.get(kind, 0.0) for o in known) / total for kind in kinds}
    share, made_here, co2 = (
        _weighted([(origin.p_mw, value) for origin, value in zip(known, values, strict=True)])
        for values in (
            [origin.share for origin in known],
            [origin.made_here for origin in known],
            [origin.co2_g_per_kwh for origin in known],
        )
    )
    return Origin(mean, parts, share, made_here, co2)


def _weighted(terms: Sequence[tuple[float, float | None]]) -> float | None:
    values = [(weight, value) for weight, value in terms if value is not None]
    if len(values) < len(terms):
        return None
    return sum(weight * value for weight, value in values) / sum(weight for weight, _ in values)


def _mean_kw(p_mw: Sequence[float]) -> float | None:
    mean = 1000.0 * sum(p_mw) / len(p_mw)
    return None if math.isnan(mean) else round(mean, 1)
