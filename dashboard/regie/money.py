"""A snapshot for those who may not see economic figures: nothing in CHF is left in it (StromVG art. 10, unbundling)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.contracts.snapshot import BoxCardView, Snapshot


def without_money(snapshot: Snapshot) -> Snapshot:
    """The same tick without prices, costs and payments: unknown to whoever reads it, never zero."""
    strip = snapshot.strip.model_copy(update={"price_chf_per_kwh": None, "grid_tariff_chf_per_kwh": None})
    return snapshot.model_copy(
        update={
            "kpis": {name: kpi for name, kpi in snapshot.kpis.items() if name != "economic"},
            "strip": strip,
            "boxes": tuple(map(_card, snapshot.boxes)),
            "alarms": tuple(a.model_copy(update={"params": plain(a.params)}) for a in snapshot.alarms),
            "recommendations": tuple(
                r.model_copy(update={"params": plain(r.params), "effect": plain(r.effect)}) for r in snapshot.recommendations
            ),
            "journal": tuple(line.model_copy(update={"params": plain(line.params)}) for line in snapshot.journal),
        }
    )


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without those that name francs."""
    kept = {key: value for key, value in params.items() if "chf" not in key}
    return {key: plain(value) if isinstance(value, Mapping) else value for key, value in kept.items()}


def _card(card: BoxCardView) -> BoxCardView:
    hidden: dict[str, Any] = {"params": plain(card.params)}
    if "CHF" in card.unit:
        hidden |= {"value": None, "past": None, "forecast": None}
    return card.model_copy(update=hidden)
