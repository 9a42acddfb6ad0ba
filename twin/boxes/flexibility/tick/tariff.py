"""Which prices hold in every quarter hour ahead, and which of them belong to the running month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from twin.domain.time import QUARTER_HOUR


@dataclass(frozen=True)
class Calendar:
    """Local clock of the quarter hours ahead, dims (time,).

    Attributes:
        this_month: in the local month of the first one.
        month_start: the UTC instant at which that month began.
    """

    this_month: np.ndarray
    month_start: datetime


def calendar(as_of: datetime, steps: int, timezone: str) -> Calendar:
    """The local clock over ``steps`` quarter hours from ``as_of``."""
    zone = ZoneInfo(timezone)
    local = [(as_of + i * QUARTER_HOUR).astimezone(zone) for i in range(steps)]
    first = local[0].replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Calendar(
        this_month=np.array([(t.year, t.month) == (first.year, first.month) for t in local]),
        month_start=first.astimezone(UTC),
    )


def published_or(published: np.ndarray | None, static: np.ndarray) -> np.ndarray:
    """Published prices where there are any, the static tariff elsewhere, dims (time,)."""
    return static if published is None else np.where(np.isfinite(published), published, static)
