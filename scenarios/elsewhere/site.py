"""The tables of a site that refer to elements of its grid, on another grid."""

from __future__ import annotations

from typing import Any

from scenarios.elsewhere.moves import PLACE_TABLE, Moves
from twin.site import Site
from twin.site.device_tables import PLACES_KEY, DeviceGroup
from twin.site.locate import Places
from twin.site.machine import POWER_TABLE
from twin.site.rules import BoxEntry, PlantTable
from twin.site.tables import ChannelGroup, Overlay, TelemetryTable
from twin.site.zone import BoundaryTerm, Zone


def moved_tables(site: Site, moves: Moves, places: Places) -> dict[str, Any]:
    """Tables that differ, by the name of their field; the grid's origin is not among them.

    Maintenance stays at home: no run reads it, and its files name the home grid's assets.
    """
    return {
        "telemetry": _telemetry(site.telemetry, moves, places),
        "zones": tuple(_zone(zone, moves, places, i) for i, zone in enumerate(site.zones)),
        "trafos": _watched(site.trafos, "trafo", moves, places, "trafos"),
        "lines": _watched(site.lines, "line", moves, places, "lines"),
        "machines": tuple(
            each.model_copy(update={"index": moves.index(POWER_TABLE[each.kind], each.index, places("machines", i, "index"))})
            for i, each in enumerate(site.machines)
        ),
        "device_groups": tuple(_devices(group, moves, places, i) for i, group in enumerate(site.device_groups)),
        "boxes": tuple(_box(box, moves, places, i) for i, box in enumerate(site.boxes)),
        "switching": site.switching.model_copy(
            update={"remote": moves.indices("switch", site.switching.remote, places("switching", "remote"))}
        ),
        "privacy": site.privacy.model_copy(
            update={
                "consents": tuple(
                    each.model_copy(update={"plant": moves.reference(each.plant, places("privacy", "consents", i, "plant"))})
                    for i, each in enumerate(site.privacy.consents)
                )
            }
        ),
        "plant": None if site.plant is None else _plant(site.plant, moves, places),
        "maintenance": None,
    }


def moved_overlay(overlay: Overlay, moves: Moves, places: Places) -> Overlay:
    """The overlay on the other published grid."""

    def place(*keys: str) -> str:
        return places("grid", "overlay", *keys)

    pv = overlay.pv
    return overlay.model_copy(
        update={
            "tap_pos": {moves.index("trafo", i, place("tap_pos")): tap for i, tap in overlay.tap_pos.items()},
            "resized_trafos": _each(overlay.resized_trafos, "trafo", "trafo", moves, place("resized_trafos")),
            "typed_stations": _each(overlay.typed_stations, "bus", "bus", moves, place("typed_stations")),
            "pv": pv.model_copy(update={"new": _each(pv.new, "bus", "bus", moves, place("pv", "new"))}),
        }
    )


def _each(entries: tuple[Any, ...], key: str, table: str, moves: Moves, place: str) -> tuple[Any, ...]:
    return tuple(each.model_copy(update={key: moves.index(table, getattr(each, key), place)}) for each in entries)


def _watched(entries: tuple[Any, ...], table: str, moves: Moves, places: Places, key: str) -> tuple[Any, ...]:
    return tuple(
        each.model_copy(update={"index": moves.index(table, each.index, places(key, i, "index"))})
        for i, each in enumerate(entries)
    )


def _telemetry(telemetry: TelemetryTable, moves: Moves, places: Places) -> TelemetryTable:
    channels = tuple(
        group.model_copy(update={"elements": _elements(group, moves, places("telemetry", "channels", i, "elements"))})
        for i, group in enumerate(telemetry.channels)
    )
    silences = tuple(
        silence.model_copy(
            update={"channels": moves.patterns(silence.channels, places("telemetry", "silences", i, "channels"))}
        )
        for i, silence in enumerate(telemetry.silences)
    )
    return telemetry.model_copy(update={"channels": channels, "silences": silences})


def _elements(group: ChannelGroup, moves: Moves, place: str) -> tuple[int | str, ...]:
    if group.table == "device":
        return tuple(moves.device(str(each), place) for each in group.elements)
    return tuple(moves.index(group.table, each, place) if isinstance(each, int) else each for each in group.elements)


def _zone(zone: Zone, moves: Moves, places: Places, number: int) -> Zone:
    def place(key: str) -> str:
        return places("zones", number, key)

    behind, at = zone.holds.behind_trafo, place("holds")
    holds = {
        "behind_trafo": None if behind is None else moves.index("trafo", behind, at),
        "sgens": moves.indices("sgen", zone.holds.sgens, at),
    }
    references = tuple(
        each.model_copy(update={"channel": moves.reference(each.channel, place("pv_references"))})
        for each in zone.pv_references
    )
    channels = {key: tuple(moves.reference(each, place(key)) for each in getattr(zone, key)) for key in ("hydro", "storage")}
    return zone.model_copy(
        update={
            "holds": zone.holds.model_copy(update=holds),
            "boundary": tuple(_boundary(term, moves, place("boundary")) for term in zone.boundary),
            "pv_references": references,
            **channels,
        }
    )


def _boundary(term: BoundaryTerm, moves: Moves, place: str) -> BoundaryTerm:
    """What enters a line that is drawn the other way there leaves the zone."""
    table, index, _ = term.channel.split(".")
    turned = table == "line" and index.isdecimal() and int(index) in moves.grids.turned
    sign = -term.sign if turned else term.sign
    return term.model_copy(update={"channel": moves.reference(term.channel, place), "sign": sign})


def _devices(group: DeviceGroup, moves: Moves, places: Places, number: int) -> DeviceGroup:
    key = PLACES_KEY[group.kind]
    table = PLACE_TABLE[key]
    changed: dict[str, Any] = {key: moves.indices(table, group.places, places("devices", number, key))}
    if (rights := group.rights) is not None:
        of = places("devices", number, "rights", "of")
        opted = places("devices", number, "rights", "opted_out")
        changed["rights"] = rights.model_copy(
            update={
                "of": rights.of if rights.of == "all" else moves.indices(table, rights.of, of),
                "opted_out": moves.indices(table, rights.opted_out, opted),
            }
        )
    return group.model_copy(update=changed)


def _box(box: BoxEntry, moves: Moves, places: Places, number: int) -> BoxEntry:
    config = {key: moves.anything(value, places("boxes", number, "config", key)) for key, value in box.config.items()}
    return box.model_copy(update={"config": config})


def _plant(plant: PlantTable, moves: Moves, places: Places) -> PlantTable:
    events = tuple(
        event.model_copy(update={"element": moves.reference(event.element, places("plant", "events", i, "element"))})
        for i, event in enumerate(plant.events)
    )
    pumps = _each(plant.heat_pumps, "load", "load", moves, places("plant", "heat_pumps"))
    return plant.model_copy(update={"heat_pumps": pumps, "events": events})
