"""A town's mix by source, hour by hour: proportional sharing in sampled worlds, from which every band is read.

What a town makes and what it buys form one pool that consumption and export draw from alike. Shares are quotients of unsure
things, so no band of theirs follows from the bands of the parts: in each world load, generation and the import's mix take one
of their equally probable values, and the shares of all worlds are the distribution. The parts err independently of each other,
and each keeps its error within an hour.

Nothing consumed and nothing made has no mix. There, the next kilowatt hour is told: it would be imported.

Source: J. Bialek, Tracing the flow of electricity, IEE Proceedings 143 (1996), for one node; N. Korobov, The approximate
computation of multiple integrals, Doklady Akademii Nauk SSSR 124 (1959), for the lattice that spreads the worlds evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from forecasts.futures.marginals import values_at
from forecasts.quantiles import LEVELS

SOURCES = ("renewable", "pv", "hydro", "other", "import")
"""The first holds the second and third, and what of the others is renewable."""

_WORLDS = 521  # a prime
_GENERATOR = 66  # of all with correlations below 0.03 between the parts, the one whose lattice is the most even
_PARTS = 5
_BLOCK = 24  # steps at a time: what all their worlds take stays in the processor's cache
_SCORES = ndtri(((np.outer([_GENERATOR**power for power in range(_PARTS)], np.arange(_WORLDS)) % _WORLDS) + 0.5) / _WORLDS)
_NEXT_KWH_MW = 1e-9  # bought where nothing flows: far below what anybody meters, and enough to have a mix


@dataclass(frozen=True)
class Parts:
    """What the mix is made of: quantiles `LEVELS`, ascending and finite, dims (time, quantile).

    Attributes:
        load_mw, pv_mw, hydro_mw: consumption and generation [MW]; what is negative counts as 0.
        imported_share: renewable share of what is bought, 0..1.
        other_mw: generation of plants of other carriers [MW], None where there are none; ``other_share``: renewable part of it.
    """

    load_mw: np.ndarray
    pv_mw: np.ndarray
    hydro_mw: np.ndarray
    imported_share: np.ndarray
    other_mw: np.ndarray | None = None
    other_share: float = 0.0

    def rows(self, rows: slice) -> Parts:
        """Some of the steps."""
        other = None if self.other_mw is None else self.other_mw[rows]
        powers = (self.load_mw[rows], self.pv_mw[rows], self.hydro_mw[rows])
        return Parts(*powers, self.imported_share[rows], other, self.other_share)


def bands(parts: Parts, *, over: int = 1, of: Sequence[str] = SOURCES) -> dict[str, np.ndarray]:
    """Share of sources in the pool: quantiles `LEVELS`, 0..1, dims (time, quantile).

    Args:
        of: any of `SOURCES`.
        over: steps that make an interval, which begins with every step from which so many are left; shares are of its energy.
    """
    intervals = len(parts.load_mw) - over + 1
    blocks = [_shares(parts.rows(slice(first, first + _BLOCK + over - 1)), over) for first in range(0, intervals, _BLOCK)]
    return {source: np.concatenate([_band(block[source]) for block in blocks]) for source in of}


def _shares(parts: Parts, over: int) -> dict[str, np.ndarray]:
    """Shares in every world, dims (interval, world)."""
    powers = (parts.load_mw, parts.pv_mw, parts.hydro_mw)
    load, pv, hydro = (np.maximum(values_at(power, scores), 0.0) for power, scores in zip(powers, _SCORES[:3], strict=True))
    other = np.zeros_like(load) if parts.other_mw is None else np.maximum(values_at(parts.other_mw, _SCORES[4]), 0.0)
    made = pv + hydro + other
    bought = np.maximum(load - made, 0.0)
    bought[bought + made == 0.0] = _NEXT_KWH_MW
    imported = np.clip(values_at(parts.imported_share, _SCORES[3]), 0.0, 1.0)
    green = pv + hydro + other * parts.other_share + bought * imported
    energies = {"renewable": green, "pv": pv, "hydro": hydro, "other": other, "import": bought}
    if over > 1:
        intervals = len(load) - over + 1
        energies = {
            source: np.sum([energy[first : first + intervals] for first in range(over)], axis=0)
            for source, energy in energies.items()
        }
    whole = energies["pv"] + energies["hydro"] + energies["other"] + energies["import"]
    return {source: energy / whole for source, energy in energies.items()}


def _band(shares: np.ndarray) -> np.ndarray:
    """Quantiles `LEVELS` of ``shares``, dims (time, world), ascending and within 0..1, dims (time, quantile)."""
    ordered = np.sort(shares, axis=1)
    position = np.array(LEVELS) * _WORLDS - 0.5  # the i-th of n middle values lies at level (i + 0.5) / n
    low = position.astype(np.int64)
    quantiles = ordered[:, low] + (position - low) * (ordered[:, low + 1] - ordered[:, low])
    return np.clip(quantiles, 0.0, 1.0)
