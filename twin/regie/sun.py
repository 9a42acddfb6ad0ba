"""The sun per kWp that a zone's metered plants show: what a curtailed plant would have fed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.contracts.devices import Device
from twin.domain.zones import Zone


@dataclass(frozen=True)
class Sun:
    """Reference plants of every zone.

    Attributes:
        references: zone -> (channel position, kWp, the device that curtails this plant or ""). ``parent``: of each zone.
    """

    references: Mapping[str, tuple[tuple[int, float, str], ...]]
    parent: Mapping[str, str | None]

    @classmethod
    def of(cls, zones: Sequence[Zone], channel_index: Mapping[str, int], devices: Sequence[Device]) -> Sun:
        """From the zones' ``pv_references``."""
        plants = {f"sgen.{device.element}.p_mw": device.id for device in devices if device.table == "sgen"}
        references = {
            zone.name: tuple((channel_index[name], kwp, plants.get(name, "")) for name, kwp in zone.pv_references)
            for zone in zones
        }
        return cls(references, {zone.name: zone.parent for zone in zones})

    def mw_per_kwp(self, zone: str, raw: np.ndarray, limited: Collection[str]) -> float:
        """Generation per installed power [MW/kWp] by the zone's references that nobody limits, else by its parent's.

        Args:
            raw: newest value of every channel, dims (channel,). ``limited``: devices under an order.

        Returns:
            NaN where no such reference answers.
        """
        place: str | None = zone
        while place is not None:
            terms = [(float(raw[at]), kwp) for at, kwp, device in self.references[place] if device not in limited]
            known = [(p_mw, kwp) for p_mw, kwp in terms if not np.isnan(p_mw)]
            if known:
                return max(sum(p_mw for p_mw, _ in known), 0.0) / sum(kwp for _, kwp in known)
            place = self.parent[place]
        return float("nan")
