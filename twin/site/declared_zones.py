"""Faults of the declared zones that show without the grid: parents, balances, what they are measured by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from twin.domain.carriers import CARRIERS, OTHER
from twin.domain.problems import Problems
from twin.site.locate import Places
from twin.site.site import Site
from twin.site.zone import Zone


def zones(site: Site, places: Places, problems: Problems) -> None:
    """One root, parents that exist, and balances that can be drawn."""
    names = {zone.name for zone in site.zones}
    roots = [zone.name for zone in site.zones if zone.parent is None]
    if len(roots) != 1:
        problems.add(
            places("zones"), f"without parent: {roots}", "exactly one zone, the whole site", "give the others a parent"
        )
    for i, zone in enumerate(site.zones):
        if zone.parent is not None and zone.parent not in names:
            problems.add(
                places("zones", i, "parent"), repr(zone.parent), f"one of {', '.join(sorted(names))}", "correct the name"
            )
        elif _in_circle(site, zone):
            problems.add(places("zones", i, "parent"), repr(zone.parent), "a zone further up", "zones must not hold each other")
        _balance(zone, _of(places, i), problems)
        _other_plants(zone, _of(places, i), problems)


def zone_channels(site: Site, places: Places, problems: Problems) -> None:
    """What a zone's power is summed from: declared channels, each in MW, each once, and each by the zones around it too."""
    declared, by_name = set(site.measured), {zone.name: zone for zone in site.zones}
    for i, zone in enumerate(site.zones):
        for key, names in _channels_of(zone).items():
            place = places("zones", i, key)
            for name, count in Counter(names).items():
                if name not in declared:
                    problems.add(
                        place, f"channel {name!r}", "a channel of [telemetry]", "declare it there, or correct the name"
                    )
                elif not name.endswith(".p_mw"):
                    problems.add(place, f"channel {name!r}", "active power, p_mw", "a sum of powers takes nothing else")
                if count > 1:
                    problems.add(place, f"channel {name!r} {count} times", "every channel once", "remove the others")
        around = by_name.get(zone.parent or "")
        if around is not None:
            _counted_around(zone, around, _of(places, i), problems)


Place = Callable[..., str]


def _of(places: Places, zone: int) -> Place:
    return lambda *keys: places("zones", zone, *keys)


def _channels_of(zone: Zone) -> dict[str, list[str]]:
    return {
        "boundary": [term.channel for term in zone.boundary],
        "hydro": list(zone.hydro),
        "storage": list(zone.storage),
        "other_plants": [plant.channel for plant in zone.other_plants],
        "pv_references": [reference.channel for reference in zone.pv_references],
    }


def _counted_around(zone: Zone, around: Zone, place: Place, problems: Problems) -> None:
    """A zone's plants are its parent's too, of which each balance is drawn from its own list alone."""
    own, outer = _channels_of(zone), _channels_of(around)
    for key in ("hydro", "storage", "other_plants"):
        for name in dict.fromkeys(own[key]):
            if name not in outer[key]:
                limit = f"a channel that {key} of zone {around.name!r} around it has too"
                problems.add(place(key), f"channel {name!r} of zone {zone.name!r}", limit, f"add it to {around.name!r}")


def _balance(zone: Zone, place: Place, problems: Problems) -> None:
    if zone.kind != "plant" and zone.customers == 0:
        problems.add(place("customers"), 0, "at least 1 customer", "count the metered customers behind the boundary")
    if zone.kind == "building" and not (zone.consent or "").strip():
        limit, remedy = (
            "its people's recorded consent",
            "record its date and reference, or leave the building to its neighbourhood",
        )
        problems.add(place("consent"), "missing", limit, remedy)
    if zone.consent is not None and zone.kind != "building":
        problems.add(
            place("consent"), f"of a {zone.kind}", 'consent of a zone of kind "building"', "remove it, or correct the kind"
        )
    if zone.kind != "plant" and not zone.boundary:
        problems.add(place("boundary"), "missing", "the channels whose power enters the zone", "name the feeding transformers")
    if zone.pv_kwp > 0 and not zone.pv_references:
        problems.add(place("pv_references"), "missing", "a metered plant", "name one, or set pv_kwp = 0")
    if zone.pv_kwp > 0 and not zone.pv_groups:
        problems.add(place("pv_groups"), "missing", "tilt, azimuth and kwp of the panels", "describe them, or set pv_kwp = 0")
    total = sum(group.kwp for group in zone.pv_groups)
    if zone.pv_groups and abs(total - zone.pv_kwp) > 0.01 * max(zone.pv_kwp, total):
        limit, remedy = f"pv_kwp = {zone.pv_kwp:g} within 1 %", "correct one of them"
        problems.add(place("pv_groups"), f"{total:g} kWp together", limit, remedy)


def _other_plants(zone: Zone, place: Place, problems: Problems) -> None:
    """Known carriers, life-cycle factors with their source, and no plant that counts as hydro or storage already."""
    for i, plant in enumerate(zone.other_plants):
        carrier = CARRIERS.get(plant.carrier)
        if plant.carrier not in OTHER:
            remedy = "hydro and photovoltaics have keys of their own" if carrier else "correct the name"
            problems.add(place("other_plants", i, "carrier"), repr(plant.carrier), f"one of {', '.join(OTHER)}", remedy)
        elif plant.co2_g_per_kwh is None and carrier is not None and carrier.co2_g_per_kwh is None:
            limit, remedy = (
                "grams of CO2 equivalent per kWh",
                f"state it: the table behind the others has none for {carrier.name}",
            )
            problems.add(place("other_plants", i, "co2_g_per_kwh"), "missing", limit, remedy)
        if plant.co2_g_per_kwh is not None and not (plant.co2_source or "").strip():
            problems.add(
                place("other_plants", i, "co2_source"), "missing", "whose figure it is, and its year", "name the publication"
            )
        if plant.channel in {*zone.hydro, *zone.storage}:
            remedy = "a plant counts once"
            problems.add(place("other_plants", i, "channel"), f"channel {plant.channel!r}", "no hydro plant or storage", remedy)


def _in_circle(site: Site, zone: Zone) -> bool:
    parents = {each.name: each.parent for each in site.zones}
    seen, name = set(), zone.parent
    while name is not None and name not in seen:
        if name == zone.name:
            return True
        seen.add(name)
        name = parents.get(name)
    return False
