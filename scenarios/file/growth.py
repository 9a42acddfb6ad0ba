"""What growth changes of a site: every table that says how much there is, so that they still agree with each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from scenarios.file.scenario import Growth
from twin.site import Site
from twin.site.device_tables import DeviceGroup
from twin.site.locate import Keys
from twin.site.rules import PlantTable
from twin.site.tables import ChannelGroup, GridTable, TelemetryTable
from twin.site.zone import Zone

ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""Before every past and after every window: what has grown has always been so, and the models know it."""

LIVED = ("load", "cars")
"""What grows by how people live, not by what stands there: as changes of the world, for always."""

_RANGED = frozenset({"p_mw", "q_mvar", "i_ka", "limit_mw", "energy_required_mwh"})
"""Quantities whose plausible range grows with what there is."""


def grown(site: Site, growth: Growth) -> dict[str, Any]:
    """Tables of ``site`` that differ, by the name of their field; none without a simulated plant."""
    factors = [getattr(growth, kind) for kind in Growth.model_fields]
    if site.plant is None or all(factor == 1.0 for factor in factors):
        return {}
    tables: dict[str, Any] = {"plant": _plant(site.plant, growth), "telemetry": _ranges(site.telemetry, max(factors))}
    if growth.pv != 1.0:
        tables["grid"] = _panels(site.grid, growth.pv)
        tables["zones"] = tuple(_zone(zone, growth.pv) for zone in site.zones)
    tables["device_groups"] = tuple(_devices(group, growth) for group in site.device_groups)
    return tables


def _plant(plant: PlantTable, growth: Growth) -> PlantTable:
    pumps = tuple(pump.model_copy(update={"kw": pump.kw * growth.heat_pumps}) for pump in plant.heat_pumps)
    lumped = plant.heat_pumps_per_household * growth.heat_pumps
    return plant.model_copy(update={"heat_pumps": pumps, "heat_pumps_per_household": lumped})


def _panels(grid: GridTable, factor: float) -> GridTable:
    pv = grid.overlay.pv.model_copy(update={"growth": grid.overlay.pv.growth * factor})
    return grid.model_copy(update={"overlay": grid.overlay.model_copy(update={"pv": pv})})


def _zone(zone: Zone, factor: float) -> Zone:
    references = tuple(each.model_copy(update={"kwp": each.kwp * factor}) for each in zone.pv_references)
    groups = tuple(each.model_copy(update={"kwp": each.kwp * factor}) for each in zone.pv_groups)
    return zone.model_copy(update={"pv_kwp": zone.pv_kwp * factor, "pv_references": references, "pv_groups": groups})


def _devices(group: DeviceGroup, growth: Growth) -> DeviceGroup:
    changed: dict[str, Any] = {}
    if group.kind == "pv_plant":
        changed = {key: _times(getattr(group, key), growth.pv) for key in ("kwp", "annual_mwh")}
    elif group.kind == "heat_pumps":
        changed = {"p_kw": _times(group.p_kw, growth.heat_pumps)}
    elif group.behind is not None:
        changed = {"behind": group.behind.model_copy(update={"pv_kwp": group.behind.pv_kwp * growth.pv})}
    return group.model_copy(update=changed)


def _times(each: Any, factor: float) -> Any:
    return tuple(value * factor for value in each) if isinstance(each, tuple) else each * factor


def _ranges(telemetry: TelemetryTable, factor: float) -> TelemetryTable:
    if factor <= 1.0:
        return telemetry
    channels = tuple(_wider(group, factor) if _RANGED.issuperset(group.quantities) else group for group in telemetry.channels)
    return telemetry.model_copy(update={"channels": channels})


def _wider(group: ChannelGroup, factor: float) -> ChannelGroup:
    """Bounds are moved away from zero; the power of devices has none, it follows from their own limits."""
    stated = {"minimum": group.minimum, "maximum": group.maximum}
    return group.model_copy(update={key: bound * factor for key, bound in stated.items() if bound is not None})


def origins(site: Site, growth: Growth) -> Iterator[tuple[Keys, Keys]]:
    """Keys of the grown site and of the scenario, for what growth made it."""
    if growth.pv != 1.0:
        yield ("grid",), ("growth", "pv")
        for i in range(len(site.zones)):
            for key in ("pv_kwp", "pv_references", "pv_groups"):
                yield ("zones", i, key), ("growth", "pv")
    for i, group in enumerate(site.device_groups):
        if group.kind == "pv_plant" and growth.pv != 1.0:
            yield ("devices", i, "kwp"), ("growth", "pv")
        if group.kind == "heat_pumps" and growth.heat_pumps != 1.0:
            yield ("devices", i, "p_kw"), ("growth", "heat_pumps")
