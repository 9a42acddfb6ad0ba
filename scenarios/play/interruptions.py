"""Who of a played run's customers was in the dark, on either side: SAIDI and SAIFI, planned and unplanned."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from scenarios.file.scenario import Scenario
from scenarios.play.supply import Darkness, customers_of_loads, reliability
from scenarios.play.tape import Tape
from twin.domain.grid import NORMAL, Topology
from twin.domain.time import from_epoch_s


def interruptions(tape: Tape, scenario: Scenario) -> dict[str, dict[str, float]]:
    """By side, for the whole window: ``saidi_planned_min``, ``saidi_unplanned_min``, ``saifi_planned``, ``saifi_unplanned``.

    Customers of a zone stand behind its loads in proportion to their annual energy. An interruption is planned when the outage
    that began last before it was. What the régie was not told of by its telemetry counts from when it was.
    """
    customers = _customers(tape)
    states: dict[str, list[Darkness]] = {side: [] for side in tape.sides}
    end = None
    for record in tape.records():
        end = from_epoch_s(record.as_of_s)
        planned = is_planned(scenario, end)
        for side, found in states.items():
            topology = record.meta["topology"] if side == "plan" else record.meta["alone"]["topology"]
            found.append(Darkness(end, _dark(tape, Topology.from_meta(topology), customers), planned))
    return {side: _figures(found, end, customers) for side, found in states.items() if end is not None}


def dark_zones(tape: Tape, side: str) -> list[tuple[str, ...]]:
    """Zones that have loads without supply on a side, by quarter hour."""
    parts, found = tape.wired.parts, []
    for record in tape.regular():
        topology = record.meta["topology"] if side == "plan" else record.meta["alone"]["topology"]
        grid = parts.engine.model(Topology.from_meta(topology)).grid
        dark = set(grid.load[grid.load_node < 0].tolist())
        found.append(tuple(zone.name for zone in parts.zones if not dark.isdisjoint(zone.loads)))
    return found


def is_planned(scenario: Scenario, at: datetime) -> bool:
    """Whether the outage that began last, of those that last at ``at``, was announced."""
    faults = [outage for outage in scenario.outages if not outage.planned]
    lasting = [one for one in (*scenario.planned_outages, *faults) if one.at <= at and (one.until is None or at < one.until)]
    return bool(lasting) and max(lasting, key=lambda one: (one.at, not one.planned)).planned


def _customers(tape: Tape) -> np.ndarray:
    """Behind each load, dims (load,)."""
    parts = tape.wired.parts
    zones = [(zone.name, zone.parent, zone.customers, zone.loads) for zone in parts.zones]
    return customers_of_loads(zones, parts.engine.model(NORMAL).grid.load, parts.estimator.load_weight)


def _dark(tape: Tape, topology: Topology, customers: np.ndarray) -> np.ndarray:
    return np.where(tape.wired.parts.engine.model(topology).grid.load_node < 0, customers, 0.0)


def _figures(states: list[Darkness], end: datetime, customers: np.ndarray) -> dict[str, float]:
    found = reliability(states, end, customers)
    minutes = {f"saidi_{cause}_min": value for cause, value in found.saidi_min.items()}
    return minutes | {f"saifi_{cause}": value for cause, value in found.saifi.items()}
