"""Many cars behind one substation: the expectation of what `twin.plant.cars` does car by car.

The expectation over arrival and energy is a midpoint rule on their distributions, through the same charging law.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S
from twin.plant.cars import (
    ARRIVAL_H,
    ARRIVAL_LIMITS_H,
    PLUG_SHARE,
    SESSION_MWH,
    SESSION_SPREAD,
    WINTER_FACTOR,
    is_winter,
)
from twin.plant.charging import uptake_mwh
from twin.plant.clock import DAY_S, is_weekend

QUARTERS = 192  # two local days: a session that begins in the evening may end after midnight
_ARRIVALS, _ENERGIES = 96, 8


@lru_cache(maxsize=64)
def session_power_mw(rated_mw: float, weekend: bool, winter: bool) -> np.ndarray:
    """Expected power of one car over the two days from its day of arrival on [MW], dims (192,).

    Args:
        rated_mw: the charger. ``weekend``, ``winter``: of the day of arrival.
    """
    mean, deviation = ARRIVAL_H[int(weekend)]
    arrival = np.clip(mean + deviation * ndtri((np.arange(_ARRIVALS) + 0.5) / _ARRIVALS), *ARRIVAL_LIMITS_H)
    spread = 1.0 + SESSION_SPREAD * (2.0 * (np.arange(_ENERGIES) + 0.5) / _ENERGIES - 1.0)
    energy = SESSION_MWH * spread * (WINTER_FACTOR if winter else 1.0)
    edges = np.arange(QUARTERS + 1) * HOURS_PER_STEP
    since = np.clip(edges[:, None, None] - arrival[None, :, None], 0.0, None)
    shape = np.broadcast_shapes(since.shape, energy.shape)
    wanted, hours = np.broadcast_to(energy, shape), np.broadcast_to(since, shape)
    rated = np.full(shape, rated_mw)
    taken = uptake_mwh(wanted, wanted, rated, rated, hours)
    return PLUG_SHARE * np.diff(taken.mean(axis=(1, 2))) / HOURS_PER_STEP


def expected_power_mw(rated_mw: float, local_s: np.ndarray) -> np.ndarray:
    """Expected power of one car at local quarter hours, sessions of the day before included [MW], dims (time,)."""
    day = local_s // DAY_S
    quarter = (local_s % DAY_S) // QUARTER_HOUR_S
    power = np.zeros(len(local_s))
    for back in (0, 1):
        for weekend in (False, True):
            for winter in (False, True):
                table = session_power_mw(rated_mw, weekend, winter)
                mine = (is_weekend(day - back) == weekend) & (is_winter(day - back) == winter)
                power += np.where(mine, table[quarter + 96 * back], 0.0)
    return power
