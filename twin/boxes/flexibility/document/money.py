"""Prices of a document in the model's units, and what a right makes of a device's price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.document.tables import Flexible
from twin.boxes.flexibility.lp.parts import PerStep
from twin.boxes.flexibility.lp.problem import Penalties
from twin.contracts.devices import Right


@dataclass(frozen=True)
class Money:
    """Prices.

    Attributes:
        bought, sold: at the connection, CO2 price included [CHF/MWh], dims (step,). ``mean``: of ``bought`` over the plan.
        co2_chf_per_t: price of emissions. ``penalties``: what broken promises cost.
        reluctance: what an emergency right adds to a price so that it is used only where a promise or a limit would break
            otherwise [CHF/MWh]; nobody is paid it.
    """

    bought: np.ndarray
    sold: np.ndarray
    mean: float
    co2_chf_per_t: float
    penalties: Penalties
    reluctance: float

    def movable(self, entry: Flexible) -> bool:
        """Whether a device may be moved: somebody has a right, and the owner has not opted out."""
        return entry.right is not Right.NONE and not entry.opt_out

    def moving(self, entry: Flexible) -> float:
        """What a MWh costs by which it is moved [CHF/MWh]."""
        price = 1000.0 * entry.price_chf_per_kwh
        return price + self.reluctance if entry.right is Right.EMERGENCY else price

    def wear(self, entry: Flexible) -> float:
        """What a MWh through it costs its own operator [CHF/MWh]."""
        return 1000.0 * entry.price_chf_per_kwh if entry.right is Right.OWN else 0.0

    def paid(self, entry: Flexible) -> float:
        """What its owner earns for a MWh moved, of devices whose wear is counted by itself [CHF/MWh]."""
        return 0.0 if entry.right is Right.OWN else self.moving(entry)

    def fuel(self, chf_per_kwh: Any, g_co2_per_kwh: float) -> PerStep:
        """Price of fuel with its emissions [CHF/MWh]."""
        return 1000.0 * np.asarray(chf_per_kwh, dtype=float) + 1e-3 * g_co2_per_kwh * self.co2_chf_per_t
