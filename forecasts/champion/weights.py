"""Who is listened to: exponentially weighted aggregation per quantile, depth and part of the day, with a fixed share.

Losses are relative to the mean loss of all experts, so that a series' unit and its difficult days do not matter. The fixed
share lets an expert that was bad for a year come back within days.

Source: M. Herbster, M. Warmuth, Tracking the best expert, Machine Learning 32 (1998) 151-178; N. Cesa-Bianchi, G. Lugosi,
Prediction, Learning, and Games (2006), theorem 2.2 (regret) and ch. 5 (shares); Y. Freund et al., Using and combining
predictors that specialize, STOC (1997), for experts that are silent at times.
"""

from __future__ import annotations

import numpy as np

from forecasts.quantiles import LEVELS

_WORST = 3.0  # a single terrible day multiplies no weight by less than exp(-3)


def pinball_of(truth: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Pinball loss of every value, dims (..., quantile); NaN where the truth is.

    Args:
        truth: dims (...). ``quantiles``: dims (..., quantile) for `LEVELS`.
    """
    levels = np.array(LEVELS)
    error = truth[..., None] - quantiles
    return np.maximum(levels * error, (levels - 1.0) * error)


def equal_weights(experts: int, parts: int) -> np.ndarray:
    """Before anything is known, dims (expert, part, quantile)."""
    return np.full((experts, parts, len(LEVELS)), 1.0 / experts)


def updated(weights: np.ndarray, losses: np.ndarray, *, eta: float, share: float) -> np.ndarray:
    """Weights after one day's losses, same dims (expert, part, quantile).

    Args:
        losses: mean pinball of the day, same dims; NaN where an expert gave nothing or the truth is unknown. An expert without
            a loss keeps its weight among the others.
    """
    known = np.isfinite(losses)
    count = known.sum(axis=0)
    mean = np.where(known, losses, 0.0).sum(axis=0) / np.maximum(count, 1)
    useful = (mean > 0.0) & (count >= 2)
    awake = known & useful
    relative = np.where(awake, losses / np.where(useful, mean, 1.0), np.inf)
    best = np.where(useful, relative.min(axis=0), 0.0)
    behind = np.minimum(eta * (np.where(awake, relative, 0.0) - best), _WORST)
    grown = weights * np.where(awake, np.exp(-behind), 1.0)
    # Those who spoke share what they had among themselves: whoever was silent neither gains nor loses.
    before, after = (np.where(awake, w, 0.0).sum(axis=0) for w in (weights, grown))
    grown = np.where(awake, grown * np.where(after > 0.0, before / np.where(after > 0.0, after, 1.0), 1.0), grown)
    grown = grown / grown.sum(axis=0)
    return (1.0 - share) * grown + share / len(weights)


def blended(weights: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """The weighted mean of every level, ascending, dims (slot, quantile).

    Args:
        weights: dims (expert, part, quantile). ``quantiles``: dims (expert, slot, quantile); an expert that says nothing (NaN)
            is left out and the others share its weight.
    """
    slots = quantiles.shape[1]
    by_slot = weights[:, np.arange(slots) * weights.shape[1] // slots]
    known = np.isfinite(quantiles)
    mass = np.where(known, by_slot, 0.0)
    total = mass.sum(axis=0)
    mixed = np.where(known, by_slot * np.nan_to_num(quantiles), 0.0).sum(axis=0)
    return np.sort(np.where(total > 0.0, mixed / np.where(total > 0.0, total, 1.0), np.nan), axis=-1)
