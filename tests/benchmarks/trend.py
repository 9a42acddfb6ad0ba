"""Straight lines through measured points, with the bound that 95 of 100 such lines keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import linregress
from scipy.stats import t as student

Points = tuple[Sequence[float], Sequence[float]]


def slope(x: Sequence[float], y: Sequence[float]) -> tuple[float | None, float | None]:
    """Least squares: ``(slope, upper bound of the two-sided 95 % interval)``; None with fewer than three points."""
    if len(x) < 3 or len(set(x)) < 2:
        return None, None
    fitted = linregress(np.asarray(x) - x[0], y)
    return float(fitted.slope), float(fitted.slope + student.ppf(0.975, len(x) - 2) * fitted.stderr)


def common_slope(stretches: Sequence[Points]) -> tuple[float | None, float | None]:
    """The one slope of several stretches, each at a level of its own, and its bound as in `slope`.

    Least squares with an intercept for every stretch: a step between two of them is no slope.

    Returns:
        None, None with fewer than two points more than there are levels.
    """
    centred = [(np.asarray(x, float) - np.mean(x), np.asarray(y, float) - np.mean(y)) for x, y in stretches if len(x) > 1]
    x = np.concatenate([x for x, _ in centred]) if centred else np.zeros(0)
    y = np.concatenate([y for _, y in centred]) if centred else np.zeros(0)
    free, spread = len(x) - len(centred) - 1, float(x @ x)
    if free < 1 or spread == 0.0:
        return None, None
    found = float(x @ y) / spread
    residual = y - found * x
    error = float(np.sqrt(residual @ residual / free / spread))
    return found, found + float(student.ppf(0.975, free)) * error
