"""Faults of a site file that show without the grid: names, references, units, rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from twin.contracts.devices import Right
from twin.domain.problems import Problem, Problems
from twin.site.declared_maintenance import maintenance
from twin.site.declared_privacy import consents, privacy, public
from twin.site.declared_rehearsed import box_outages, world
from twin.site.declared_telemetry import elements, telemetry
from twin.site.declared_zones import zone_channels, zones
from twin.site.device_tables import PLACES_KEY, DeviceGroup, RightTable
from twin.site.locate import Places
from twin.site.site import Site, Unread


def declared_problems(site: Site, places: Places) -> tuple[Problem, ...]:
    """Every fault of ``site`` that shows without its grid; a check waits while a table that it needs is unread."""
    return found_by(_CHECKS, site, places)


def found_by(checks: Sequence[Callable[..., None]], *seen: Any) -> tuple[Problem, ...]:
    """What ``checks`` find, each called with ``seen`` and the collector; one that meets an unread table keeps what it found."""
    problems = Problems()
    for check in checks:
        with suppress(Unread):
            check(*seen, problems)
    return tuple(problems)


def _once(named: Iterable[object], place: str, problems: Problems) -> None:
    for name, count in Counter(named).items():
        if count > 1:
            problems.add(place, f"{name!r} {count} times", "every name once", "rename or remove one")


def _zone_names(site: Site, places: Places, problems: Problems) -> None:
    _once((zone.name for zone in site.zones), places("zones"), problems)


def _box_names(site: Site, places: Places, problems: Problems) -> None:
    _once((box.name for box in site.boxes), places("boxes"), problems)


def _channel_names(site: Site, places: Places, problems: Problems) -> None:
    _once(site.measured, places("telemetry", "channels"), problems)


def _site_clock(site: Site, places: Places, problems: Problems) -> None:
    _time_zone(site.about.timezone, places("site", "timezone"), problems)


def _telemetry_clock(site: Site, places: Places, problems: Problems) -> None:
    if site.telemetry.timezone is not None:
        _time_zone(site.telemetry.timezone, places("telemetry", "timezone"), problems)


def _time_zone(name: str, place: str, problems: Problems) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        problems.add(place, repr(name), "an IANA time zone", 'write it like "Europe/Zurich"')


def _inverters(site: Site, places: Places, problems: Problems) -> None:
    curve = site.grid.overlay.pv.q_v_pu
    # equal corners in the middle mean no dead band, which is a curve; equal ones on a ramp would make it infinitely steep
    if curve is not None and not curve[0] < curve[1] <= curve[2] < curve[3]:
        place, limit = (
            places("grid", "overlay", "pv", "q_v_pu"),
            "four ascending voltages [pu]; only the middle two may be equal",
        )
        problems.add(place, list(curve), limit, "sort the corner voltages")


def _trafos(site: Site, places: Places, problems: Problems) -> None:
    _once((trafo.name for trafo in site.trafos), places("trafos"), problems)
    for index, count in Counter(trafo.index for trafo in site.trafos).items():
        if count > 1:
            problems.add(places("trafos"), f"index {index} {count} times", "one watch for a transformer", "remove the others")
    known = {zone.name for zone in site.zones}
    for i, trafo in enumerate(site.trafos):
        if trafo.zone not in known:
            problems.add(
                places("trafos", i, "zone"), repr(trafo.zone), f"one of {', '.join(sorted(known))}", "correct the name"
            )


def _lines(site: Site, places: Places, problems: Problems) -> None:
    _once((line.name for line in site.lines), places("lines"), problems)
    for index, count in Counter(line.index for line in site.lines).items():
        if count > 1:
            problems.add(places("lines"), f"index {index} {count} times", "one watch for a line", "remove the others")
    known = {zone.name for zone in site.zones}
    measured = set(site.measured)
    for i, line in enumerate(site.lines):
        if line.zone is not None and line.zone not in known:
            problems.add(places("lines", i, "zone"), repr(line.zone), f"one of {', '.join(sorted(known))}", "correct the name")
        channel = f"line.{line.index}.i_ka"
        if channel not in measured:
            limit, remedy = f"a channel {channel}: the watch lives on the line's current", "add it to the telemetry"
            problems.add(places("lines", i, "index"), f"line {line.index} without current", limit, remedy)


def _machines(site: Site, places: Places, problems: Problems) -> None:
    _once((machine.name for machine in site.machines), places("machines"), problems)
    for channel, count in Counter(machine.power_channel for machine in site.machines).items():
        if count > 1:
            problems.add(places("machines"), f"{channel} {count} times", "one watch for a machine", "remove the others")
    known = {zone.name for zone in site.zones}
    measured = set(site.measured)
    for i, machine in enumerate(site.machines):
        if machine.zone not in known:
            problems.add(
                places("machines", i, "zone"), repr(machine.zone), f"one of {', '.join(sorted(known))}", "correct the name"
            )
        remedy = "add it to the telemetry"
        if machine.power_channel not in measured:
            limit = f"a channel {machine.power_channel}: vibration says nothing without the power at which it was read"
            problems.add(places("machines", i, "index"), f"machine {machine.name!r} without power", limit, remedy)
        if f"machine.{machine.name}.vibration_mm_s" not in measured:
            limit = f"a channel machine.{machine.name}.vibration_mm_s: the watch lives on it"
            problems.add(places("machines", i, "name"), f"machine {machine.name!r} without vibration", limit, remedy)


def _devices(site: Site, places: Places, problems: Problems) -> None:
    _once((device.id for device in site.devices), places("devices"), problems)
    known, kinds = {zone.name for zone in site.zones}, defaultdict(set)
    for i, group in enumerate(site.device_groups):
        kinds[group.group].add(group.kind)
        if group.zone not in known:
            problems.add(
                places("devices", i, "zone"), repr(group.zone), f"one of {', '.join(sorted(known))}", "correct the name"
            )
    for name, found in kinds.items():
        if len(found) > 1:
            value, limit = (
                f"group {name!r} of {' and '.join(sorted(found))}",
                "one kind: a group is recommended and moved as one",
            )
            problems.add(places("devices"), value, limit, "give each kind a group of its own")


def _rights(site: Site, places: Places, problems: Problems) -> None:
    for i, group in enumerate(site.device_groups):
        rights = group.rights
        if rights is None:
            continue
        for key, listed in (("of", rights.of), ("opted_out", rights.opted_out)):
            strangers = [] if listed == "all" else sorted(set(listed) - set(group.places))
            if strangers:
                limit, remedy = "places of the group", "correct the list"
                problems.add(places("devices", i, "rights", key), f"{strangers}", limit, remedy)
        for key, value, limit, remedy in _wrong_rights(group, rights):
            problems.add(places("devices", i, "rights", key), value, limit, remedy)


def _wrong_rights(group: DeviceGroup, rights: RightTable) -> Iterator[tuple[str, str, str, str]]:
    """(key, value, limit, remedy) of rights that do not fit the kind of device."""
    if rights.right is Right.GUARANTEED and group.kind != "pv_plant":
        limit = 'kind "pv_plant": the law guarantees the curtailment of generation (StromVG 17c)'
        yield "right", f'"{rights.right}" over {group.kind}', limit, "agree on a contract with the owners"
    wanted = "ripple" if group.kind == "heat_pumps" else "direct"
    if rights.channel != wanted:
        limit = f'"{wanted}": ripple control moves a whole group of heat pumps, every other order goes to one device'
        yield "channel", f'"{rights.channel}" to {group.kind}', limit, "correct the channel"
    if group.kind == "heat_pumps" and (rights.of != "all" or rights.opted_out):
        limit, remedy = "all of the group: a call reaches everybody in it", "leave the other loads out of the group"
        yield "of", "some of a ripple group", limit, remedy


def _shared_places(site: Site, places: Places, problems: Problems) -> None:
    """A plant, or the heat pumps behind a load, obey one device."""
    for kind in ("pv_plant", "heat_pumps"):
        count = Counter(place for group in site.device_groups if group.kind == kind for place in group.places)
        twice = sorted(place for place, number in count.items() if number > 1)
        if twice:
            value = f"{PLACES_KEY[kind]} {', '.join(map(str, twice))} of {kind} more than once"
            problems.add(places("devices"), value, "one device each", "remove the others")


def _voltage(site: Site, places: Places, problems: Problems) -> None:
    levels = [band.up_to_kv for band in site.bands.voltage]
    if levels != sorted(set(levels)):
        problems.add(places("bands", "voltage"), f"up_to_kv {levels}", "ascending levels, each once", "sort them")
    for band in site.bands.voltage:
        if band.vm_min_pu >= band.vm_max_pu:
            value = f"up to {band.up_to_kv:g} kV: {band.vm_min_pu:g} to {band.vm_max_pu:g} pu"
            problems.add(places("bands", "voltage"), value, "vm_min_pu below vm_max_pu", "exchange them")


def _money(site: Site, places: Places, problems: Problems) -> None:
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


def _boxes(site: Site, places: Places, problems: Problems) -> None:
    names = {box.name for box in site.boxes}
    for i, box in enumerate(site.boxes):
        if box.use not in site.boxes_allowed:
            limit, remedy = f"one of boxes_allowed {', '.join(site.boxes_allowed)}", "add it there if you trust it"
            problems.add(places("boxes", i, "use"), repr(box.use), limit, remedy)
        rungs = box.config.get("fallbacks", ())
        for rung in rungs if isinstance(rungs, list | tuple) else ():
            if isinstance(rung, str) and rung.startswith("instance:") and rung[9:] not in names - {box.name}:
                limit = f"instance: and one of {', '.join(sorted(names - {box.name}))}"
                problems.add(places("boxes", i, "config", "fallbacks"), repr(rung), limit, "correct the name")


def _shadows(site: Site, places: Places, problems: Problems) -> None:
    champions = sorted(box.name for box in site.boxes if box.role == "champion")
    for i, box in enumerate(site.boxes):
        compared = box.role in ("shadow", "reserve")
        if compared and box.shadows not in champions:
            value = "missing" if box.shadows is None else repr(box.shadows)
            problems.add(places("boxes", i, "shadows"), value, f"one of the champions {champions}", "name whom it shadows")
        if not compared and box.shadows is not None:
            limit, remedy = 'role = "shadow" or "reserve" beside it', "state the role, or leave the key out"
            problems.add(places("boxes", i, "shadows"), f"{box.shadows!r} of a {box.role}", limit, remedy)


def _roster(site: Site, places: Places, problems: Problems) -> None:
    said = ((f"{step.who} after {step.after_minutes} min", step.owner) for step in site.roster)
    _once((f"{step} ({owner})" if owner else step for step, owner in said), places("roster"), problems)
    for i, step in enumerate(site.roster):
        if step.mail is not None and site.mail is None:
            problems.add(places("roster", i, "mail"), step.mail, "[mail] beside it", "declare the server that mails leave by")
        if step.mail is not None and step.language is None:
            problems.add(
                places("roster", i, "language"), "missing", "de, fr, it or en, beside mail", "say how to write to them"
            )


def _promote(site: Site, places: Places, problems: Problems) -> None:
    low, high = site.promote.coverage_90
    if low >= high:
        problems.add(places("promote", "coverage_90"), [low, high], "a lower share before a higher one", "exchange them")


def _plant(site: Site, places: Places, problems: Problems) -> None:
    if site.telemetry.source != "plant":
        return
    if site.plant is None:
        problems.add(places("telemetry", "source"), '"plant"', "a [plant] table", "add one, or read telemetry from CSV")
    _pumps(site, places, problems)
    if not site.grid.profiled:
        limit, remedy = "a grid with profiles (simbench, or key profiles)", "name profiles, or read telemetry from CSV"
        problems.add(places("telemetry", "source"), f'"plant" on a {site.grid.source} grid', limit, remedy)


def _pumps(site: Site, places: Places, problems: Problems) -> None:
    pumped = set() if site.plant is None else {pump.load for pump in site.plant.heat_pumps}
    for i, group in enumerate(site.device_groups):
        without = sorted(set(group.loads) - pumped) if group.kind == "heat_pumps" else []
        if without:
            limit, remedy = (
                "loads with a heat pump in [plant]: nothing else could be blocked",
                "declare it there, or leave it out",
            )
            problems.add(places("devices", i, "loads"), f"load {', '.join(map(str, without))}", limit, remedy)


_CHECKS = (
    _zone_names,
    _box_names,
    _channel_names,
    _site_clock,
    _telemetry_clock,
    _inverters,
    telemetry,
    elements,
    zones,
    zone_channels,
    _trafos,
    _lines,
    _machines,
    _devices,
    _shared_places,
    _rights,
    privacy,
    consents,
    _voltage,
    _money,
    _orders,
    _boxes,
    _shadows,
    _roster,
    _promote,
    public,
    _plant,
    world,
    box_outages,
    maintenance,
)
