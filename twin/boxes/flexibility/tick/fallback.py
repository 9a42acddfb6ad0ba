"""The remembered plan, shifted to now."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.horizon import QUARTERS, mean_of_quarters
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.uncontrolled import stored_mwh
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

USABLE_QUARTERS = 16
"""A plan older than four hours was made for another evening: rules serve instead."""


def last_plan(kept: Remembered, as_of: datetime, devices: tuple[str, ...]) -> np.ndarray | None:
    """The remembered plan from ``as_of`` on, its last value held [MW], dims (device, step) in the order of ``devices``.

    None when it is too old or was made for other devices.
    """
    shift = (to_epoch_s(as_of) - kept.start_s) // QUARTER_HOUR_S
    if not 0 <= shift <= USABLE_QUARTERS or set(kept.devices) != set(devices) or kept.plan_mw.shape[-1] != QUARTERS:
        return None
    old = kept.plan_mw
    shifted = np.concatenate([old[:, shift:], np.repeat(old[:, -1:], shift, axis=1)], axis=1)[:, :QUARTERS]
    steps = dict(zip(kept.devices, mean_of_quarters(shifted), strict=True))
    return np.stack([steps[device] for device in devices])


def energy_after(device: Storage | Charger, p_mw: np.ndarray, hours: tuple[float, ...]) -> float:
    """Energy in the device after following ``p_mw`` [MWh] (a charger starts at zero)."""
    start = device.e0_mwh if isinstance(device, Storage) else 0.0
    return start + sum(stored_mwh(p, device.efficiency, h) for p, h in zip(p_mw, hours, strict=True))
