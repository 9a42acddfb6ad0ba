"""What of the town's demand and generation differs from the published one; weather, price and mix are the outside's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.domain.zones import Zone
from twin.site.rehearsed import WorldChange


@dataclass(frozen=True)
class World:
    """Factors on what the town draws and makes; the published world unless something is declared.

    Attributes:
        members: (quantity, zone) -> which loads or sgens the zone holds, those of the zones inside it too, dims (element,).
    """

    changes: tuple[WorldChange, ...] = ()
    members: Mapping[tuple[str, str], np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[WorldChange], zones: Sequence[Zone], *, load: np.ndarray, sgen: np.ndarray) -> World:
        """The world of a site.

        Args:
            zones: with their net elements. ``load``, ``sgen``: the net's indices, dims (element,).
        """
        held: dict[tuple[str, str], np.ndarray] = {}
        parents = {zone.name: zone.parent for zone in zones}
        for zone in zones:
            for quantity, indices, own in (("load", load, zone.loads), ("sun", sgen, zone.pv_sgens)):
                name: str | None = zone.name
                while name is not None:
                    held[quantity, name] = held.get((quantity, name), False) | np.isin(indices, own)
                    name = parents[name]
        return cls(tuple(changes), held)

    def factor(self, quantity: str, instants_s: np.ndarray) -> np.ndarray:
        """What ``quantity`` is multiplied by, dims (time, 1), or (time, element) where it differs between zones."""
        factor = np.ones((len(instants_s), 1))
        for change in self.changes:
            if change.quantity == quantity:
                own = change.factor(instants_s)[:, None]
                factor = factor * (np.where(self._within(change), own, 1.0) if change.zones else own)
        return factor

    def _within(self, change: WorldChange) -> np.ndarray:
        """Which elements the change reaches, dims (element,)."""
        reached: np.ndarray = np.logical_or.reduce([self.members[change.quantity, zone] for zone in change.zones])
        return reached


PUBLISHED = World()
"""The world as it is published, with nothing changed."""
