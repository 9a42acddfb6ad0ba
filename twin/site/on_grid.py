"""Faults of a site file that show against its grid: elements that do not exist, ratings that disagree, dead buses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine
from twin.domain.grid import NORMAL
from twin.domain.problems import Problem, Problems
from twin.site.declared import found_by
from twin.site.locate import Places
from twin.site.machine import POWER_TABLE
from twin.site.site import Site

RATING_TOLERANCE = 0.01
"""Relative; a site file may round what the grid file says."""
_LINE_KIND = {"cs": "cable", "ol": "overhead"}
"""pandapower's type of a line; one without a type contradicts nothing."""


def grid_problems(site: Site, net: Any, places: Places) -> tuple[Problem, ...]:
    """References to elements that the grid does not have, and figures that contradict it."""
    checks = (_channels, _ratings, _lines, _machines, _zones, _levels, _pumps, _devices, _switching, _silences, _world)
    return found_by(checks, site, net, places)


def _channels(site: Site, net: Any, places: Places, problems: Problems) -> None:
    for i, group in enumerate(site.telemetry.channels):
        if group.table in net:
            numbers = [entry for entry in group.elements if isinstance(entry, int)]  # others are faults of the file
            _exist(net, group.table, numbers, places("telemetry", "channels", i), problems)


def _ratings(site: Site, net: Any, places: Places, problems: Problems) -> None:
    for i, trafo in enumerate(site.trafos):
        _exist(net, "trafo", [trafo.index], places("trafos", i, "index"), problems)
        if trafo.index in net.trafo.index:
            rated = float(net.trafo.at[trafo.index, "sn_mva"] * net.trafo.at[trafo.index, "parallel"])
            _agrees(trafo.sn_mva, rated, "MVA", places("trafos", i, "sn_mva"), problems)


def _lines(site: Site, net: Any, places: Places, problems: Problems) -> None:
    for i, line in enumerate(site.lines):
        _exist(net, "line", [line.index], places("lines", i, "index"), problems)
        if line.index not in net.line.index:
            continue
        row = net.line.loc[line.index]
        kind = _LINE_KIND.get(str(row.get("type")))
        if kind is not None and kind != line.kind:
            remedy = "correct the kind, or the index"
            problems.add(places("lines", i, "kind"), f'"{line.kind}"', f'"{kind}" as in the grid', remedy)
        if line.rated_i_ka is not None:
            rated = float(row["max_i_ka"] * row["parallel"] * row["df"])
            _agrees(line.rated_i_ka, rated, "kA", places("lines", i, "rated_i_ka"), problems)


def _machines(site: Site, net: Any, places: Places, problems: Problems) -> None:
    for i, machine in enumerate(site.machines):
        _exist(net, POWER_TABLE[machine.kind], [machine.index], places("machines", i, "index"), problems)
        if machine.kind == "hydro" and machine.index in net.sgen.index:
            rated = float(net.sgen.at[machine.index, "sn_mva"])
            if machine.rated_mw > (1.0 + RATING_TOLERANCE) * rated:
                limit, remedy = f"at most {rated:g} MVA as in the grid", "correct the figure, or check its unit"
                problems.add(places("machines", i, "rated_mw"), f"{machine.rated_mw:g} MW", limit, remedy)


def _zones(site: Site, net: Any, places: Places, problems: Problems) -> None:
    for i, zone in enumerate(site.zones):
        trafos = [] if zone.holds.behind_trafo is None else [zone.holds.behind_trafo]
        _exist(net, "trafo", trafos, places("zones", i, "holds"), problems)
        _exist(net, "sgen", zone.holds.sgens, places("zones", i, "holds"), problems)
        for reference in zone.pv_references:
            table, _, rest = reference.channel.partition(".")
            element = rest.partition(".")[0]
            if table == "sgen" and element.isdecimal() and int(element) in net.sgen.index:
                place = f"{places('zones', i, 'pv_references')} {reference.channel}"
                _agrees(reference.kwp, 1000.0 * float(net.sgen.at[int(element), "sn_mva"]), "kWp", place, problems)


def _levels(site: Site, net: Any, places: Places, problems: Problems) -> None:
    """A level above every band would have no limit at all, and nobody would be told."""
    highest = max(band.up_to_kv for band in site.bands.voltage)
    for level in sorted({float(vn_kv) for vn_kv in net.bus["vn_kv"] if vn_kv > highest}):
        buses = [int(bus) for bus in net.bus.index[net.bus["vn_kv"] == level]]
        limit, remedy = f"a band; the highest ends at {highest:g} kV", f"add one with up_to_kv of {level:g} or more"
        problems.add(places("bands", "voltage"), f"{level:g} kV at bus {_first_ten(buses)}", limit, remedy)


def _pumps(site: Site, net: Any, places: Places, problems: Problems) -> None:
    if site.plant is not None:
        _exist(net, "load", [pump.load for pump in site.plant.heat_pumps], places("plant", "heat_pumps"), problems)


def _devices(site: Site, net: Any, places: Places, problems: Problems) -> None:
    """Plants of the devices, and the loads of ripple groups; places of batteries and chargers are checked by the overlay."""
    for i, group in enumerate(site.device_groups):
        if group.kind == "heat_pumps":
            _exist(net, "load", group.loads, places("devices", i, "loads"), problems)
        if group.kind != "pv_plant":
            continue
        _exist(net, "sgen", group.sgens, places("devices", i, "sgens"), problems)
        for sgen, kwp in zip(group.sgens, group.each("kwp"), strict=True):
            if sgen in net.sgen.index:
                place = f"{places('devices', i, 'kwp')} sgen {sgen}"
                _agrees(kwp, 1000.0 * float(net.sgen.at[sgen, "sn_mva"]), "kWp", place, problems)


def _switching(site: Site, net: Any, places: Places, problems: Problems) -> None:
    """Switches that the control room is to move, and that the grid does not have or lets nobody move."""
    place, remote = places("switching", "remote"), site.switching.remote
    _exist(net, "switch", remote, place, problems)
    permitted = net.switch.get("permitted")
    locked = (
        [] if permitted is None else [i for i in remote if i in net.switch.index and not permitted.fillna(value=True).at[i]]
    )
    if locked:
        value, limit = f"switch {', '.join(map(str, locked))}", "a switch that the grid file permits to operate"
        problems.add(place, value, limit, "take it out, or permit it in the grid file")


def _silences(site: Site, net: Any, places: Places, problems: Problems) -> None:
    """Patterns that mean no channel of the site and nothing that protection reports."""
    protected = [f"{table}.{index}.in_service" for table in ("line", "trafo") for index in net[table].index]
    names = (*site.measured, *protected)
    for i, silence in enumerate(site.telemetry.silences):
        for pattern in silence.channels:
            if not any(fnmatchcase(name, pattern) for name in names):
                limit, remedy = "a channel of the site", 'write its name, or a pattern like "line.*" or "*.p_mw"'
                problems.add(places("telemetry", "silences", i, "channels"), repr(pattern), limit, remedy)


def _world(site: Site, net: Any, places: Places, problems: Problems) -> None:
    """Changed water where there is no plant but panels."""
    changes = () if site.plant is None else site.plant.world
    without = "kind" not in net.sgen or bool(net.sgen["kind"].eq("pv").all())
    for i, change in enumerate(changes):
        if change.quantity == "hydro" and without:
            limit, remedy = "a plant of the grid that is no photovoltaic one", "remove the change"
            problems.add(places("plant", "world", i, "quantity"), '"hydro"', limit, remedy)


def supply_problems(site: Site, engine: Engine, places: Places) -> tuple[Problem, ...]:
    """Buses that no source supplies in the normal topology, and a power flow that does not converge."""
    problems = Problems()
    model = engine.model(NORMAL)
    grid = model.grid
    dark = grid.bus[grid.bus_node < 0]
    if dark.size:
        problems.add(
            places("grid"),
            f"no supply at bus {_first_ten(dark)}",
            "every bus supplied",
            "close a switch, or take it out of service",
        )
    result = model.solve(xr.Dataset(), want=("vm_pu",))
    if not bool(np.all(result["converged"].values)):
        limit, remedy = "a converging power flow", "check impedances, loads and their units (MW, not kW)"
        problems.add(places("grid"), f"no solution with the file's own loads ({site.about.engine})", limit, remedy)
    return tuple(problems)


def _first_ten(buses: Sequence[int] | np.ndarray) -> str:
    return ", ".join(str(bus) for bus in buses[:10]) + (f" and {len(buses) - 10} more" if len(buses) > 10 else "")


def _exist(net: Any, table: str, wanted: Iterable[int], place: str, problems: Problems) -> None:
    missing = sorted(set(wanted) - {int(index) for index in net[table].index})
    if missing:
        problems.add(place, f"{table} {', '.join(map(str, missing))}", f"a {table} of the grid", "correct the index")


def _agrees(stated: float, actual: float, unit: str, place: str, problems: Problems) -> None:
    if abs(stated - actual) > RATING_TOLERANCE * actual:
        limit, remedy = f"{actual:g} {unit} as in the grid, within 1 %", "correct the figure, or check its unit"
        problems.add(place, f"{stated:g} {unit}", limit, remedy)
