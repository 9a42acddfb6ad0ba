"""An origin ledger for each storage: what is inside it, by where it came from.

Charging takes the mix of its node, discharging gives the ledger's own, losses take every origin alike. A metered content leads;
what is inside and nobody saw coming in is of unknown origin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.domain.time import HOURS_PER_STEP

WAVER = 0.02
"""Of the capacity: a content that rises by less above what the meters of power say is the noise of the charge's own meter."""
DUST_MWH = 1e-6
"""A watt-hour: what the books hold of a store emptier than that is their own rounding, and says nothing of its origin."""

HOURS_OF_CHARGE = 4.0
"""A store whose capacity nobody told is filled no further than in so many hours by the power that charges it: the longer of
the two durations in NREL, Annual Technology Baseline 2020, Battery Storage, "Capacity Factor"."""


@dataclass(frozen=True)
class Content:
    """An amount of energy of known and unknown origin.

    Attributes:
        energy_mwh: by kind of source, where it entered the town's grid ("pv", "hydro", "other", "import").
        unknown_mwh: of unknown origin.
        renewable_mwh: renewable energy in what is known. ``co2_t``: its life-cycle emissions [t CO2eq].
        no_share_mwh, no_co2_mwh: of the energy of a known kind, what nobody knows the renewable share, or the emissions, of.
    """

    energy_mwh: Mapping[str, float] = field(default_factory=dict)
    unknown_mwh: float = 0.0
    renewable_mwh: float = 0.0
    co2_t: float = 0.0
    no_share_mwh: float = 0.0
    no_co2_mwh: float = 0.0

    @property
    def known_mwh(self) -> float:
        """Energy whose kind of source is known."""
        return math.fsum(self.energy_mwh.values())

    @property
    def share_mwh(self) -> float:
        """Energy whose renewable share is known."""
        return self.known_mwh - self.no_share_mwh

    @property
    def co2_mwh(self) -> float:
        """Energy whose emissions are known."""
        return self.known_mwh - self.no_co2_mwh

    @property
    def total_mwh(self) -> float:
        """All of it."""
        return math.fsum((*self.energy_mwh.values(), self.unknown_mwh))

    def scaled(self, factor: float) -> Content:
        """So many times as much of the same mix."""
        return Content(
            {kind: factor * mwh for kind, mwh in self.energy_mwh.items()},
            factor * self.unknown_mwh,
            factor * self.renewable_mwh,
            factor * self.co2_t,
            factor * self.no_share_mwh,
            factor * self.no_co2_mwh,
        )

    def plus(self, other: Content) -> Content:
        """Both together."""
        kinds = {**self.energy_mwh, **other.energy_mwh}
        return Content(
            {kind: self.energy_mwh.get(kind, 0.0) + other.energy_mwh.get(kind, 0.0) for kind in sorted(kinds)},
            self.unknown_mwh + other.unknown_mwh,
            self.renewable_mwh + other.renewable_mwh,
            self.co2_t + other.co2_t,
            self.no_share_mwh + other.no_share_mwh,
            self.no_co2_mwh + other.no_co2_mwh,
        )


NOTHING = Content()
Ledger = Content
"""What a storage holds."""


def given(ledger: Ledger, out_mwh: float, capacity_mwh: float) -> Content:
    """What a storage gives when ``out_mwh`` leave it: its own mix, and unknown origin for more than it can have held."""
    held = ledger.total_mwh
    if held <= DUST_MWH:
        return Content(unknown_mwh=out_mwh)
    told = min(out_mwh, held + WAVER * capacity_mwh)
    return ledger.scaled(told / held).plus(Content(unknown_mwh=out_mwh - told))


def advanced(
    ledger: Ledger,
    *,
    charged: Content,
    out_mwh: float,
    stored_mwh: float,
    capacity_mwh: float,
    efficiency: float,
    metered: bool,
) -> Ledger:
    """The ledger after an interval.

    Args:
        charged: what went in at the terminals. ``out_mwh``: what came out there.
        stored_mwh: metered content afterwards; NaN keeps the balance, up to the capacity.
        capacity_mwh: 0 where nobody told it: see `HOURS_OF_CHARGE`. ``efficiency``: one way, 0..1.
        metered: whether the power was; where it was not, no rise of the content is noise.
    """
    held = ledger.total_mwh
    kept = max(held - out_mwh / efficiency, 0.0) / held if held > DUST_MWH else 0.0
    balance = ledger.scaled(kept).plus(charged.scaled(efficiency))
    expected = balance.total_mwh
    if math.isnan(stored_mwh):
        filled_mwh = HOURS_OF_CHARGE * charged.total_mwh / HOURS_PER_STEP
        stored_mwh = min(expected, capacity_mwh if capacity_mwh > 0.0 else max(kept * held, filled_mwh))
    if stored_mwh <= DUST_MWH:
        return NOTHING
    noise = WAVER * capacity_mwh if metered else 0.0
    if expected > DUST_MWH and stored_mwh <= expected + noise:
        return balance.scaled(stored_mwh / expected)
    # What the books hold beside a store that they have empty is rounding, not a part of it.
    balance = balance if expected > DUST_MWH else NOTHING
    return balance.plus(Content(unknown_mwh=stored_mwh - balance.total_mwh))
