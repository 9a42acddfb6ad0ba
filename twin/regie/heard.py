"""Who spoke of a quarter hour: of the meters of plants, storages and devices, which were silent in it and which came late.

What of it may be told depends on that, now and when its month is approved, so the journal keeps it beside the origin.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.domain.channels import Channel
from twin.domain.zones import Zone
from twin.regie.tick import Observation

_OF_NOBODY = {"bus", "line", "trafo", "weather", "market"}
"""Tables of channels that tell of the grid, the sky or the market, and of no plant and no customer."""


@dataclass(frozen=True)
class Heard:
    """Channels that were ``silent`` in a quarter hour after substitution, and whose value came ``late``, when it was told."""

    silent: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


NOBODY_MISSED = Heard()
"""All spoke, and in time."""


class Hearing:
    """Listens to the meters that a town's origin is made of."""

    def __init__(self, channels: Sequence[Channel], zones: Sequence[Zone]) -> None:
        """Of a site; a reading's channel is an index into ``channels``."""
        named = {name for zone in zones for name in _named(zone)}
        private = {i: channel for i, channel in enumerate(channels) if channel.table not in _OF_NOBODY}
        self._plants = {i: channel.name for i, channel in private.items() if channel.name in named}
        self._all = self._plants | {i: channel.name for i, channel in private.items() if channel.table == "device"}

    def of(self, observation: Observation, labels: Iterable[int]) -> dict[int, Heard]:
        """Of quarter hours whose rows are new or were changed by what came in.

        A late word that changes nothing of its own quarter hour, as what a storage holds, is counted with the first one that it
        changes.
        """
        asked = sorted(labels)
        late: dict[int, set[str]] = {label: set() for label in asked}
        for written_s, channels in observation.written.items():
            for label in asked[bisect_left(asked, written_s) :][:1]:
                late[label] |= {self._all[i] for i in channels.tolist() if i in self._all}
        rows = observation.raw_rows
        silent = {label: tuple(name for i, name in self._plants.items() if np.isnan(rows[label][i])) for label in asked}
        return {label: Heard(silent[label], tuple(sorted(late[label]))) for label in asked}


def _named(zone: Zone) -> list[str]:
    others, pairs = [plant.channel for plant in zone.others], (*zone.pv_references, *zone.boundary)
    return [*zone.hydro, *zone.storage, *others, *(name for name, _ in pairs)]
