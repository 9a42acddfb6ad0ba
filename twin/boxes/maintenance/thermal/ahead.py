"""What the look-ahead of transformers and lines has in common: current by the power of a zone, and when a limit is reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_FIT = 96
"""Quarter hours of measured zone power that make the relation of current to power trustworthy: a day has all its hours."""


@dataclass(frozen=True)
class SquareRelation:
    """Square of a current as a function of a zone's power: I^2 = a P^2 + b, whatever the direction; dims (column,).

    Attributes:
        per_mw2: a, of the current's unit squared [1/MW^2]. ``floor``: b, what flows without active power.
        spread: standard deviation of what the fit leaves: a feeder does not follow its town exactly.
        fitted: whether it could be fitted; the other figures mean nothing where it could not.
    """

    per_mw2: np.ndarray
    floor: np.ndarray
    spread: np.ndarray
    fitted: np.ndarray


def fit_squares(current: np.ndarray, net_p_mw: np.ndarray) -> SquareRelation:
    """Least squares of I^2 over P^2, which stays sound where power changes sign (a plain ratio does not).

    A current that falls while its zone's power grows follows something else, and is not fitted.

    Args:
        current: measured, in any unit, dims (time, column), NaN where missing.
        net_p_mw: measured power of the zone in the same quarter hours [MW], dims (time, column), NaN where missing.
    """
    x, y = net_p_mw**2, current**2
    good = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(good, x, 0.0), np.where(good, y, 0.0)
    n = np.maximum(1, good.sum(axis=0))
    mean_x, mean_y = x.sum(axis=0) / n, y.sum(axis=0) / n
    apart = np.where(good, x - mean_x, 0.0)
    sxx, sxy = np.einsum("ij,ij->j", apart, apart), np.einsum("ij,ij->j", apart, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_mw2 = sxy / sxx
        floor = mean_y - per_mw2 * mean_x
        through_zero = floor < 0.0
        direct = np.einsum("ij,ij->j", x, y) / np.einsum("ij,ij->j", x, x)
    per_mw2, floor = np.where(through_zero, direct, per_mw2), np.where(through_zero, 0.0, floor)
    fitted = (good.sum(axis=0) >= MIN_FIT) & (sxx > 0.0) & (per_mw2 > 0.0)
    left = np.where(good, y - per_mw2 * x - floor, 0.0)
    variance = (left**2).sum(axis=0) / n - (left.sum(axis=0) / n) ** 2
    return SquareRelation(per_mw2, floor, np.sqrt(np.maximum(0.0, variance)), fitted)


def first_reach(temp_c: np.ndarray, limit_c: float) -> float | None:
    """Quarter hours until ``limit_c`` is reached, interpolated between boundaries; None when it is not, 0 when it is passed.

    Args:
        temp_c: at quarter-hour boundaries [degC], dims (time,), row 0 now; NaN reaches nothing.
        limit_c: the limit [degC].
    """
    above = np.flatnonzero(temp_c >= limit_c)
    if not above.size:
        return None
    row = int(above[0])
    if row == 0:
        return 0.0
    before, after = float(temp_c[row - 1]), float(temp_c[row])
    return row - 1 + (limit_c - before) / (after - before)
