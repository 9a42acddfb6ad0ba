"""What a window's futures say in five figures a side, each with its 95 % interval: what runs are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Bounds = Mapping[str, float | None]
"""``value``, ``low``, ``high``; None where it is unknown or has no bound."""
_UNKNOWN: Bounds = {"value": None, "low": None, "high": None}


def tightest_hour(margin: Mapping[str, Any]) -> int | None:
    """The place of the hour with the least median margin; None where no hour was looked at."""
    known = [(value, at) for at, value in enumerate(margin["quantiles_percent"]["0.5"]["value"]) if value is not None]
    return min(known)[1] if known else None


def headline(side: Mapping[str, Any]) -> dict[str, Bounds]:
    """Five figures of one side of a risk (`scenarios.risk.assess.risk_of`).

    Returns:
        ``violation_probability`` (of any violation in the window), ``energy_not_served_mwh`` and ``cost_chf`` (means over
        futures), ``n1_margin_percent`` (median of the tightest hour), ``n1_short_probability`` (of no margin in that hour).
    """
    margin = side["margin"]
    at = tightest_hour(margin)
    short = {"value" if name == "probability" else name: values for name, values in margin["short"].items()}
    return {
        "violation_probability": side["window"]["probability"],
        "energy_not_served_mwh": side["window"]["unserved_mwh"],
        "cost_chf": side["cost"].get("mean_chf", _UNKNOWN),
        "n1_margin_percent": _at(margin["quantiles_percent"]["0.5"], at),
        "n1_short_probability": _at(short, at),
    }


def _at(rows: Mapping[str, Any], at: int | None) -> Bounds:
    return _UNKNOWN if at is None else {name: rows[name][at] for name in ("value", "low", "high")}
