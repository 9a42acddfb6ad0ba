"""What screens must say of a site: where its figures come from, and what the public may see of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from twin.contracts.publication import PublicationFacts
from twin.domain.grid import NORMAL
from twin.domain.zones import Zone
from twin.regie.heeded import as_text
from twin.regie.parts import Parts
from twin.regie.public import PublicFacts
from twin.regie.public_rule import Area, Beside, Moved, Plant, Rule
from twin.regie.public_told import Rulebook, Wish
from twin.site import Site

HOUR = timedelta(hours=1)
"""Of the open data's finest table."""


def notes_of(site: Site) -> tuple[str, ...]:
    """Codes of what every screen must say about the figures' origin."""
    notes = []
    if site.grid.source == "simbench":
        notes.append("benchmark_town")
    if site.telemetry.source == "plant":
        notes += ["simulated_plant", "synthetic_outside"]
    if site.telemetry.source == "published":
        notes.append("published_measurements")
    return tuple(notes)


def public_facts(site: Site, parts: Parts, load_weight: np.ndarray, notes: tuple[str, ...]) -> PublicFacts | None:
    """What the public view is made from; None where the site has none.

    Args:
        load_weight: annual energy of every load of the grid, dims (load,), in any unit.
    """
    if site.public is None:
        return None
    zones = {zone.name: zone for zone in parts.zones}
    root, group, roof = zones[parts.root], zones[site.public.zone], zones.get(site.public.plant_zone or "")
    shown = tuple(zones[table.name] for table in site.zones if table.kind == "neighbourhood")
    rule = Rule(**site.privacy.model_dump(exclude={"consents"}))
    plants = plants_of(site)
    interval = timedelta(minutes=site.public.resolution_minutes)
    wish = Wish(root.name, tuple(zone.name for zone in shown), group.name, roof.name if roof else None, interval)
    position = {int(index): i for i, index in enumerate(parts.engine.model(NORMAL).grid.load)}
    own = {zone.name: float(load_weight[[position[load] for load in zone.loads]].sum()) for zone in parts.zones}
    return PublicFacts(
        site=site.name,
        title=site.about.title.model_dump(),
        timezone=site.timezone,
        root=root,
        zones=(root, *shown),
        group=group,
        roof=roof,
        kinds=frozenset(["import", *(plant.kind for plant in plants)]),
        book=Rulebook(areas_of(site, own), plants, rule, wish),
        meters=site.channel_index,
        interval=interval,
        import_mix=site.import_mix.mix,
        notes=notes,
    )


def publication_facts(public: PublicFacts, zones: Sequence[Zone]) -> PublicationFacts:
    """What the publisher's room must know of a site. ``zones``: all of the site's."""
    title = {language: text for language, text in public.title.items() if text}
    told = {verdict.figure: verdict for verdict in public.book.verdicts if verdict.zone == public.root.name and verdict.told}
    told = told if "share" in told else {}
    return PublicationFacts(
        site=public.site,
        title=title,
        timezone=public.timezone,
        root=public.root.name,
        zones=tuple(zone.name for zone in zones if zone in public.zones),
        languages=tuple(title),
        share_public="share" in told,
        powers_public="powers" in told,
        parts_public="parts" in told,
        co2_public="co2" in told,
        hours_public="powers" in told and all(verdict.resolution <= HOUR for verdict in told.values()),
        rulebook=as_text(public.book),
        metered=_metered(public.root),
        attribution=next(iter(title.values()), public.site),
        sources=tuple(note.replace("_", " ").capitalize() for note in public.notes),
    )


def _metered(zone: Zone) -> tuple[str, ...]:
    references, others = [channel for channel, _ in zone.pv_references], [plant.channel for plant in zone.others]
    return (*references, *zone.hydro, *others, *zone.storage)


def areas_of(site: Site, own_energy: Mapping[str, float]) -> tuple[Area, ...]:
    """The site's zones as the privacy rule sees them.

    Args:
        own_energy: annual consumption of each zone's loads, zones within it excluded.
    """
    return tuple(
        Area(
            name=zone.name,
            parent=zone.parent,
            customers=zone.customers,
            energy=sum(own_energy[name] for name in _within(zone.name, site)),
            largest_share=None if zone.largest_customer is None else zone.largest_customer.share,
            beside=None if (on := zone.beside) is None else Beside(on.customers, on.largest_share, on.plants),
            formerly=tuple(Moved(moved.joined, moved.left) for moved in zone.formerly),
            references=tuple(reference.channel for reference in zone.pv_references),
        )
        for zone in site.zones
    )


def plants_of(site: Site) -> tuple[Plant, ...]:
    """Metered plants and storages, each in the smallest zone that names it; sizes are peak powers or ranges of meters."""
    consented = {consent.plant for consent in site.privacy.consents}
    ranges = {channel.name: max(abs(channel.minimum), abs(channel.maximum)) for channel in site.channels}
    found: dict[str, Plant] = {}
    for zone in sorted(site.zones, key=lambda zone: len(_within(zone.name, site)), reverse=True):
        sized = {
            "pv": {reference.channel: reference.kwp for reference in zone.pv_references},
            "hydro": {name: ranges[name] for name in zone.hydro},
            "storage": {name: ranges[name] for name in zone.storage},
        }
        for kind, sizes in sized.items():
            found |= {name: Plant(name, zone.name, kind, size, name in consented) for name, size in sizes.items()}
        for other in zone.other_plants:
            name, burns = other.channel, (other.carrier, other.co2_g_per_kwh)
            found[name] = Plant(name, zone.name, "other", other.kw, name in consented, *burns)
    return tuple(found.values())


def _within(name: str, site: Site) -> list[str]:
    """The zone and every zone in it."""
    return [name, *(below for zone in site.zones if zone.parent == name for below in _within(zone.name, site))]
