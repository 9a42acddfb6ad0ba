"""Figures side by side, for people at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

ROWS = (
    ("economic", "total_chf", "cost", "CHF", 2),
    ("grid", "overload_percent_h", "overload", "% h", 2),
    ("grid", "voltage_violation_pu_h", "voltage outside its band", "pu h", 4),
    ("grid", "energy_not_served_mwh", "energy not served", "MWh", 4),
    ("grid", "losses_mwh", "losses", "MWh", 4),
    ("climate", "co2_t", "emissions", "t CO2", 4),
)
"""Figures as they are told: group, name, words, unit, decimals."""


def table(heads: Sequence[str], kpis: Callable[[str, str], Sequence[float]]) -> list[str]:
    """Figures side by side. ``kpis(group, name)``: the values of a row."""
    said = [f"{'':<28} " + " ".join(f"{head:>14}" for head in heads)]
    for group, name, label, unit, digits in ROWS:
        said.append(f"{label:<28} " + " ".join(f"{value:>14.{digits}f}" for value in kpis(group, name)) + f" {unit}")
    return said
