"""What boxes may know ahead of the rights over devices: energy curtailed this year, calls left, how long a block may last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from twin.contracts.devices import Device, Ripple
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, quarter_hours, to_epoch_s
from twin.regie.usage import Calls, Usage

CURTAILED, CALLS_LEFT, BLOCK_LEFT = "device_curtailed_mwh", "device_calls_left", "device_block_left_h"


def holders(devices: Sequence[Device]) -> dict[str, tuple[str, ...]]:
    """Signal -> the dispatchable devices that it speaks of; a signal that would speak of none is absent."""
    movable = [device for device in devices if device.dispatchable]
    plants = tuple(device.id for device in movable if device.panels is not None)
    groups = tuple(device.id for device in movable if device.ripple is not None)
    return {name: ids for name, ids in ((CURTAILED, plants), (CALLS_LEFT, groups), (BLOCK_LEFT, groups)) if ids}


def signals(usage: Usage, devices: Sequence[Device], start: datetime, steps: int, timezone: str) -> dict[str, xr.DataArray]:
    """Each signal of `holders`, dims (time, device): what holds if nothing more is ordered from ``start`` on.

    A year's curtailment falls to 0 with the next local year, calls are counted anew with the next local day.
    """
    movable = [device for device in devices if device.dispatchable]
    labels_s = to_epoch_s(start) + QUARTER_HOUR_S * np.arange(steps)
    zone = ZoneInfo(timezone)
    days = [from_epoch_s(int(label)).astimezone(zone).strftime("%Y-%m-%d") for label in labels_s]
    today = np.array([day == usage.day for day in days])
    this_year = np.array([day[:4] == usage.year for day in days], dtype=float)
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in holders(devices)}
    for device in movable:
        if device.panels is not None:
            found[CURTAILED][device.id] = usage.curtailed_mwh.get(device.id, 0.0) * this_year
        if device.ripple is not None:
            calls = usage.calls.get(device.id, Calls())
            left, hours = _agreement_ahead(calls, device.ripple, labels_s, today)
            found[CALLS_LEFT][device.id], found[BLOCK_LEFT][device.id] = left, hours
    times = quarter_hours(start, steps)
    return {
        name: xr.DataArray(
            np.stack(list(columns.values()), axis=1),
            dims=("time", "device"),
            coords={"time": times, "device": list(columns)},
            attrs={"units": SIGNALS[name].unit, "issued_at": start.isoformat(), "source": "decide"},
        )
        for name, columns in found.items()
    }


def _agreement_ahead(calls: Calls, agreed: Ripple, labels_s: np.ndarray, today: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Blocks that may begin, and how long one may be in force from then on [h], dims (time,)."""
    left = np.where(today, max(agreed.calls_per_day - calls.count, 0), agreed.calls_per_day).astype(float)
    if calls.running(int(labels_s[0])):
        return left, np.maximum(agreed.longest_block_h - (labels_s - calls.begun_s) / 3600.0, 0.0)
    resting = labels_s < calls.ended_s + 3600.0 * agreed.rest_h
    left = np.where(resting, 0.0, left)
    return left, np.where(left > 0.0, agreed.longest_block_h, 0.0)
