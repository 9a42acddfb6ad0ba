"""What the utility has approved for the public: figures of months and years, corrections, stories, and the embargo.

Only a publisher's deed puts anything here; the public process reads it beside the live snapshot, as ``release.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from pydantic import BaseModel, ConfigDict

RELEASE_SCHEMA_VERSION = 1
FILE = "release.json"
EARLIEST, BEFORE = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""What is told in public happens from the one instant on and before the other; every clock and calendar can write it."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PeriodFigure(_Frozen):
    """The approved figure of a local month ("2016-01") or year ("2016").

    Attributes:
        revision: 1 with the first approval, one more with every restatement.
        approved_at: instant of the approval.
        consumption_mwh: gross consumption, rounded to 0.1 MWh; None where the town is too small to publish its energy.
        share: traced renewable energy over gross consumption, 0..1; None when nothing was consumed.
        co2_g_per_kwh: of what was consumed, life cycle.
        parts: source kind -> part of the consumption, summing to one.
        coverage: known quarter hours over those of the period, 0..1.
    """

    period: str
    revision: int
    approved_at: datetime
    consumption_mwh: float | None
    share: float | None
    co2_g_per_kwh: float | None
    parts: Mapping[str, float]
    coverage: float


class Correction(_Frozen):
    """A restated figure, told in public as long as the period is: what it was, what it is, and why.

    Attributes:
        before, after: the share. ``reason``: by language, as the publisher wrote it.
    """

    period: str
    revision: int
    at: datetime
    before: float | None
    after: float | None
    reason: Mapping[str, str]


class Story(_Frozen):
    """An approved event, challenge or story. Plain text by language, never markup.

    Attributes:
        kind: "event" (between ``start`` and ``end``), "challenge" (the same, with a countdown), "story" (``end`` may be None).
        zone: of the town that it is about; None for all of it.
    """

    id: str
    kind: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    start: datetime
    end: datetime | None
    zone: str | None


class Embargo(_Frozen):
    """While it lasts no share is shown, live or approved: only that, since when, and the publisher's words."""

    since: datetime
    until: datetime | None
    reason: Mapping[str, str]


class Declared(_Frozen):
    """The supplier's own declaration by guarantees of origin, a line of its own and never mixed with the traced share."""

    year: int
    renewable_share: float
    supplier: str
    published: date | None


class PublicRelease(_Frozen):
    """Everything that is approved now.

    Attributes:
        licence: SPDX identifier of the open data, "CC-BY-4.0". ``attribution``: whom to name.
        months, years: newest first.
    """

    schema_version: int = RELEASE_SCHEMA_VERSION
    site: str
    made_at: datetime
    licence: str
    attribution: str
    months: tuple[PeriodFigure, ...]
    years: tuple[PeriodFigure, ...]
    corrections: tuple[Correction, ...]
    stories: tuple[Story, ...]
    embargo: Embargo | None
    declared: Declared | None
