"""Green hours: the renewable share that the coming day is expected to have, hour by hour, and which hours stand out."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from twin.contracts.public_snapshot import GreenHour
from twin.domain.time import QUARTER_HOUR, floor_quarter
from twin.regie.origin import Ledger, flows_of, mix

HOUR = timedelta(hours=1)
PER_HOUR = HOUR // QUARTER_HOUR
HOURS = 24
GREENEST = 0.75
"""Quantile of the day's hourly shares from which an hour counts as green, if it also stands out."""
STANDS_OUT = 0.01
"""How far an hour must lie above the day's mean: a point, for the page prints whole ones and calls the rest equally green."""
_NO_CO2 = {"pv": 0.0, "hydro": 0.0}


def green_hours(
    as_of: datetime,
    *,
    load_p_mw: np.ndarray,
    pv_p_mw: np.ndarray,
    hydro_p_mw: float,
    import_share: np.ndarray,
) -> tuple[GreenHour, ...]:
    """Expected share of the running hour, from now to its end, and of the 23 after it.

    Args:
        load_p_mw, pv_p_mw: median forecasts from the quarter hour of ``as_of`` on [MW]. ``import_share``: 0..1. Dims (time,).
        hydro_p_mw: held at its last power.

    NaN, and steps that a path does not reach, leave their hours unknown.
    """
    now = floor_quarter(as_of)
    first = now - timedelta(seconds=now.timestamp() % HOUR.total_seconds())
    passed = (now - first) // QUARTER_HOUR
    steps = HOURS * PER_HOUR - passed
    paths = (_reaching(path, steps) for path in (load_p_mw, pv_p_mw, import_share))
    quarters = [_share(load, pv, hydro_p_mw, imported) for load, pv, imported in zip(*paths, strict=True)]
    bounds = [0, *range(PER_HOUR - passed, steps + 1, PER_HOUR)]
    shares = np.array([np.mean(quarters[begin:end]) for begin, end in pairwise(bounds)])
    known = shares[np.isfinite(shares)]
    threshold = max(float(np.quantile(known, GREENEST)), float(known.mean()) + STANDS_OUT) if known.size else math.inf
    return tuple(
        GreenHour(start=first + i * HOUR, share=None if math.isnan(share) else round(share, 4), green=share >= threshold)
        for i, share in enumerate(shares.tolist())
    )


def _reaching(path: np.ndarray, steps: int) -> list[float]:
    known: list[float] = path[:steps].tolist()
    return known + [math.nan] * (steps - len(known))


def _share(load_p_mw: float, pv_p_mw: float, hydro_p_mw: float, import_share: float) -> float:
    """Expected share of one quarter hour; batteries, which shift and do not make energy, are left out."""
    flows = flows_of(load_p_mw - pv_p_mw - hydro_p_mw, pv_p_mw, hydro_p_mw, 0.0)
    share = mix(flows, Ledger(), import_share, 0.0, _NO_CO2).share
    return math.nan if share is None else share
