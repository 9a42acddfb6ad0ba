"""What tracing must know of a site: its balanced zones, its plants by carrier, its storages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twin.contracts.devices import Device
from twin.domain.carriers import CARRIERS
from twin.domain.zones import OtherPlant, Zone
from twin.origin.town import Plants, Store, TownFacts, loads_of
from twin.site import Site

UNSTATED_EFFICIENCY = 0.85**0.5
"""One way, of storages that nobody described: 85 % there and back (NREL, Annual Technology Baseline 2020, Battery Storage,
"Round-Trip Efficiency")."""


def town_facts(site: Site, zones: Sequence[Zone], storages: Sequence[int]) -> TownFacts:
    """Facts of a site.

    Args:
        zones: with their net elements. ``storages``: indices of the net's storages, for those that nobody names a device.
    """
    root = next(zone for zone in zones if zone.parent is None)
    below: list[Zone] = [root]
    for zone in below:  # grows while it is read: parents stand before their children
        below += [other for other in zones if other.parent == zone.name]
    balanced = tuple(zone for zone in below if zone.boundary)
    return TownFacts(
        zones=balanced,
        pv=root.pv_kwp > 0.0,
        pv_sgens=tuple(sorted({sgen for zone in zones for sgen in zone.pv_sgens})),
        loads=loads_of(zones),
        has_hydro=bool(root.hydro),
        hydro=_sgens(channel for zone in zones for channel in zone.hydro),
        others=_others(root.others),
        stores=_stores(root, site.dispatchable, storages),
        co2_g_per_kwh=site.kpi.co2_g_per_kwh.model_dump(),
    )


def _sgens(channels: Iterable[str]) -> tuple[int, ...]:
    """Elements of the channels that meter a plant of the net by itself."""
    parts = (channel.split(".") for channel in channels)
    return tuple(sorted({int(element) for table, element, _ in parts if table == "sgen"}))


def _others(plants: Sequence[OtherPlant]) -> tuple[Plants, ...]:
    found = []
    for carrier in sorted({plant.carrier for plant in plants}):
        mine = [plant for plant in plants if plant.carrier == carrier]
        kw = sum(plant.kw for plant in mine)
        co2 = sum(plant.kw * plant.co2_g_per_kwh for plant in mine) / kw
        found.append(Plants(carrier, _sgens(plant.channel for plant in mine), kw, CARRIERS[carrier].renewable, co2))
    return tuple(found)


def _stores(root: Zone, devices: Sequence[Device], storages: Sequence[int]) -> tuple[Store, ...]:
    """Batteries with a meter of their own; last, without a name, whatever else the zone's storage is summed from."""
    named = [d for d in devices if d.table == "storage" and f"device.{d.id}.p_mw" in root.storage]
    found = [Store(d.id, (d.element,), d.e_max_mwh, d.efficiency) for d in named]
    if len(named) < len(root.storage):
        rest = {*storages} - {device.element for device in named}
        found.append(Store("", tuple(sorted(rest)), 0.0, UNSTATED_EFFICIENCY))
    return tuple(found)
