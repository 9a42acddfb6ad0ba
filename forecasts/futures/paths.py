"""Coherent futures: paths that keep a forecast's quantiles at every step and hang together over the hours and between series.

The quantiles say how far off a quarter hour may be; a day's energy, a peak or an empty battery need to know whether it is far
off for the whole evening. A path is drawn from the errors' `Dependence`, ranked at each step, and takes the value that its rank
has in the forecast (Schaake shuffle): with n paths each step holds the n middle values of its distribution, no more, no less.

Source: M. Clark and others, The Schaake shuffle, Journal of Hydrometeorology 5 (2004).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from forecasts.futures.dependence import Dependence
from forecasts.futures.marginals import values_at
from forecasts.quantiles import LEVELS

Bound = float | np.ndarray


def sample_paths(
    dependence: Dependence,
    quantiles: np.ndarray,
    n: int,
    *,
    seed: int,
    first: int = 0,
    floor: Bound = -np.inf,
    ceiling: Bound = np.inf,
) -> np.ndarray:
    """``n`` equally probable futures of one series [MW], dims (path, time).

    Args:
        quantiles: [MW], ascending, dims (time, quantile). Beyond the outer ones the tail is that of the normal distribution
            through the two outermost (`forecasts.futures.marginals`). A step with a NaN is NaN in every path.
        first: step of the dependence at which the quantiles begin: 0 when it was learnt from issues at the same local hour, the
            slot of the day when it was learnt from midnights.
        floor, ceiling: [MW], for all steps or dims (time,): no path leaves them (PV: zero and the clear sky).

    Raises:
        ValueError: when the dependence is one of several series or shorter than the forecast.
    """
    if dependence.series != 1:
        raise ValueError(f"one series asked of a dependence of {dependence.series}; use sample_joint_paths")
    return sample_joint_paths(dependence, quantiles[None], n, seed=seed, first=first, floor=floor, ceiling=ceiling)[:, 0]


def sample_joint_paths(
    dependence: Dependence,
    quantiles: np.ndarray,
    n: int,
    *,
    seed: int,
    first: int = 0,
    floor: Bound = -np.inf,
    ceiling: Bound = np.inf,
) -> np.ndarray:
    """``n`` equally probable futures of several series [MW], dims (path, series, time): one path is one world for all of them.

    Args:
        quantiles: [MW], dims (series, time, quantile), series in the order of the dependence's history.
        first: step of the dependence at which the quantiles begin.
        floor, ceiling: [MW], a number or an array that broadcasts to dims (series, time), for instance (series, 1).

    Raises:
        ValueError: when the dependence knows another number of series, fewer steps or other quantiles.
    """
    series, steps, levels = quantiles.shape
    if series != dependence.series or levels != len(LEVELS):
        raise ValueError(
            f"quantiles have dims (series, time, quantile) = {quantiles.shape}; "
            f"expected {dependence.series} series and {len(LEVELS)} quantiles"
        )
    drawn = dependence.scores(n, steps=steps, seed=seed, first=first)
    middle = ndtri((np.arange(n) + 0.5) / n)
    low, high = (np.broadcast_to(np.asarray(bound, dtype=np.float64), (series, steps))[..., None] for bound in (floor, ceiling))
    ascending = np.clip(values_at(np.sort(quantiles, axis=2), middle), low, high)
    paths = np.empty((series, steps, n))
    np.put_along_axis(paths, np.argsort(np.swapaxes(drawn, 1, 2), axis=2), ascending, axis=2)
    return np.moveaxis(paths, 2, 0)


def reduce_paths(paths: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``n`` paths that stand for all [MW], dims (n, ...), and how probable each is, dims (n,); see `representatives`."""
    kept, probability = representatives(paths, n)
    return paths[kept], probability


def representatives(paths: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Which ``n`` paths stand for all, and how probable each is; deterministic, ties go to the earlier path.

    Fast forward selection: one path after the other is kept, each time the one that leaves all others nearest to a kept path;
    then every path gives its probability to the nearest kept one.

    Args:
        paths: equally probable, dims (path, ...): joint paths are kept or left as a whole. NaN steps count as equal.
        n: at least one; as many as there are paths, or more, keeps them all.

    Returns:
        Positions in ascending order, dims (n,), and their probabilities, which sum to one, dims (n,).

    Source: H. Heitsch, W. Römisch, Scenario reduction algorithms in stochastic programming, Computational Optimization and
    Applications 24 (2003), algorithm 2.4.
    """
    total = len(paths)
    if n >= total:
        return np.arange(total), np.full(total, 1.0 / total)
    flat = np.nan_to_num(paths.reshape(total, -1))
    square = np.sum(flat**2, axis=1)
    distance = np.sqrt(np.maximum(square[:, None] + square - 2.0 * flat @ flat.T, 0.0))
    np.fill_diagonal(distance, 0.0)
    kept: list[int] = []
    nearest = np.full(total, np.inf)
    for _ in range(n):
        left = np.minimum(nearest[:, None], distance).sum(axis=0)  # what would remain if the column's path were kept
        left[kept] = np.inf
        kept.append(int(np.argmin(left)))
        nearest = np.minimum(nearest, distance[:, kept[-1]])
    kept.sort()
    owner = np.argmin(distance[:, kept], axis=1)
    return np.array(kept), np.bincount(owner, minlength=n) / total
