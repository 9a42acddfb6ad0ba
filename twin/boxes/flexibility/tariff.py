"""What a kilowatt-hour costs in every quarter hour ahead, and which of them belong to the running month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from twin.domain.time import QUARTER_HOUR

SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Local clock of the quarter hours ahead, dims (time,).

    Attributes:
        hour: local hour. ``workday``: Monday to Friday. ``this_month``: in the local month of the first one.
        month_start: the UTC instant at which that month began.
    """

    hour: np.ndarray
    workday: np.ndarray
    this_month: np.ndarray
    month_start: datetime


def calendar(as_of: datetime, steps: int, timezone: str) -> Calendar:
    """The local clock over ``steps`` quarter hours from ``as_of``."""
    zone = ZoneInfo(timezone)
    local = [(as_of + i * QUARTER_HOUR).astimezone(zone) for i in range(steps)]
    first = local[0].replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Calendar(
        hour=np.array([t.hour for t in local]),
        workday=np.array([t.weekday() < SATURDAY for t in local]),
        this_month=np.array([(t.year, t.month) == (first.year, first.month) for t in local]),
        month_start=first.astimezone(UTC),
    )


def static_grid_chf_per_kwh(tariff: Mapping[str, Any], clock: Calendar) -> np.ndarray:
    """Grid usage by high hours (local hours [from, to) on working days) and low hours, dims (time,)."""
    start, end = tariff["high_hours"]
    high = clock.workday & (clock.hour >= start) & (clock.hour < end)
    prices = tariff["grid_chf_per_kwh"]
    return np.where(high, float(prices["high"]), float(prices["low"]))


def published_or(published: np.ndarray | None, static: np.ndarray) -> np.ndarray:
    """Published prices where there are any, the static tariff elsewhere, dims (time,)."""
    return static if published is None else np.where(np.isfinite(published), published, static)
