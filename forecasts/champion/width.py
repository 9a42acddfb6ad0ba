"""Whether the band held lately: it is stretched or drawn in until nine in ten of the last issues' values lie inside.

Source: I. Gibbs, E. Candes, Adaptive conformal inference under distribution shift, NeurIPS 34 (2021), for the aim; the rule
here reads the factor off the last issues instead of stepping towards it, because an issue brings a whole day at once.
"""

from __future__ import annotations

import numpy as np

from forecasts.quantiles import LEVELS

_MIDDLE = LEVELS.index(0.5)
_COVERED = LEVELS[-1] - LEVELS[0]
_FEWEST = 5  # issues
_LIMITS = (0.5, 9.0)  # after a level shift of a third the truth lies that many bands away


def stretch(truth: np.ndarray, quantiles: np.ndarray, *, half_life: float, strength: float) -> float:
    """Factor on the distance of every level from the median.

    Args:
        truth: of the last issues, oldest first, dims (issue, slot), NaN = unknown. ``quantiles``: as they were before any
            stretching, dims (issue, slot, quantile).
        half_life: issues after which one counts half. ``strength``: share of the correction that is applied, 0..1.
    """
    if len(truth) < _FEWEST:
        return 1.0
    middle = quantiles[..., _MIDDLE]
    above, below = quantiles[..., -1] - middle, middle - quantiles[..., 0]
    reach = np.where(truth >= middle, above, below)
    widest = float(np.nanmax(reach)) if np.isfinite(reach).any() else 0.0
    usable = np.isfinite(truth) & np.isfinite(reach) & (reach > 1e-3 * widest)  # a night has no band to stretch
    if not usable.any():
        return 1.0
    age = np.arange(len(truth))[::-1, None]
    weight = np.broadcast_to(0.5 ** (age / half_life), truth.shape)[usable]
    needed = (np.abs(truth - middle)[usable]) / reach[usable]
    order = np.argsort(needed, kind="stable")
    mass = np.cumsum(weight[order])
    evidence = len(truth)
    level = min(_COVERED * (1.0 + 0.6 / evidence), 0.99)  # few issues: a little wider
    factor = needed[order][min(np.searchsorted(mass, level * mass[-1]), len(order) - 1)]
    return float(np.clip(max(factor, 1e-6) ** strength, *_LIMITS))


def stretched(quantiles: np.ndarray, factor: float | np.ndarray) -> np.ndarray:
    """Every level moved away from the median by ``factor``, same dims (..., quantile)."""
    middle = quantiles[..., _MIDDLE, None]
    return middle + factor * (quantiles - middle)
