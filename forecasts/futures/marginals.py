"""A forecast's quantiles as a distribution: where a measured value fell in it, and which value lies at a normal score.

Between two levels, and beyond the outer ones, the value is linear in the standard normal score of the level: exact at every
level, monotone, and with the tail of the normal distribution that fits the two outermost quantiles of its side.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from forecasts.quantiles import LEVELS

LEVEL_SCORES = ndtri(np.array(LEVELS))
"""Standard normal scores of `LEVELS`."""

_EXTREME = 0.999  # a history of some hundred issues cannot tell rarer values apart


def pit(truth: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Probability that the forecast gave to values below the truth (probability integral transform), dims as ``truth``.

    Args:
        truth: [MW], dims (..., time). ``quantiles``: [MW], ascending over the last axis, dims (..., time, quantile).

    Returns:
        0.001 .. 0.999. A truth on a stretch where several quantiles agree (dusk, a cap) takes the stretch's middle. NaN where
        truth or forecast is, and where the forecast has no band: there is nothing to learn.

    Source: F. Diebold, T. Gunther, A. Tay, Evaluating Density Forecasts, International Economic Review 39 (1998).
    """
    x = np.asarray(truth, dtype=np.float64)[..., None]
    last = len(LEVELS) - 1
    with np.errstate(invalid="ignore"):
        below = (quantiles < x).sum(axis=-1)
        upto = (quantiles <= x).sum(axis=-1)
    left = np.clip(upto - 1, 0, last - 1)[..., None]  # the segment that holds the value, or the one whose line is prolonged
    low, high = (np.take_along_axis(quantiles, left + i, axis=-1)[..., 0] for i in (0, 1))
    rise = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(rise > 0.0, (x[..., 0] - low) / rise, np.where(x[..., 0] > low, np.inf, -np.inf))
        score = LEVEL_SCORES[left[..., 0]] + share * (LEVEL_SCORES[left[..., 0] + 1] - LEVEL_SCORES[left[..., 0]])
    levels = np.array(LEVELS)
    from_level = np.where(below == 0, 0.0, levels[np.minimum(below, last)])
    to_level = np.where(upto == last + 1, 1.0, levels[np.maximum(upto - 1, 0)])
    found = np.where(upto - below > 1, 0.5 * (from_level + to_level), ndtr(score))
    known = np.isfinite(x[..., 0]) & np.isfinite(quantiles).all(axis=-1) & (quantiles[..., -1] > quantiles[..., 0])
    return np.where(known, np.clip(found, 1.0 - _EXTREME, _EXTREME), np.nan)


def values_at(quantiles: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Values at standard normal scores that are the same for every step, dims (..., time, score).

    Args:
        quantiles: [MW], ascending, dims (..., time, quantile). ``scores``: dims (score,).
    """
    left = np.clip(np.searchsorted(LEVEL_SCORES, scores, side="right") - 1, 0, len(LEVELS) - 2)
    share = (scores - LEVEL_SCORES[left]) / (LEVEL_SCORES[left + 1] - LEVEL_SCORES[left])
    reading = np.zeros((len(LEVELS), len(scores)))
    column = np.arange(len(scores))
    reading[left, column] = 1.0 - share
    reading[left + 1, column] = share
    return quantiles @ reading
