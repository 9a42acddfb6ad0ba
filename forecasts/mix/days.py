"""How a mix moves on from what it was: for every carrier and lead, the same hours of earlier days and a ridge over them.

The features are differences to the newest known day at the same hour, so that a ridge shrunk to nothing is persistence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAD_GROUPS_H = (0, 3, 6, 12, 24, 36)
"""Leads [h] at which another set of coefficients begins: the last measurement counts for hours, the last days for days."""

_ALIKE = 4  # days of one type that a mean is taken over
_SEARCH = 28  # days to look back for them
_RIDGE = 10.0  # on standardised features and thousands of rows: enough to keep a nearly constant carrier still
_FOLDS = 4


@dataclass(frozen=True)
class Rows:
    """The rows that origins look at.

    Attributes:
        origin: first forecast row of each origin, dims (origin,). ``slots``: rows of a day. ``steps``: rows ahead.
        day_type: of every row up to the last one forecast, dims (time,).
    """

    origin: np.ndarray
    slots: int
    steps: int
    day_type: np.ndarray

    @property
    def days_back(self) -> np.ndarray:
        """How many days before each step the newest known day at its hour lies, dims (step,)."""
        return np.arange(self.steps) // self.slots + 1

    @property
    def oldest(self) -> int:
        """Rows before an origin that the features reach back."""
        return _SEARCH * self.slots


def features(values: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """What each origin knows of each step: ``(base, further)``.

    ``base`` is the newest known day at the same hour, dims (origin, step, carrier); ``further`` are differences to it, dims
    (origin, step, carrier, feature). NaN in ``values`` goes through.

    Args:
        values: dims (time, carrier); every origin is at least `Rows.oldest` rows after the first.
    """
    step = np.arange(rows.steps)
    target = rows.origin[:, None] + step
    newest = target - rows.days_back * rows.slots
    base = values[newest]
    alike = _same_type_mean(values, target, rows)
    day = _mean_before(values, rows.origin, rows.slots)[:, None]
    week = _mean_before(values, rows.origin, 7 * rows.slots)[:, None]
    last = values[rows.origin - 1][:, None]
    moved = last - values[rows.origin - 1 - rows.slots][:, None]  # what the last hour says about the newest day as a guess
    found = [
        values[newest - rows.slots] - base,
        values[newest - (7 - rows.days_back % 7) % 7 * rows.slots] - base,
        alike - base,
        np.broadcast_to(day, base.shape) - base,
        np.broadcast_to(week, base.shape) - base,
        np.broadcast_to(last, base.shape) - base,
        np.broadcast_to(moved, base.shape),
    ]
    return base, np.stack(found, axis=-1)


def _same_type_mean(values: np.ndarray, target: np.ndarray, rows: Rows) -> np.ndarray:
    """Mean of the newest four known days of the target's type at its hour; the base day where there is none."""
    total = np.zeros((*target.shape, values.shape[1]))
    found = np.zeros(target.shape)
    wanted = rows.day_type[target]
    for back in range(1, _SEARCH - 1):
        earlier = target - back * rows.slots
        known = (back >= rows.days_back) & (rows.day_type[earlier] == wanted) & (found < _ALIKE)
        total[known] += values[earlier[known]]
        found += known
    base = values[target - rows.days_back * rows.slots]
    return np.where(found[..., None] > 0, total / np.maximum(found, 1.0)[..., None], base)


def _mean_before(values: np.ndarray, origin: np.ndarray, rows: int) -> np.ndarray:
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return (sums[origin] - sums[origin - rows]) / rows


def learn(base: np.ndarray, further: np.ndarray, truth: np.ndarray, step_h: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients, dims (lead group, carrier, feature), and out-of-fold errors truth - forecast, dims (origin, step, carrier).

    An error is of a model that saw neither that origin nor, folds being blocks of days, its neighbours.

    Args:
        truth: dims (origin, step, carrier), complete.
    """
    origins = len(truth)
    everything = np.ones(origins, dtype=bool)
    errors = np.empty_like(truth)
    for fold in np.array_split(np.arange(origins), min(_FOLDS, origins)):
        seen = everything.copy()
        seen[max(fold[0] - 1, 0) : fold[-1] + 2] = False  # windows of neighbours overlap by a day
        weights = _solve(base[seen], further[seen], truth[seen], step_h)
        errors[fold] = truth[fold] - apply(base[fold], further[fold], weights, step_h)
    return _solve(base, further, truth, step_h), errors


def apply(base: np.ndarray, further: np.ndarray, weights: np.ndarray, step_h: float) -> np.ndarray:
    """The point forecast, dims (origin, step, carrier)."""
    group = _group(base.shape[1], step_h)
    return base + np.einsum("oscf,scf->osc", further, weights[group])


def _group(steps: int, step_h: float) -> np.ndarray:
    return np.searchsorted(np.array(LEAD_GROUPS_H), np.arange(steps) * step_h + 1e-9, side="right") - 1


def _solve(base: np.ndarray, further: np.ndarray, truth: np.ndarray, step_h: float) -> np.ndarray:
    group = _group(base.shape[1], step_h)
    weights = np.zeros((len(LEAD_GROUPS_H), truth.shape[2], further.shape[3]))
    for g in np.unique(group):
        inside = group == g
        x = np.moveaxis(further[:, inside], 2, 0).reshape(truth.shape[2], -1, further.shape[3])
        y = np.moveaxis(truth[:, inside] - base[:, inside], 2, 0).reshape(truth.shape[2], -1)
        scale = np.sqrt(np.mean(x**2, axis=1, keepdims=True))
        x = np.divide(x, scale, out=np.zeros_like(x), where=scale > 0.0)
        gram = np.einsum("cnf,cng->cfg", x, x) + _RIDGE * np.eye(x.shape[2])
        solved = np.linalg.solve(gram, np.einsum("cnf,cn->cf", x, y)[..., None])[..., 0]
        weights[g] = np.divide(solved, scale[:, 0], out=np.zeros_like(solved), where=scale[:, 0] > 0.0)
    return weights
