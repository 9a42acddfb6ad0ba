"""A random forest of the clear-sky ratio that keeps how the ratios of each leaf are spread, not only their mean.

It widens more honestly than boosted quantiles, which see their own training too often; together they are better than either.

Source: N. Meinshausen, Quantile regression forests, Journal of Machine Learning Research 7 (2006) 983-999; leaves keep a
histogram instead of every single row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from forecasts.experts.pv_days import read_reference
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from forecasts.sky.reference import SkyReference
from forecasts.sky.training import RatioRows, as_power, path_ahead, ratio_rows, with_gaps
from forecasts.sky.trees import grow_forest, reach_leaves, read_trees
from twin.domain.pack import pack, unpack

if TYPE_CHECKING:
    import lightgbm as lgb

_BINS = 48  # of the ratio, equally filled: finer than neighbouring levels are apart


@dataclass(frozen=True)
class SkyForestFitted:
    """The reference, the forest of the ratio on ``names``, and its leaves.

    Attributes:
        edges: of the ratio's bins, ascending, dims (bin + 1,).
        leaves: share of a leaf's ratios up to the end of each bin, 0..1, dims (tree, leaf, bin).
    """

    reference: SkyReference
    names: tuple[str, ...]
    trees: lgb.Booster
    edges: np.ndarray
    leaves: np.ndarray

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Power [MW], dims (time, quantile), ascending."""
        path = path_ahead(past, self.reference, steps)
        ratio = np.zeros((steps, len(LEVELS)))
        day = path.reference_mw[0] > 0.0
        if day.any():
            leaf = reach_leaves(self.trees, path.pick(self.names)[0, day])
            share = np.zeros((len(leaf), _BINS), dtype=np.float32)
            for tree, reached in enumerate(leaf.T):
                share += self.leaves[tree, reached]
            ratio[day] = self._invert(share / leaf.shape[1])
        return as_power(ratio, path, self.reference)

    def to_bytes(self) -> bytes:
        """Reference, names, the trees' text and the leaves."""
        meta = {"expert": SkyForest.name, "reference": self.reference.meta(), "names": self.names}
        return pack(meta | {"trees": self.trees.model_to_string()}, {"edges": self.edges, "leaves": self.leaves})

    def _invert(self, share: np.ndarray) -> np.ndarray:
        """Ratio at each of `LEVELS` of distributions given at the bins' ends, dims (time, quantile)."""
        rising = np.concatenate([np.zeros((len(share), 1)), share], axis=1)
        rising[:, -1] = 1.0
        return np.stack([np.interp(LEVELS, row, self.edges) for row in rising])


class SkyForest:
    """Quantile regression forest, weighted by the clear sky."""

    name: ClassVar[str] = "sky_forest"
    kinds: ClassVar[frozenset[str]] = frozenset({"pv"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> SkyForestFitted:
        """Reference, forest and leaves.

        Raises:
            NotEnoughHistory: with fewer than twenty days of power by daylight.
        """
        reference, rows = ratio_rows(past, days_ahead=days_ahead)
        rows = with_gaps(rows, seed=seed)
        trees = grow_forest(rows, seed=seed)
        edges = np.quantile(rows.ratio, np.linspace(0.0, 1.0, _BINS + 1))
        return SkyForestFitted(reference, rows.names, trees, edges, _leaf_shares(trees, rows, edges))

    def load(self, data: bytes) -> SkyForestFitted:
        """Inverse of `SkyForestFitted.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        meta, arrays = unpack(data)
        reference = read_reference(meta, self.name)
        return SkyForestFitted(reference, tuple(meta["names"]), read_trees(meta["trees"]), arrays["edges"], arrays["leaves"])


def _leaf_shares(trees: lgb.Booster, rows: RatioRows, edges: np.ndarray) -> np.ndarray:
    """Weighted share of each leaf's ratios up to each bin's end, single precision is plenty, dims (tree, leaf, bin)."""
    leaf = reach_leaves(trees, rows.x)
    bin_of = np.clip(np.searchsorted(edges, rows.ratio, side="left") - 1, 0, _BINS - 1)
    most = int(leaf.max()) + 1
    shares = np.zeros((leaf.shape[1], most, _BINS), dtype=np.float16)
    for tree, of in enumerate(leaf.T):
        weight = np.bincount(of * _BINS + bin_of, weights=rows.weight, minlength=most * _BINS).reshape(most, _BINS)
        total = weight.sum(axis=1, keepdims=True)
        shares[tree] = np.cumsum(weight / np.where(total > 0.0, total, 1.0), axis=1)
    return shares
