"""Faults of a site file that show without the grid: names, references, units, rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from twin.domain.channels import QUANTITIES, parse_channel
from twin.domain.problems import Problem, Problems
from twin.site.locate import Places
from twin.site.site import Site
from twin.site.tables import ChannelGroup, Zone

LEAST_K, LARGEST_SHARE = 15, 0.15
"""No Swiss threshold is published; looser than these defaults is refused, stricter is welcome."""


def declared_problems(site: Site, places: Places) -> tuple[Problem, ...]:
    """Every fault of ``site`` that shows without its grid."""
    problems = Problems()
    for check in (
        _names,
        _clock,
        _inverters,
        _telemetry,
        _zones,
        _trafos,
        _devices,
        _privacy,
        _limits,
        _orders,
        _boxes,
        _public,
        _plant,
    ):
        check(site, places, problems)
    return tuple(problems)


LEAST_EXPIRY_MINUTES = 30
"""An order takes effect in the next quarter hour and must live through it."""

FINEST_PUBLIC_MINUTES = 60
"""In a quarter hour a single customer can dominate a neighbourhood's figure."""


def _names(site: Site, places: Places, problems: Problems) -> None:
    named: tuple[tuple[str, Iterable[str]], ...] = (
        ("zones", [zone.name for zone in site.zones]),
        ("trafos", [trafo.name for trafo in site.trafos]),
        ("boxes", [box.name for box in site.boxes]),
        ("devices", [device.id for device in site.devices]),
        ("telemetry.channels", [name for group in site.telemetry.channels for name in site.channel_names(group)]),
    )
    for table, names in named:
        for name, count in Counter(names).items():
            if count > 1:
                problems.add(places(*table.split(".")), f"{name!r} {count} times", "every name once", "rename or remove one")


def _clock(site: Site, places: Places, problems: Problems) -> None:
    zones = [(("site", "timezone"), site.about.timezone)]
    if site.telemetry.timezone is not None:
        zones.append((("telemetry", "timezone"), site.telemetry.timezone))
    for keys, name in zones:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError):
            problems.add(places(*keys), repr(name), "an IANA time zone", 'write it like "Europe/Zurich"')


def _inverters(site: Site, places: Places, problems: Problems) -> None:
    curve = site.grid.overlay.pv.q_v_pu
    # equal corners in the middle mean no dead band, which is a curve; equal ones on a ramp would make it infinitely steep
    if curve is not None and not curve[0] < curve[1] <= curve[2] < curve[3]:
        place, limit = (
            places("grid", "overlay", "pv", "q_v_pu"),
            "four ascending voltages [pu]; only the middle two may be equal",
        )
        problems.add(place, list(curve), limit, "sort the corner voltages")


def _telemetry(site: Site, places: Places, problems: Problems) -> None:
    for i, group in enumerate(site.telemetry.channels):
        place = places("telemetry", "channels", i)
        if group.minimum >= group.maximum:
            problems.add(place, f"minimum {group.minimum:g}", f"less than maximum {group.maximum:g}", "correct the range")
        for entry in group.elements:
            if (
                isinstance(entry, str)
                and entry.startswith("kind:")
                and not any(device.kind == entry[5:] and device.dispatchable for device in site.devices)
            ):
                problems.add(place, entry, "a kind of device that gives a right of use", "correct it, or remove the group")
        _channel_names(site, group, place, problems)
        _units(group, place, problems)
    if site.telemetry.source == "csv":
        folder = site.beside(site.telemetry.folder or "")
        if not folder.is_dir():
            problems.add(places("telemetry", "folder"), str(folder), "a folder", "correct the path (relative to the site file)")


def _channel_names(site: Site, group: ChannelGroup, place: str, problems: Problems) -> None:
    ids = {device.id for device in site.devices}
    for name in site.channel_names(group):
        table, element, _ = name.split(".", 2)
        try:
            parse_channel(name)
        except ValueError as error:
            problems.add(place, f"channel {name!r}", str(error).split("; ", 1)[-1], "correct table or quantity")
            return  # the whole group has the same fault
        if table == "device" and element not in ids:
            problems.add(place, f"device {element!r}", "a device of the site file", "declare it in [[devices]]")
        elif table in {"weather", "market"} and element != "site":
            problems.add(place, f"element {element!r}", '"site"', 'weather and market have the element "site"')
        elif table not in {"device", "weather", "market"} and not element.isdigit():
            problems.add(place, f"element {element!r}", "an index of the grid", "write the number")


def _units(group: ChannelGroup, place: str, problems: Problems) -> None:
    for quantity in group.quantities:
        unit = QUANTITIES.get((group.table, quantity))
        if group.unit is not None and unit is not None and group.unit != unit:
            problems.add(place, f"{quantity} in {group.unit}", unit, f"convert the feed to {unit} before it comes in")


def _zones(site: Site, places: Places, problems: Problems) -> None:
    names = {zone.name for zone in site.zones}
    declared = {name for group in site.telemetry.channels for name in site.channel_names(group)}
    roots = [zone.name for zone in site.zones if zone.parent is None]
    if len(roots) != 1:
        problems.add(
            places("zones"), f"without parent: {roots}", "exactly one zone, the whole site", "give the others a parent"
        )
    for i, zone in enumerate(site.zones):
        if zone.parent is not None and zone.parent not in names:
            problems.add(places("zones", i, "parent"), repr(zone.parent), f"one of {sorted(names)}", "correct the name")
        elif _in_circle(site, zone):
            problems.add(places("zones", i, "parent"), repr(zone.parent), "a zone further up", "zones must not hold each other")
        _balance(zone, lambda *keys, i=i: places("zones", i, *keys), declared, problems)


def _balance(zone: Zone, place: Callable[..., str], declared: set[str], problems: Problems) -> None:
    if zone.kind != "plant" and zone.customers == 0:
        problems.add(place("customers"), 0, "at least 1 customer", "count the metered customers behind the boundary")
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
    used = [("boundary", term.channel) for term in zone.boundary]
    used += [("hydro", name) for name in zone.hydro] + [("storage", name) for name in zone.storage]
    used += [("pv_references", reference.channel) for reference in zone.pv_references]
    for key, name in used:
        if name not in declared:
            problems.add(place(key), f"channel {name!r}", "a channel of [telemetry]", "declare it there, or correct the name")


def _in_circle(site: Site, zone: Zone) -> bool:
    parents = {each.name: each.parent for each in site.zones}
    seen, name = set(), zone.parent
    while name is not None and name not in seen:
        if name == zone.name:
            return True
        seen.add(name)
        name = parents.get(name)
    return False


def _trafos(site: Site, places: Places, problems: Problems) -> None:
    zones = {zone.name for zone in site.zones}
    for i, trafo in enumerate(site.trafos):
        if trafo.zone not in zones:
            problems.add(places("trafos", i, "zone"), repr(trafo.zone), f"one of {sorted(zones)}", "correct the name")


def _devices(site: Site, places: Places, problems: Problems) -> None:
    zones = {zone.name for zone in site.zones}
    for i, group in enumerate(site.device_groups):
        if group.zone not in zones:
            problems.add(places("devices", i, "zone"), repr(group.zone), f"one of {sorted(zones)}", "correct the name")
        if group.rights is None:
            continue
        for key, listed in (("of", group.rights.of), ("opted_out", group.rights.opted_out)):
            strangers = [] if listed == "all" else sorted(set(listed) - set(group.places))
            if strangers:
                limit, remedy = "places of the group", "correct the list"
                problems.add(places("devices", i, "rights", key), f"{strangers}", limit, remedy)


def _privacy(site: Site, places: Places, problems: Problems) -> None:
    remedy = "stricter is welcome, looser is not"
    if site.privacy.k < LEAST_K:
        problems.add(places("privacy", "k"), site.privacy.k, f"at least {LEAST_K} customers", remedy)
    if not 0.0 < site.privacy.max_share <= LARGEST_SHARE:
        limit = f"at most {LARGEST_SHARE} (15 %), and above 0"
        problems.add(places("privacy", "max_share"), site.privacy.max_share, limit, remedy)


def _limits(site: Site, places: Places, problems: Problems) -> None:
    levels = [band.up_to_kv for band in site.bands.voltage]
    if levels != sorted(set(levels)):
        problems.add(places("bands", "voltage"), f"up_to_kv {levels}", "ascending levels, each once", "sort them")
    for band in site.bands.voltage:
        if band.vm_min_pu >= band.vm_max_pu:
            value = f"up to {band.up_to_kv:g} kV: {band.vm_min_pu:g} to {band.vm_max_pu:g} pu"
            problems.add(places("bands", "voltage"), value, "vm_min_pu below vm_max_pu", "exchange them")
    start, end = site.tariff.high_hours
    if not 0 <= start < end <= 24:
        problems.add(places("tariff", "high_hours"), [start, end], "0 <= from < to <= 24", "correct the hours")
    dynamic = site.tariff.dynamic
    if dynamic.min_chf_per_kwh > dynamic.max_chf_per_kwh:
        problems.add(places("tariff", "dynamic"), f"{dynamic.min_chf_per_kwh:g}", "min below max", "exchange them")


def _orders(site: Site, places: Places, problems: Problems) -> None:
    if site.orders.write and site.telemetry.source != "plant":
        limit, remedy = "false: nothing behind this telemetry takes orders", "set write = false"
        problems.add(places("orders", "write"), True, limit, remedy)
    if site.orders.expiry_minutes < LEAST_EXPIRY_MINUTES:
        limit = f"at least {LEAST_EXPIRY_MINUTES}: an order takes effect in the next quarter hour and must live through it"
        problems.add(places("orders", "expiry_minutes"), site.orders.expiry_minutes, limit, "raise it")


def _boxes(site: Site, places: Places, problems: Problems) -> None:
    names = {box.name for box in site.boxes}
    for i, box in enumerate(site.boxes):
        if box.use not in site.boxes_allowed:
            limit, remedy = f"one of boxes_allowed {list(site.boxes_allowed)}", "add it there if you trust it"
            problems.add(places("boxes", i, "use"), repr(box.use), limit, remedy)
        rungs = box.config.get("fallbacks", ())
        for rung in rungs if isinstance(rungs, list | tuple) else ():
            if isinstance(rung, str) and rung.startswith("instance:") and rung[9:] not in names - {box.name}:
                limit = f"instance: and one of {sorted(names - {box.name})}"
                problems.add(places("boxes", i, "config", "fallbacks"), repr(rung), limit, "correct the name")


def _public(site: Site, places: Places, problems: Problems) -> None:
    public = site.public
    if public is None:
        return
    zones = {zone.name: zone for zone in site.zones}
    for key, name in (("zone", public.zone), ("plant_zone", public.plant_zone)):
        if name is not None and name not in zones:
            problems.add(places("public", key), repr(name), f"one of {sorted(zones)}", "correct the name")
    minutes = public.resolution_minutes
    if minutes < FINEST_PUBLIC_MINUTES or minutes % 15 or 24 * 60 % minutes:
        limit = f"at least {FINEST_PUBLIC_MINUTES} (one customer can dominate less), a multiple of 15 that divides the day"
        problems.add(places("public", "resolution_minutes"), minutes, limit, "write 60, 120, 180 or 240, for example")
    zone = zones.get(public.zone)
    if zone is not None and zone.customers < site.privacy.k:
        limit = f"at least privacy.k = {site.privacy.k} customers"
        problems.add(places("public", "zone"), f"{zone.customers} customers", limit, "publish a larger zone")
    if public.plant_sgen is not None and not public.consent:
        limit, remedy = "the owner's recorded consent", "record it, or publish no single plant"
        problems.add(places("public", "consent"), "missing", limit, remedy)


def _plant(site: Site, places: Places, problems: Problems) -> None:
    if site.telemetry.source != "plant":
        return
    if site.plant is None:
        problems.add(places("telemetry", "source"), '"plant"', "a [plant] table", "add one, or read telemetry from CSV")
    if site.grid.source != "simbench":
        limit, remedy = "a grid with profiles (simbench)", "read telemetry from CSV"
        problems.add(places("telemetry", "source"), f'"plant" on a {site.grid.source} grid', limit, remedy)
