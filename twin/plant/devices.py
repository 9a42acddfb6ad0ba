"""One quarter hour of every steered device: batteries last, because they see what happens behind their connection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.time import QUARTER_HOUR_S
from twin.plant.demand import Day
from twin.plant.state import PlantState
from twin.plant.town import Town


@dataclass(frozen=True)
class DeviceTrace:
    """What the devices did, dims (time, device of a kind); states are those at the end of the quarter hour.

    Attributes:
        missing_mwh: what a plugged-in car still lacks, counted at its charger. ``departure_h``: hours to its departure.
        plant_mw: of photovoltaic plants, feeding negative. ``limit_mw``: the most that each might feed in.
        group_mw: of ripple groups. ``group_share``: of their own demand that ran. ``group_extra_mw``: drawn beyond it.
    """

    car_mw: np.ndarray
    missing_mwh: np.ndarray
    departure_h: np.ndarray
    battery_mw: np.ndarray
    soc_percent: np.ndarray
    plant_mw: np.ndarray
    limit_mw: np.ndarray
    group_mw: np.ndarray
    group_share: np.ndarray
    group_extra_mw: np.ndarray

    @classmethod
    def empty(cls, town: Town, steps: int) -> DeviceTrace:
        """Room for ``steps`` quarter hours."""
        cars, batteries = len(town.car_load), len(town.battery_storage)
        plants, groups = len(town.plants.sgen), len(town.groups.p_max_mw)
        sizes = (cars, cars, cars, batteries, batteries, plants, plants, groups, groups, groups)
        return cls(*(np.zeros((steps, n)) for n in sizes))

    def tail(self, first: int, end: int) -> DeviceTrace:
        """Rows ``first`` to ``end``."""
        return DeviceTrace(*(column[first:end] for column in vars(self).values()))


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
    """Move every device through the quarter hour ``label_s`` and write ``row`` of ``trace``.

    Args:
        wanted_mw: power that orders ask for, NaN where none does, dims (device,) in `Town.devices` order.
    """
    at = (label_s - day.start_s) // QUARTER_HOUR_S
    of_car, of_battery, of_plant, of_group = _by_kind(town, wanted_mw)
    limit = np.where(np.isnan(of_car), np.inf, of_car)
    limit = np.where(supply.load[town.car_load] > 0.0, limit, 0.0)
    car_mw = town.cars.step(state.cars, label_s, limit)

    load_mw = day.load_p_mw[at] * supply.load
    np.add.at(load_mw, town.car_load, car_mw)
    heat_mw = day.heat_p_mw[at] * supply.load
    share, extra_mw = town.groups.step(state.groups, town.clock.day(label_s), town.groups.member @ heat_mw, of_group)
    load_mw += town.groups.load_change_mw(heat_mw, share, extra_mw)
    sgen_mw = day.sgen_p_mw[at] * supply.sgen
    plant_mw, limit_mw = town.plants.step(state.plants, sgen_mw[town.plants.sgen], of_plant)
    sgen_mw[town.plants.sgen] = -plant_mw
    net_mw = (town.near_load * load_mw).sum(axis=1) - (town.near_sgen * sgen_mw).sum(axis=1)
    dead = supply.storage[town.battery_storage] == 0.0
    battery_mw = town.batteries.step(state.batteries, net_mw, np.where(dead, 0.0, of_battery))

    end_s = label_s + QUARTER_HOUR_S
    trace.car_mw[row], trace.battery_mw[row] = car_mw, battery_mw
    trace.missing_mwh[row] = state.cars.missing_mwh
    trace.departure_h[row] = np.maximum(state.cars.departure_s - end_s, 0) / 3600.0
    trace.soc_percent[row] = town.batteries.soc_percent(state.batteries)
    trace.plant_mw[row], trace.limit_mw[row] = plant_mw, limit_mw
    trace.group_mw[row], trace.group_share[row], trace.group_extra_mw[row] = state.groups.power_mw, share, extra_mw


def _by_kind(town: Town, values: np.ndarray) -> list[np.ndarray]:
    """Values of all devices as those of cars, batteries, plants and ripple groups."""
    counts = (len(town.car_load), len(town.battery_storage), len(town.plants.sgen))
    return np.split(values, np.cumsum(counts))
