"""Telemetry of which some channels say nothing for a while, whatever the source: a link that is down, a control centre that is.

What is silent is never delivered, late neither, and nobody says that it is missing. Readings belong to a silence by their
label, so that the live side and its do-nothing twin lose the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from twin.contracts.ports import GridEvent, Readings, Telemetry
from twin.domain.grid import Topology
from twin.domain.pack import pack, unpack
from twin.domain.time import from_epoch_s, to_epoch_s
from twin.site import Site
from twin.site.tables import Silence

_SECOND = timedelta(seconds=1)


_SIGNAL_OF_FIELD = {
    "open_switches": "switch.{}.closed",
    "closed_switches": "switch.{}.closed",
    "tap_pos": "trafo.{}.tap_pos",
    "out_lines": "line.{}.in_service",
    "out_trafos": "trafo.{}.in_service",
}
"""What tells each part of a topology, by the names that a silence may mean."""


def heard(site: Site, source: Telemetry) -> Telemetry:
    """What the régie hears of a source: all of it, unless the site declares silences."""
    silences = site.telemetry.silences
    return SilencedTelemetry(source, site.measured, silences) if silences else source


class SilencedTelemetry:
    """A source behind declared silences.

    A switch whose position is silent keeps the last one that was known, and so do taps; a line or transformer whose protection
    is silent (``line.66.in_service``) keeps its service. What changed meanwhile shows when the silence ends.

    Args:
        channels: names of all channels, in the site's order.
    """

    def __init__(self, source: Telemetry, channels: Sequence[str], silences: Sequence[Silence]) -> None:
        self._source = source
        self._silences = tuple(silences)
        self._before: dict[datetime, Topology] = {}
        self._spans = [
            (np.array([s.means(name) for name in channels], dtype=bool), to_epoch_s(s.at), to_epoch_s(s.until))
            for s in silences
        ]

    def history(self, start: datetime, end: datetime) -> Readings:
        """See `twin.contracts.ports.Telemetry.history`; without what was silent."""
        return self._spoken(self._source.history(start, end))

    def read(self, as_of: datetime) -> Readings:
        """See `twin.contracts.ports.Telemetry.read`; without what is silent."""
        return self._spoken(self._source.read(as_of))

    def topology(self, as_of: datetime) -> Topology:
        """The topology as far as it is known at ``as_of``."""
        for silence in self._silences:
            before = silence.at - _SECOND
            if before < as_of and before not in self._before:
                self._before[before] = self._source.topology(before)
        known = {**self._before, as_of: self._source.topology(as_of)}

        def told(field: str, signal: str) -> frozenset[Any]:
            """Members of ``field`` at the moment from which each is known."""
            return frozenset(
                member
                for moment, topology in known.items()
                for member in getattr(topology, field)
                if self._known_from(signal.format(member[0] if field == "tap_pos" else member), as_of) == moment
            )

        return Topology(**{field: told(field, signal) for field, signal in _SIGNAL_OF_FIELD.items()})

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first event with ``after < at < until`` that somebody hears of, or None."""
        event = self._source.next_event(after, until)
        while event is not None and self._known_from(_signal_of(event), event.at) != event.at:
            event = self._source.next_event(event.at, until)
        return event

    def checkpoint(self) -> bytes:
        """The source's own, and the topologies that were known when silences began: a source may forget what is past."""
        before = [[to_epoch_s(moment), topology.to_meta()] for moment, topology in self._before.items()]
        return pack({"before": before}, {"source": np.frombuffer(self._source.checkpoint(), np.uint8)})

    def restore(self, checkpoint: bytes) -> None:
        """Continue from a checkpoint."""
        meta, arrays = unpack(checkpoint)
        self._before = {from_epoch_s(moment): Topology.from_meta(topology) for moment, topology in meta["before"]}
        self._source.restore(arrays["source"].tobytes())

    def _spoken(self, readings: Readings) -> Readings:
        heard = np.ones(len(readings.channel), dtype=bool)
        for silent, at_s, until_s in self._spans:
            within = (readings.valid_time_s >= at_s) & (readings.valid_time_s < until_s)
            heard &= ~(within & silent[readings.channel])
        return Readings(*(getattr(readings, field.name)[heard] for field in fields(readings)))

    def _known_from(self, signal: str, as_of: datetime) -> datetime:
        """The last moment, ``as_of`` if none is silent, at which somebody heard of the signal."""
        moment = as_of
        while over := [s.at for s in self._silences if s.holds(moment) and s.means(signal)]:
            moment = min(over) - _SECOND
        return moment


def _signal_of(event: GridEvent) -> str:
    return f"{event.element}.{'closed' if event.element.startswith('switch.') else 'in_service'}"
