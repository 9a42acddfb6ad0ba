"""One quarter hour of every steered device: cars first, because a battery sees what the cars behind its connection draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.time import QUARTER_HOUR_S
from twin.plant.demand import Day
from twin.plant.state import PlantState
from twin.plant.town import Town


@dataclass(frozen=True)
class DeviceTrace:
    """What the devices did, dims (time, car) and (time, battery); states are those at the end of the quarter hour.

    Attributes:
        missing_mwh: what a plugged-in car still lacks, counted at its charger. ``departure_h``: hours to its departure.
    """

    car_mw: np.ndarray
    missing_mwh: np.ndarray
    departure_h: np.ndarray
    battery_mw: np.ndarray
    soc_percent: np.ndarray

    @classmethod
    def empty(cls, town: Town, steps: int) -> DeviceTrace:
        """Room for ``steps`` quarter hours."""
        cars, batteries = len(town.car_load), len(town.battery_storage)
        return cls(*(np.zeros((steps, n)) for n in (cars, cars, cars, batteries, batteries)))

    def tail(self, first: int, end: int) -> DeviceTrace:
        """Rows ``first`` to ``end``."""
        names = ("car_mw", "missing_mwh", "departure_h", "battery_mw", "soc_percent")
        return DeviceTrace(*(getattr(self, name)[first:end] for name in names))


@dataclass(frozen=True)
class Supply:
    """Which elements have voltage under a topology, as factors 0 or 1: dims (load,), (sgen,), (storage,)."""

    load: np.ndarray
    sgen: np.ndarray
    storage: np.ndarray


def live_quarter_hour(
    town: Town,
    state: PlantState,
    label_s: int,
    *,
    day: Day,
    supply: Supply,
    wanted_mw: np.ndarray,
    trace: DeviceTrace,
    row: int,
) -> None:
    """Move cars and batteries through the quarter hour ``label_s`` and write ``row`` of ``trace``.

    Args:
        wanted_mw: power that orders ask for, NaN where none does, dims (device,) in `Town.devices` order.
    """
    at = (label_s - day.start_s) // QUARTER_HOUR_S
    cars = len(town.car_load)
    limit = np.where(np.isnan(wanted_mw[:cars]), np.inf, wanted_mw[:cars])
    limit = np.where(supply.load[town.car_load] > 0.0, limit, 0.0)
    car_mw = town.cars.step(state.cars, label_s, limit)

    load_mw = day.load_p_mw[at] * supply.load
    np.add.at(load_mw, town.car_load, car_mw)
    net_mw = (town.near_load * load_mw).sum(axis=1) - (town.near_sgen * (day.sgen_p_mw[at] * supply.sgen)).sum(axis=1)
    dead = supply.storage[town.battery_storage] == 0.0
    battery_mw = town.batteries.step(state.batteries, net_mw, np.where(dead, 0.0, wanted_mw[cars:]))

    end_s = label_s + QUARTER_HOUR_S
    trace.car_mw[row], trace.battery_mw[row] = car_mw, battery_mw
    trace.missing_mwh[row] = state.cars.missing_mwh
    trace.departure_h[row] = np.maximum(state.cars.departure_s - end_s, 0) / 3600.0
    trace.soc_percent[row] = town.batteries.soc_percent(state.batteries)
