"""Forecasts that sum: minimum trace reconciliation of a hierarchy, of medians, quantiles and whole paths.

Town, feeders and buildings are forecast on their own and do not add up. Of all forecasts that do, the one with the smallest sum
of error variances is the base forecast moved along the errors' covariance until every sum holds:

    y~ = M y^,   M = I - W C' (C W C')^-1 C

with C y = 0 the sums and W the covariance of the base forecasts' errors. It is written with the sums instead of the summing
matrix S, for which M = S (S' W^-1 S)^-1 S' W^-1 is the same, because a series without forecast then drops out by elimination.

Source: S. Wickramasuriya, G. Athanasopoulos, R. Hyndman, Optimal Forecast Reconciliation for Hierarchical and Grouped Time
Series Through Trace Minimization, Journal of the American Statistical Association 114 (2019), which gives both forms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.on_air.hierarchy import Hierarchy
from forecasts.quantiles import LEVELS

_MEDIAN = LEVELS.index(0.5)
_FEWEST = 10  # samples below which only the variances are believed
_SMALL = 1e-12
_FLOOR = 1e-6  # of the largest variance: a thousandth of its error
_BAND_90 = 3.29  # standard deviations between the 5 % and the 95 % quantile of a normal distribution


def shrunk_covariance(errors: np.ndarray) -> np.ndarray:
    """Covariance about zero with correlations shrunk towards none, dims (name, name); NaN rows for names never seen.

    Only samples in which every seen name has an error tell correlations; with fewer than ten of them none is believed.

    Args:
        errors: truth minus forecast [MW], dims (sample, name), NaN = unknown.

    Source: J. Schäfer, K. Strimmer, Statistical Applications in Genetics and Molecular Biology 4 (2005), target D; about
    zero as in the R package hts, which accompanies Wickramasuriya and others (2019).
    """
    variance = _variances(errors)
    seen = np.isfinite(variance) & (variance > 0.0)
    covariance = np.diag(variance)
    covariance[np.isnan(variance), :] = np.nan
    covariance[:, np.isnan(variance)] = np.nan
    whole = errors[:, seen][np.isfinite(errors[:, seen]).all(axis=1)]
    n = len(whole)
    if n < _FEWEST or seen.sum() < 2:
        return covariance
    z = whole / np.sqrt(np.mean(whole**2, axis=0))
    correlation = z.T @ z / n
    variance_of_r = ((z**2).T @ (z**2) - (z.T @ z) ** 2 / n) / (n * (n - 1))
    apart = ~np.eye(len(correlation), dtype=bool)
    energy = np.sum(correlation[apart] ** 2)
    shrinkage = float(np.clip(np.sum(variance_of_r[apart]) / energy, 0.0, 1.0)) if energy > 0.0 else 1.0
    spread = np.sqrt(variance[seen])
    shrunk = np.where(apart, (1.0 - shrinkage) * correlation, 1.0) * spread[:, None] * spread
    covariance[np.ix_(seen, seen)] = shrunk
    return covariance


def covariance_of(errors: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Covariance of the errors as they were [MW²]; of a name that was never issued as large as its band, and on its own.

    Nobody is perfect: every variance is at least a millionth of the largest, so that every sum can be brought to hold.

    Args:
        errors: truth minus forecast [MW], dims (sample, name), NaN = unknown. ``quantiles``: [MW], dims (name, time, quantile).
    """
    covariance = shrunk_covariance(errors)
    bands = np.mean((quantiles[:, :, -1] - quantiles[:, :, 0]) ** 2, axis=1) / _BAND_90**2
    unseen = np.isnan(np.diag(covariance))
    found = np.where(unseen[:, None] | unseen, np.diag(bands), covariance)
    return np.asarray(found + _FLOOR * max(float(np.diag(found).max()), _SMALL) * np.eye(len(found)))


def correlation_of(covariance: np.ndarray) -> np.ndarray:
    """Of a covariance whose variances are above zero, as `covariance_of` gives it, dims (name, name)."""
    spread = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / (spread[:, None] * spread))


@dataclass(frozen=True)
class MinimumTrace:
    """What makes forecasts of a hierarchy sum.

    Attributes:
        covariance: of the base forecasts' errors [MW²], dims (name, name), from `covariance_of`; it may be off by a factor. A
            name whose row is NaN is left out like one without forecast.
    """

    hierarchy: Hierarchy
    covariance: np.ndarray

    def reconcile(self, base: np.ndarray) -> np.ndarray:
        """Coherent values nearest to ``base`` in the errors' own measure, same dims; sums hold to rounding.

        Args:
            base: [MW], dims (name, ...): steps, paths, anything; each column stands for itself. A NaN leaves its name out of
                that column and stays NaN; a rest without forecast becomes its parent minus the known children.
        """
        if not len(self.hierarchy.sums):
            return base
        flat = base.reshape(len(base), -1)
        usable = np.isfinite(flat) & np.isfinite(np.diag(self.covariance))[:, None]
        if usable.all():
            return self._one_pattern(flat, usable[:, 0]).reshape(base.shape)
        result = np.full(flat.shape, np.nan)
        patterns, which = np.unique(usable, axis=1, return_inverse=True)
        for i, mask in enumerate(patterns.T):
            columns = np.flatnonzero(which.ravel() == i)
            result[:, columns] = self._one_pattern(flat[:, columns], mask)
        return result.reshape(base.shape)

    def reconcile_quantiles(self, base: np.ndarray) -> np.ndarray:
        """Quantiles around reconciled medians, dims as ``base``; the medians sum, other quantiles of sums never do.

        A band moves with its median and keeps its width: what reconciliation takes off the errors is little beside what is not
        known of their covariance. A rest that nobody forecast has no band: its quantiles are NaN.

        Args:
            base: [MW], ascending, dims (name, time, quantile).
        """
        if not len(self.hierarchy.sums):
            return base
        median = base[..., _MEDIAN]
        return np.asarray(base + (self.reconcile(median) - median)[..., None])

    def projection(self, mask: np.ndarray) -> np.ndarray:
        """M for the names in ``mask``, dims (name in mask, name in mask); idempotent, and it leaves coherent values alone."""
        known = self._sums_among(mask)
        if not len(known):
            return np.eye(int(mask.sum()))
        spread = self.covariance[np.ix_(mask, mask)] @ known.T
        return np.eye(int(mask.sum())) - spread @ np.linalg.pinv(known @ spread, hermitian=True) @ known

    def _one_pattern(self, base: np.ndarray, mask: np.ndarray) -> np.ndarray:
        result = np.full(base.shape, np.nan)
        result[mask] = self.projection(mask) @ base[mask]
        return self.hierarchy.fill_rests(result)

    def _sums_among(self, mask: np.ndarray) -> np.ndarray:
        """The sums that hold among the names in ``mask`` once all others are eliminated, dims (sum, name in mask)."""
        sums = self.hierarchy.sums
        left = _left_null_space(sums[:, ~mask]) @ sums[:, mask]
        return left[np.abs(left).max(axis=1, initial=0.0) > _SMALL]


def _variances(errors: np.ndarray) -> np.ndarray:
    known = np.isfinite(errors)
    count = known.sum(axis=0)
    return np.where(count > 0, np.sum(np.where(known, errors, 0.0) ** 2, axis=0) / np.maximum(count, 1), np.nan)


def _left_null_space(matrix: np.ndarray) -> np.ndarray:
    """Rows that combine the sums so that the columns of ``matrix`` vanish, dims (kept, sum)."""
    if not matrix.shape[1]:
        return np.eye(len(matrix))
    left, value, _ = np.linalg.svd(matrix)
    rank = int(np.sum(value > 1e-9))
    return left[:, rank:].T
