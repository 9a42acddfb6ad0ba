"""Ridge regression of the clear-sky ratio, one per hour of the day, each learning from its neighbours too.

Inputs are standardised, an unknown one counts as its mean; absolute errors are approached by reweighting, because the median is
what a point forecast is judged on. The penalty is the one that leaves whole folds of days best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOURS = 24
_REACH_H = 1.5  # neighbours within that distance count, fading
_PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # of standardised inputs, in rows of mean weight
_FOLDS = 4
_ROUNDS, _SMALLEST = 3, 0.03  # of reweighting; a ratio nearer than that counts as met


@dataclass(frozen=True)
class HourRidge:
    """Coefficients of standardised inputs.

    Attributes:
        mean, scale: of the inputs, dims (input,). ``coefficients``: dims (hour, 1 + input); an hour without sun has zeros.
    """

    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray

    def predict(self, x: np.ndarray, hour: np.ndarray) -> np.ndarray:
        """Ratio, dims (row,), of inputs (row, input) at UTC ``hour`` 0..24; hours are interpolated between their middles."""
        z = standardised(x, self.mean, self.scale)
        below = np.floor(hour - 0.5)
        share = hour - 0.5 - below
        low, high = (below.astype(np.int64) % HOURS, (below.astype(np.int64) + 1) % HOURS)
        known = np.any(self.coefficients != 0.0, axis=1)
        share = np.where(~known[high], 0.0, np.where(~known[low], 1.0, share))
        weights = (1.0 - share)[:, None] * self.coefficients[low] + share[:, None] * self.coefficients[high]
        return np.einsum("ri,ri->r", z, weights)


def fit_hour_ridge(x: np.ndarray, ratio: np.ndarray, weight: np.ndarray, hour: np.ndarray, fold: np.ndarray) -> HourRidge:
    """Coefficients for each UTC hour.

    Args:
        x: dims (row, input), NaN = unknown. ``ratio``, ``weight``: dims (row,). ``hour``: 0..24, dims (row,).
        fold: rows of one number are left out together when the penalty is chosen, dims (row,).
    """
    mean = np.nan_to_num(np.nanmean(x, axis=0))
    scale = np.nan_to_num(np.nanstd(x, axis=0))
    scale = np.where(scale > 1e-9, scale, np.inf)  # a constant tells nothing
    z = standardised(x, mean, scale)
    weight = weight / weight.mean()
    coefficients = np.zeros((HOURS, z.shape[1]))
    for at in range(HOURS):
        away = np.abs((hour - at - 0.5 + 12.0) % 24.0 - 12.0)
        use = away < _REACH_H
        near = weight[use] * (1.0 - away[use] / _REACH_H)
        if near.sum() > 0.0 and (away[use] <= 0.5).any():
            coefficients[at] = _ridge(z[use], ratio[use], near, fold[use] % _FOLDS)
    return HourRidge(mean, scale, coefficients)


def standardised(x: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """A column of ones and the inputs in standard deviations from their mean, three at most."""
    z = np.clip(np.nan_to_num((x - mean) / scale), -3.0, 3.0)
    return np.concatenate([np.ones((len(z), 1)), z], axis=1)


def _ridge(z: np.ndarray, ratio: np.ndarray, weight: np.ndarray, fold: np.ndarray) -> np.ndarray:
    errors = []
    for penalty in _PENALTIES:
        error = 0.0
        for left_out in range(_FOLDS):
            out = fold == left_out
            if out.any() and not out.all():
                solution = _solve(z[~out], ratio[~out], weight[~out], penalty)
                error += float(weight[out] @ np.abs(ratio[out] - z[out] @ solution))
        errors.append(error)
    best = _PENALTIES[int(np.argmin(errors))]
    solution = _solve(z, ratio, weight, best)
    for _ in range(_ROUNDS):
        closer = weight / np.maximum(np.abs(ratio - z @ solution), _SMALLEST)
        solution = _solve(z, ratio, closer * (weight.sum() / closer.sum()), best)
    return solution


def _solve(z: np.ndarray, ratio: np.ndarray, weight: np.ndarray, penalty: float) -> np.ndarray:
    weighted = z * weight[:, None]
    ridge = np.full(z.shape[1], penalty)
    ridge[0] = 1e-6  # the mean is not shrunk
    return np.linalg.solve(weighted.T @ z + np.diag(ridge), weighted.T @ ratio)
