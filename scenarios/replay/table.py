"""Figures side by side, for people at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scenarios.results.rows import ADD_UP, ROWS


def table(heads: Sequence[str], kpis: Callable[[str, str], Sequence[float]]) -> list[str]:
    """Figures that add up over the ticks, side by side. ``kpis(group, name)``: the values of a row."""
    said = [f"{'':<28} " + " ".join(f"{head:>14}" for head in heads)]
    for group, name, label, unit, digits in ROWS:
        if name in ADD_UP:
            said.append(f"{label:<28} " + " ".join(f"{value:>14.{digits}f}" for value in kpis(group, name)) + f" {unit}")
    return said
