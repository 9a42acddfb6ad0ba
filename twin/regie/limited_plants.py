"""Plants that an order limits: while one does, they tell nothing of the sun on the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from twin.contracts.devices import Device
from twin.domain.zones import Zone
from twin.regie.usage import BINDING_SHARE


@dataclass(frozen=True)
class LimitedPlant:
    """Where a plant's feed-in and the limit in force are metered.

    Attributes:
        channel: power. ``sign``: -1 where it is drawing positive. ``limit_channel``: the limit [MW]. ``kwp``: installed power.
    """

    channel: str
    sign: float
    limit_channel: str
    kwp: float

    def bound_mw(self, power: np.ndarray, limit: np.ndarray) -> np.ndarray:
        """Feed-in where the limit holds it back [MW], NaN elsewhere, dims (time,).

        Args:
            power, limit: values of both channels, dims (time,).
        """
        fed = self.sign * power
        with np.errstate(invalid="ignore"):
            bound = (limit < (1.0 - 1e-6) * self.kwp / 1000.0) & (fed >= BINDING_SHARE * limit)
        return np.where(bound, fed, np.nan)


def limited_plants(
    devices: Sequence[Device], zones: Sequence[Zone], channels: Collection[str]
) -> dict[str, tuple[LimitedPlant, ...]]:
    """By zone, those of its plants, children's included, whose power and limit are both metered."""
    found: dict[str, list[LimitedPlant]] = {zone.name: [] for zone in zones}
    parent = {zone.name: zone.parent for zone in zones}
    holder = {sgen: zone.name for zone in zones for sgen in zone.pv_sgens}
    for device in devices:
        if device.panels is None or f"device.{device.id}.limit_mw" not in channels:
            continue
        own, meter = f"sgen.{device.element}.p_mw", f"device.{device.id}.p_mw"
        channel = next((name for name in (own, meter) if name in channels), None)
        place = holder.get(device.element)
        while channel is not None and place is not None:
            sign = 1.0 if channel == own else -1.0
            found[place].append(LimitedPlant(channel, sign, f"device.{device.id}.limit_mw", device.panels.kwp))
            place = parent[place]
    return {name: tuple(plants) for name, plants in found.items()}
