"""What the plan cannot keep, named: limits with hour and size, cars that leave without their energy, unknown devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.problem import steps_of
from twin.boxes.flexibility.tick.assemble import Tick
from twin.boxes.flexibility.tick.fallback import energy_after
from twin.contracts.messages import Finding

SMALLEST_MW = 5e-5
SMALLEST_MWH = 5e-5
"""50 W and 50 Wh: below it is the solver's tolerance and the forecast's dust."""
SOON = timedelta(hours=4)


FOLLOWS = 0.5
"""Share of what is asked below which a device does not follow: it is named, and still asked for what it gives."""


def unanswered(response: Mapping[str, float], as_of: datetime, owner: str) -> tuple[Finding, ...]:
    """Devices that give less than half of what they are asked, from their own meters."""
    names = sorted(name for name, share in response.items() if share < FOLLOWS)
    if not names:
        return ()
    worst = min(response[name] for name in names)
    params = {"count": len(names), "devices": ", ".join(names[:5]), "share": round(worst, 3)}
    return (Finding("device_not_following", 4, "device_not_following", params, names[0], as_of, as_of, owner),)


def stopped(status: str, rung: str, as_of: datetime, owner: str) -> tuple[Finding, ...]:
    """The solver gave no plan, and what serves instead."""
    code = "last_plan_serves" if rung == "last_plan" else "rules_serve"
    return (Finding("dispatch:ladder", 3, code, {"status": status}, "site", as_of, as_of, owner),)


def shortfalls(tick: Tick, plan_mw: np.ndarray, as_of: datetime, owner: str) -> tuple[Finding, ...]:
    """Every shortfall of ``plan_mw`` (dims (device, step)), whichever rung of the ladder made it."""
    return (*_limits(tick, plan_mw, as_of, owner), *_departures(tick, plan_mw, as_of, owner), *_unknown(tick, as_of, owner))


def _limits(tick: Tick, plan_mw: np.ndarray, as_of: datetime, owner: str) -> list[Finding]:
    """One finding for each element and side of a limit: a current's disc has many tangents, and its worst one speaks."""
    problem, hours = tick.problem, np.asarray(tick.problem.hours)
    starts = np.concatenate([[0.0], np.cumsum(hours)[:-1]])
    found: dict[str, Finding] = {}
    for row in problem.rows:
        excess = (row.by_p * plan_mw).sum(axis=0) - row.room_mw - row.margin_mw
        over = excess > SMALLEST_MW
        if not over.any():
            continue
        first, worst = int(np.argmax(over)), int(np.argmax(excess))
        at = as_of + timedelta(hours=float(starts[first]))
        params = {
            "element": row.element,
            "row": row.name,
            "at": at.isoformat(),
            "worst_at": (as_of + timedelta(hours=float(starts[worst]))).isoformat(),
            "excess_kw": round(1000.0 * float(excess[worst]), 3),
            "excess_kwh": round(1000.0 * float(np.maximum(excess, 0.0) @ hours), 3),
            "value": round(row.limit + float((excess * row.unit_per_mw)[worst]), 4),
            "limit": row.limit,
            "unit": row.unit,
        }
        priority = 2 if at - as_of <= SOON else 3
        outage, within, limit = row.name.rpartition(">")
        side, _, limited = limit.partition(":")
        tangent = side.startswith(("from_", "to_"))
        key = f"shortfall:{outage}{within}{limited if tangent else limit}"
        if key not in found or params["excess_kw"] > found[key].params["excess_kw"]:
            found[key] = Finding(key, priority, "limit_shortfall", params, row.element, at, at, owner)
    return list(found.values())


def _departures(tick: Tick, plan_mw: np.ndarray, as_of: datetime, owner: str) -> list[Finding]:
    found = []
    for device, p_mw in zip(tick.stores, plan_mw[: len(tick.stores)], strict=True):
        own = steps_of(device.own_p_mw, len(p_mw))
        missing, alone = (_missing(device, p, tick) for p in (p_mw, own))
        if missing <= SMALLEST_MWH:
            continue
        departure = as_of + timedelta(hours=float(np.nan_to_num(tick.fleet.departure_h.get(device.id, 24.0), nan=24.0)))
        params = {"device": device.id, "missing_kwh": round(1000.0 * missing, 3), "at": departure.isoformat()}
        # What it could not have had by itself either is news, not our fault.
        ours = missing > alone + SMALLEST_MWH
        code = "departure_shortfall" if ours else "departure_out_of_reach"
        key = f"departure:{device.id}"
        found.append(Finding(key, 3 if ours else 4, code, params, device.id, departure, as_of, owner))
    return found


def _missing(device: Storage | Charger, p_mw: np.ndarray, tick: Tick) -> float:
    """Energy that a car lacks at departure [MWh]; a battery lacks none."""
    energy = energy_after(device, p_mw, tick.problem.hours)
    if isinstance(device, Charger):
        return device.required_mwh - device.later_max_mwh - energy
    return device.target_mwh - energy if device.target_mwh is not None else 0.0


def _unknown(tick: Tick, as_of: datetime, owner: str) -> list[Finding]:
    names: Sequence[str] = tick.fleet.unknown
    if not names:
        return []
    params = {"count": len(names), "devices": ", ".join(names[:5])}
    return [Finding("device_state_unknown", 4, "device_state_unknown", params, names[0], as_of, as_of, owner)]
