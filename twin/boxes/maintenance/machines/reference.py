"""A healthy machine as it was: every feature as a function of the operating point, learnt once and then frozen.

A reference that went on learning would absorb the slow wear it is meant to show. What it does not know (a load, a season) it
states as uncertainty of its prediction, so that a new operating point is no fault; there, and only there, it is extended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

FEATURES = ("vibration_mm_s", "bearing_c", "crest_factor", "kurtosis", "envelope_ratio", "once_mm_s", "twice_mm_s")
"""What is monitored, by the names of the telemetry; a machine without some of them is monitored by the others."""
TEMPERATURE = FEATURES.index("bearing_c")
KNOTS = np.linspace(0.1, 1.0, 10)
"""Shares of rated power between which a feature is taken as straight. The swirl of a turbine at part load is a bump of some
0.2 of rated power, recirculation of a pump a bend at a place of its own: five knots gave six times the budget of alarms on the
simulated river plant, ten a third of it."""
REGRESSORS = len(KNOTS) + 2
MIN_SIGMA = np.array([0.03, 0.3, 0.05, 0.05, 0.10, 0.05, 0.05])
"""Floor of a block's spread, by feature: repeatability of a mounted sensor (3 % of a velocity, 0.3 K of a resistance
thermometer with transmitter) and of a record's statistics; assumptions. Relative but for the temperature [K]."""
MIN_COVERAGE = 0.8
"""Share of the reference's blocks in which a feature must be there to be monitored."""
OUTLIER = 4.0
"""Blocks further off than so many standard deviations are left out of the reference."""
MAX_CORRELATION = 0.8
_RIDGE = 0.01
"""Blocks' worth of pull to the mean where the reference knows nothing."""


def regressors(share: np.ndarray, slow_share: np.ndarray, slow_ambient_c: np.ndarray) -> np.ndarray:
    """The operating point as the reference sees it, dims (machine, REGRESSORS).

    Args:
        share: power over rated power. ``slow_share``: as slow as the bearing's temperature.
        slow_ambient_c: ambient, as slow [degC]; NaN where nobody measures it, which then explains nothing.
    """
    place = np.clip((share - KNOTS[0]) / (KNOTS[1] - KNOTS[0]), 0.0, len(KNOTS) - 1.0)
    near = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(len(KNOTS))))
    ambient = np.where(np.isnan(slow_ambient_c), 0.0, slow_ambient_c / 10.0)
    return np.concatenate([near, (slow_share - share)[:, None], ambient[:, None]], axis=1)


def scaled(features: np.ndarray) -> np.ndarray:
    """Features as the reference compares them: logarithms, so that deviations are relative; the temperature stays [degC].

    A running machine whose sensor reads nothing or less has no reading: NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.where(features > 0.0, np.log(features), np.nan)
    result[..., TEMPERATURE] = features[..., TEMPERATURE]
    return result


@dataclass(frozen=True)
class Reference:
    """Frozen references, dims (machine, ...); ``blocks`` is 0 while a machine is learning.

    Attributes:
        blocks: learnt from. ``active``: whether a feature is monitored, dims (machine, feature).
        centre: mean of each feature. ``slope``: dims (machine, regressor, feature).
        spread: inverse of the regressors' moments, dims (machine, regressor, regressor): times the residual covariance, it is
            the covariance of what was learnt.
        covariance, precision: of a block's residuals, dims (machine, feature, feature); the identity where not active.
        freedom: degrees of freedom of the covariance.
    """

    blocks: np.ndarray
    active: np.ndarray
    centre: np.ndarray
    slope: np.ndarray
    spread: np.ndarray
    covariance: np.ndarray
    precision: np.ndarray
    freedom: np.ndarray

    def residual(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Measured minus expected, dims (machine, feature); NaN where missing, 0 where not active."""
        expected = self.centre + np.einsum("mk,mkf->mf", x, self.slope)
        return np.where(self.active, y - expected, 0.0)

    def leverage(self, x: np.ndarray) -> np.ndarray:
        """Variance of what is expected at ``x``, in those of a block's residual, dims (machine,)."""
        return np.einsum("mk,mkl,ml->m", x, self.spread, x)

    def extended(self, which: np.ndarray, x: np.ndarray, residual: np.ndarray) -> Reference:
        """With one more block each, by recursive least squares: what is known moves the less, the further the block is from it.

        Args:
            which: machines to extend, dims (machine,).
            x: operating point of the block, dims (machine, regressor).
            residual: of the block, dims (machine, feature), nothing missing.
        """
        toward = np.einsum("mkl,ml->mk", self.spread, x)
        gain = np.where(which[:, None], toward / (1.0 + self.leverage(x))[:, None], 0.0)
        slope = self.slope + gain[:, :, None] * residual[:, None, :]
        return replace(self, slope=slope, spread=self.spread - gain[:, :, None] * toward[:, None, :])


def empty_reference(count: int) -> Reference:
    """Nothing learnt yet."""
    k, f = REGRESSORS, len(FEATURES)
    unit = np.broadcast_to(np.eye(f), (count, f, f)).copy()
    return Reference(
        np.zeros(count),
        np.zeros((count, f), dtype=bool),
        np.zeros((count, f)),
        np.zeros((count, k, f)),
        np.zeros((count, k, k)),
        unit,
        unit.copy(),
        np.zeros(count),
    )


def learn(reference: Reference, machine: int, blocks: np.ndarray) -> Reference:
    """``reference`` with one machine's frozen.

    Args:
        blocks: means of the operating point and of the scaled features, dims (block, REGRESSORS + feature), NaN where missing.
    """
    x, y = blocks[:, :REGRESSORS], blocks[:, REGRESSORS:]
    active = np.isfinite(y).mean(axis=0) >= MIN_COVERAGE
    whole = np.isfinite(y[:, active]).all(axis=1)
    x, y = x[whole], np.where(active, y[whole], 0.0)
    centre = np.median(y, axis=0) if len(y) else np.zeros(y.shape[1])
    keep = np.ones(len(x), dtype=bool)
    for _ in range(2):  # once to find what does not belong, once without it
        spread = np.linalg.inv(x[keep].T @ x[keep] + _RIDGE * np.eye(REGRESSORS))
        slope = spread @ x[keep].T @ (y[keep] - centre)
        residual = y - centre - x @ slope
        robust = 1.4826 * np.median(np.abs(residual), axis=0)  # a normal's standard deviation from its median deviation
        keep = (np.abs(residual) <= OUTLIER * np.maximum(robust, MIN_SIGMA)).all(axis=1)
    used = np.einsum("bk,kl,bl->", x[keep], spread, x[keep])
    freedom = max(float(keep.sum() - used), len(FEATURES) + 2.0)
    covariance = residual[keep].T @ residual[keep] / freedom * _lengthened(residual, keep)
    covariance[np.diag_indices(len(FEATURES))] += np.where(active, MIN_SIGMA**2, 1.0)
    values = {
        "blocks": float(len(blocks)),
        "active": active,
        "centre": centre,
        "slope": slope,
        "spread": spread,
        "covariance": covariance,
        "precision": np.linalg.inv(covariance),
        "freedom": freedom,
    }
    arrays = {}
    for name, value in values.items():
        arrays[name] = getattr(reference, name).copy()
        arrays[name][machine] = value
    return Reference(**arrays)


def _lengthened(residual: np.ndarray, keep: np.ndarray) -> float:
    """By what neighbouring blocks that resemble each other widen a long average: (1 + r) / (1 - r), r their correlation.

    Source: a first-order autoregression's long-run variance (Box, Jenkins, Time Series Analysis, 3.2).
    """
    size = np.sqrt(np.mean(residual[keep] ** 2, axis=0))
    alive = size > 0.0
    pairs = keep[1:] & keep[:-1]
    if not alive.any() or not pairs.any():
        return 1.0
    unit = residual[:, alive] / size[alive]
    correlation = float(np.clip(np.mean(unit[1:][pairs] * unit[:-1][pairs]), 0.0, MAX_CORRELATION))
    return (1.0 + correlation) / (1.0 - correlation)
