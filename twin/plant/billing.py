"""Annual energy by connection: what the meters add up to on the bill, and all that a utility knows of most customers."""

from __future__ import annotations

import numpy as np

from twin.plant.cars import PLUG_SHARE, SESSION_MWH
from twin.plant.clock import DAY_S
from twin.plant.demand import Demand
from twin.plant.town import Town

SAMPLE_DAYS = 15
"""One day in 15 meets every month twice and every weekday equally often."""
_DAYS = 364
_HOURS_PER_STEP = 0.25


def annual_energy_mwh(demand: Demand, town: Town, start_s: int) -> np.ndarray:
    """Consumption of 52 weeks from ``start_s`` by load [MWh], dims (load,); batteries and own generation left out."""
    first = -(-start_s // DAY_S) * DAY_S
    days = range(0, _DAYS, SAMPLE_DAYS)
    daily = sum((demand.day(first + day * DAY_S).load_p_mw.sum(axis=0) for day in days), np.zeros(len(town.load_wander)))
    energy: np.ndarray = daily * _HOURS_PER_STEP * _DAYS / len(days)
    np.add.at(energy, town.car_load, _DAYS * PLUG_SHARE * SESSION_MWH / town.car_efficiency)
    return energy
