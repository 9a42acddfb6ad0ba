"""What was just measured bends the forecast: the last error and the last day's mean error, damped by lead.

The forecast path is ``base + scale * (phi_last(lead) * e_last + phi_day(lead) * e_day)``; both factors are
fitted on past errors for each lead, so a correction that does not help at six hours fades by itself. Adding
the raw last error undamped would hurt beyond two hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.quantiles import STEPS

OLDEST_ERROR = 16
"""Quarter hours after which the last error says nothing any more: four hours without telemetry."""

DAY = 96
_RIDGE = 0.05  # share of the predictors' own energy; damps factors that rest on few days


@dataclass(frozen=True)
class Correction:
    """Damping factors by lead.

    Attributes:
        phi: dims (predictor, time): for the last error and for the mean error of the last 24 hours.
    """

    phi: np.ndarray

    def path(self, errors: tuple[float, float], age: int) -> np.ndarray:
        """The correction in units of the scale, dims (time,).

        Args:
            errors: last valid error and mean error of the last day; NaN counts as none.
            age: complete quarter hours that have passed since the last valid one; it damps as if the lead
                were longer.
        """
        last, day = (0.0 if not np.isfinite(e) else float(e) for e in errors)
        if age > OLDEST_ERROR:
            last = 0.0
        step = np.minimum(np.arange(self.phi.shape[1]) + max(age, 0), self.phi.shape[1] - 1)
        return self.phi[0, step] * last + self.phi[1] * day


NO_CORRECTION = Correction(np.zeros((2, STEPS)))


def error_predictors(error: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Last relative error and mean relative error of the last day, as known at the start of each quarter hour.

    Args:
        error: measured minus base, NaN where unknown, dims (time,). ``scale``: its scale, dims (time,); an
            error whose scale is zero (a night) says nothing.

    Returns:
        dims (predictor, time + 1): column i uses rows before i; NaN where nothing is known.
    """
    known = np.isfinite(error) & (scale > 0.0)
    number = np.where(known, error, 0.0)
    weight = np.where(known, scale, 0.0)
    last = np.full(len(error) + 1, np.nan)
    last[1:][known] = number[known] / weight[known]
    total, mass, count = (np.concatenate([[0.0], np.cumsum(a)]) for a in (number, weight, known.astype(float)))
    first = np.maximum(np.arange(len(error) + 1) - DAY, 0)
    mass, count = mass - mass[first], count - count[first]
    # A mean over less than four hours is no mean of the day.
    day = np.where((count >= 16) & (mass > 0.0), (total - total[first]) / np.where(mass > 0.0, mass, 1.0), np.nan)
    return np.stack([last, day])


def newest_error(error: np.ndarray, scale: np.ndarray) -> tuple[tuple[float, float], int]:
    """What a tick corrects with: (last valid error, mean error of the last day) and the last one's age in quarter hours."""
    predictors = error_predictors(error, scale)
    found = np.flatnonzero(np.isfinite(predictors[0]))
    age = len(predictors[0]) - 1 - int(found[-1]) if found.size else OLDEST_ERROR + 1
    last = float(predictors[0, found[-1]]) if found.size else float("nan")
    return (last, float(predictors[1, -1])), age


def fit_correction(errors: np.ndarray, scale: np.ndarray, predictors: np.ndarray) -> tuple[Correction, np.ndarray]:
    """Damping factors by ridge regression for each lead, and the errors that remain.

    Args:
        errors: base errors seen from each origin, dims (origin, time), NaN = unknown. ``scale``: same dims.
        predictors: of each origin, dims (predictor, origin).

    Returns:
        The correction and the remaining errors, dims (origin, time).
    """
    known = np.isfinite(errors)
    target = np.where(known, errors, 0.0)
    weight = np.where(known, scale, 0.0)
    e = np.where(np.isfinite(predictors), predictors, 0.0)
    energy = weight * weight
    gram = np.stack([np.einsum("o,oh->h", e[i] * e[j], energy) for i, j in ((0, 0), (0, 1), (1, 1))])
    cross = np.stack([np.einsum("o,oh->h", e[i], weight * target) for i in (0, 1)])
    gram, cross = _smooth(gram), _smooth(cross)
    a, b, c = gram[0] * (1.0 + _RIDGE), gram[1], gram[2] * (1.0 + _RIDGE)
    det = a * c - b * b
    solvable = det > 1e-12 * np.maximum(a * c, 1e-300)
    det = np.where(solvable, det, 1.0)
    phi = np.where(solvable, np.stack([c * cross[0] - b * cross[1], a * cross[1] - b * cross[0]]) / det, 0.0)
    phi = np.clip(phi, 0.0, 1.0)  # a correction points the way of the error and never beyond it
    remaining = errors - scale * (phi[0] * e[0][:, None] + phi[1] * e[1][:, None])
    return Correction(phi), remaining


def _smooth(moments: np.ndarray) -> np.ndarray:
    """Moments averaged over neighbouring leads, the further ahead the wider: sixty days cannot tell 30 h from 30 h 15."""
    steps = np.arange(moments.shape[1])
    half = steps // 4
    first, last = np.maximum(steps - half, 0), np.minimum(steps + half + 1, moments.shape[1])
    total = np.concatenate([np.zeros((len(moments), 1)), np.cumsum(moments, axis=1)], axis=1)
    return (total[:, last] - total[:, first]) / (last - first)
