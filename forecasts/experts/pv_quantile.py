"""Boosted trees of the clear-sky ratio's quantiles: each level learns for itself how cloudiness widens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from forecasts.experts.pv_days import read_reference
from forecasts.past import Past
from forecasts.quantiles import LEVELS, NORMAL
from forecasts.sky.reference import SkyReference
from forecasts.sky.training import as_power, path_ahead, ratio_rows, with_gaps
from forecasts.sky.trees import ask_trees, grow, left_out_rows, read_trees, try_out
from twin.domain.pack import pack, unpack

if TYPE_CHECKING:
    import lightgbm as lgb

_LEARNT = (0.05, 0.2, 0.5, 0.8, 0.95)  # the levels between are interpolated on the normal scale
_TRIED = (0.05, 0.5, 0.95)  # on weeks left out
_LIKE = (0, 1, 1, 1, 2)  # whose number of trees each learnt level takes over
_WIDTHS = np.arange(0.8, 2.01, 0.05)  # of the band, as factors tried on weeks left out


@dataclass(frozen=True)
class SkyQuantileFitted:
    """The reference, and trees of the ratio on ``names`` for each learnt level.

    Attributes:
        widths: factors of the band below and above the median, dims (2,).
    """

    reference: SkyReference
    names: tuple[str, ...]
    trees: tuple[lgb.Booster, ...]
    widths: tuple[float, float]

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Power [MW], dims (time, quantile), ascending."""
        path = path_ahead(past, self.reference, steps)
        ratio = np.zeros((steps, len(LEVELS)))
        day = path.reference_mw[0] > 0.0
        if day.any():
            x = path.pick(self.names)[0, day]
            learnt = np.stack([ask_trees(trees, x) for trees in self.trees], axis=1)
            ratio[day] = _between(_widened(np.sort(learnt, axis=1), self.widths))
        return as_power(ratio, path, self.reference)

    def to_bytes(self) -> bytes:
        """Reference, names and the trees' text."""
        meta = {"expert": SkyQuantile.name, "reference": self.reference.meta(), "names": self.names}
        return pack(meta | {"trees": [trees.model_to_string() for trees in self.trees], "widths": self.widths})


class SkyQuantile:
    """Gradient boosting of the pinball loss, weighted by the clear sky."""

    name: ClassVar[str] = "sky_quantile"
    kinds: ClassVar[frozenset[str]] = frozenset({"pv"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> SkyQuantileFitted:
        """Reference and trees.

        Raises:
            NotEnoughHistory: with fewer than twenty days of power by daylight.
        """
        reference, rows = ratio_rows(past, days_ahead=days_ahead)
        rows = with_gaps(rows, seed=seed)
        trials = [try_out(rows, seed=seed, objective=_objective(level)) for level in _TRIED]
        out = left_out_rows(rows)
        unseen = np.stack([trial.left_out for trial in trials], axis=1)
        widths = _best_widths(unseen, rows.ratio[out], rows.weight[out])
        trees = [
            grow(rows, seed=seed, objective=_objective(level), rounds=trials[like].rounds)
            for level, like in zip(_LEARNT, _LIKE, strict=True)
        ]
        return SkyQuantileFitted(reference, rows.names, tuple(trees), widths)

    def load(self, data: bytes) -> SkyQuantileFitted:
        """Inverse of `SkyQuantileFitted.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        meta, _ = unpack(data)
        reference = read_reference(meta, self.name)
        below, above = meta["widths"]
        trees = tuple(read_trees(text) for text in meta["trees"])
        return SkyQuantileFitted(reference, tuple(meta["names"]), trees, (below, above))


def _objective(level: float) -> dict[str, Any]:
    return {"objective": "quantile", "alpha": level}


def _widened(ordered: np.ndarray, widths: tuple[float, float]) -> np.ndarray:
    """Ascending levels, the median in their middle, with the band below and above it stretched, dims (row, level)."""
    half = ordered.shape[1] // 2
    middle = ordered[:, [half]]
    return middle + (ordered - middle) * np.where(np.arange(ordered.shape[1]) < half, widths[0], widths[1])


def _best_widths(unseen: np.ndarray, ratio: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """The factors that suit weeks left out: trees see their own rows too often to know how far off they are.

    Args:
        unseen: `_TRIED` levels of rows that their trees never saw, dims (row, level). ``ratio``, ``weight``: dims (row,).
    """
    ordered, levels = np.sort(unseen, axis=1), np.array(_TRIED)
    losses = []
    for width in _WIDTHS:
        error = ratio[:, None] - np.maximum(_widened(ordered, (width, width)), 0.0)
        losses.append(weight @ np.maximum(levels * error, (levels - 1.0) * error))
    below, _, above = np.argmin(losses, axis=0)
    return float(_WIDTHS[below]), float(_WIDTHS[above])


def _between(learnt: np.ndarray) -> np.ndarray:
    """All `LEVELS` from the learnt ones, dims (time, level), monotone as they are."""
    nodes = np.array([NORMAL[LEVELS.index(level)] for level in _LEARNT])
    right = np.clip(np.searchsorted(nodes, NORMAL), 1, len(nodes) - 1)
    share = (NORMAL - nodes[right - 1]) / (nodes[right] - nodes[right - 1])
    return (1.0 - share) * learnt[:, right - 1] + share * learnt[:, right]
