"""Which devices are so alike that one may stand for all: same place, class and terms, like physics and time windows.

A device that is switched, has reactive power of its own or shares a store with others stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.problem import Device, steps_of

WINDOW_H = 3.0
"""Cars whose arrivals, and whose departures, fall into the same three hours are alike; a day has some dozen such windows."""
RATIO = 1.5
"""Devices alike in hours to fill, or in hours to cool down, differ by less than this factor."""
SHORTEST_H = 0.05
"""Cars that are full within three minutes are all alike."""
FILLS = 4
"""Parts of like batteries and buildings by what they hold: the loss fell from 2 % of the value of planning to a few tenths."""

Key = tuple[Any, ...]


def key_of(device: Device, place: Hashable, hours: tuple[float, ...]) -> Key | None:
    """Equal for devices that may be planned as one; None for one that stands alone."""
    likeness = _BY_CLASS.get(type(device))
    terms = None if likeness is None else likeness(device, hours)
    return None if terms is None else (type(device).__name__, repr(place), *terms)


def by_fill(alike: Sequence[Device]) -> list[list[Device]]:
    """Devices that are alike but for what they hold, in up to `FILLS` parts of at least two by how full or warm they are.

    What a full and an empty battery can do together is no battery's answer. Parts by rank, not by level, keep their number
    from tick to tick, and with it the compiled model.
    """
    if _fill(alike[0]) is None:
        return [list(alike)]
    ranked = sorted(alike, key=lambda device: (_fill(device), device.id))
    parts = np.array_split(np.arange(len(ranked)), max(min(FILLS, len(ranked) // 2), 1))
    return [[ranked[at] for at in part] for part in parts]


def _fill(device: Device) -> float | None:
    """Share of its room that it holds, as a number that ranks; None where it starts from nothing."""
    if isinstance(device, Storage):
        return device.e0_mwh / float(np.max(device.e_max_mwh))
    if isinstance(device, HeatPump):
        return device.temp0_c - float(np.mean(device.temp_min_c))
    return None


def _charger(car: Charger, hours: tuple[float, ...]) -> Key | None:
    if car.least_mw:
        return None
    here = np.flatnonzero(steps_of(car.charge_max_mw, len(hours)) > 0.0)
    if not len(here):
        return None
    starts = step_start_h(hours)
    arrival, departure = starts[here[0]], starts[here[-1]] + hours[here[-1]]
    fill = car.required_mwh / (car.efficiency * float(np.max(car.charge_max_mw)))
    windows = int(np.ceil(arrival / WINDOW_H)), int(np.ceil(departure / WINDOW_H)), _bucket(max(fill, SHORTEST_H))
    later = car.later_chf_per_mwh if car.later_max_mwh > 0.0 else 0.0
    return (*windows, car.efficiency, car.taper_from, car.moving_chf_per_mwh, later, _pattern(car.movable, hours))


def _storage(battery: Storage, hours: tuple[float, ...]) -> Key | None:
    charge, discharge = (steps_of(side, len(hours)) for side in (battery.charge_max_mw, battery.discharge_max_mw))
    full = float(np.max(battery.e_max_mwh))
    if battery.reactive is not None or not _always(battery.movable) or battery.target_mwh is not None or full <= 0.0:
        return None
    terms = (
        battery.efficiency,
        battery.loss_per_h,
        battery.taper_from,
        battery.moving_chf_per_mwh,
        battery.wear_chf_per_mwh,
        battery.end_value_chf_per_mwh,
    )
    shape = _bucket(full / max(float(charge.max()), 1e-9)), _bucket(full / max(float(discharge.max()), 1e-9))
    return (*shape, *terms, _pattern(charge, hours), _pattern(discharge, hours))


def _heat_pump(pump: HeatPump, hours: tuple[float, ...]) -> Key | None:  # noqa: ARG001 - asked as the others
    if pump.least_mw or not _always(pump.movable) or pump.p_max_mw <= 0.0:
        return None
    cop = float(np.mean(pump.cop))
    terms = pump.moving_chf_per_mwh, pump.later_chf_per_mwh, round(pump.thermostat_c), round(4.0 * cop)
    cools, warms = pump.capacity_mwh_per_k / pump.ua_mw_per_k, pump.capacity_mwh_per_k / (cop * pump.p_max_mw)
    return (*terms, _bucket(cools), _bucket(warms), *(round(float(np.mean(t))) for t in (pump.temp_min_c, pump.temp_max_c)))


def _plant(plant: Plant, hours: tuple[float, ...]) -> Key | None:
    if plant.reactive is not None:
        return None
    return plant.curtailed_chf_per_mwh, plant.feed_chf_per_mwh, plant.free_mwh > 0.0, _pattern(plant.movable, hours)


def _pattern(value: Any, hours: tuple[float, ...]) -> str:
    """Where it is above zero, as text that sorts."""
    return np.packbits(steps_of(value, len(hours)) > 0.0).tobytes().hex()


def _always(movable: Any) -> bool:
    return bool(np.all(np.asarray(movable) > 0.5))


def _bucket(hours: float) -> int:
    return int(np.floor(np.log(hours) / np.log(RATIO)))


_BY_CLASS: Mapping[type, Callable[..., Key | None]] = {
    Charger: _charger,
    Storage: _storage,
    HeatPump: _heat_pump,
    Plant: _plant,
}
