"""Which loads and panels a zone holds, from the rule in the site file and the grid's normal topology."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from twin.domain.carriers import CARRIERS
from twin.domain.problems import Problem, Problems
from twin.domain.zones import OtherPlant, PvGroup, Zone
from twin.site import Site
from twin.site.device_tables import PLACES_KEY, DeviceGroup
from twin.site.locate import Places
from twin.site.trafo import Trafo
from twin.site.zone import OtherPlant as OtherPlantTable
from twin.site.zone import Zone as ZoneTable


def resolve_zones(tables: Sequence[ZoneTable], trafos: Sequence[Trafo], net: Any) -> tuple[Zone, ...]:
    """The site's zones with their net elements; what a child zone holds is not repeated in its parent."""
    held = {table.name: _members(table, net) for table in tables}
    return tuple(
        Zone(
            name=table.name,
            title=table.title.model_dump(),
            customers=table.customers,
            pv_kwp=table.pv_kwp,
            parent=table.parent,
            boundary=tuple((term.channel, float(term.sign)) for term in table.boundary),
            hydro=table.hydro,
            storage=table.storage,
            others=tuple(_other(plant) for plant in table.other_plants),
            pv_references=tuple((reference.channel, reference.kwp) for reference in table.pv_references),
            pv_groups=tuple(PvGroup(g.tilt_deg, g.azimuth_deg, g.kwp) for g in table.pv_groups),
            loads=_own(table, tables, held, 0),
            pv_sgens=_own(table, tables, held, 1),
            trafos=tuple(trafo.name for trafo in trafos if trafo.zone == table.name),
        )
        for table in tables
    )


def _other(plant: OtherPlantTable) -> OtherPlant:
    published = CARRIERS[plant.carrier].co2_g_per_kwh
    stated = published if plant.co2_g_per_kwh is None else plant.co2_g_per_kwh
    return OtherPlant(plant.channel, plant.carrier, plant.kw, math.nan if stated is None else stated)


Members = tuple[set[int], set[int]]


def _own(table: ZoneTable, tables: Sequence[ZoneTable], held: dict[str, Members], part: int) -> tuple[int, ...]:
    own = set(held[table.name][part])
    for child in tables:
        if child.parent == table.name:
            own -= held[child.name][part]
    return tuple(sorted(own))


def _members(table: ZoneTable, net: Any) -> Members:
    """Loads and photovoltaic plants under the zone's rule."""
    pv = net.sgen[net.sgen["kind"] == "pv"]
    if table.holds.sgens:
        return set(), set(table.holds.sgens)
    buses = _buses(table, net)
    return set(net.load.index[net.load["bus"].isin(buses)]), set(pv.index[pv["bus"].isin(buses)])


def _buses(table: ZoneTable, net: Any) -> set[int]:
    """Buses inside the zone; a zone that lists plants holds these alone, and no bus."""
    if table.holds.everything:
        return {int(bus) for bus in net.bus.index}
    trafo = table.holds.behind_trafo
    return set() if trafo is None else buses_behind(net, trafo)


def misplaced_devices(site: Site, net: Any, places: Places) -> tuple[Problem, ...]:
    """Devices that stand outside the zone of their group: what it declares must be the smallest zone that holds them."""
    problems = Problems()
    smallest: dict[int, str] = {}
    for table in sorted(site.zones, key=lambda zone: _depth(zone, site.zones)):
        if table.holds.behind_trafo in {None, *net.trafo.index}:
            smallest |= dict.fromkeys(_buses(table, net), table.name)
    for i, group in enumerate(site.device_groups):
        elsewhere: dict[str, list[int]] = {}
        for place, bus in _stands(group, net):
            zone = smallest.get(bus, "none")
            if zone != group.zone:
                elsewhere.setdefault(zone, []).append(place)
        for zone, found in elsewhere.items():
            kind = {"buses": "bus", "loads": "load", "sgens": "sgen"}[PLACES_KEY[group.kind]]
            value = f"{group.zone!r} for {kind} {', '.join(map(str, found))}"
            problems.add(places("devices", i, "zone"), value, f"{zone!r}, which holds it", "correct the zone or the place")
    return tuple(problems)


def meshed_zones(site: Site, net: Any, places: Places) -> tuple[Problem, ...]:
    """Zones behind a transformer whose low-voltage side is fed from elsewhere too: they would hold the grid above it."""
    problems = Problems()
    for i, table in enumerate(site.zones):
        trafo = table.holds.behind_trafo
        if trafo is None or trafo not in net.trafo.index:
            continue
        inside = buses_behind(net, trafo)
        if int(net.trafo.at[trafo, "hv_bus"]) in inside:
            level = _connected(net, int(net.trafo.at[trafo, "lv_bus"]), set(net.trafo.index))
            others = [f"trafo {index}" for index in net.trafo.index[net.trafo["lv_bus"].isin(level)] if index != trafo]
            value = f"behind trafo {trafo}, also fed by {', '.join(others) or 'another way'}"
            limit, remedy = "a transformer that alone feeds what is behind it", "open the tie between them, or another rule"
            problems.add(places("zones", i, "holds"), value, limit, remedy)
    return tuple(problems)


def _depth(zone: ZoneTable, tables: Sequence[ZoneTable]) -> int:
    """How many zones hold this one; a circle, which is a fault of the file, ends the count."""
    parents, above = {table.name: table.parent for table in tables}, {zone.name}
    while (parent := parents.get(zone.name)) is not None and parent not in above and parent in parents:
        above.add(parent)
        zone = next(table for table in tables if table.name == parent)
    return len(above)


def _stands(group: DeviceGroup, net: Any) -> list[tuple[int, int]]:
    """(place, bus) of the group's devices."""
    if group.kind == "battery":
        return [(bus, bus) for bus in group.buses]
    elements = net.sgen if group.kind == "pv_plant" else net.load
    return [(place, int(elements.at[place, "bus"])) for place in group.places if place in elements.index]


def buses_behind(net: Any, trafo: int) -> set[int]:
    """Buses connected to the transformer's low-voltage side when it is taken away, in the normal topology."""
    return _connected(net, int(net.trafo.at[trafo, "lv_bus"]), {trafo})


def _connected(net: Any, bus: int, without_trafos: Set[int]) -> set[int]:
    """Buses connected to ``bus``, itself included, in the normal topology without some transformers."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    from_bus, to_bus = _edges(net, without_trafos)
    buses = net.bus.index.to_numpy()
    at = {int(each): i for i, each in enumerate(buses)}
    rows, columns = (np.array([at[int(each)] for each in side], dtype=np.int64) for side in (from_bus, to_bus))
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(buses), len(buses)))
    _, component = connected_components(graph, directed=False)
    return {int(each) for each in buses[component == component[at[bus]]]}


def _edges(net: Any, without_trafos: Set[int]) -> tuple[list[int], list[int]]:
    """Ends of closed branches and couplers."""
    switch = net.switch[~net.switch["closed"].astype(bool)]
    open_lines = set(switch.loc[switch["et"] == "l", "element"])
    open_trafos = set(switch.loc[switch["et"] == "t", "element"]) | without_trafos
    line = net.line[net.line["in_service"].astype(bool) & ~net.line.index.isin(open_lines)]
    trafo = net.trafo[net.trafo["in_service"].astype(bool) & ~net.trafo.index.isin(open_trafos)]
    coupler = net.switch[(net.switch["et"] == "b") & net.switch["closed"].astype(bool)]
    from_bus = [*line["from_bus"], *trafo["hv_bus"], *coupler["bus"]]
    to_bus = [*line["to_bus"], *trafo["lv_bus"], *coupler["element"]]
    return from_bus, to_bus
