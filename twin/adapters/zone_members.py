"""Which loads and panels a zone holds, from the rule in the site file and the grid's normal topology."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.domain.problems import Problems
from twin.domain.zones import PvGroup, Zone
from twin.site.tables import Trafo
from twin.site.tables import Zone as ZoneTable


def resolve_zones(tables: Sequence[ZoneTable], trafos: Sequence[Trafo], net: Any, *, file: str) -> tuple[Zone, ...]:
    """The site's zones with their net elements; what a child zone holds is not repeated in its parent.

    Raises:
        BadInput: for rules that name a transformer or plant which the grid does not have.
    """
    _check(tables, net, file)
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
            pv_references=tuple((reference.channel, reference.kwp) for reference in table.pv_references),
            pv_groups=tuple(PvGroup(g.tilt_deg, g.azimuth_deg, g.kwp) for g in table.pv_groups),
            loads=_own(table, tables, held, 0),
            pv_sgens=_own(table, tables, held, 1),
            trafos=tuple(trafo.name for trafo in trafos if trafo.zone == table.name),
        )
        for table in tables
    )


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
    rule = table.holds
    if rule.sgens:
        return set(), set(rule.sgens)
    if rule.behind_trafo is None:
        return set(net.load.index), set(pv.index)
    buses = buses_behind(net, rule.behind_trafo)
    return set(net.load.index[net.load["bus"].isin(buses)]), set(pv.index[pv["bus"].isin(buses)])


def buses_behind(net: Any, trafo: int) -> set[int]:
    """Buses connected to the transformer's low-voltage side when it is taken away, in the normal topology."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    from_bus, to_bus = _edges(net, trafo)
    buses = net.bus.index.to_numpy()
    at = {int(bus): i for i, bus in enumerate(buses)}
    rows, columns = (np.array([at[int(bus)] for bus in side], dtype=np.int64) for side in (from_bus, to_bus))
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(buses), len(buses)))
    _, component = connected_components(graph, directed=False)
    own = component[at[int(net.trafo.at[trafo, "lv_bus"])]]
    return {int(bus) for bus in buses[component == own]}


def _edges(net: Any, without_trafo: int) -> tuple[list[int], list[int]]:
    """Ends of closed branches and couplers."""
    switch = net.switch[~net.switch["closed"].astype(bool)]
    open_lines = set(switch.loc[switch["et"] == "l", "element"])
    open_trafos = set(switch.loc[switch["et"] == "t", "element"]) | {without_trafo}
    line = net.line[net.line["in_service"].astype(bool) & ~net.line.index.isin(open_lines)]
    trafo = net.trafo[net.trafo["in_service"].astype(bool) & ~net.trafo.index.isin(open_trafos)]
    coupler = net.switch[(net.switch["et"] == "b") & net.switch["closed"].astype(bool)]
    from_bus = [*line["from_bus"], *trafo["hv_bus"], *coupler["bus"]]
    to_bus = [*line["to_bus"], *trafo["lv_bus"], *coupler["element"]]
    return from_bus, to_bus


def _check(tables: Sequence[ZoneTable], net: Any, file: str) -> None:
    problems = Problems()
    trafos, sgens = set(net.trafo.index), set(net.sgen.index)
    for table in tables:
        place, rule = f"{file} zone {table.name!r} holds", table.holds
        if rule.behind_trafo is not None and rule.behind_trafo not in trafos:
            problems.add(place, f"transformer {rule.behind_trafo}", f"one of {sorted(trafos)}", "correct the index")
        for sgen in rule.sgens:
            if sgen not in sgens:
                problems.add(place, f"sgen {sgen}", "a generator of the grid", "correct the index")
    problems.raise_if_any()
