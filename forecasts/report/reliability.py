"""Calibration: how often the truth lay below each level, and how sure that can be said.

Where the truth equals several levels at once (a plant at night, all zero) it stands for all of them: its probability integral
transform is spread evenly over their range. Source: C. Czado, T. Gneiting, L. Held, Predictive Model Assessment for Count
Data, Biometrics 65 (2009), equation 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.quantiles import LEVELS

_TWO_SIDED_95 = 1.959964  # standard normal


@dataclass(frozen=True)
class Reliability:
    """Calibration of a forecast.

    Attributes:
        observed: share of truths below each level, dims (quantile,).
        sampling: half width within which a calibrated forecast would lie 95 times of 100, dims (quantile,).
        density: share of truths between two levels divided by the distance of these, dims (quantile + 1,); 1 = calibrated.
        steps: truths that count. ``blocks``: groups of origins that were taken as independent.
        idle: truths left out because the band had no width and they were met exactly (night of a plant).
    """

    observed: np.ndarray
    sampling: np.ndarray
    density: np.ndarray
    steps: int
    blocks: int
    idle: int

    @property
    def coverage(self) -> float:
        """Share of truths between the lowest and the highest level."""
        return float(self.observed[-1] - self.observed[0])


def reliability(truth: np.ndarray, forecast: np.ndarray, *, origins_per_block: int) -> Reliability:
    """Calibration of ``forecast`` against ``truth``, errors within a block of origins being anything but independent.

    Args:
        truth: dims (origin, step), NaN ignored. ``forecast``: same unit, dims (origin, step, quantile).
        origins_per_block: successive origins whose horizons overlap.

    Source: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), chapter 3: proportions in clusters of unequal size.
    """
    valid = np.isfinite(truth) & np.isfinite(forecast).all(axis=-1)
    idle = valid & (forecast[..., -1] == forecast[..., 0]) & (truth == forecast[..., 0])
    counted = valid & ~idle
    block = np.arange(len(truth)) // origins_per_block
    below = _below(truth[counted], forecast[counted])
    owner = np.broadcast_to(block[:, None], truth.shape)[counted]
    blocks = int(block[-1]) + 1 if len(block) else 0
    count = np.bincount(owner, minlength=blocks).astype(float)
    hits = np.stack([np.bincount(owner, weights=column, minlength=blocks) for column in below.T], axis=-1)
    steps = int(count.sum())
    observed = hits.sum(axis=0) / steps if steps else np.full(len(LEVELS), np.nan)
    edges = np.concatenate([[0.0], LEVELS, [1.0]])
    density = np.diff(np.concatenate([[0.0], observed, [1.0]])) / np.diff(edges)
    return Reliability(observed, _sampling(hits, count, observed), density, steps, int((count > 0).sum()), int(idle.sum()))


def _below(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Share 0..1 of each truth that lies below each level, dims (time, quantile)."""
    levels = np.array(LEVELS)
    lowest = np.concatenate([[0.0], levels, [1.0]])
    equal = forecast == truth[:, None]
    tied = equal.any(axis=1)
    first, last = equal.argmax(axis=1), len(levels) - 1 - equal[:, ::-1].argmax(axis=1)
    # A tie with the lowest (highest) level reaches down to 0 (up to 1): the level does not say where the mass begins.
    from_level = np.where(first == 0, 0.0, lowest[first + 1])[:, None]
    to_level = np.where(last == len(levels) - 1, 1.0, lowest[last + 1])[:, None]
    width = np.maximum(to_level - from_level, 1e-12)
    spread = np.clip((levels - from_level) / width, 0.0, 1.0)
    spread = np.where(to_level > from_level, spread, (levels >= from_level).astype(float))
    return np.where(tied[:, None], spread, (truth[:, None] < forecast).astype(float))


def _sampling(hits: np.ndarray, count: np.ndarray, observed: np.ndarray) -> np.ndarray:
    used = count > 0
    blocks, steps = int(used.sum()), count.sum()
    if blocks < 2:
        return np.full(len(LEVELS), np.nan)
    between = ((hits[used] - observed * count[used, None]) ** 2).sum(axis=0)
    clustered = np.sqrt(blocks / (blocks - 1) * between) / steps
    # Never surer than independent draws would allow.
    levels = np.array(LEVELS)
    return _TWO_SIDED_95 * np.maximum(clustered, np.sqrt(levels * (1.0 - levels) / steps))
