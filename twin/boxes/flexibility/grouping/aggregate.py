"""One device that stands for many alike, of their own class; cars become a pool between two envelopes.

The envelopes are the sums of what each member can still reach and must still keep, not of its nominal bounds: the group cannot
plan with room in one battery that only another could use. Sums of intervals are exact for the next step, an outer
approximation afterwards (Minkowski sum of flexibility sets; Mueller, Szabo, Sundstroem and Lygeros, IEEE Trans. Smart Grid
10(2), 2019).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from twin.boxes.flexibility.devices.charger import CarPool, Charger
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.grouping.members import Members, filled
from twin.boxes.flexibility.lp.problem import Device


def aggregate(name: str, devices: Sequence[Device], members: Members, steps: int) -> Device:
    """The device ``name`` that stands for ``devices``, all of one class, with their arrays."""
    return _BY_CLASS[type(devices[0])](name, devices, members, steps)


def _pool(name: str, devices: Sequence[Device], members: Members, steps: int) -> Device:
    cars = cast("Sequence[Charger]", devices)
    first = cars[0]
    # After the last departure nothing can be done about what is missing: it is counted once, at that departure.
    plugged = _sum(cars, "charge_max_mw", steps) > 0.0
    last = int(np.flatnonzero(plugged)[-1])
    least = members.low.sum(axis=0)
    least[last + 1 :] = 0.0
    own = _sum(cars, "own_p_mw", steps)
    references = [car.own_p_mw if car.reference_p_mw is None else car.reference_p_mw for car in cars]
    return CarPool(
        id=name,
        efficiency=first.efficiency,
        charge_max_mw=_sum(cars, "charge_max_mw", steps),
        energy_min_mwh=least,
        energy_max_mwh=members.high.sum(axis=0),
        own_p_mw=own,
        movable=first.movable,
        reference_p_mw=filled(references, steps).sum(axis=0),
        moving_chf_per_mwh=first.moving_chf_per_mwh,
        later_chf_per_mwh=first.later_chf_per_mwh if first.later_max_mwh > 0.0 else 0.0,
    )


def _battery(name: str, devices: Sequence[Device], members: Members, steps: int) -> Device:
    cells = cast("Sequence[Storage]", devices)
    return replace(
        cells[0],
        id=name,
        charge_max_mw=_sum(cells, "charge_max_mw", steps),
        discharge_max_mw=_sum(cells, "discharge_max_mw", steps),
        e0_mwh=float(members.level0.sum()),
        e_min_mwh=members.low.sum(axis=0),
        e_max_mwh=members.high.sum(axis=0),
        own_p_mw=_sum(cells, "own_p_mw", steps),
    )


def _building(name: str, devices: Sequence[Device], members: Members, steps: int) -> Device:
    """One building: losses and capacities add up, temperatures are means by capacity."""
    pumps = cast("Sequence[HeatPump]", devices)
    capacity = members.mwh_per_level
    share = capacity / capacity.sum()
    loss = np.array([pump.ua_mw_per_k for pump in pumps])
    power = np.array([pump.p_max_mw for pump in pumps])
    return replace(
        pumps[0],
        id=name,
        p_max_mw=float(power.sum()),
        cop=power / power.sum() @ filled([pump.cop for pump in pumps], steps),
        outdoor_temp_c=loss / loss.sum() @ filled([pump.outdoor_temp_c for pump in pumps], steps),
        ua_mw_per_k=float(loss.sum()),
        capacity_mwh_per_k=float(capacity.sum()),
        temp0_c=float(share @ members.level0),
        temp_min_c=share @ members.low,
        temp_max_c=share @ members.high,
        thermostat_c=float(share @ np.array([pump.thermostat_c for pump in pumps])),
        gains_mw=_sum(pumps, "gains_mw", steps),
    )


def _field(name: str, devices: Sequence[Device], members: Members, steps: int) -> Device:  # noqa: ARG001 - asked as the others
    plants = cast("Sequence[Plant]", devices)
    available = np.maximum(filled([plant.available_mw for plant in plants], steps), 0.0).sum(axis=0)
    return replace(plants[0], id=name, available_mw=available, free_mwh=float(sum(plant.free_mwh for plant in plants)))


def _sum(devices: Sequence[Any], name: str, steps: int) -> np.ndarray:
    return filled([getattr(device, name) for device in devices], steps).sum(axis=0)


_BY_CLASS: Mapping[type, Callable[..., Device]] = {Charger: _pool, Storage: _battery, HeatPump: _building, Plant: _field}
