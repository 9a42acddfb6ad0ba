"""What plants make electricity of: what of it counts as renewable, and what it emits over its life.

Renewable parts are KPI.md's: hydro, photovoltaics, wind and biomass whole, waste by its biogenic half, nuclear and fossil
nothing. Life-cycle medians: IPCC AR5 WG III (2014), annex III, table A.III.2. That table has no waste incineration, whose
emissions depend on what is booked upon the waste: a site states its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Carrier:
    """One energy carrier. ``renewable``: 0..1. ``co2_g_per_kwh``: life cycle; None where the site must state it."""

    name: str
    renewable: float
    co2_g_per_kwh: float | None


CARRIERS = {
    carrier.name: carrier
    for carrier in (
        Carrier("hydro", 1.0, 24.0),
        Carrier("pv", 1.0, 41.0),
        Carrier("wind", 1.0, 11.0),
        Carrier("biomass", 1.0, 230.0),
        Carrier("geothermal", 1.0, 38.0),
        Carrier("waste", 0.5, None),
        Carrier("nuclear", 0.0, 12.0),
        Carrier("gas", 0.0, 490.0),
        Carrier("coal", 0.0, 820.0),
    )
}
OTHER = tuple(name for name in CARRIERS if name not in ("hydro", "pv"))
"""Carriers of plants that are neither metered as hydro nor followed as photovoltaics."""


def renewable_part(plants: Iterable[tuple[str, float]]) -> float:
    """Renewable part of what plants make, 0..1; of none, nothing.

    Args:
        plants: carrier and installed power [kW] of each, by which their generation is taken to be shared.
    """
    found = tuple(plants)
    whole = sum(kw for _, kw in found)
    return sum(CARRIERS[carrier].renewable * kw for carrier, kw in found) / whole if whole > 0.0 else 0.0
