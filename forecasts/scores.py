"""Scores of forecasts: pinball, CRPS, mean errors, coverage and skill, with missing values left out.

A cell of a truth counts when it and every figure asked of its forecast are known: NaN on either side leaves the cell out,
and a score over no cell at all is NaN. Shapes are free as long as they fit each other: truth has dims (...), quantiles
dims (..., quantile).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.quantiles import LEVELS

_MEDIAN = LEVELS.index(0.5)
_INNER = slice(LEVELS.index(0.1), LEVELS.index(0.9) + 1)
_OUTER = (LEVELS.index(0.05), LEVELS.index(0.95))


def pinball_losses(truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float] = LEVELS) -> np.ndarray:
    """Pinball loss of each cell and level, max(q e, (q - 1) e) with e = truth - quantile; dims (..., quantile), NaN kept.

    Source: R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46 (1978) 33-50.
    """
    error = truth[..., None] - quantiles
    level = np.asarray(levels)
    return np.maximum(level * error, (level - 1.0) * error)


def pinball(truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float] = LEVELS) -> np.ndarray:
    """Mean pinball loss of each level, dims (quantile,); same unit as ``truth``."""
    losses = pinball_losses(truth, quantiles, levels).reshape(-1, len(levels))
    known = np.isfinite(losses).all(axis=1)
    return losses[known].mean(axis=0) if known.any() else np.full(len(levels), np.nan)


def pinball_10_90(truth: np.ndarray, quantiles: np.ndarray) -> float:
    """Mean pinball loss over the levels .1, .2, ..., .9 of `LEVELS`; same unit as ``truth``."""
    return float(pinball(truth, quantiles)[_INNER].mean())


def interval_weights(levels: Sequence[float]) -> np.ndarray:
    """Share of the unit interval that each level stands for: cut midway between neighbours, from 0 to 1; dims (quantile,)."""
    level = np.asarray(levels, dtype=float)
    return np.diff(np.concatenate([[0.0], (level[1:] + level[:-1]) / 2.0, [1.0]]))


def crps(
    truth: np.ndarray, quantiles: np.ndarray, levels: Sequence[float] = LEVELS, *, weights: np.ndarray | None = None
) -> float:
    """Continuous ranked probability score, as twice the pinball loss integrated over the levels; same unit as ``truth``.

    CRPS(F, y) = 2 * integral over q in 0..1 of the pinball loss of F^-1(q): for a point forecast it is the absolute error.

    Args:
        levels: ascending, dims (quantile,).
        weights: of the levels in the sum that stands for the integral; `interval_weights` when left out. Equal weights
            give the plain mean over levels, as much of the field prints it.

    Source: T. Gneiting, A. E. Raftery, Strictly Proper Scoring Rules, Prediction, and Estimation, J. Am. Stat. Assoc. 102
    (2007) 359-378, equations 20-21; the integral over levels: F. Laio, S. Tamea, Hydrol. Earth Syst. Sci. 11 (2007) 1267.
    """
    share = interval_weights(levels) if weights is None else weights
    return float(2.0 * share @ pinball(truth, quantiles, levels))


def mae(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Mean absolute error, mean |truth - forecast|; same unit as ``truth``."""
    return _mean(np.abs(truth - forecast))


def rmse(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Root mean square error, sqrt(mean (truth - forecast)^2); same unit as ``truth``."""
    return float(np.sqrt(_mean((truth - forecast) ** 2)))


def nmae(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Mean absolute error over the mean size of the truth, mean |truth - forecast| / mean |truth|; NaN when that is 0."""
    error = np.abs(truth - forecast)
    return ratio(_mean(error), _mean(np.where(np.isfinite(error), np.abs(truth), np.nan)))


def coverage(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Share of truths within the band, its edges included, 0..1.

    A night, where band and truth are the same single value, tests no band and is left out.
    """
    known = np.isfinite(truth) & np.isfinite(low) & np.isfinite(high) & ~_certain(truth, low, high)
    return _mean(np.where(known, (low <= truth) & (truth <= high), np.nan))


def _certain(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return (low == high) & (truth == low)


def skill(loss: float, naive_loss: float) -> float:
    """Share of the naive forecast's loss that is gone, 1 - loss / naive loss; NaN when the naive loss is 0 or unknown."""
    return 1.0 - ratio(loss, naive_loss)


def ratio(part: float, whole: float) -> float:
    """``part / whole``; NaN when ``whole`` is 0."""
    return part / whole if whole else float("nan")


def _mean(values: np.ndarray) -> float:
    known = np.isfinite(values)
    return float(values[known].mean()) if known.any() else float("nan")


@dataclass(frozen=True)
class Scorecard:
    """Scores of one forecast over any number of origins, kept as sums so that cards of slices of origins add up.

    Attributes:
        cells: truths that counted. ``origins``: origins with at least one of them.
        absolute, square: sums of |e| and e^2 of the median [MW, MW^2]. ``size``: sum of |truth| [MW].
        loss: sums of the pinball loss, dims (quantile,) [MW]. ``inside``: truths within the band .05-.95.
        certain: truths that were the band's single value; they test no band.
    """

    cells: int
    origins: int
    absolute: float
    square: float
    size: float
    loss: np.ndarray
    inside: int
    certain: int

    @classmethod
    def of(cls, truth: np.ndarray, quantiles: np.ndarray) -> Scorecard:
        """Sums over ``truth``, dims (origin, step), and its forecast at `LEVELS`, dims (origin, step, quantile)."""
        known = np.isfinite(truth) & np.isfinite(quantiles).all(axis=-1)
        y, q = truth[known], quantiles[known]
        error = y - q[:, _MEDIAN]
        low, high = _OUTER
        return cls(
            cells=len(y),
            origins=int(known.any(axis=1).sum()),
            absolute=float(np.abs(error).sum()),
            square=float((error**2).sum()),
            size=float(np.abs(y).sum()),
            loss=pinball_losses(y, q).sum(axis=0),
            inside=int(((q[:, low] <= y) & (y <= q[:, high])).sum()),
            certain=int(_certain(y, q[:, low], q[:, high]).sum()),
        )

    def __add__(self, other: Scorecard) -> Scorecard:
        return Scorecard(
            self.cells + other.cells,
            self.origins + other.origins,
            self.absolute + other.absolute,
            self.square + other.square,
            self.size + other.size,
            self.loss + other.loss,
            self.inside + other.inside,
            self.certain + other.certain,
        )

    @property
    def pinball(self) -> np.ndarray:
        """Mean pinball loss of each level [MW], dims (quantile,)."""
        return self.loss / self.cells if self.cells else np.full(len(LEVELS), np.nan)

    @property
    def pinball_10_90(self) -> float:
        """As `pinball_10_90` [MW]."""
        return float(self.pinball[_INNER].mean())

    @property
    def figures(self) -> dict[str, float]:
        """``mae``, ``rmse``, ``pinball_10_90``, ``crps`` [MW], ``nmae`` and ``coverage_90`` (0..1); NaN over no cell."""
        return {
            "mae": ratio(self.absolute, self.cells),
            "rmse": float(np.sqrt(ratio(self.square, self.cells))),
            "nmae": ratio(self.absolute, self.size),
            "pinball_10_90": self.pinball_10_90,
            "crps": float(2.0 * interval_weights(LEVELS) @ self.pinball),
            "coverage_90": ratio(self.inside - self.certain, self.cells - self.certain),
        }
