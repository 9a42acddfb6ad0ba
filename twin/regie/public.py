"""Compose the public snapshot: the town's renewable share, its green hours, a neighbourhood large enough, a consenting roof."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from twin.contracts.public_snapshot import GreenHour, Neighbourhood, PublicSnapshot, Roof, Source
from twin.domain.quality import Quality, words
from twin.domain.time import QUARTER_HOUR, floor_quarter
from twin.domain.zones import Zone
from twin.regie.horizon import medians
from twin.regie.origin import Ledger, flows_of, mix
from twin.regie.publish import Host
from twin.regie.tick import Tick

GREEN_STEPS = 96
GREENEST = 0.75
"""Quantile of the next day's hourly shares from which an hour counts as green, if it is also above their mean."""
STALE_AFTER_TICKS = 2


@dataclass(frozen=True)
class PublicFacts:
    """What the site allows to publish.

    Attributes:
        root, neighbourhood, roof: zones; None where there is nothing to show.
        roof_consented: the owner's consent is recorded.
        k: customers below which nothing about consumption is public. ``max_share``: largest annual share of one customer.
        largest_share: the neighbourhood's largest customer over its annual energy.
        resolution: of the neighbourhood's figures.
        co2_g_per_kwh: life-cycle factors. ``notes``: codes of honest labels.
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
    co2_g_per_kwh: Mapping[str, float]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    interval: datetime
    load_mw: float
    pv_mw: float
    flags: int


@dataclass
class PublicComposer:
    """Keeps the current publication interval of the neighbourhood, and composes."""

    facts: PublicFacts
    _window: deque[_Row] = field(default_factory=deque)
    _published: Neighbourhood | None = None

    def compose(self, tick: Tick, host: Host) -> PublicSnapshot:
        """The public snapshot of one tick."""
        facts, state = self.facts, tick.state
        quality = Quality.ESTIMATED | _flag(tick, "zone_load_p_mw", facts.root.name)
        idle = tick.flows.consumption == 0.0 and tick.mix.share is None
        pace = timedelta(0) if host.next_at is None else host.next_at - host.published_at
        return PublicSnapshot(
            site=facts.site,
            title=facts.title,
            timezone=facts.timezone,
            as_of=state.as_of,
            interval=state.interval,
            published_at=host.published_at,
            next_at=host.next_at,
            stale_after=host.published_at + max(STALE_AFTER_TICKS * pace, timedelta(seconds=60)),
            status="ok" if tick.mix.share is not None else "no_production_and_no_consumption" if idle else "unknown",
            share=tick.mix.share,
            co2_g_per_kwh=tick.mix.co2_g_per_kwh,
            quality=words(quality),
            sources=tuple(Source(kind=k, p_mw=round(p, 4), renewable_share=s) for k, p, s in tick.mix.sources),
            green_hours=self._green_hours(tick),
            neighbourhood=self._published,
            roof=self._roof(tick),
            notes=facts.notes,
        )

    def _green_hours(self, tick: Tick) -> tuple[GreenHour, ...]:
        """Expected share of the next 24 full hours, from the forecasts of the root zone and the mix known ahead."""
        zone, paths = self.facts.root, medians(tick.envelopes, [self.facts.root])
        share_ahead = tick.outside.get("import_renewable_share")
        if f"load:{zone.name}" not in paths or share_ahead is None:
            return ()
        load, pv = paths[f"load:{zone.name}"], paths.get(f"pv:{zone.name}", np.zeros(len(paths[f"load:{zone.name}"])))
        hydro = tick.observation.signals.get(("zone_hydro_p_mw", zone.name), 0.0)
        hydro = 0.0 if math.isnan(hydro) else hydro
        start = floor_quarter(tick.state.as_of)
        skip = int((-(start.timestamp() % 3600) % 3600) // 900)
        steps = [
            _share(float(load[i]), float(pv[i]), hydro, float(share_ahead.values[i]), self.facts.co2_g_per_kwh)
            for i in range(skip, min(skip + GREEN_STEPS, len(load), len(share_ahead)))
        ]
        hours = [float(np.mean(steps[i : i + 4])) for i in range(0, len(steps) - 3, 4)]
        known = [h for h in hours if not math.isnan(h)]
        threshold = max(float(np.quantile(known, GREENEST)), float(np.mean(known))) if known else float("nan")
        first = start + skip * QUARTER_HOUR
        return tuple(
            GreenHour(start=first + timedelta(hours=i), share=None if math.isnan(h) else round(h, 4), green=h >= threshold)
            for i, h in enumerate(hours)
        )

    def remember(
        self, interval: datetime, signals: Mapping[tuple[str, str], float], flags: Mapping[tuple[str, str], int]
    ) -> None:
        """Take one quarter hour into the neighbourhood's publication interval; after a restart, those before it."""
        zone, facts = self.facts.neighbourhood, self.facts
        if zone is None or zone.customers < facts.k or facts.largest_share > facts.max_share:
            return
        load, pv = (signals.get((signal, zone.name), float("nan")) for signal in ("zone_load_p_mw", "zone_pv_p_mw"))
        self._window.append(_Row(interval, load, pv, flags.get(("zone_load_p_mw", zone.name), int(Quality.INVALID))))
        if (interval + QUARTER_HOUR).timestamp() % facts.resolution.total_seconds():
            return
        begin = interval + QUARTER_HOUR - facts.resolution
        rows = [row for row in self._window if row.interval >= begin]
        self._window.clear()
        if len(rows) == int(facts.resolution / QUARTER_HOUR):
            load_kw, pv_kw = _mean_kw([row.load_mw for row in rows]), _mean_kw([row.pv_mw for row in rows])
            quality = Quality(int(np.bitwise_or.reduce([row.flags for row in rows])))
            self._published = Neighbourhood(
                title=zone.title, customers=zone.customers, load_kw=load_kw, pv_kw=pv_kw, quality=words(quality)
            )

    def _roof(self, tick: Tick) -> Roof | None:
        zone = self.facts.roof
        if zone is None or not self.facts.roof_consented:
            return None
        p_mw = tick.observation.signals.get(("zone_pv_p_mw", zone.name), float("nan"))
        return Roof(
            title=zone.title,
            p_kw=None if math.isnan(p_mw) else round(1000.0 * p_mw, 2),
            kwp=zone.pv_kwp,
            quality=words(_flag(tick, "zone_pv_p_mw", zone.name)),
        )


def _share(load: float, pv: float, hydro: float, import_share: float, factors: Mapping[str, float]) -> float:
    """Expected share of one quarter hour; batteries, which shift and do not make energy, are left out."""
    flows = flows_of(load - pv - hydro, pv, hydro, 0.0)
    share = mix(flows, Ledger(), import_share, 0.0, dict(factors)).share
    return float("nan") if share is None else share


def _flag(tick: Tick, signal: str, zone: str) -> Quality:
    return Quality(tick.observation.flags.get((signal, zone), int(Quality.INVALID)))


def _mean_kw(values: list[float]) -> float | None:
    mean = 1000.0 * sum(values) / len(values)
    return None if math.isnan(mean) else round(mean, 1)
