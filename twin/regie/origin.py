"""Where the town's electricity comes from: proportional sharing at the site's balance, with an origin ledger for storage.

Everything that flows into the town in a quarter hour (PV, hydro, discharging batteries, import) forms one pool; consumption,
charging and export draw the pool's mix (Bialek 1996, proportional sharing, one node). A battery remembers the mix that it
was charged with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LIFE_CYCLE_RENEWABLE = 1.0
"""Hydro and PV count fully renewable (KPI.md, local renewable share)."""
DUST_MWH = 1e-6
"""A watt-hour: what the books still hold of a store emptier than that is their own rounding, and says nothing of its origin."""


@dataclass(frozen=True)
class Ledger:
    """What is inside the site's storages: energy [MWh], of which renewable [MWh], and its embodied emissions [t CO2eq]."""

    energy_mwh: float = 0.0
    renewable_mwh: float = 0.0
    co2_t: float = 0.0

    @property
    def share(self) -> float:
        """Renewable share of what is stored; an empty store gives nothing, so 0."""
        return self.renewable_mwh / self.energy_mwh if self.energy_mwh > 0.0 else 0.0

    @property
    def mix(self) -> tuple[float, float]:
        """``(share, co2_g_per_kwh)``, NaN while the ledger is empty: nobody knows."""
        return (self.share, self.co2_g_per_kwh) if self.energy_mwh > 0.0 else (math.nan, math.nan)

    @property
    def co2_g_per_kwh(self) -> float:
        """Intensity of what is stored."""
        return 1000.0 * self.co2_t / self.energy_mwh if self.energy_mwh > 0.0 else 0.0


@dataclass(frozen=True)
class Flows:
    """Mean powers of one interval at the site [MW], all >= 0. ``charge``/``discharge``: metered storages."""

    pv: float
    hydro: float
    discharge: float
    imported: float
    charge: float
    exported: float
    consumption: float


@dataclass(frozen=True)
class Mix:
    """The pool's mix. ``share`` None: no production and no consumption (0/0), or unknown."""

    share: float | None
    co2_g_per_kwh: float | None
    sources: tuple[tuple[str, float, float | None], ...]


def flows_of(net: float, pv: float, hydro: float, storage: float) -> Flows:
    """Flows from the balance: ``net`` import positive, ``storage`` charging positive. NaN inputs give NaN flows."""
    charge, discharge = max(storage, 0.0), max(-storage, 0.0)
    pv, hydro = max(pv, 0.0), max(hydro, 0.0)
    imported, exported = max(net, 0.0), max(-net, 0.0)
    consumption = max(net + pv + hydro - storage, 0.0)
    return Flows(pv, hydro, discharge, imported, charge, exported, consumption)


def mix(flows: Flows, ledger: Ledger, import_share: float, import_co2_g_per_kwh: float, factors: dict[str, float]) -> Mix:
    """The pool's renewable share and intensity.

    Args:
        factors: life-cycle g CO2eq/kWh of "pv" and "hydro".
    """
    pool = flows.pv + flows.hydro + flows.discharge + flows.imported
    if not pool > 0.0:  # also NaN
        return Mix(None, None, ())
    sources = (
        ("pv", flows.pv, LIFE_CYCLE_RENEWABLE, factors["pv"]),
        ("hydro", flows.hydro, LIFE_CYCLE_RENEWABLE, factors["hydro"]),
        ("storage", flows.discharge, *ledger.mix),
        ("import", flows.imported, import_share, import_co2_g_per_kwh),
    )
    # What was in the storages before anybody kept the ledger is of unknown origin: it takes the mix of the rest.
    told = [source for source in sources if source[1] > 0.0 and (source[0] != "storage" or ledger.energy_mwh > 0.0)]
    known = sum(power for _, power, _, _ in told)
    share = sum(power * part for _, power, part, _ in told) / known if told else math.nan
    co2 = sum(power * grams for _, power, _, grams in told) / known if told else math.nan
    return Mix(
        None if math.isnan(share) else share,
        None if math.isnan(co2) else co2,
        tuple((name, power, None if math.isnan(part) else part) for name, power, part, _ in sources),
    )


def advance(ledger: Ledger, flows: Flows, pool: Mix, stored_mwh: float | None, hours: float) -> Ledger:
    """The ledger after the interval.

    Args:
        stored_mwh: metered content after the interval; losses scale the ledger's origin with it, and a ledger that begins takes
            the pool's. None or NaN keeps the balance.
    """
    if pool.share is None or pool.co2_g_per_kwh is None or math.isnan(flows.charge):
        return ledger
    out = min(flows.discharge * hours, ledger.energy_mwh)
    energy = ledger.energy_mwh - out + flows.charge * hours
    renewable = ledger.renewable_mwh - out * ledger.share + flows.charge * hours * pool.share
    co2 = ledger.co2_t - out * ledger.co2_g_per_kwh / 1000.0 + flows.charge * hours * pool.co2_g_per_kwh / 1000.0
    if stored_mwh is not None and not math.isnan(stored_mwh):
        if energy <= DUST_MWH:
            return Ledger(stored_mwh, stored_mwh * pool.share, stored_mwh * pool.co2_g_per_kwh / 1000.0)
        # Losses take every origin alike; energy that nobody saw coming in has the pool's mix.
        kept, unseen = min(stored_mwh / energy, 1.0), max(stored_mwh - energy, 0.0)
        return Ledger(
            stored_mwh,
            renewable * kept + unseen * pool.share,
            co2 * kept + unseen * pool.co2_g_per_kwh / 1000.0,
        )
    return Ledger(energy, renewable, co2) if energy > DUST_MWH else Ledger()
