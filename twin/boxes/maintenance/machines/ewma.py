"""A multivariate moving average with a bar that follows from a budget of false alarms.

Source: C. A. Lowry, W. H. Woodall, C. W. Champ, S. E. Rigdon, A multivariate exponentially weighted moving average control
chart, Technometrics 34 (1992) 46-53; run length in control: G. C. Runger, S. S. Prabhu, A Markov chain model for the
multivariate exponentially weighted moving averages control chart, JASA 91 (1996) 1701-1706.
"""

from __future__ import annotations

from functools import cache

import numpy as np

_STATES = 100
"""States of the Markov chain; the run length is then within 1 % of its limit."""


def run_length(bar: float, *, features: int, weight: float) -> float:
    """Mean number of blocks between false alarms, from a start at zero.

    In control, z' z depends on its last value only by its length, so the chain has the states of one radius.

    Args:
        bar: of the statistic T2. ``features``: p. ``weight``: lambda of the moving average, in (0, 1).
    """
    from scipy.special import chndtr  # as light as numpy, yet it loads a library of its own

    radius = np.sqrt(bar * weight / (2.0 - weight))
    width = 2.0 * radius / (2 * _STATES + 1)
    state = np.arange(_STATES + 1)
    shift = (((1.0 - weight) * state * width) / weight) ** 2
    edges = ((state + 0.5) * width / weight) ** 2
    below = chndtr(edges[None, :], features, shift[:, None])
    stay = np.diff(below, axis=1, prepend=0.0)
    return float(np.linalg.solve(np.eye(_STATES + 1) - stay, np.ones(_STATES + 1))[0])


@cache
def bar_for(*, features: int, weight: float, blocks: float) -> float:
    """The bar of T2 with a mean run of ``blocks`` blocks between false alarms, by bisection.

    >>> round(bar_for(features=2, weight=0.1, blocks=200.0), 2)
    8.64
    """
    low, high = 1e-3, 100.0
    for _ in range(40):  # 100 / 2^40: far below what the chain resolves
        middle = 0.5 * (low + high)
        low, high = (middle, high) if run_length(middle, features=features, weight=weight) < blocks else (low, middle)
    return high
