"""What serves when the LP has no answer: the last plan shifted and clipped, then plain rules."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from twin.boxes.flexibility.horizon import QUARTERS, mean_of_quarters
from twin.boxes.flexibility.problem import Charger, Problem, Storage
from twin.boxes.flexibility.remembered import Remembered
from twin.boxes.flexibility.uncontrolled import stored_mwh
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

USABLE_QUARTERS = 16
"""A plan older than four hours was made for another evening: rules serve instead."""


def last_plan(kept: Remembered, as_of: datetime, problem: Problem) -> np.ndarray | None:
    """The remembered plan shifted to ``as_of`` and clipped to the devices' limits, dims (device, step); None if unusable."""
    shift = (to_epoch_s(as_of) - kept.start_s) // QUARTER_HOUR_S
    if not 0 <= shift <= USABLE_QUARTERS or set(kept.devices) != {d.id for d in problem.devices}:
        return None
    old = kept.plan_mw
    shifted = np.concatenate([old[:, shift:], np.repeat(old[:, -1:], shift, axis=1)], axis=1)[:, :QUARTERS]
    steps = dict(zip(kept.devices, mean_of_quarters(shifted), strict=True))
    return np.stack([clip(device, steps[device.id], problem.hours) for device in problem.devices])


def by_rules(problem: Problem) -> np.ndarray:
    """Cars spread their energy evenly until they leave, batteries rest [MW], dims (device, step)."""
    return np.stack([_rule(device, problem.hours) for device in problem.devices])


def _rule(device: Storage | Charger, hours: tuple[float, ...]) -> np.ndarray:
    if isinstance(device, Charger):
        missing = device.required_mwh
    elif device.target_mwh is None:
        return clip(device, np.zeros(len(hours)), hours)
    else:
        missing = device.target_mwh - device.e0_mwh
    room = float(device.charge_max_mw @ np.asarray(hours)) * device.efficiency
    return clip(device, device.charge_max_mw * min(1.0, max(missing, 0.0) / room if room > 0.0 else 0.0), hours)


def clip(device: Storage | Charger, wish_mw: np.ndarray, hours: tuple[float, ...]) -> np.ndarray:
    """The nearest power that the device can follow, step by step, within power and energy [MW], dims (step,)."""
    power, none = np.zeros(len(hours)), np.zeros(len(hours))
    if isinstance(device, Storage):
        energy, lowest, highest, discharge = device.e0_mwh, device.e_min_mwh, device.e_max_mwh, device.discharge_max_mw
    else:
        energy, lowest, highest, discharge = 0.0, none, none + device.required_mwh, none
    for k, hour in enumerate(hours):
        wish = wish_mw[k] if device.movable[k] else device.own_p_mw[k]
        room = max(highest[k] - energy, 0.0) / (device.efficiency * hour)
        stock = max(energy - lowest[k], 0.0) * device.efficiency / hour
        power[k] = np.clip(wish, -min(discharge[k], stock), min(device.charge_max_mw[k], room))
        energy += stored_mwh(power[k], device.efficiency, hour)
    return power


def energy_after(device: Storage | Charger, p_mw: np.ndarray, hours: tuple[float, ...]) -> float:
    """Energy in the device after following ``p_mw`` [MWh] (a charger starts at zero)."""
    start = device.e0_mwh if isinstance(device, Storage) else 0.0
    return start + sum(stored_mwh(p, device.efficiency, h) for p, h in zip(p_mw, hours, strict=True))
