"""Plants whose feed-in may be curtailed, and ripple groups of heat pumps: what the view says of them, as the plan sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.horizon import DAY_QUARTERS, STEP_HOURS, mean_of_quarters, step_start_h
from twin.boxes.flexibility.tick import facts
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.contracts.devices import GUARANTEED_SHARE, Right
from twin.contracts.frame import AsOfView
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S, to_epoch_s

USUAL_DAYS = 14
EMERGENCY_CHF_PER_MWH = 1000.0
"""What a MWh under an emergency right counts at least: no price of energy reaches it, a broken limit does."""
COLDER = 3.0
"""Most by which the last day's heat may exceed the last fortnight's: beyond it something else was measured."""


def read_plants(
    view: AsOfView,
    devices: list[Mapping[str, Any]],
    *,
    movable: Mapping[str, np.ndarray],
    available_mw: Callable[[Mapping[str, Any]], np.ndarray],
) -> tuple[Plant, ...]:
    """Every curtailable plant.

    Args:
        movable: by device, where the dispatcher has not refused, dims (step,).
        available_mw: what a plant could feed in, from its zone's forecast, dims (step,).
    """
    curtailed = _now(view, "device_curtailed_mwh", devices)
    found = []
    for device in devices:
        use, panels = device["right_of_use"], device["panels"]
        price = 0.0 if use["right"] == Right.OWN else 1000.0 * float(use["price_chf_per_kwh"])
        guaranteed = GUARANTEED_SHARE * panels["annual_mwh"] if use["right"] == Right.GUARANTEED else 0.0
        found.append(
            Plant(
                id=device["id"],
                available_mw=available_mw(device),
                free_mwh=max(guaranteed - curtailed.get(device["id"], 0.0), 0.0),
                curtailed_chf_per_mwh=max(price, EMERGENCY_CHF_PER_MWH) if use["right"] == Right.EMERGENCY else price,
                movable=movable[device["id"]].astype(float),
            )
        )
    return tuple(found)


def read_groups(
    view: AsOfView, devices: list[Mapping[str, Any]], kept: Remembered, *, movable: Mapping[str, np.ndarray]
) -> tuple[Programme, ...]:
    """Every ripple group as a programme whose call sheds all of it."""
    calls, block_h = (_now(view, name, devices) for name in ("device_calls_left", "device_block_left_h"))
    owed = owed_mwh(view, devices, kept)
    starts = step_start_h(STEP_HOURS)
    found = []
    for device in devices:
        name, agreed, use = device["id"], device["ripple"], device["right_of_use"]
        usual = mean_of_quarters(_expected_mw(view, name, device["p_max_mw"]))
        called = kept.asked.get(name, (1.0, 0.0))[0] == 0.0 and _follows(view, kept)
        # A block that is running ends when it must, and then the group rests.
        running = called & (starts >= block_h.get(name, 0.0)) & (starts < block_h.get(name, 0.0) + agreed["rest_h"])
        free = movable[name] & ~running & bool(block_h.get(name, 0.0) > 0.0 or calls.get(name, 0.0) > 0.0)
        found.append(
            Programme(
                id=name,
                base_mw=usual,
                shed_share=1.0,
                shed_chf_per_mwh=0.0 if use["right"] == Right.OWN else 1000.0 * float(use["price_chf_per_kwh"]),
                rebound_share=agreed["rebound_share"],
                rebound_h=agreed["rebound_h"],
                rebound_max_mw=np.maximum(device["p_max_mw"] - usual, 0.0),
                all_or_nothing=True,
                calls_max=int(calls.get(name, 0.0)),
                longest_h=agreed["longest_block_h"],
                rest_h=agreed["rest_h"],
                called=called,
                owed_mwh=owed.get(name, 0.0),
                movable=free.astype(float),
            )
        )
    return tuple(found)


def _expected_mw(view: AsOfView, name: str, p_max_mw: float) -> np.ndarray:
    """What a group will draw when nobody calls it [MW], dims (time,): its usual day, as warm or cold as the last one was.

    A block moves heat within a day, so a day's energy tells the weather whatever was called.
    """
    usual = np.maximum(facts.usual_sum(view, "device_p_mw", [name], USUAL_DAYS), 0.0)
    last = facts.past(view, "device_p_mw", [name], 1)
    day = usual[:DAY_QUARTERS].mean()
    known = bool(np.isfinite(last).any()) and day > 0.0
    factor = min(float(np.nanmean(last)) / day, COLDER) if known else 1.0
    return np.minimum(factor * usual, p_max_mw)


def owed_mwh(view: AsOfView, devices: list[Mapping[str, Any]], kept: Remembered) -> dict[str, float]:
    """What each group has still to catch up: withheld by the last block, less what a first-order rebound has drawn since.

    A group that is blocked catches up nothing.
    """
    passed_h = max(to_epoch_s(view.as_of) - kept.start_s, 0) / 3600.0
    found = {}
    for device in devices:
        name, agreed = device["id"], device["ripple"]
        asked, own = kept.asked.get(name, (0.0, 0.0))
        withheld = max(own - asked, 0.0) * HOURS_PER_STEP
        free_h = max(passed_h - HOURS_PER_STEP, 0.0) if withheld > 0.0 else passed_h
        owed = kept.owed_mwh.get(name, 0.0) + agreed["rebound_share"] * withheld
        found[name] = owed * float(np.exp(-free_h / agreed["rebound_h"]))
    return found


def _follows(view: AsOfView, kept: Remembered) -> bool:
    """True when what is remembered was asked a quarter hour ago."""
    return to_epoch_s(view.as_of) - kept.start_s == QUARTER_HOUR_S


def _now(view: AsOfView, signal: str, devices: list[Mapping[str, Any]]) -> dict[str, float]:
    """A signal known ahead, as it stands now, by device; absent where nobody says."""
    if signal not in view.ahead or not devices:
        return {}
    array = view.outlook(signal).transpose("device", "time")
    names = {device["id"] for device in devices}
    first = zip(array["device"].values, array.values[:, 0], strict=True)
    return {str(name): float(value) for name, value in first if str(name) in names and np.isfinite(value)}
