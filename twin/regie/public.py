"""Compose the public snapshot: the town's renewable share, its green hours, a neighbourhood large enough, a consenting roof."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from twin.contracts.public_snapshot import GreenHour, Neighbourhood, PublicSnapshot, Roof, Source
from twin.domain.quality import Quality, words, worst
from twin.domain.time import QUARTER_HOUR
from twin.domain.zones import Zone
from twin.regie.green_hours import green_hours
from twin.regie.horizon import medians
from twin.regie.origin import Mix
from twin.regie.publish import Host
from twin.regie.tick import Tick

STALE_AFTER_TICKS = 2
STALE_AFTER = timedelta(seconds=60)
"""At least this long after the last values nobody calls them stale, however fast the run."""
_MADE_HERE = ("pv", "hydro")

Key = tuple[str, str]
"""A column of the frame: (signal, zone)."""


@dataclass(frozen=True)
class PublicFacts:
    """What the site allows to publish.

    Attributes:
        root, neighbourhood, roof: zones; None where there is nothing to show.
        roof_consented: the owner's consent is recorded.
        k: customers below which nothing about consumption is public. ``max_share``: largest annual share of one customer.
        largest_share: the neighbourhood's largest customer over its annual energy.
        resolution: of the neighbourhood's and the roof's figures.
        notes: codes of honest labels.
    """

    site: str
    title: Mapping[str, str]
    timezone: str
    root: Zone
    neighbourhood: Zone | None
    roof: Zone | None
    roof_consented: bool
    k: int
    max_share: float
    largest_share: float
    resolution: timedelta
    notes: tuple[str, ...]

    @property
    def group(self) -> Zone | None:
        """The neighbourhood, if it is a crowd in which nobody stands out."""
        zone = self.neighbourhood
        return zone if zone is not None and zone.customers >= self.k and self.largest_share <= self.max_share else None

    @property
    def plant(self) -> Zone | None:
        """The roof, if its owner consented."""
        return self.roof if self.roof_consented else None

    @property
    def powers_are_public(self) -> bool:
        """Whether the town's own powers may be told: those outside the group must be a crowd too, or the difference tells."""
        inside = 0 if self.neighbourhood is None else self.neighbourhood.customers
        return self.root.customers - inside >= self.k


@dataclass(frozen=True)
class _Means:
    """Means over one publication interval, by column: powers [kW], None where a quarter hour is missing, and quality."""

    start: datetime
    end: datetime
    p_kw: Mapping[Key, float | None]
    quality: Mapping[Key, Quality]


@dataclass
class PublicComposer:
    """Composes; what may be told of the neighbourhood and the roof is kept as means over the site's resolution."""

    facts: PublicFacts
    _window: deque[tuple[datetime, Mapping[Key, float], Mapping[Key, int]]] = field(default_factory=deque)
    _means: _Means | None = None

    def compose(self, tick: Tick, host: Host) -> PublicSnapshot:
        """The public snapshot of a regular tick."""
        facts, state = self.facts, tick.state
        quality = Quality.ESTIMATED | _flag(tick.observation.flags, ("zone_load_p_mw", facts.root.name))
        idle = tick.flows.consumption == 0.0 and tick.mix.share is None
        pace = QUARTER_HOUR / host.speed if host.speed else timedelta(0)
        return PublicSnapshot(
            site=facts.site,
            title=facts.title,
            timezone=facts.timezone,
            as_of=state.as_of,
            interval=state.interval,
            published_at=host.published_at,
            next_at=host.next_at,
            stale_after=host.published_at + max(STALE_AFTER_TICKS * pace, STALE_AFTER),
            speed=host.speed,
            status="ok" if tick.mix.share is not None else "no_production_and_no_consumption" if idle else "unknown",
            share=tick.mix.share,
            made_here=_made_here(tick.mix),
            co2_g_per_kwh=tick.mix.co2_g_per_kwh,
            quality=words(quality),
            sources=_sources(tick) if facts.powers_are_public else (),
            green_hours=self._green_hours(tick),
            neighbourhood=self._neighbourhood(),
            roof=self._roof(),
            notes=facts.notes,
        )

    def remember(self, interval: datetime, signals: Mapping[Key, float], flags: Mapping[Key, int]) -> None:
        """Take one quarter hour into the publication interval; after a restart, those before it."""
        keys, resolution = self._keys(), self.facts.resolution
        values = {key: signals.get(key, math.nan) for key in keys}
        self._window.append((interval, values, {key: int(_flag(flags, key)) for key in keys}))
        end = interval + QUARTER_HOUR
        if end.timestamp() % resolution.total_seconds():
            return
        rows = [row for row in self._window if row[0] >= end - resolution]
        self._window.clear()
        if len(rows) == resolution // QUARTER_HOUR:
            p_kw = {key: _mean_kw([values[key] for _, values, _ in rows]) for key in keys}
            quality = {key: worst([flags[key] for _, _, flags in rows]) for key in keys}
            self._means = _Means(end - resolution, end, p_kw, quality)

    def _keys(self) -> list[Key]:
        group, plant = self.facts.group, self.facts.plant
        keys = [] if group is None else [("zone_load_p_mw", group.name), ("zone_pv_p_mw", group.name)]
        return keys if plant is None else [*keys, ("zone_pv_p_mw", plant.name)]

    def _green_hours(self, tick: Tick) -> tuple[GreenHour, ...]:
        """From the forecasts of the root zone and the mix known ahead; what the site has and nobody knows is NaN."""
        zone, paths = self.facts.root, medians(tick.envelopes, [self.facts.root])
        share_ahead = tick.outside.get("import_renewable_share")
        nobody = np.empty(0)
        load = paths.get(f"load:{zone.name}", nobody)
        pv = paths.get(f"pv:{zone.name}", nobody if zone.pv_kwp else np.zeros(len(load)))
        hydro = tick.observation.signals.get(("zone_hydro_p_mw", zone.name), math.nan) if zone.hydro else 0.0
        return green_hours(
            tick.state.as_of,
            load_p_mw=load,
            pv_p_mw=pv,
            hydro_p_mw=hydro,
            import_share=nobody if share_ahead is None else share_ahead.values,
        )

    def _neighbourhood(self) -> Neighbourhood | None:
        zone, means = self.facts.group, self._means
        if zone is None or means is None:
            return None
        load, pv = ("zone_load_p_mw", zone.name), ("zone_pv_p_mw", zone.name)
        return Neighbourhood(
            title=zone.title,
            customers=zone.customers,
            start=means.start,
            end=means.end,
            load_kw=means.p_kw[load],
            pv_kw=means.p_kw[pv],
            quality=words(means.quality[load] | means.quality[pv]),
        )

    def _roof(self) -> Roof | None:
        zone, means = self.facts.plant, self._means
        if zone is None or means is None:
            return None
        pv = ("zone_pv_p_mw", zone.name)
        return Roof(
            title=zone.title,
            start=means.start,
            end=means.end,
            p_kw=means.p_kw[pv],
            kwp=zone.pv_kwp,
            quality=words(means.quality[pv]),
        )


def _made_here(mix: Mix) -> float | None:
    """The part of the share that the town's own plants made; what storage gives back is not told apart by place."""
    if mix.share is None:
        return None
    told = {kind: p_mw for kind, p_mw, part in mix.sources if part is not None}
    return sum(told.get(kind, 0.0) for kind in _MADE_HERE) / sum(told.values())


def _sources(tick: Tick) -> tuple[Source, ...]:
    """What flows into the pool, and, as negative powers, what charging and export take out of it."""
    out = {"storage": tick.flows.charge, "import": tick.flows.exported}
    return tuple(
        Source(kind=kind, p_mw=round(p_mw - out.get(kind, 0.0), 4) + 0.0, renewable_share=part if p_mw > 0.0 else None)
        for kind, p_mw, part in tick.mix.sources
    )


def _flag(flags: Mapping[Key, int], key: Key) -> Quality:
    return Quality(flags.get(key, int(Quality.INVALID)))


def _mean_kw(p_mw: list[float]) -> float | None:
    mean = 1000.0 * sum(p_mw) / len(p_mw)
    return None if math.isnan(mean) else round(mean, 1)
