"""What a MWh costs at each unit, and why: energy, losses on the way, voltage, loading, the connection's own limits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.boxes.flexibility.lp.rows import GridRow

PART_OF = {"voltage": "voltage", "line": "loading", "trafo": "loading", "trafo3w": "loading", "site": "site"}
"""Part of the price by a row's kind."""


def price_parts(
    rows: Sequence[GridRow],
    row_duals: np.ndarray,
    energy_price: np.ndarray,
    marginal_losses: np.ndarray,
    *,
    reactive: bool = False,
) -> dict[str, np.ndarray]:
    """Price of drawing one MWh more at every unit and in every step, in parts that add up to it [CHF/MWh], dims (unit, step).

    The dual decomposition of the nodal price: energy at the source, what is lost on the way there, and for every limit that
    binds its price times the unit's slope. A unit that relieves a limit pays less.

    Args:
        rows: the limits of the programme that was solved.
        row_duals: what one MW more of room would save in each, >= 0 [CHF/MWh], dims (row, step).
        energy_price: of energy at the source [CHF/MWh], dims (step,).
        marginal_losses: MW lost more per MW (Mvar) drawn by each unit, dims (unit, step).
        reactive: the price of one Mvarh instead, which has no energy of its own.

    Source: F. C. Schweppe, M. C. Caramanis, R. D. Tabors and R. E. Bohn, Spot Pricing of Electricity (1988), chapter 7.
    """
    parts = {name: np.zeros_like(marginal_losses) for name in ("energy", "losses", "voltage", "loading", "site")}
    if not reactive:
        parts["energy"] += energy_price
    parts["losses"] += energy_price * marginal_losses
    for row, dual in zip(rows, row_duals, strict=True):
        slopes = row.by_q if reactive else row.by_p
        if slopes is not None and dual.any():
            parts[PART_OF[row.kind]] += dual * slopes
    return parts
