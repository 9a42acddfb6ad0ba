"""Broken promises and contradictions as findings, which become alarms with cause, consequence and action."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from twin.boxes.flexibility.lp.conflict import Conflict
from twin.boxes.flexibility.why.shortfall import SMALLEST_MWH, Shortfall
from twin.contracts.messages import Finding

_SMALLER = {"MWh": "kWh", "MW": "kW", "Mvar": "kvar", "MVA": "kVA"}
"""Devices are read in thousandths."""


def of_promises(found: Sequence[Shortfall], *, as_of: datetime, owner: str) -> tuple[Finding, ...]:
    """One finding for each comfort that is missed and each process that does not run as agreed.

    Limits and departures have findings of their own, for they are told from any rung's plan; a margin is there to be used.

    Args:
        as_of: the plan's start. ``owner``: the team that acts.
    """
    makers = {"comfort": _comfort, "contract": _contract}
    return tuple(makers[one.tier](one, as_of, owner) for one in found if one.tier in makers)


def of_conflicts(found: Sequence[Conflict], *, as_of: datetime, owner: str) -> tuple[Finding, ...]:
    """One finding for each device and kind of contradiction, at its worst, in the order in which they came.

    Args:
        as_of: the plan's start. ``owner``: the team that acts.
    """
    worst: dict[tuple[str, str], Conflict] = {}
    for one in found:
        held = worst.get((one.device, one.kind))
        if held is None or one.amount > held.amount:
            worst[one.device, one.kind] = one
    return tuple(_conflict(one, as_of, owner) for one in worst.values())


def _comfort(one: Shortfall, as_of: datetime, owner: str) -> Finding:
    at, worst = (as_of + timedelta(hours=hours) for hours in (one.at_h, one.worst_h))
    params = {"device": one.name, "at": worst.isoformat(), **_figures(one.unit, value=one.amount)}
    # What it would lack by itself as well is news, not our fault.
    ours = math.isnan(one.alone) or one.amount > 1.01 * one.alone
    return Finding(f"comfort:{one.name}", 3 if ours else 4, "comfort_shortfall", params, one.name, at, at, owner)


def _contract(one: Shortfall, as_of: datetime, owner: str) -> Finding:
    params = {"device": one.name, "missing_kwh": round(1000.0 * max(one.energy_mwh, SMALLEST_MWH), 3)}
    return Finding(f"contract:{one.name}", 3, "process_skipped", params, one.name, as_of, as_of, owner)


def _conflict(one: Conflict, as_of: datetime, owner: str) -> Finding:
    at = as_of + timedelta(hours=one.at_h or 0.0)
    params = {"device": one.device, "at": at.isoformat(), **_figures(one.unit, value=one.amount, limit=one.bound)}
    key = f"conflict:{one.kind}:{one.device}"
    return Finding(key, 2, _conflict_code(one.kind), params, one.device or "site", at, as_of, owner)


def _conflict_code(kind: str) -> str:
    """Words of what a store, a debt or a bound contradicts; runs and inverters have theirs."""
    if kind == "bounds":
        return "conflict_bounds"
    if kind == "store_low":
        return "conflict_store_low"
    if kind == "store_high":
        return "conflict_store_high"
    if kind == "owed":
        return "conflict_owed"
    return _power_code(kind)


def _power_code(kind: str) -> str:
    if kind == "taper":
        return "conflict_taper"
    if kind == "inverter":
        return "conflict_inverter"
    if kind == "run":
        return "conflict_run"
    return "conflict_whole_run" if kind == "whole_run" else "conflict_unnamed"


def _figures(unit: str, **figures: float | None) -> dict[str, Any]:
    """Figures in the unit in which a device is read; what is no figure is left out."""
    shown, factor = _SMALLER.get(unit, unit), 1000.0 if unit in _SMALLER else 1.0
    told = {name: round(factor * figure, 3) for name, figure in figures.items() if figure is not None and math.isfinite(figure)}
    return {"unit": shown, **told}
