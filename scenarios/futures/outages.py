"""Outages of one future: a Poisson process over lines by their length and transformers by their number, and what follows each.

An outage lasts until it is repaired. What it leaves dark gets its supply back by the best single permitted closure
(`twin.engines.outages.contingency`) once somebody has operated the switch, and the switch opens again with the repair. Nothing
else is switched: a plan of several switchings is the dispatcher's, not chance's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from twin.domain.chance import stream, uniform

HOURS_PER_YEAR = 8760.0
OPERATED_AFTER = timedelta(hours=1)
"""How long a switch takes whose minutes the grid file does not tell: a crew drives there."""


@dataclass(frozen=True)
class Outage:
    """An element that goes out in one future, with the repair that ends it."""

    table: str
    index: int
    at: datetime
    until: datetime

    @property
    def label(self) -> str:
        """As the data set names elements, "line:66"."""
        return f"{self.table}:{self.index}"


@dataclass(frozen=True)
class Rates:
    """What may go out: (table, index) and how often each does, dims (element,)."""

    elements: tuple[tuple[str, int], ...]
    per_hour: np.ndarray

    @classmethod
    def of(cls, net: Any, *, line_per_100km_year: float, trafo_per_year: float) -> Rates:
        """Of the lines and transformers in service.

        Args:
            net: a pandapower net. ``line_per_100km_year``: outages per 100 km of circuit and year, parallel circuits counted.
        """
        lines, trafos = (net[table][net[table]["in_service"].astype(bool)] for table in ("line", "trafo"))
        km = (lines["length_km"] * lines["parallel"]).to_numpy(float)
        per_year = np.concatenate([km / 100.0 * line_per_100km_year, trafos["parallel"].to_numpy(float) * trafo_per_year])
        elements = [("line", int(i)) for i in lines.index] + [("trafo", int(i)) for i in trafos.index]
        return cls(tuple(elements), per_year / HOURS_PER_YEAR)


def drawn_outages(rates: Rates, number: int, *, seed: int, start: datetime, hours: float, repair_hours: float) -> list[Outage]:
    """The outages of future ``number`` within the window, in order of time: exponential gaps, elements by their rate."""
    total = float(rates.per_hour.sum())
    if total <= 0.0:
        return []
    gaps, which = (stream(seed, "future", "outage", name) for name in ("gap", "element"))
    share = np.cumsum(rates.per_hour) / total
    found: list[Outage] = []
    hour = 0.0
    for count in range(10_000):  # no town has more in a window; a faulty rate must not run for ever
        hour -= float(np.log(uniform(gaps, number, count)[0])) / total
        if hour >= hours:
            break
        table, index = rates.elements[int(np.searchsorted(share, uniform(which, number, count)[0]))]
        at = start + timedelta(hours=hour)
        found.append(Outage(table, index, at, at + timedelta(hours=repair_hours)))
    return found
