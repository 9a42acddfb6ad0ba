"""An outside that differs for a while from what it would have been, as a rehearsal declares it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import numpy as np

from twin.contracts.ports import Outlook, OutlookSource
from twin.domain.signals import OUTSIDE_SIGNALS, SIGNALS
from twin.site import Site
from twin.site.rehearsed import WorldChange

_OF_QUANTITY = {**{signal: signal for signal in OUTSIDE_SIGNALS}, "sun": "ghi_w_m2"}


class _Outside(OutlookSource, Protocol):
    """What is changed: a true outside with its outlook."""

    @property
    def laws(self) -> str:
        """Digest of how the values come about."""
        ...

    def actual(self, signal: str, utc_s: np.ndarray) -> np.ndarray:
        """True values at quarter-hour labels [epoch s]."""
        ...


class ChangedOutside:
    """The truth as declared, and an outlook that knows of what is foreseen.

    The outlook's own errors stay: a foreseen change acts on what would have been forecast. What nobody foresees leaves the
    outlook as it was, prices too: they stay published as they are, and what is paid differs.

    Args:
        bounds: least and largest value of a signal; a change never leaves them.
    """

    def __init__(self, outside: _Outside, changes: Iterable[WorldChange], bounds: Mapping[str, tuple[float, float]]) -> None:
        self._outside = outside
        self._bounds = bounds
        self._changes: dict[str, list[WorldChange]] = {}
        for change in changes:
            # The sky over some zones only is not what the site measures and what is forecast for it.
            if change.quantity in _OF_QUANTITY and not change.zones:
                self._changes.setdefault(_OF_QUANTITY[change.quantity], []).append(change)

    @classmethod
    def of(cls, site: Site, outside: _Outside) -> ChangedOutside:
        """The outside of a simulated site, within what its channels take."""
        bounds = {signal: (SIGNALS[signal].minimum, SIGNALS[signal].maximum) for signal in OUTSIDE_SIGNALS}
        for channel in site.channels:
            if channel.quantity in bounds and channel.table in ("weather", "market"):
                low, high = bounds[channel.quantity]
                bounds[channel.quantity] = max(low, channel.minimum), min(high, channel.maximum)
        return cls(outside, () if site.plant is None else site.plant.world, bounds)

    @property
    def laws(self) -> str:
        """Of the outside: each change is told by its own entry of the site file."""
        return self._outside.laws

    def actual(self, signal: str, utc_s: np.ndarray) -> np.ndarray:
        """True values of ``signal`` at quarter-hour labels [epoch s], dims (time,).

        Raises:
            KeyError: for a signal that the outside does not know.
        """
        labels = np.asarray(utc_s, dtype=np.int64)
        return self._changed(signal, self._outside.actual(signal, labels), labels, self._changes.get(signal, []))

    def outlook(self, as_of: datetime, steps: int) -> Outlook:
        """The newest issue not later than ``as_of``, with every change that is foreseen; NaN where nothing is published."""
        outlook = self._outside.outlook(as_of, steps)
        labels = outlook.times.astype("datetime64[s]").astype(np.int64)
        foreseen = {signal: [c for c in changes if c.foreseen] for signal, changes in self._changes.items()}
        values = {s: self._changed(s, path, labels, foreseen.get(s, [])) for s, path in outlook.values.items()}
        return replace(outlook, values=values)

    def _changed(self, signal: str, values: np.ndarray, labels: np.ndarray, changes: list[WorldChange]) -> np.ndarray:
        for change in changes:
            values = change.applied(values, labels)
        return np.clip(values, *self._bounds[signal]) if changes else values
