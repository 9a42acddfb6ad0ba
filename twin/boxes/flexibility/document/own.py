"""What the heaters of a document do by themselves, so that 'before' is a warm house and not a saving."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.tables import Buffer
from twin.boxes.flexibility.lp.problem import steps_of


def own_heat_mw(document: Document, clock: Clock) -> dict[str, np.ndarray]:
    """Power of every heater by itself [MW], dims (step,): they hold their buffer's level in the order of the document.

    What CHP plants heat by themselves comes first.
    """
    found: dict[str, np.ndarray] = {}
    for buffer in document.buffer:
        missing = _needed_kw(buffer, clock)
        for plant in document.chp:
            if plant.into == buffer.id:
                missing = missing - np.asarray(plant.own_kw) * plant.heat_percent / plant.electric_percent
        for heater in document.heater:
            if heater.into == buffer.id:
                cop = np.asarray(heater.cop)
                power = np.clip(missing / cop, 0.0, np.asarray(heater.p_max_kw))
                missing = missing - power * cop
                found[heater.id] = 1e-3 * power
    return found


def _needed_kw(buffer: Buffer, clock: Clock) -> np.ndarray:
    """Heat that holds the level at where it is, demand and losses [kW], dims (step,)."""
    hours = np.asarray(clock.hours)
    lost = 1.0 - (1.0 - buffer.loss_percent_per_h / 100.0) ** hours
    return steps_of(np.asarray(buffer.demand_kw, dtype=float), len(hours)) + buffer.e0_kwh * lost / hours


def heat_worth_chf_per_mwh(buffer: Buffer, document: Document, mean_chf_per_mwh: float) -> float:
    """What a MWh left in a buffer is worth at the end: what the cheapest of its heaters would pay to make it [CHF/MWh]."""
    found = []
    for heater in document.heater:
        if heater.into == buffer.id:
            fuel = heater.fuel_chf_per_kwh
            price = mean_chf_per_mwh if fuel is None else 1000.0 * float(np.mean(np.asarray(fuel, dtype=float)))
            found.append(price / float(np.mean(np.asarray(heater.cop, dtype=float))))
    return min(found, default=0.0)
