"""A snapshot for those who may not see economic figures: nothing in CHF is left in it (StromVG art. 10, unbundling)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.contracts.snapshot import BoxCardView, KpiTriple, Snapshot


def without_money(snapshot: Snapshot, hidden: str | None = None) -> Snapshot:
    """The same tick without prices, costs and payments: unknown to whoever reads it, never zero.

    Public prices go too: what nobody may see is easier to prove where no franc is left.

    Args:
        hidden: words that stand for francs inside sentences; without them the parameter is not there.
    """

    def plain(params: Mapping[str, Any]) -> dict[str, Any]:
        return without_francs(params, hidden)

    strip = snapshot.strip.model_copy(
        update={
            "price_chf_per_kwh": None,
            "grid_tariff_chf_per_kwh": None,
            "past": without_francs(snapshot.strip.past),
            "ahead": without_francs(snapshot.strip.ahead),
        }
    )
    return snapshot.model_copy(
        update={
            "kpis": {name: _triple(kpi) for name, kpi in snapshot.kpis.items() if name != "economic"},
            "strip": strip,
            "boxes": tuple(_card(card, plain(card.params)) for card in snapshot.boxes),
            "alarms": tuple(a.model_copy(update={"params": plain(a.params)}) for a in snapshot.alarms),
            "recommendations": tuple(
                r.model_copy(update={"params": without_francs(r.params), "effect": without_francs(r.effect)})
                for r in snapshot.recommendations
            ),
            "journal": tuple(line.model_copy(update={"params": plain(line.params)}) for line in snapshot.journal),
        }
    )


def without_francs(params: Mapping[str, Any], hidden: str | None = None) -> dict[str, Any]:
    """Parameters without those that name francs, or with these words in their place."""
    kept = {key: hidden if "chf" in key else value for key, value in params.items() if hidden or "chf" not in key}
    return {key: without_francs(value, hidden) if isinstance(value, Mapping) else value for key, value in kept.items()}


def _triple(kpi: KpiTriple) -> KpiTriple:
    sides = {side: values and without_francs(values) for side, values in kpi}
    return kpi.model_copy(update=sides)


def _card(card: BoxCardView, params: dict[str, Any]) -> BoxCardView:
    hidden: dict[str, Any] = {"params": params}
    if card.shadow is not None:
        hidden["shadow"] = card.shadow.model_copy(update={"params": without_francs(card.shadow.params)})
    if "CHF" in card.unit:
        hidden |= {"value": None, "past": None, "forecast": None}
    return card.model_copy(update=hidden)
