"""What screens must say of a site: where its figures come from, and what the public may see of it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from twin.domain.grid import NORMAL
from twin.regie.parts import Parts
from twin.regie.public import PublicFacts
from twin.site import Site


def notes_of(site: Site) -> tuple[str, ...]:
    """Codes of what every screen must say about the figures' origin."""
    notes = []
    if site.grid.source == "simbench":
        notes.append("benchmark_town")
    if site.telemetry.source == "plant":
        notes += ["simulated_plant", "synthetic_outside"]
    return tuple(notes)


def public_facts(site: Site, parts: Parts, load_weight: np.ndarray, notes: tuple[str, ...]) -> PublicFacts | None:
    """What the public view is made from; None where the site has none."""
    if site.public is None:
        return None
    zones = {zone.name: zone for zone in parts.zones}
    neighbourhood = zones[site.public.zone]
    position = {int(index): i for i, index in enumerate(parts.engine.model(NORMAL).grid.load)}
    energy = load_weight[[position[load] for load in neighbourhood.loads]]
    return PublicFacts(
        site=site.name,
        title=site.about.title.model_dump(),
        timezone=site.timezone,
        root=zones[parts.root],
        neighbourhood=neighbourhood,
        roof=zones.get(site.public.plant_zone or ""),
        roof_consented=bool(site.public.consent),
        k=site.privacy.k,
        max_share=site.privacy.max_share,
        largest_share=float(energy.max() / energy.sum()) if energy.sum() > 0.0 else 1.0,
        resolution=timedelta(minutes=site.public.resolution_minutes),
        notes=notes,
    )
