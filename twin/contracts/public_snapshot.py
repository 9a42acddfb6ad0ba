"""What the public may know: pre-aggregated, no customer, no device, no dispatcher's data. The public process sees only this.

Fractions are 0..1, instants ISO 8601 UTC. ``None`` is 'unknown' or 'undefined' (0/0), never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

PUBLIC_SCHEMA_VERSION = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """One origin of the town's electricity in the interval. ``kind``: "pv", "hydro", "storage", "import".

    Attributes:
        p_mw: power into the town's pool; negative where storage charges or the town exports.
        renewable_share: of what flows in; None when unknown or when nothing does.
    """

    kind: str
    p_mw: float
    renewable_share: float | None


class GreenHour(_Frozen):
    """One of the next 24 hours, the running one first.

    Attributes:
        share: expected mean of what is left of the hour; None when something that the site has is unknown.
        green: among the greenest quarter of the 24, and at least a point (0.01) greener than their mean.
    """

    start: datetime
    share: float | None
    green: bool


class Neighbourhood(_Frozen):
    """An aggregate of ``customers`` households and businesses, published only when the privacy rule holds.

    Attributes:
        start, end: the publication interval that the means describe.
    """

    title: Mapping[str, str]
    customers: int
    start: datetime
    end: datetime
    load_kw: float | None
    pv_kw: float | None
    quality: tuple[str, ...]


class Roof(_Frozen):
    """A plant whose owner consented to publish its production; ``p_kw``: mean from ``start`` to ``end``."""

    title: Mapping[str, str]
    start: datetime
    end: datetime
    p_kw: float | None
    kwp: float
    quality: tuple[str, ...]


class PublicSnapshot(_Frozen):
    """One snapshot of the citizen view.

    Attributes:
        published_at: wall clock of the regular tick that made the figures; ``next_at``: of the next one, None when none is
            due (the run has ended, or runs at full speed).
        speed: grid seconds per wall second, 1.0 in real time; None as fast as possible.
        status: "ok", "no_production_and_no_consumption", "unknown".
        share: renewable share of the electricity consumed in the town in the interval, by proportional sharing.
        made_here: the part of ``share`` produced in the town in the interval; the rest came by import or out of storage.
        sources: empty where the town is too small to publish its powers.
        stale_after: wall clock after which the page calls itself stale.
        notes: codes of honest labels ("benchmark_town", "synthetic_outside", "estimated" ...).
    """

    schema_version: int = PUBLIC_SCHEMA_VERSION
    site: str
    title: Mapping[str, str]
    timezone: str
    as_of: datetime
    interval: datetime
    published_at: datetime
    next_at: datetime | None
    stale_after: datetime
    speed: float | None
    status: str
    share: float | None
    made_here: float | None
    co2_g_per_kwh: float | None
    quality: tuple[str, ...]
    sources: tuple[Source, ...]
    green_hours: tuple[GreenHour, ...]
    neighbourhood: Neighbourhood | None
    roof: Roof | None
    notes: tuple[str, ...]
