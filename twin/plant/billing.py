"""Annual energy by connection: what the meters add up to on the bill, and all that a utility knows of most customers."""

from __future__ import annotations

import numpy as np

from twin.domain.time import HOURS_PER_STEP
from twin.plant.cars import expected_session_mwh
from twin.plant.clock import DAY_S
from twin.plant.demand import Demand
from twin.plant.town import Town

SAMPLE_DAYS = 15
"""One day in 15 meets every month twice and every weekday equally often."""
_DAYS = 364
_HOME_S = 17 * 3600
"""When cars come home, on average; of a world that lasts for days it hardly matters."""


def annual_energy_mwh(demand: Demand, town: Town, end_s: int) -> np.ndarray:
    """Consumption of the 52 weeks before ``end_s`` by load [MWh], dims (load,); batteries and own generation left out."""
    first = end_s // DAY_S - _DAYS
    sample = first + np.arange(0, _DAYS, SAMPLE_DAYS)
    daily = sum((demand.day(int(day) * DAY_S).load_p_mw.sum(axis=0) for day in sample), np.zeros(len(town.load_wander)))
    energy: np.ndarray = daily * HOURS_PER_STEP * _DAYS / len(sample)
    days = first + np.arange(_DAYS)
    sessions = expected_session_mwh(days) * town.world.factor("cars", days * DAY_S + _HOME_S)[:, 0]
    np.add.at(energy, town.car_load, sessions.sum())
    return energy
