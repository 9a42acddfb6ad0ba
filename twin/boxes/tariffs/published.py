"""What has been published: one price list per local day, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin.domain.pack import pack, unpack
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s, to_epoch_s


@dataclass(frozen=True)
class PriceList:
    """Prices of one local day.

    Attributes:
        start: its first quarter hour. ``published_at``: when it became binding.
        prices: [CHF/kWh], dims (time,): 92, 96 or 100 of them.
    """

    start: datetime
    published_at: datetime
    prices: np.ndarray

    @property
    def end(self) -> datetime:
        """End of the last quarter hour."""
        return self.start + len(self.prices) * QUARTER_HOUR


@dataclass(frozen=True)
class Published:
    """Price lists in ascending order."""

    lists: tuple[PriceList, ...] = ()

    def holds(self, start: datetime) -> bool:
        """Whether the day that starts at ``start`` is published."""
        return any(entry.start == start for entry in self.lists)

    def add(self, entry: PriceList) -> Published:
        """With one more day."""
        return Published((*self.lists, entry))

    def since(self, instant: datetime) -> Published:
        """Without the days that were over at ``instant``."""
        return Published(tuple(entry for entry in self.lists if entry.end > instant))

    def over(self, fallback: np.ndarray, start: datetime) -> tuple[np.ndarray, np.ndarray]:
        """Published prices where there are some, else ``fallback``; and which quarter hours are published.

        Args:
            fallback: static prices of the quarter hours from ``start`` on [CHF/kWh], dims (time,).
            start: label of the first.
        """
        prices, known = fallback.copy(), np.zeros(len(fallback), dtype=bool)
        for entry in self.lists:
            offset = (to_epoch_s(entry.start) - to_epoch_s(start)) // QUARTER_HOUR_S
            first, last = max(0, offset), min(len(prices), offset + len(entry.prices))
            if first < last:
                prices[first:last] = entry.prices[first - offset : last - offset]
                known[first:last] = True
        return prices, known

    def to_bytes(self) -> bytes:
        """Packed, for the journal."""
        meta = {"lists": [[to_epoch_s(entry.start), to_epoch_s(entry.published_at)] for entry in self.lists]}
        return pack(meta, {str(i): entry.prices for i, entry in enumerate(self.lists)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Published:
        """Inverse of `to_bytes`."""
        meta, arrays = unpack(data)
        return cls(
            tuple(
                PriceList(from_epoch_s(start_s), from_epoch_s(published_s), np.array(arrays[str(i)]))
                for i, (start_s, published_s) in enumerate(meta["lists"])
            )
        )
