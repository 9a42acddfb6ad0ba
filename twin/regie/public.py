"""Compose the public snapshot: the town's renewable share, its coming hours, a large neighbourhood, a consenting roof."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from twin.contracts.public_snapshot import ComingHour, Neighbourhood, PublicSnapshot, Roof, ZonePart
from twin.domain.quality import Quality, words
from twin.domain.time import QUARTER_HOUR
from twin.domain.zones import Zone
from twin.origin.traced import UNKNOWN, Origin, Traced
from twin.regie.green_hours import Ahead, coming_hours
from twin.regie.horizon import medians
from twin.regie.public_ahead import of_mix_box, of_pool
from twin.regie.public_balance import rounded, sources
from twin.regie.public_means import Key, Means, QuarterHour, Window, begin_of
from twin.regie.public_told import Rulebook, Verdict
from twin.regie.publish import Host
from twin.regie.tick import Tick

STALE_AFTER_TICKS = 2
STALE_AFTER = timedelta(seconds=60)
"""At least this long after the last values nobody calls them stale, however fast the run."""


@dataclass(frozen=True)
class PublicFacts:
    """What the site publishes, and what of it may be told.

    Attributes:
        root: the town. ``zones``: it and those within it whose share is shown. ``group``, ``roof``: None where there is none.
        kinds: of the sources that the site has.
        book: what may be told. ``meters``: columns of a raw row, by channel.
        interval: of publication.
        import_mix: "consumption" or "production" of the upstream grid.
        notes: codes of honest labels.
    """

    site: str
    title: Mapping[str, str]
    timezone: str
    root: Zone
    zones: tuple[Zone, ...]
    group: Zone | None
    roof: Zone | None
    kinds: frozenset[str]
    book: Rulebook
    meters: Mapping[str, int]
    interval: timedelta
    import_mix: str
    notes: tuple[str, ...]

    @property
    def live(self) -> bool:
        """Whether the town is told by the quarter hour, and not as means over the interval of publication."""
        share = self.book.verdict("share", self.root.name)
        return share is not None and share.coarse is None

    def silent(self, raw: np.ndarray) -> frozenset[str]:
        """Plants whose meters say nothing of a quarter hour, dims (channel,) after substitution."""
        return frozenset(plant.channel for plant in self.book.plants if math.isnan(raw[self.meters[plant.channel]]))


def held_back(facts: PublicFacts) -> tuple[Verdict, ...]:
    """Every figure that could be public: whether it is, at what resolution, and why not or why not finer."""
    return facts.book.verdicts


@dataclass
class PublicComposer:
    """Composes; what may not be told by the quarter hour is kept as means over the interval of publication.

    Attributes:
        before: the snapshot before; an interval that it told is told again as it was, whatever became known since.
    """

    facts: PublicFacts
    before: PublicSnapshot | None = None
    _window: Window = field(init=False)
    _means: Means | None = None
    _foretold_until: datetime | None = None

    def __post_init__(self) -> None:
        self._window = Window(self.facts.interval)
        if self.before is not None and self.before.site != self.facts.site:
            self.before = None

    def remember(
        self,
        interval: datetime,
        signals: Mapping[Key, float],
        flags: Mapping[Key, int],
        traced: Traced | None = None,
        silent: Collection[str] | None = None,
    ) -> None:
        """Take one quarter hour into the interval of publication; after a restart, those before it.

        Args:
            traced: as it was told first; None where nobody knows any more.
            silent: channels whose meters said nothing of it after substitution, others than of plants may be among them; None
                where nobody knows any more who answered.
        """
        book = self.facts.book
        silent = None if silent is None else frozenset(silent) & {plant.channel for plant in book.plants}
        p_mw = {
            key: signals.get(key, math.nan) if book.told(figure, key[1], silent) and answers else math.nan
            for key, (figure, answers) in self._keys(flags).items()
        }
        zones = {}
        for name, origin in ({} if traced is None else traced.zones).items():
            zones[name] = self._may_be_told(name, origin, silent)
        injected = math.nan if traced is None else _injected_mw(traced)
        means = self._window.add(QuarterHour(interval, p_mw, {key: _flag(flags, key) for key in p_mw}, zones, injected))
        self._means = means or self._means

    def resumed(self, until: datetime) -> None:
        """After a restart: of intervals that were over nothing is told where no snapshot says how they were told.

        What is known of them now may hold a late reading. The running interval is completed; its hours to come were foretold.

        Args:
            until: end of the last quarter hour that was remembered.
        """
        begin = begin_of(until, self.facts.interval)
        if self.before is None or self.before.as_of < begin:
            self._means, self._foretold_until = None, begin + self.facts.interval

    def compose(self, tick: Tick, host: Host) -> PublicSnapshot:
        """The public snapshot of a regular tick; its quarter hour was remembered before."""
        facts, state, traced = self.facts, tick.state, tick.origin
        start, town = self._town(tick)
        powers = facts.live and facts.book.told("powers", facts.root.name, facts.silent(tick.observation.raw))
        pace = QUARTER_HOUR / host.speed if host.speed else timedelta(0)
        self.before = PublicSnapshot(
            site=facts.site,
            title=facts.title,
            timezone=facts.timezone,
            as_of=state.as_of,
            interval=start,
            published_at=host.published_at,
            next_at=host.next_at,
            stale_after=host.published_at + max(STALE_AFTER_TICKS * pace, STALE_AFTER),
            speed=host.speed,
            status=self._status(traced, town),
            share=rounded(town.share),
            made_here=rounded(town.made_here),
            co2_g_per_kwh=rounded(town.co2_g_per_kwh, 1),
            method=traced.method,
            quality=words(Quality.ESTIMATED | _flag(tick.observation.flags, ("zone_load_p_mw", facts.root.name))),
            sources=sources(traced, town, live=facts.live, powers=powers),
            import_mix=facts.import_mix,
            zones=self._zones(start, town),
            coming=self._coming(tick),
            neighbourhood=self._neighbourhood(),
            roof=self._roof(),
            notes=facts.notes,
        )
        return self.before

    def _town(self, tick: Tick) -> tuple[datetime, Origin]:
        """Origin of what the town consumed in the interval that is told of it, and the interval's start."""
        facts, name, start = self.facts, self.facts.root.name, tick.state.interval
        if not facts.live:
            means = self._means
            return (start, UNKNOWN) if means is None else (means.start, means.zones.get(name, UNKNOWN))
        silent, town = facts.silent(tick.observation.raw), tick.origin.zones.get(name, UNKNOWN)
        return start, self._may_be_told(name, town, silent)

    def _status(self, traced: Traced, town: Origin) -> str:
        """Why there is a share or none: where nothing was consumed, plants may still have produced."""
        if town.share is not None:
            return "ok"
        if town.p_mw != 0.0:  # NaN is among them
            return "unknown"
        coarse = math.nan if self._means is None else self._means.injected_mw
        injected = _injected_mw(traced) if self.facts.live else coarse
        return "all_exported" if injected > 0.0 else "no_production_and_no_consumption" if injected == 0.0 else "unknown"

    def _may_be_told(self, zone: str, origin: Origin, silent: frozenset[str] | None) -> Origin:
        """What of a zone's origin may be told of a quarter hour in which some plants' meters were silent."""
        book = self.facts.book
        if not book.told("share", zone, silent):
            return UNKNOWN
        carbon = origin.co2_g_per_kwh if book.told("co2", zone, silent) else None
        if book.told("parts", zone, silent):
            return replace(origin, co2_g_per_kwh=carbon)
        return replace(origin, parts={}, made_here=None, co2_g_per_kwh=carbon)

    def _keys(self, flags: Mapping[Key, int]) -> dict[Key, tuple[str, bool]]:
        """Columns of which means are told: the figure that each is, and whether its meters speak of the quarter hour."""
        group, roof = self.facts.group, self.facts.roof
        keys = {}
        if group is not None:
            keys["zone_load_p_mw", group.name] = ("load", True)
            keys["zone_pv_p_mw", group.name] = ("sun", True)
        if roof is not None:
            key = ("zone_pv_p_mw", roof.name)  # substituted, it would be what the sun was before
            keys[key] = ("plant", not _flag(flags, key) & Quality.SUBSTITUTED)
        return keys

    def _zones(self, start: datetime, town: Origin) -> tuple[ZonePart, ...]:
        """The town as it is told anyway, for an hour's share beside its quarter hours would tell more; then the others."""
        facts, means = self.facts, self._means
        if not facts.book.told("share", facts.root.name):
            return ()
        length = QUARTER_HOUR if facts.live else facts.interval
        found = [_zone_part(facts.root, start, start + length, town)]
        if means is not None:
            before = {} if self.before is None else {(part.name, part.start): part for part in self.before.zones}
            for zone in facts.zones:
                if zone.name != facts.root.name and facts.book.told("share", zone.name):
                    part = _zone_part(zone, means.start, means.end, means.zones.get(zone.name, UNKNOWN))
                    found.append(before.get((part.name, part.start), part))
        return tuple(found)

    def _coming(self, tick: Tick) -> tuple[ComingHour, ...]:
        """As foreseen at the first tick of an interval that may tell it; until another one may, told again as it was."""
        told, zone, as_of = self.facts.book.told, self.facts.root.name, tick.state.as_of
        if not told("ahead", zone):
            return ()
        hours, silent = () if self.before is None else self.before.coming, self.facts.silent(tick.observation.raw)
        known = any(hour.share is not None for hour in hours)
        stands = known and begin_of(as_of, self.facts.interval) <= hours[0].start <= as_of
        waits = self._foretold_until is not None and as_of < self._foretold_until
        if not (stands or waits) and told("ahead", zone, silent):
            ahead = self._ahead(tick)
            hours = coming_hours(as_of, ahead if told("ahead_parts", zone, silent) else replace(ahead, parts={}))
        return hours if told("ahead_parts", zone) else tuple(hour.model_copy(update={"parts": {}}) for hour in hours)

    def _ahead(self, tick: Tick) -> Ahead:
        """From the mix box, or from the forecasts of the root zone; what the site has and nobody knows is unknown."""
        facts, zone = self.facts, self.facts.root
        ahead = of_mix_box(tick.envelopes, zone.name, facts.kinds, tick.state.as_of)
        if ahead is not None:
            return ahead
        paths, bought = medians(tick.envelopes, [zone]), tick.outside.get("import_renewable_share")
        return of_pool(
            load_p_mw=paths.get(f"load:{zone.name}"),
            pv_p_mw=paths.get(f"pv:{zone.name}"),
            import_share=None if bought is None else bought.values,
            held={injection.kind: injection for injection in tick.origin.injections},
            kinds=facts.kinds,
        )

    def _neighbourhood(self) -> Neighbourhood | None:
        zone, means = self.facts.group, self._means
        if zone is None or means is None or not self.facts.book.told("load", zone.name):
            return None
        if self.before is not None and (card := self.before.neighbourhood) is not None and card.start == means.start:
            return card
        load, pv = ("zone_load_p_mw", zone.name), ("zone_pv_p_mw", zone.name)
        return Neighbourhood(
            title=zone.title,
            customers=zone.customers,
            start=means.start,
            end=means.end,
            load_kw=means.p_kw[load],
            pv_kw=means.p_kw.get(pv),
            quality=words(means.quality[load] | means.quality.get(pv, Quality.GOOD)),
        )

    def _roof(self) -> Roof | None:
        zone, means = self.facts.roof, self._means
        if zone is None or means is None or not self.facts.book.told("plant", zone.name):
            return None
        if self.before is not None and (card := self.before.roof) is not None and card.start == means.start:
            return card
        pv = ("zone_pv_p_mw", zone.name)
        return Roof(
            title=zone.title,
            start=means.start,
            end=means.end,
            p_kw=means.p_kw[pv],
            kwp=zone.pv_kwp,
            quality=words(means.quality[pv]),
        )


def _zone_part(zone: Zone, start: datetime, end: datetime, origin: Origin) -> ZonePart:
    known = Quality.INVALID if origin.share is None else Quality.ESTIMATED
    return ZonePart(
        name=zone.name,
        title=zone.title,
        parent=zone.parent,
        start=start,
        end=end,
        share=rounded(origin.share),
        quality=words(known),
    )


def _injected_mw(traced: Traced) -> float:
    """By all sources together; NaN where one of them is unknown."""
    return math.fsum(injection.p_mw for injection in traced.injections)


def _flag(flags: Mapping[Key, int], key: Key) -> Quality:
    return Quality(flags.get(key, int(Quality.INVALID)))
