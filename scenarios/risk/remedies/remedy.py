"""One remedy that was tried: what it is, how much of it, what it leaves, what speaks against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scenarios.risk.remedies.judge import Harm


@dataclass(frozen=True)
class Remedy:
    """A remedy with the states that it leaves.

    Attributes:
        kind: "close", "move", "tap", "battery", "curtail" or "reinforce". ``what``: elements, "switch:296".
        amount, unit: how much of it is used: 2 "switchings", 3 "steps", 140 "kWh", 1 "element".
        harm: what is left. ``cost_chf``: where the site states one. ``refusals``: of the closure's checks; () where none
            speaks against it, or none applies.
        note: how it was used.
    """

    kind: str
    what: str
    amount: float
    unit: str
    harm: Harm
    cost_chf: float | None = None
    refusals: tuple[str, ...] = ()
    note: dict[str, Any] = field(default_factory=dict)


def worth(remedy: Remedy, before: Harm, lost_chf_per_kwh: float) -> dict[str, Any]:
    """What a remedy changes, JSON-able: figures after it, the reduction of each, and that per unit of what was used."""
    then, now = before.figures(), remedy.harm.figures()
    reduction = {name: then[name] - now[name] for name in then}
    found: dict[str, Any] = {
        "kind": remedy.kind,
        "what": remedy.what,
        "amount": remedy.amount,
        "unit": remedy.unit,
        "after": now,
        "reduction": reduction,
        "reduction_percent_h": reduction["overload_percent_h"] + reduction["voltage_percent_h"],
        "avoided_chf": 1000.0 * lost_chf_per_kwh * reduction["unserved_mwh"],
        "refusals": list(remedy.refusals),
        **remedy.note,
    }
    if remedy.amount > 0.0:
        found["reduction_percent_h_per_unit"] = found["reduction_percent_h"] / remedy.amount
    if remedy.cost_chf is not None:
        found["cost_chf"] = remedy.cost_chf
        found["net_chf"] = found["avoided_chf"] - remedy.cost_chf
    return found


def order(found: dict[str, Any]) -> tuple[Any, ...]:
    """Best first: what nothing speaks against, states that can stand at all, supply, then violations, then the cost."""
    return (
        bool(found["refusals"]),
        -found["reduction"]["unsolved"],
        -round(found["avoided_chf"], 2),
        -round(found["reduction_percent_h"], 4),
        found.get("cost_chf", 0.0),
        found["what"],
    )
