"""One future as a site: the sampled paths as its world, the sampled outages and refusals as its plant's events.

A played future lives through what was drawn: each zone draws and feeds in what its path says, whatever the plant's own chance
would have made of it. The factor that does this stands on what the plant would do by itself, heat pumps and cars included; it
acts on the rest of the consumption, which nobody steers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np

from scenarios.futures.change import demand_of, inside
from scenarios.futures.start import Start
from twin.adapters.prepared import Prepared
from twin.contracts.devices import Device
from twin.domain.time import QUARTER_HOUR
from twin.domain.zones import Zone
from twin.site import Site
from twin.site.rehearsed import WorldChange
from twin.site.rules import PlantEvent

_LEAST = 1e-3
"""No factor is smaller: what is zero cannot be divided by."""
_NOTHING_MW = 1e-6


def sampled_site(
    site: Site,
    start: Start,
    zones: Sequence[Zone],
    paths: np.ndarray,
    truth: Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]],
    events: Sequence[PlantEvent],
) -> Site:
    """The site of one future.

    Args:
        paths: drawn [MW], dims (series, time). ``truth``: by series, what the plant would draw or feed in, and the part of it
            that the factor acts on [MW], each dims (time,).
        events: sampled outages, closures and refusals.
    """
    assert site.plant is not None, "only a simulated town lives through a sampled future"
    end = start.start + start.steps * QUARTER_HOUR
    factors = _factors(start, zones, paths, truth)
    world = [
        WorldChange(
            at=start.start,
            until=end,
            quantity="load" if kind == "load" else "sun",
            path=tuple(factor.tolist()),
            zones=(zone,),
            foreseen=False,
        )
        for (kind, zone), factor in factors.items()
    ]
    plant = site.plant.model_copy(update={"world": (*site.plant.world, *world), "events": (*site.plant.events, *events)})
    return site.model_copy(update={"plant": plant})


def _factors(
    start: Start,
    zones: Sequence[Zone],
    paths: np.ndarray,
    truth: Mapping[tuple[str, str], tuple[np.ndarray, np.ndarray]],
) -> dict[tuple[str, str], np.ndarray]:
    """Factor of each series on its zone and all zones in it: those of an inner zone stand on those of what holds it."""
    parents = {zone.name: zone.parent for zone in zones}
    drawn = dict(zip(start.series, paths, strict=True))
    whole: dict[tuple[str, str], np.ndarray] = {}
    for kind, zone in start.series:
        inner = [child for child, parent in parents.items() if parent == zone and (kind, child) in drawn]
        own, real, moved = (
            values - sum((of[kind, child] for child in inner), np.zeros(start.steps))
            for values, of in (
                (drawn[kind, zone], drawn),
                *((truth[kind, zone][part], {key: both[part] for key, both in truth.items()}) for part in (0, 1)),
            )
        )
        some = moved > _NOTHING_MW
        factor = np.where(some, 1.0 + (np.maximum(own, 0.0) - real) / np.where(some, moved, 1.0), 1.0)
        whole[kind, zone] = np.maximum(factor, _LEAST)
    found = {}
    for (kind, zone), factor in whole.items():
        above = parents[zone]
        while above is not None and (kind, above) not in whole:
            above = parents[above]
        found[kind, zone] = factor if above is None else factor / whole[kind, above]
    return found


def truth_of(
    site: Site, start: Start, prepared: Prepared, zones: Sequence[Zone], devices: Sequence[Device]
) -> dict[tuple[str, str], tuple[np.ndarray, np.ndarray]]:
    """By series, what the plant would draw or feed in by itself, and the part of it that a sampled factor acts on [MW].

    Single cars live in the plant beside that: they draw what the start expects of them.
    """
    end = start.start + start.steps * QUARTER_HOUR
    labels_s = start.times.astype("datetime64[s]").astype(np.int64)
    assert site.plant is not None
    nothing = [WorldChange(at=start.start, until=end, quantity=quantity, times=0.0) for quantity in ("load", "sun")]
    still = site.model_copy(update={"plant": site.plant.model_copy(update={"world": (*site.plant.world, *nothing)})})
    with_it, without = (demand_of(one, prepared, zones, labels_s) for one in (site, still))
    place = [{int(index): at for at, index in enumerate(indices)} for indices in (prepared.load, prepared.sgen)]
    cars = {d.id: d for d in devices if d.kind == "ev_charger"}
    alone = dict(zip(start.devices, start.device_alone_mw, strict=True))
    named = {zone.name: zone for zone in zones}
    found = {}
    for kind, name in start.series:
        held, column = inside(named[name], zones), 0 if kind == "load" else 1
        members = [place[column][i] for zone in held for i in (zone.loads if kind == "load" else zone.pv_sgens)]
        total, rest = (side[column][:, members].sum(axis=1) for side in (with_it, without))
        own = {zone.name for zone in held}
        charging = [alone[car] for car, d in cars.items() if kind == "load" and d.zone in own and car in alone]
        found[kind, name] = total + sum(charging, np.zeros(start.steps)), total - rest
    return found


def refusals(start: Start, obeys: np.ndarray) -> list[PlantEvent]:
    """Devices that obey nobody in this future, for all of it."""
    end = start.start + start.steps * QUARTER_HOUR
    before = start.start - timedelta(seconds=1)
    deaf = [name for name, obeying in zip(start.devices, obeys, strict=True) if not obeying]
    return [PlantEvent(at=before, kind="refuse", element=f"device.{name}", until=end) for name in deaf]
