"""What the public may know live: aggregated, no customer, no device, no dispatcher's data. The public process sees only this.

Fractions are 0..1, instants ISO 8601 UTC. ``None`` is 'unknown' or 'undefined' (0/0), never zero. What the privacy rule forbids
is None before it gets here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

PUBLIC_SCHEMA_VERSION = 2


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """One origin of the town's electricity in the interval.

    Attributes:
        kind: "pv", "hydro", "other" (further plants of the town), "storage", "import".
        part: of the electricity consumed in the town, traced, 0..1; the parts of all sources sum to one.
        p_mw: mean power into the town; negative where storage charges or the town exports; None where the town is too small to
            publish its powers.
        renewable_share: of what flows in; None when unknown or when nothing does.
    """

    kind: str
    part: float
    p_mw: float | None
    renewable_share: float | None


class ComingHour(_Frozen):
    """One of 48 hours, first the one that ran when they were foreseen; its mean is of what was left of the hour then.

    Attributes:
        share: expected renewable share; None when something that the site has is unknown.
        low, high: its 5 % and 95 % quantiles; None with ``share``, or where nobody tells them.
        parts: expected part of each source kind that the site has, the same kinds as in `Source`; empty when unknown.
        green: among the greenest quarter of its 24 hours, and at least a point (0.01) greener than their mean.
    """

    start: datetime
    share: float | None
    low: float | None
    high: float | None
    parts: Mapping[str, float]
    green: bool


class ZonePart(_Frozen):
    """One zone of the town that is shown, so that the zones can be drawn as a diagram: its traced share, never its power.

    Attributes:
        name: of the zone in the site file. ``parent``: of the zone that holds it; None for the whole town.
        start, end: the publication interval that the share describes.
        share: renewable share of what was consumed in it, by flow tracing; None when unknown or not allowed.
    """

    name: str
    title: Mapping[str, str]
    parent: str | None
    start: datetime
    end: datetime
    share: float | None
    quality: tuple[str, ...]


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
        interval: label of the quarter hour that the share describes; ``as_of``: instant of the tick, its end.
        published_at: wall clock of the regular tick that made the figures; ``next_at``: of the next one, None when none is
            due (the run has ended, or runs at full speed).
        stale_after: wall clock after which the page calls itself stale.
        speed: grid seconds per wall second, 1.0 in real time; None as fast as possible.
        status: "ok", "no_production_and_no_consumption" (0/0), "all_exported" (nothing was consumed; what flowed in left the
            town or was stored), "unknown".
        share: renewable share of the electricity consumed in the town in the interval, by proportional sharing.
        made_here: the part of ``share`` produced in the town in the interval; the rest came by import or out of storage.
        method: "traced" along the lines of the grid, or "pooled" at the town's connection where the grid could not be solved.
        sources: of what was consumed; empty with an unknown share.
        import_mix: "consumption" (what the upstream grid consumes, foreign imports included) or "production".
        zones: the town first, then zones within it that may be shown.
        coming: 48 hours, foreseen once in an interval of publication, so that hours of the first may be over.
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
    method: str
    quality: tuple[str, ...]
    sources: tuple[Source, ...]
    import_mix: str
    zones: tuple[ZonePart, ...]
    coming: tuple[ComingHour, ...]
    neighbourhood: Neighbourhood | None
    roof: Roof | None
    notes: tuple[str, ...]
