"""What the publisher decides on: month and year figures drawn from the journal, not approved yet, and the rules for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

FILE = "publication.json"
"""Beside the snapshots; written once by the loop."""
FOLDER = "publication"
"""The publisher's working files below a state directory: what was read of the journal, and the hours that were approved."""

NAMELESS = ""
"""A protected meter that may be of a device of which another one is counted: it is behind a figure, and not counted itself."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PublicationFacts(_Frozen):
    """What the site says about its publication.

    Attributes:
        root: zone that is the whole town. ``zones``: names of all that may be shown.
        languages: in which the town speaks to its public: a correction's reason and a story are written in each.
        share_public: whether the town's share may be told; where not, no figure of any period or hour is.
        powers_public, parts_public, co2_public: whether its energy, the parts of its sources and its intensity may.
        hours_public: whether single hours may be told, each of the figures that may. Beside the quarter hours of the live page
            an hour's share is one more equation, so the powers must be told; and no figure is told more finely than there. All
            five are the privacy rule's answer.
        rulebook: what follows of each quarter hour from who was silent in it or late: see `twin.regie.heeded`.
        metered: channels of the plants that the town's sums are made of.
        attribution: whom users of the open data name.
        sources: where the figures come from, for the data package.
    """

    site: str
    title: Mapping[str, str]
    timezone: str
    root: str
    zones: tuple[str, ...]
    languages: tuple[str, ...]
    share_public: bool
    powers_public: bool
    parts_public: bool
    co2_public: bool
    hours_public: bool
    rulebook: str
    metered: tuple[str, ...]
    attribution: str
    sources: tuple[str, ...] = ()


class DraftFigure(_Frozen):
    """The figure of a local month ("2016-01") or year ("2016") as the journal gives it now.

    Attributes:
        start, end: of the period [UTC].
        known: quarter hours whose consumption and share are known; ``due``: quarter hours of the period.
        consumption_mwh: of the known ones, rounded to 0.1 MWh; None when none is known, or where it is not public.
        share: renewable energy over consumption of the known ones, 0..1; None when nothing was consumed.
        parts: source kind -> part of the consumption, summing to one; empty where unknown or not public.
    """

    period: str
    start: datetime
    end: datetime
    known: int
    due: int
    consumption_mwh: float | None
    share: float | None
    co2_g_per_kwh: float | None
    parts: Mapping[str, float]

    @property
    def coverage(self) -> float:
        """Known quarter hours over those of the period, 0..1."""
        return self.known / self.due


class HourFigure(_Frozen):
    """One hour of the open data, labelled by its start [UTC]; what is unknown or not public is None.

    Attributes:
        known: of its quarter hours, 0..4.
    """

    start: datetime
    known: int
    consumption_mwh: float | None
    share: float | None
    co2_g_per_kwh: float | None
    parts: Mapping[str, float]


class Drafts(_Frozen):
    """Every month and year from the first quarter hour known to the last, oldest first.

    Attributes:
        until: end of the newest quarter hour that was read; None before the first.
        behind: records of the journal that are not read yet: the figures do not hold all before it is 0.
        unread: records that the journal let go before they were read: what they told is missing for good, and the coverage
            is lower for it.
    """

    months: tuple[DraftFigure, ...]
    years: tuple[DraftFigure, ...]
    until: datetime | None
    behind: int
    unread: int = 0

    def of(self, period: str) -> DraftFigure | None:
        """The draft of one month or year."""
        return next((each for each in (*self.months, *self.years) if each.period == period), None)
