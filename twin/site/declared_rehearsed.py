"""Faults of what a rehearsal declares, as far as they show without the grid: changes of the world, outages of boxes."""

from __future__ import annotations

from collections.abc import Iterator

from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR
from twin.site.locate import Places
from twin.site.rehearsed import SHIFTED, ZONED, WorldChange
from twin.site.rules import PlantTable
from twin.site.site import Site

Fault = tuple[str, str, str, str]
"""(key, value, limit, remedy)."""


def world(site: Site, places: Places, problems: Problems) -> None:
    """Changes of a world that is simulated, of quantities that it has, where they are."""
    changes = () if site.plant is None else site.plant.world
    for i, change in enumerate(changes):
        if site.telemetry.source != "plant":
            limit, remedy = 'telemetry from a simulated plant, source = "plant"', "remove it: what was measured does not change"
            problems.add(places("plant", "world", i), f'world of source = "{site.telemetry.source}"', limit, remedy)
        for key, value, limit, remedy in (*_figures(change), *_zones(site, change), *_nothing_there(site, change)):
            problems.add(places("plant", "world", i, key), value, limit, remedy)


def _figures(change: WorldChange) -> Iterator[Fault]:
    if change.add and change.quantity not in SHIFTED:
        yield (
            "add",
            f"{change.add:g} to {change.quantity}",
            f"0, or one of {', '.join(sorted(SHIFTED))}",
            "change it by times or path",
        )
    quarters = -((change.at - change.until) // QUARTER_HOUR)
    if len(change.path) > quarters:
        value, limit = f"{len(change.path)} factors", f"at most {quarters}: one for each quarter hour of its span"
        yield "path", value, limit, "shorten it, or move until"


def _zones(site: Site, change: WorldChange) -> Iterator[Fault]:
    if change.zones and change.quantity not in ZONED:
        limit, remedy = f"none: only {' and '.join(sorted(ZONED))} differ between zones", "leave zones out"
        yield "zones", f"{', '.join(change.zones)} of {change.quantity}", limit, remedy
        return
    known = {zone.name: zone for zone in site.zones}
    for name in change.zones:
        if name not in known:
            yield "zones", repr(name), f"one of {', '.join(sorted(known))}", "correct the name"
        elif change.quantity == "sun" and known[name].pv_kwp == 0.0:
            yield "zones", repr(name), "a zone with panels", "leave it out"
        elif change.quantity == "load" and known[name].kind == "plant":
            yield "zones", repr(name), "a zone with consumption", "leave it out"


def _nothing_there(site: Site, change: WorldChange) -> Iterator[Fault]:
    """Of heat pumps and cars, where a site has none."""
    plant = site.plant or PlantTable()
    lumped = {
        "heat_pumps": plant.heat_pumps_per_household * plant.heat_pump_kw,
        "cars": plant.cars_per_household * plant.car_kw,
    }
    if change.quantity not in lumped or plant.households * lumped[change.quantity] > 0.0:
        return
    single = plant.heat_pumps if change.quantity == "heat_pumps" else [d for d in site.devices if d.kind == "ev_charger"]
    if not single:
        yield (
            "quantity",
            f'"{change.quantity}"',
            "something that the plant has",
            "declare some in [plant], or remove the change",
        )


def box_outages(site: Site, places: Places, problems: Problems) -> None:
    """Outages of boxes that there are."""
    names = sorted(box.name for box in site.boxes)
    for i, outage in enumerate(site.box_outages):
        if outage.box not in names:
            problems.add(places("box_outages", i, "box"), repr(outage.box), f"one of {', '.join(names)}", "correct the name")
