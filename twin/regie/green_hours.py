"""Green hours: the renewable share that the coming two days are expected to have, hour by hour, and which hours stand out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from twin.contracts.public_snapshot import ComingHour
from twin.domain.time import QUARTER_HOUR, floor_quarter

HOUR = timedelta(hours=1)
PER_HOUR = HOUR // QUARTER_HOUR
HOURS = 48
DAY = 24
GREENEST = 0.75
"""Quantile of the hourly shares of its 24 hours from which an hour counts as green, if it also stands out."""
STANDS_OUT = 0.01
"""How far an hour must lie above their mean: a point, for the page prints whole ones and calls the rest equally green."""
_DIGITS = 4


@dataclass(frozen=True)
class Ahead:
    """What is expected from the quarter hour of now on, 0..1, dims (time,); NaN and steps that a path does not reach: unknown.

    Attributes:
        share: of renewable energy. ``low``, ``high``: its 5 % and 95 % quantiles; empty where nobody tells them.
        parts: of each source kind.
    """

    share: np.ndarray
    low: np.ndarray = field(default_factory=lambda: np.empty(0))
    high: np.ndarray = field(default_factory=lambda: np.empty(0))
    parts: Mapping[str, np.ndarray] = field(default_factory=dict)


def coming_hours(as_of: datetime, ahead: Ahead) -> tuple[ComingHour, ...]:
    """The running hour, from now to its end, and the 47 after it.

    A band is the mean of the bands of its quarter hours: within an hour a forecast errs alike. Parts are those of the medians,
    brought to a sum of one.
    """
    now = floor_quarter(as_of)
    first = now - timedelta(seconds=now.timestamp() % HOUR.total_seconds())
    passed = (now - first) // QUARTER_HOUR
    bounds = [0, *range(PER_HOUR - passed, HOURS * PER_HOUR - passed + 1, PER_HOUR)]
    share, low, high = (_hourly(path, bounds) for path in (ahead.share, ahead.low, ahead.high))
    parts = {kind: _hourly(path, bounds) for kind, path in ahead.parts.items()}
    green = np.concatenate([_stand_out(share[begin : begin + DAY]) for begin in range(0, HOURS, DAY)])
    return tuple(
        ComingHour(
            start=first + i * HOUR,
            share=_known(share[i]),
            low=_known(low[i]),
            high=_known(high[i]),
            parts={} if math.isnan(share[i]) else _whole({kind: path[i] for kind, path in parts.items()}),
            green=bool(green[i]),
        )
        for i in range(HOURS)
    )


def _hourly(path: np.ndarray, bounds: list[int]) -> np.ndarray:
    reaching = np.full(bounds[-1], np.nan)
    reaching[: len(path)] = path[: bounds[-1]]
    return np.array([reaching[begin:end].mean() for begin, end in pairwise(bounds)])


def _stand_out(shares: np.ndarray) -> np.ndarray:
    """Which of a day's hours are green, dims (hour,); an unknown one never is."""
    known = shares[np.isfinite(shares)]
    if not known.size:
        return np.zeros(len(shares), dtype=bool)
    return shares >= max(float(np.quantile(known, GREENEST)), float(known.mean()) + STANDS_OUT)


def _whole(parts: Mapping[str, float]) -> dict[str, float]:
    total = sum(parts.values())
    return {kind: round(part / total, _DIGITS) for kind, part in parts.items()} if total > 0.0 else {}


def _known(share: float) -> float | None:
    return None if math.isnan(share) else round(float(share), _DIGITS)
