"""Made-up meters: a town's load and a plant under clouds, with stamps as a meter's export writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np


def stamps(first: str, rows: int, step_min: int = 15, zone: str = "UTC") -> list[str]:
    """Wall-clock stamps without offset, as a meter's export writes them."""
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return [
        (start + timedelta(minutes=step_min * row)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") for row in range(rows)
    ]


def town(rows: int, per_day: int = 96, seed: int = 1) -> np.ndarray:
    """A load of 100 to 300 kW with a daily and a weekly shape and some noise, in kW, to a tenth."""
    day = np.arange(rows) / per_day
    shape = 200.0 + 70.0 * np.sin(2 * np.pi * (day - 0.3)) + 20.0 * (day % 7 < 5)
    return np.round(shape + np.random.default_rng(seed).normal(0.0, 4.0, rows), 1)


def plant(rows: int, per_day: int = 96, seed: int = 1) -> np.ndarray:
    """A plant of about 50 kW under changing clouds, zero by night, in kW, to a tenth."""
    rng = np.random.default_rng(seed)
    height = np.maximum(0.0, np.sin(2 * np.pi * (np.arange(rows) / per_day - 0.25)))
    cloud = np.repeat(rng.uniform(0.3, 1.0, rows // per_day + 1), per_day)[:rows] * rng.uniform(0.7, 1.0, rows)
    return np.round(50.0 * height * cloud, 1)
