"""Faults of what a site file says about privacy: looser limits than the rule, consents of nothing, zones too small to show."""

from __future__ import annotations

from collections import Counter

from twin.domain.problems import Problems
from twin.site.locate import Places
from twin.site.site import Site

FINEST_PUBLIC_MINUTES = 60
"""In a quarter hour a single customer can dominate a neighbourhood's figure."""

_LOOSEST = {"k": (15, "customers"), "plants": (3, "plants")}
_LARGEST = {"max_share": 0.15, "max_plant_share": 0.5}
"""No Swiss threshold is published; looser than these (docs/decisions/0041) is refused, stricter is welcome."""


def privacy(site: Site, places: Places, problems: Problems) -> None:
    """Limits, and what the zones must say so that they can be applied."""
    remedy = "stricter is welcome, looser is not"
    for key, (least, of_what) in _LOOSEST.items():
        value = getattr(site.privacy, key)
        if value < least:
            problems.add(places("privacy", key), value, f"at least {least} {of_what}", remedy)
    for key, largest in _LARGEST.items():
        value = getattr(site.privacy, key)
        if not 0.0 < value <= largest:
            problems.add(places("privacy", key), value, f"at most {largest} ({largest:.0%}), and above 0", remedy)
    for i, zone in enumerate(site.zones):
        within = sum(child.customers for child in site.zones if child.parent == zone.name)
        if within > zone.customers:
            limit, remedy = (
                f"at least the {within} of the zones within",
                "count those behind its boundary, zones within included",
            )
            problems.add(places("zones", i, "customers"), zone.customers, limit, remedy)
        for j, moved in enumerate(zone.formerly):
            if moved.joined > zone.customers:
                limit, remedy = f"at most its {zone.customers} customers", "count those of them whom the bounds before left out"
                problems.add(places("zones", i, "formerly", j, "joined"), moved.joined, limit, remedy)


def consents(site: Site, places: Places, problems: Problems) -> None:
    """A consent is of one metered plant or storage of a zone, at its generator."""
    known: set[str] = set()
    for zone in site.zones:
        known.update(zone.hydro, zone.storage, (plant.channel for plant in zone.pv_references))
        known.update(plant.channel for plant in zone.other_plants)
    count = Counter(consent.plant for consent in site.privacy.consents)
    for i, consent in enumerate(site.privacy.consents):
        place = places("privacy", "consents", i, "plant")
        if consent.plant not in known:
            limit = "a channel in hydro, storage, pv_references or other_plants of a zone"
            problems.add(place, repr(consent.plant), limit, "name the meter of the plant's generator")
        if count[consent.plant] > 1:
            problems.add(place, f"{consent.plant!r} {count[consent.plant]} times", "one consent for a plant", "keep the newest")


def public(site: Site, places: Places, problems: Problems) -> None:
    """What the page shows must exist, and be allowed."""
    page = site.public
    if page is None:
        return
    known = {zone.name: zone for zone in site.zones}
    for key, name in (("zone", page.zone), ("plant_zone", page.plant_zone)):
        if name is not None and name not in known:
            problems.add(places("public", key), repr(name), f"one of {', '.join(sorted(known))}", "correct the name")
    minutes = page.resolution_minutes
    if minutes < FINEST_PUBLIC_MINUTES or minutes % 15 or 24 * 60 % minutes:
        limit = f"at least {FINEST_PUBLIC_MINUTES} (one customer can dominate less), a multiple of 15 that divides the day"
        problems.add(places("public", "resolution_minutes"), minutes, limit, "write 60, 120, 180 or 240, for example")
    zone = known.get(page.zone)
    if zone is not None and zone.customers < site.privacy.k:
        limit = f"at least privacy.k = {site.privacy.k} customers"
        problems.add(places("public", "zone"), f"{zone.customers} customers", limit, "publish a larger zone")
    for i, each in enumerate(site.zones):
        if (each.parent is None or each is zone) and each.largest_customer is None:
            limit = "share, source and date of the largest customer, because [public] shows the zone"
            remedy = 'write { share = 0.03, source = "billing, year before", checked = 2026-01-15 }, for example'
            problems.add(places("zones", i, "largest_customer"), "missing", limit, remedy)
    _plant(site, page.plant_zone, places, problems)


def _plant(site: Site, name: str | None, places: Places, problems: Problems) -> None:
    plant = next((zone for zone in site.zones if zone.name == name), None)
    if plant is None:
        return
    if plant.kind != "plant":
        limit, remedy = 'a zone of kind "plant"', "name the zone of the one plant that may be shown"
        problems.add(places("public", "plant_zone"), f"{plant.kind} {plant.name!r}", limit, remedy)
    consented = {consent.plant for consent in site.privacy.consents}
    for reference in plant.pv_references:
        if reference.channel not in consented:
            limit, remedy = "its owner's consent in [[privacy.consents]]", "record it there, or leave plant_zone out"
            problems.add(places("public", "plant_zone"), f"{reference.channel!r} without consent", limit, remedy)
