"""Quantiles from past errors: split-conformal in spirit, with tables small enough to travel in a box's state.

Source: V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World (2005), chapter 2: the level
q of n exchangeable errors is read at rank (n + 1) q, which widens the band when there are few of them.
"""

from __future__ import annotations

import numpy as np

LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Quantile levels of every forecast, ascending."""

STEPS = 192
"""Quarter hours ahead: 48 hours."""

NODES = (0, 1, 3, 7, 11, 23, 47, 95, 143, 191)
"""Steps at which error tables are kept: dense where the last measurement helps, sparse beyond a day."""

# Standard normal quantiles of LEVELS, for the wide band of a site that has no error history yet.
NORMAL = np.array(
    [-1.644854, -1.281552, -0.841621, -0.524401, -0.253347, 0.0, 0.253347, 0.524401, 0.841621, 1.281552, 1.644854]
)

_FEWEST = 12  # below this many errors the outer quantiles of a cell would rest on a single day


def error_quantiles(samples: np.ndarray, *, copies: int = 1) -> np.ndarray:
    """Quantiles `LEVELS` of ``samples`` along the last axis, dims (..., quantile); NaN where fewer than twelve are valid.

    Args:
        samples: errors, dims (..., sample), NaN = none.
        copies: how many neighbouring samples carry about the same information (they do not count as new
            evidence).
    """
    if not samples.shape[-1]:
        return np.full((*samples.shape[:-1], len(LEVELS)), np.nan)
    ordered = np.sort(samples, axis=-1)  # NaN last
    count = np.isfinite(ordered).sum(axis=-1)
    evidence = np.maximum(count / copies, 1.0)
    levels = np.array(LEVELS)
    widened = np.clip(0.5 + (levels - 0.5) * ((evidence + 1.0) / evidence)[..., None], 0.0, 1.0)
    position = widened * np.maximum(count - 1, 0)[..., None]
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0)[..., None])
    below = np.take_along_axis(ordered, low, axis=-1)
    above = np.take_along_axis(ordered, high, axis=-1)
    found = below + (position - low) * (above - below)
    return np.where((count >= _FEWEST)[..., None], found, np.nan)


def fill_cells(table: np.ndarray, pooled: np.ndarray, spread: float) -> np.ndarray:
    """A complete table: cells without evidence take the pooled errors of their lead, then a normal band of ``spread``.

    Args:
        table: dims (cell, node, quantile). ``pooled``: dims (node, quantile). ``spread``: standard
            deviation, same unit.
    """
    backup = np.where(np.isfinite(pooled), pooled, spread * NORMAL)
    return np.where(np.isfinite(table), table, backup[None])


def over_leads(table: np.ndarray, cell: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Error quantiles of each step, interpolated between lead nodes, dims (time, quantile).

    Args:
        table: dims (cell, node, quantile). ``cell``: which cell each step reads, dims (time,).
        weight: share of the *next* cell (cyclic) in each step, 0..1, dims (time,); None reads one cell only.
    """
    steps = np.arange(len(cell))
    nodes = np.array(NODES)
    right = np.clip(np.searchsorted(nodes, steps), 1, len(nodes) - 1)
    share = np.clip((steps - nodes[right - 1]) / (nodes[right] - nodes[right - 1]), 0.0, 1.0)[:, None]

    def read(which: np.ndarray) -> np.ndarray:
        return (1.0 - share) * table[which, right - 1] + share * table[which, right]

    if weight is None:
        return read(cell)
    return (1.0 - weight)[:, None] * read(cell) + weight[:, None] * read((cell + 1) % len(table))


def widen(band: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Error quantiles with those of an independent, centred normal error added in quadrature around the median.

    Args:
        band: dims (time, quantile). ``spread``: standard deviation of the other error, same unit, dims (time,).
    """
    middle = band[:, LEVELS.index(0.5), None]
    return middle + np.sign(NORMAL) * np.hypot(band - middle, spread[:, None] * NORMAL)


def pinball(truth: np.ndarray, quantiles: np.ndarray) -> float:
    """Mean pinball loss over valid steps and `LEVELS`; same unit as ``truth``.

    Args:
        truth: dims (time,), NaN ignored. ``quantiles``: dims (time, quantile).

    Source: R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46 (1978).
    """
    valid = np.isfinite(truth)
    error = truth[valid, None] - quantiles[valid]
    levels = np.array(LEVELS)
    return float(np.mean(np.maximum(levels * error, (levels - 1.0) * error)))
