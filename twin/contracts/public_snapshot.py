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
    """One origin of the town's electricity in the interval. ``kind``: "pv", "hydro", "storage", "import"."""

    kind: str
    p_mw: float
    renewable_share: float | None


class GreenHour(_Frozen):
    """One of the coming hours. ``green``: among the greenest quarter of the next 24 h and greener than their mean."""

    start: datetime
    share: float | None
    green: bool


class Neighbourhood(_Frozen):
    """An aggregate of ``customers`` households and businesses, published only when the privacy rule holds."""

    title: Mapping[str, str]
    customers: int
    load_kw: float | None
    pv_kw: float | None
    quality: tuple[str, ...]


class Roof(_Frozen):
    """A plant whose owner consented to publish its production."""

    title: Mapping[str, str]
    p_kw: float | None
    kwp: float
    quality: tuple[str, ...]


class PublicSnapshot(_Frozen):
    """One snapshot of the citizen view.

    Attributes:
        status: "ok", "no_production_and_no_consumption", "unknown".
        share: renewable share of the electricity consumed in the town in the interval, by proportional sharing.
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
    status: str
    share: float | None
    co2_g_per_kwh: float | None
    quality: tuple[str, ...]
    sources: tuple[Source, ...]
    green_hours: tuple[GreenHour, ...]
    neighbourhood: Neighbourhood | None
    roof: Roof | None
    notes: tuple[str, ...]
