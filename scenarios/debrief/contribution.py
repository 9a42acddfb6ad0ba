"""What each group of devices earned: the same day solved again with the group left to itself.

Its devices take what their meters show in the town that does nothing; everything else stays as it was run. What the power flow
then shows beside the estimated state is what the group brought: overload avoided, and energy at the market's price with losses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from scenarios.debrief.limits import loading_of
from scenarios.debrief.powers import Powers, powers_of, solved
from scenarios.debrief.recall import Recalled
from twin.contracts.devices import Device
from twin.domain.time import HOURS_PER_STEP


@dataclass(frozen=True)
class Contribution:
    """One group, by quarter hour, dims (time,): positive is good.

    Attributes:
        moved_mw: its power less what it takes in the town that does nothing.
        overload_percent: sum over elements of what lies beyond their limits without it, less that with it.
        energy_chf: cost of the energy at the connection without it, less that with it; NaN where the price is unknown.
        relieved: the element whose overload it took most of, "" where none.
    """

    moved_mw: np.ndarray
    overload_percent: np.ndarray
    energy_chf: np.ndarray
    relieved: str

    @property
    def percent_h(self) -> float:
        """Overload avoided over the window [%.h]."""
        return float(HOURS_PER_STEP * np.nansum(self.overload_percent))

    @property
    def chf(self) -> float:
        """Energy cost avoided over the window."""
        return float(np.nansum(self.energy_chf))


def contributions(recalled: Recalled) -> Mapping[str, Contribution]:
    """By group of dispatchable devices; empty where nothing runs beside the town to compare with."""
    if recalled.alone is None:
        return {}
    ours = powers_of(recalled.ours)
    with_it = solved(recalled, ours)
    groups: dict[str, list[Device]] = {}
    for device in recalled.site.dispatchable:
        groups.setdefault(device.group, []).append(device)
    return {group: _contribution(recalled, devices, ours, with_it) for group, devices in groups.items()}


def _contribution(recalled: Recalled, devices: list[Device], ours: Powers, with_it: xr.Dataset) -> Contribution:
    without = {name: values.copy() for name, values in ours.items()}
    moved = np.zeros(len(recalled.times))
    for device in devices:
        of_it = np.nan_to_num(recalled.moved_mw[device.id])
        moved += of_it
        sign = -1.0 if device.table == "sgen" else 1.0
        index = recalled.ours[device.table].values.tolist()
        for element, share in device.places:
            without[f"{device.table}_p_mw"][:, index.index(element)] -= sign * share * of_it
    there = solved(recalled, without)
    estimated, change = (loading_of(state, recalled) for state in (recalled.ours, there))
    shown = estimated.percent + change.percent - loading_of(with_it, recalled).percent
    excess = [np.nan_to_num(np.maximum(percent - estimated.limit, 0.0)) for percent in (estimated.percent, shown)]
    less = excess[1] - excess[0]
    most = int(less.sum(axis=0).argmax())
    import_mw = [side["source_p_mw"].values.sum(axis=1) for side in (with_it, there)]
    chf = 1000.0 * HOURS_PER_STEP * recalled.price_chf_per_kwh * (import_mw[1] - import_mw[0])
    return Contribution(moved, less.sum(axis=1), chf, estimated.keys[most] if less[:, most].sum() > 0.0 else "")
