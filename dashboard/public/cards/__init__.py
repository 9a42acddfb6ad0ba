"""The cards of the live page in their order. Each fills its places from a snapshot and says where they stand."""

from __future__ import annotations

from typing import Protocol

from dashboard.public.cards import advice, green, greener, neighbourhood, notes, roof, share, sources, stories, zones
from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling


class Card(Protocol):
    """One idea of the live page."""

    def fill(self, telling: Telling) -> None:
        """Give every place of the card its words and attributes."""

    def markup(self, put: Places) -> str:
        """The card's elements, with whatever their places hold by now."""


ALL: tuple[Card, ...] = (share, green, roof, neighbourhood, stories, advice, greener, sources, zones, notes)
"""The share first, then what to do with it, then what it is made of."""
