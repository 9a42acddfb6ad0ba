"""What was just measured bends the day's path: the last error and the last day's mean error, damped by lead.

The forecast is ``path + scale * (phi_last(lead) * e_last + phi_day(lead) * e_day)``; both factors are fitted on past errors for
each lead, so that a correction that does not help at six hours fades by itself. The raw last error undamped hurts beyond two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_OLDEST_S = 4 * 3600  # without telemetry for longer, the last error says nothing any more
_RIDGE = 0.05  # share of the predictors' own energy; damps factors that rest on few days
_NARROWEST = 0.1  # of the day path's band: meters and models err even a quarter hour ahead
_LUCK = 0.04  # share of the error that a correction must take away before it is trusted; twice that for full trust
_HALF_DAY_H = 12.0
_FEWEST = 48  # origins with truth; before, nothing is corrected


@dataclass(frozen=True)
class Correction:
    """Damping factors by lead.

    Attributes:
        phi: dims (predictor, lead): for the last error and for the mean error of the last 24 hours.
        narrowing: share of the day path's band that remains, dims (lead,).
    """

    phi: np.ndarray
    narrowing: np.ndarray

    def shift(self, errors: tuple[float, float], age: int, oldest: int) -> np.ndarray:
        """The correction in units of the scale, dims (lead,).

        Args:
            errors: last valid error and mean error of the last day; NaN counts as none.
            age: intervals that have passed since the last valid one; it damps as if the lead were longer.
            oldest: age beyond which it is not used.
        """
        last, day = (0.0 if not np.isfinite(e) else float(e) for e in errors)
        if age > oldest:
            last = 0.0
        lead = np.minimum(np.arange(self.phi.shape[1]) + max(age, 0), self.phi.shape[1] - 1)
        return self.phi[0, lead] * last + self.phi[1] * day

    def remaining(self, errors: tuple[float, float], age: int, oldest: int) -> np.ndarray:
        """Share of the band that remains at each lead, dims (lead,); all of it where nothing recent was measured."""
        if age > oldest or not np.isfinite(errors[0]):
            return np.ones(len(self.narrowing))
        lead = np.minimum(np.arange(len(self.narrowing)) + max(age, 0), len(self.narrowing) - 1)
        return self.narrowing[lead]


def no_correction(leads: int) -> Correction:
    """Nothing is known of past errors."""
    return Correction(np.zeros((2, leads)), np.ones(leads))


def oldest_age(step_s: int) -> int:
    """Intervals after which the last error is not used any more."""
    return _OLDEST_S // step_s


def predictors(error: np.ndarray, scale: np.ndarray, per_day: int) -> np.ndarray:
    """Last relative error and mean relative error of the last day, as known at the start of each interval.

    Args:
        error: measured minus path, NaN where unknown, dims (time,). ``scale``: its scale, dims (time,); an error whose scale is
            zero (a night) says nothing.

    Returns:
        dims (predictor, time + 1): column i uses rows before i; NaN where nothing is known.
    """
    known = np.isfinite(error) & (scale > 0.0)
    number, weight = np.where(known, error, 0.0), np.where(known, scale, 0.0)
    rows = np.arange(len(error) + 1)
    newest = np.maximum.accumulate(np.concatenate([[-1], np.where(known, np.arange(len(error)), -1)]))
    safe = np.maximum(newest, 0)
    fresh = (newest >= 0) & (rows - newest <= per_day)
    padded = np.concatenate([number / np.where(known, weight, 1.0), [0.0]])
    last = np.where(fresh, padded[safe], np.nan)
    total, mass, count = (np.concatenate([[0.0], np.cumsum(a)]) for a in (number, weight, known.astype(float)))
    first = np.maximum(rows - per_day, 0)
    mass, count, total = mass - mass[first], count - count[first], total - total[first]
    # A mean over less than four hours is no mean of the day.
    day = np.where((count >= per_day // 6) & (mass > 0.0), total / np.where(mass > 0.0, mass, 1.0), np.nan)
    return np.stack([last, day])


def newest(error: np.ndarray, scale: np.ndarray, per_day: int) -> tuple[tuple[float, float], int]:
    """What a tick corrects with: (last error, mean error of the last day) and the last one's age in intervals."""
    found = predictors(error, scale, per_day)[:, -1]
    known = np.flatnonzero(np.isfinite(error) & (scale > 0.0))
    age = len(error) - 1 - int(known[-1]) if known.size else len(error) + per_day
    return (float(found[0]), float(found[1])), age


def fit(errors: np.ndarray, scale: np.ndarray, seen: np.ndarray, age_ok: np.ndarray, step_s: int) -> Correction:
    """Damping factors by ridge regression for each lead, as far as they held on days that had not taught them.

    Args:
        errors: path errors seen from each origin, oldest first, dims (origin, lead), NaN = unknown. ``scale``: same dims.
        seen: predictors of each origin, dims (predictor, origin). ``age_ok``: whose last error is fresh, dims (origin,).
    """
    leads = errors.shape[1]
    usable = age_ok & np.isfinite(seen).all(axis=0) & np.isfinite(errors).any(axis=1)
    if int(usable.sum()) < _FEWEST:
        return no_correction(leads)
    errors, scale, seen = errors[usable], scale[usable], seen[:, usable]
    known = np.isfinite(errors)
    target, weight = np.where(known, errors, 0.0), np.where(known, scale, 0.0)
    half = len(target) // 2
    older, newer = slice(0, half), slice(half, None)
    left = np.concatenate(
        [
            _left(target[a], weight[a], seen[:, a], _phi(target[b], weight[b], seen[:, b]))
            for a, b in ((older, newer), (newer, older))
        ]
    )
    before, after = (_smooth(np.abs(e).sum(axis=0)[None])[0] for e in (target, left))
    share = np.divide(after, before, out=np.ones(leads), where=before > 0.0)
    # What a fortnight may have by chance is no skill, and from half a day on weather and habits have moved on.
    hours = np.arange(leads) * step_s / 3600.0
    trust = np.clip((1.0 - share - _LUCK) / _LUCK, 0.0, 1.0) * np.clip(2.0 - hours / _HALF_DAY_H, 0.0, 1.0)
    kept = np.clip(1.0 - trust * (1.0 - share), _NARROWEST, 1.0)
    return Correction(trust * _phi(target, weight, seen), np.maximum.accumulate(kept))


def _phi(target: np.ndarray, weight: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Factors, dims (predictor, lead)."""
    energy = weight * weight
    gram = np.stack([np.einsum("o,oh->h", seen[i] * seen[j], energy) for i, j in ((0, 0), (0, 1), (1, 1))])
    cross = np.stack([np.einsum("o,oh->h", seen[i], weight * target) for i in (0, 1)])
    gram, cross = _smooth(gram), _smooth(cross)
    a, b, c = gram[0] * (1.0 + _RIDGE), gram[1], gram[2] * (1.0 + _RIDGE)
    det = a * c - b * b
    solvable = det > 1e-12 * np.maximum(a * c, 1e-300)
    det = np.where(solvable, det, 1.0)
    phi = np.where(solvable, np.stack([c * cross[0] - b * cross[1], a * cross[1] - b * cross[0]]) / det, 0.0)
    return np.clip(phi, 0.0, 1.0)  # a correction points the way of the error and never beyond it


def _left(target: np.ndarray, weight: np.ndarray, seen: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Errors after correction, dims (origin, lead)."""
    return target - weight * (phi[0] * seen[0][:, None] + phi[1] * seen[1][:, None])


def _smooth(moments: np.ndarray) -> np.ndarray:
    """Moments averaged over neighbouring leads, the further ahead the wider: weeks cannot tell 30 h from 30 h 15."""
    steps = np.arange(moments.shape[1])
    half = steps // 4
    first, last = np.maximum(steps - half, 0), np.minimum(steps + half + 1, moments.shape[1])
    total = np.concatenate([np.zeros((len(moments), 1)), np.cumsum(moments, axis=1)], axis=1)
    return (total[:, last] - total[:, first]) / (last - first)
