"""What was switched or tripped, who was in the dark for it, and the closure that would have given them their supply back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from scenarios.debrief.moment import Moment
from scenarios.debrief.powers import injections, powers_of
from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Entry, Tape
from scenarios.play.margins import grid_limits
from scenarios.play.supply import Darkness, customers_of_loads
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S

_OUTAGES = ("outage", "trip", "open")


@dataclass(frozen=True)
class Supply:
    """Who stands behind the loads, and what was dark when. ``customers``: dims (load,)."""

    customers: np.ndarray
    states: tuple[Darkness, ...]


def supply_of(tape: Tape, recalled: Recalled, planned: Collection[str]) -> Supply:
    """Darkness at every tick, events included.

    Args:
        planned: elements ("line.66") whose outage was announced.
    """
    parts = recalled.parts
    zones = [(zone.name, zone.parent, zone.customers, zone.loads) for zone in parts.zones]
    normal = parts.engine.model(tape.entries[0].topology).grid
    customers = customers_of_loads(zones, normal.load, parts.estimator.load_weight)
    announced = {element.replace(".", ":") for element in planned}
    states = []
    for entry in tape.entries:
        dark = parts.engine.model(entry.topology).grid.load_node < 0
        out = _out(entry)
        states.append(Darkness(entry.as_of, np.where(dark, customers, 0.0), bool(out) and out <= announced))
    return Supply(customers, tuple(states))


def switching_moments(tape: Tape, recalled: Recalled, supply: Supply) -> list[Moment]:
    """One moment for each change of the grid that the régie was told of."""
    found = []
    for i, entry in enumerate(tape.entries):
        for line in entry.lines("topology_changed"):
            before = tape.entries[i - 1] if i else tape.before
            found.append(_moment(tape, recalled, supply, i, before, line["kind"], line["element"]))
    return found


def _moment(tape: Tape, recalled: Recalled, supply: Supply, i: int, before: Entry | None, kind: str, element: str) -> Moment:
    entry, state = tape.entries[i], supply.states[i]
    key = element.replace(".", ":")
    lit = next((later.at for later in supply.states[i:] if not later.customers.any()), tape.end)
    dark = float(state.customers.sum())
    facts: dict[str, Any] = {"event": kind, "element": recalled.name(key), "customers": round(dark), "planned": state.planned}
    change, rank, value, unit, end = None, 24.0, 0.0, "1", entry.as_of + QUARTER_HOUR
    if dark > 0.0:
        minutes = (lit - entry.as_of).total_seconds() / 60.0
        facts |= {"minutes": minutes}
        rank, value, unit, end, change = min(100.0, 75.0 + minutes / 10.0), minutes, "min", lit, _unaided(key)
        closure = _closure(recalled, before, key, entry.as_of) if kind in _OUTAGES and before is not None else None
        if closure is not None:
            facts |= closure
            change = "supply_closure"
    name = recalled.name(key)
    return Moment(
        "dark" if dark > 0.0 else "switched", entry.as_of, entry.as_of, end, key, name, value, unit, rank, facts, change
    )


def _unaided(key: str) -> str:
    """What to change where no closure was found, or none was looked for."""
    return "supply_switch" if key.startswith("switch:") else "supply_unrestored"


def _closure(recalled: Recalled, before: Entry, key: str, at: datetime) -> dict[str, Any] | None:
    """The best permitted closure after that outage, as the grid stood just before it; None when nothing helps."""
    table, _, index = key.partition(":")
    if table not in ("line", "trafo") or not index.isdigit():
        return None
    labels = recalled.times.astype("datetime64[s]").astype(np.int64)
    steps = np.flatnonzero(labels + QUARTER_HOUR_S <= at.timestamp())  # quarter hours that were over by then
    if not len(steps):
        return None
    given = injections(recalled, before.topology, powers_of(recalled.ours), steps[-1:])
    model = recalled.parts.engine.model(before.topology)
    found = model.contingencies(given, [(table, int(index))], limits=grid_limits(recalled.limits)).isel(outage=0, time=0)
    switch = int(found["closure"])
    if switch < 0:
        return None
    return {
        "switch": switch,
        "before_mw": float(found["unsupplied_before_mw"]),
        "after_mw": float(found["unsupplied_after_mw"]),
        "after_percent": float(found["after_loading_percent_max"]),
    }


def _out(entry: Entry) -> set[str]:
    topology = entry.topology
    return {f"line:{i}" for i in topology.out_lines} | {f"trafo:{i}" for i in topology.out_trafos}
