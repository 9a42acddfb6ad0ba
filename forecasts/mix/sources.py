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

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from forecasts.marginals import values_at
from forecasts.quantiles import LEVELS

_WORLDS = 257  # a prime
_GENERATOR = 96  # of all with correlations below 0.015 between the parts, the one whose lattice is the most even
_PARTS = 4
_SCORES = ndtri(((np.outer([_GENERATOR**power for power in range(_PARTS)], np.arange(_WORLDS)) % _WORLDS) + 0.5) / _WORLDS)
_NEXT_KWH_MW = 1e-9  # bought where nothing flows: far below what anybody meters, and enough to have a mix


@dataclass(frozen=True)
class Pool:
    """What flows into the town in every world [MW], dims (time, world): own generation, import, and what of it is renewable."""

    pv_mw: np.ndarray
    hydro_mw: np.ndarray
    import_mw: np.ndarray
    renewable_mw: np.ndarray

    def shares(self) -> dict[str, np.ndarray]:
        """Share of each source and of all that is renewable, 0..1, dims (time, world)."""
        whole = self.pv_mw + self.hydro_mw + self.import_mw
        parts = {"pv": self.pv_mw, "hydro": self.hydro_mw, "import": self.import_mw, "renewable": self.renewable_mw}
        return {name: part / whole for name, part in parts.items()}

    def over(self, steps: int) -> Pool:
        """Means over ``steps`` steps, beginning with every step from which so many are left, dims (time, world)."""

        def mean(part: np.ndarray) -> np.ndarray:
            return np.lib.stride_tricks.sliding_window_view(part, steps, axis=0).mean(axis=-1)

        return Pool(mean(self.pv_mw), mean(self.hydro_mw), mean(self.import_mw), mean(self.renewable_mw))

    def until(self, steps: int) -> Pool:
        """The first ``steps`` steps."""
        return Pool(self.pv_mw[:steps], self.hydro_mw[:steps], self.import_mw[:steps], self.renewable_mw[:steps])


def pool(*, load_mw: np.ndarray, pv_mw: np.ndarray, hydro_mw: np.ndarray, imported_share: np.ndarray) -> Pool:
    """The pool in equally probable worlds.

    Args:
        load_mw, pv_mw, hydro_mw: quantiles `LEVELS` [MW], ascending, finite, dims (time, quantile); negative ones count as 0.
        imported_share: the same of the renewable share of what is bought, 0..1.
    """
    load, pv, hydro = (
        np.maximum(values_at(part, scores), 0.0) for part, scores in zip((load_mw, pv_mw, hydro_mw), _SCORES[:-1], strict=True)
    )
    bought = np.maximum(load - pv - hydro, 0.0)
    bought = np.where(bought + pv + hydro > 0.0, bought, _NEXT_KWH_MW)
    share = np.clip(values_at(imported_share, _SCORES[-1]), 0.0, 1.0)
    return Pool(pv, hydro, bought, pv + hydro + bought * share)


def band(shares: np.ndarray) -> np.ndarray:
    """Quantiles `LEVELS` of ``shares``, dims (time, world), ascending and within 0..1, dims (time, quantile)."""
    ordered = np.sort(shares, axis=1)
    position = np.array(LEVELS) * _WORLDS - 0.5  # the i-th of n middle values lies at level (i + 0.5) / n
    low = position.astype(np.int64)
    quantiles = ordered[:, low] + (position - low) * (ordered[:, low + 1] - ordered[:, low])
    return np.clip(quantiles, 0.0, 1.0)
