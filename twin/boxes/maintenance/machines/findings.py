"""What a dispatcher or the maintenance team must hear of a machine, each finding with its last moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np

from twin.boxes.maintenance.machines.causes import propose
from twin.boxes.maintenance.machines.facts import MachineFacts
from twin.boxes.maintenance.machines.reference import FEATURES, TEMPERATURE
from twin.boxes.maintenance.machines.severity import ZONES, zone_of
from twin.boxes.maintenance.machines.state import Monitor
from twin.contracts.messages import Finding
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s

DISPATCH_TEAM = "dispatch"
MAINTENANCE_TEAM = "maintenance"
VIBRATION = FEATURES.index("vibration_mm_s")
FRESH = timedelta(hours=1)
"""Older readings, of a machine that stands or of a silent sensor, say nothing about now."""
SOON, NEXT_VISIT = timedelta(hours=2), timedelta(days=7)
"""Until load is moved by hand; until a crew is there in its weekly round. Zone C allows "a limited period" without a number."""


def findings_of(monitor: Monitor, machine: int, facts: MachineFacts, as_of: datetime) -> Iterator[Finding]:
    """Everything that is to be said of one machine at ``as_of``."""
    # the lower of the last two steady readings, so that one bad reading is no finding
    fresh = is_fresh(monitor.recent_s[machine], as_of) & ~monitor.stuck[machine]
    sustained = np.where(fresh, monitor.recent[machine].min(axis=0), np.nan)
    yield from _zone(float(sustained[VIBRATION]), facts, as_of)
    yield from _hot(float(sustained[TEMPERATURE]), facts, as_of)
    yield from _deviation(monitor, machine, facts, as_of)
    yield from _stuck(monitor, machine, facts, as_of)


def is_fresh(recent_s: np.ndarray, as_of: datetime) -> np.ndarray:
    """Whether readings with the labels ``recent_s`` [epoch s] speak of now."""
    return to_epoch_s(as_of) - recent_s <= (FRESH + QUARTER_HOUR).total_seconds()


def _zone(vibration_mm_s: float, facts: MachineFacts, as_of: datetime) -> Iterator[Finding]:
    limits = facts.boundaries
    zone = zone_of(np.array([vibration_mm_s]), limits.as_array[None, :])[0]
    if not zone >= ZONES.index("C"):
        return
    severe = ZONES[int(zone)] == "D"
    yield Finding(
        key=f"vibration:{facts.name}",
        priority=1 if severe else 3,
        code="machine_vibration_damage" if severe else "machine_vibration_limited",
        params={
            "machine": facts.name,
            "vibration_mm_s": round(vibration_mm_s, 1),
            "limit_mm_s": limits.cd if severe else limits.bc,
            "source": limits.source,
        },
        element=facts.name,
        at=as_of,
        act_before=as_of if severe else as_of + NEXT_VISIT,
        owner=DISPATCH_TEAM if severe else MAINTENANCE_TEAM,
    )


def _hot(bearing_c: float, facts: MachineFacts, as_of: datetime) -> Iterator[Finding]:
    if not bearing_c >= facts.warn_c:
        return
    trip = bearing_c >= facts.trip_c
    yield Finding(
        key=f"bearing:{facts.name}",
        priority=1 if trip else 2,
        code="machine_bearing_trip" if trip else "machine_bearing_hot",
        params={
            "machine": facts.name,
            "bearing_c": round(bearing_c, 1),
            "limit_c": facts.trip_c if trip else facts.warn_c,
            "trip_c": facts.trip_c,
        },
        element=facts.name,
        at=as_of,
        act_before=as_of if trip else as_of + SOON,
        owner=DISPATCH_TEAM,
    )


def _deviation(monitor: Monitor, machine: int, facts: MachineFacts, as_of: datetime) -> Iterator[Finding]:
    since_s = float(monitor.alarm_s[machine])
    if not since_s:
        return
    since = from_epoch_s(int(since_s))
    proposal = propose(monitor.size[machine], monitor.reference.active[machine])
    excess = monitor.excess[machine]
    yield Finding(
        key=f"machine:{facts.name}",
        priority=3,
        code=_code(proposal.cause),
        params={
            "machine": facts.name,
            "vibration_percent": round(100.0 * float(np.expm1(excess[VIBRATION])), 0),
            "bearing_k": round(float(excess[TEMPERATURE]), 1),
            "feature": proposal.feature,
            "sigma": round(proposal.sigma, 1),
            "deviation": round(float(monitor.deviation[machine]), 1),
            "since": since.isoformat(),
            "proposed_cause": proposal.cause,
            "confidence": round(proposal.confidence, 2),
        },
        element=facts.name,
        at=since,
        act_before=max(as_of, since + NEXT_VISIT),
        owner=MAINTENANCE_TEAM,
    )


def _code(cause: str) -> str:
    """The message of a proposed cause."""
    match cause:
        case "imbalance":
            code = "machine_imbalance"
        case "misalignment":
            code = "machine_misalignment"
        case "bearing":
            code = "machine_bearing_wear"
        case "cavitation":
            code = "machine_cavitation"
        case "lubrication":
            code = "machine_lubrication"
        case "sensor":
            code = "machine_sensor_drift"
        case _:
            code = "machine_mechanical"
    return code


def _stuck(monitor: Monitor, machine: int, facts: MachineFacts, as_of: datetime) -> Iterator[Finding]:
    for feature in np.flatnonzero(monitor.stuck[machine]).tolist():
        hours = float(monitor.held_rows[machine, feature]) * QUARTER_HOUR / timedelta(hours=1)
        yield Finding(
            key=f"sensor:{facts.name}.{FEATURES[feature]}",
            priority=3,
            code="machine_sensor_stuck",
            params={"machine": facts.name, "channel": f"machine.{facts.name}.{FEATURES[feature]}", "held_h": hours},
            element=facts.name,
            at=as_of,
            act_before=as_of + NEXT_VISIT,
            owner=MAINTENANCE_TEAM,
        )
