"""How sure a figure is that comes from some futures only; every interval holds with at least, or on average, 95 %.

Probabilities: C. Clopper, E. Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
Biometrika 26 (1934): never covers less than it says. Quantiles: order statistics, whatever the distribution (H. David,
H. Nagaraja, Order Statistics, 3rd ed., 7.1). Difference of two probabilities in the same futures: A. Agresti, Y. Min, Simple
improved confidence intervals for comparing matched proportions, Statistics in Medicine 24 (2005). Means: Student's t, which
leans on the central limit theorem.
"""

from __future__ import annotations

import numpy as np

LEVEL = 0.95


def of_probability(count: np.ndarray | int, futures: int) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound of the probability of what happened in ``count`` of ``futures``, dims of ``count``.

    Example:
        >>> low, high = of_probability(0, 1000)
        >>> f"{low:.4f} {high:.4f}"
        '0.0000 0.0037'
    """
    from scipy.stats import beta

    k = np.asarray(count, dtype=float)
    tail = (1.0 - LEVEL) / 2.0
    with np.errstate(invalid="ignore"):
        low = np.where(k > 0, beta.ppf(tail, k, futures - k + 1.0), 0.0)
        high = np.where(k < futures, beta.ppf(1.0 - tail, k + 1.0, futures - k), 1.0)
    return low, high


def of_difference(only_first: np.ndarray, only_second: np.ndarray, futures: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of P(first) - P(second), from how many futures have only the one and only the other."""
    from scipy.stats import norm

    n = futures + 2.0
    one, other = np.asarray(only_first) + 0.5, np.asarray(only_second) + 0.5
    middle = (one - other) / n
    half = norm.ppf(0.5 + LEVEL / 2.0) * np.sqrt(np.maximum(one + other - (one - other) ** 2 / n, 0.0)) / n
    return np.maximum(middle - half, -1.0), np.minimum(middle + half, 1.0)


def of_mean(values: np.ndarray) -> tuple[float, float]:
    """Bounds of the mean of what ``values`` were drawn from; infinite for fewer than two."""
    from scipy.stats import t

    if len(values) < 2:
        return -np.inf, np.inf
    half = float(t.ppf(0.5 + LEVEL / 2.0, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - half, float(values.mean()) + half


def ranks_of_quantile(share: float, count: int) -> tuple[int, int, int]:
    """Ranks, from 1, of the values that stand for a quantile of ``count`` draws and for its bounds.

    A lower bound of rank 0 and an upper one of rank ``count`` + 1 do not exist: there are too few draws.

    Example:
        >>> ranks_of_quantile(0.5, 100)
        (50, 40, 61)
    """
    from scipy.stats import binom

    tail = (1.0 - LEVEL) / 2.0
    # the epsilon: 0.05 * 100 is a hair above 5
    middle = int(np.clip(np.ceil(share * count - 1e-9), 1, max(count, 1)))
    return middle, int(binom.ppf(tail, count, share)), int(binom.ppf(1.0 - tail, count, share)) + 1
