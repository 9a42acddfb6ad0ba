"""Who was in the dark, for how long: SAIDI and SAIFI, planned and unplanned, from the journal's topologies.

Customers are counted by zone in the site file; those of a zone stand behind its loads in proportion to their annual energy.
SAIDI = customer minutes of interruption per customer served, SAIFI = customer interruptions per customer served (IEEE 1366).
Interruptions of three minutes or less count in neither, as in the Swiss statistics (ElCom, EN 50160).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

SHORT = timedelta(minutes=3)


@dataclass(frozen=True)
class Darkness:
    """Who is without supply from an instant on: ``customers`` of each dark load, dims (load,); 0 where there is light."""

    at: datetime
    customers: np.ndarray
    planned: bool


@dataclass(frozen=True)
class Reliability:
    """Indices of a window.

    Attributes:
        saidi_min, saifi: by cause, "planned" and "unplanned". ``customers``: served. ``longest_min``: longest interruption.
    """

    saidi_min: Mapping[str, float]
    saifi: Mapping[str, float]
    customers: float
    interrupted: float
    longest_min: float


def customers_of_loads(
    zones: Sequence[tuple[str, str | None, int, Collection[int]]], load: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    """Customers behind each load, dims (load,).

    Args:
        zones: name, parent, customers (children included) and net indices of the zone's own loads.
        load: net indices, dims (load,). ``weight``: annual energy in any unit, dims (load,).
    """
    found = np.zeros(len(load))
    for name, _, customers, loads in zones:
        own = customers - sum(other for _, parent, other, _ in zones if parent == name)
        at = np.isin(load, list(loads))
        total = weight[at].sum()
        if total > 0.0:
            found[at] = max(own, 0) * weight[at] / total
    return found


def reliability(states: Sequence[Darkness], end: datetime, customers: np.ndarray) -> Reliability:
    """Indices of what ``states``, in order, say until ``end``.

    Args:
        customers: of all loads, dims (load,).
    """
    served = float(customers.sum())
    minutes, cases, longest = {"planned": 0.0, "unplanned": 0.0}, {"planned": 0.0, "unplanned": 0.0}, 0.0
    since: list[tuple[datetime, bool] | None] = [None] * len(customers)
    edges = [*states, Darkness(end, np.zeros(len(customers)), False)]
    for state in edges:
        for i in np.flatnonzero(customers > 0.0).tolist():
            begun, dark = since[i], state.customers[i] > 0.0
            if dark and begun is None:
                since[i] = (state.at, state.planned)
            elif begun is not None and not dark:
                lasted, since[i] = state.at - begun[0], None
                if lasted > SHORT:
                    cause = "planned" if begun[1] else "unplanned"
                    minutes[cause] += customers[i] * lasted.total_seconds() / 60.0
                    cases[cause] += float(customers[i])
                    longest = max(longest, lasted.total_seconds() / 60.0)
    return Reliability(
        {cause: value / served if served else 0.0 for cause, value in minutes.items()},
        {cause: value / served if served else 0.0 for cause, value in cases.items()},
        served,
        sum(cases.values()),
        longest,
    )
