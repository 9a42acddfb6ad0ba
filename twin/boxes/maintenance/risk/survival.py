"""Failure records of a utility: its own lifetimes, and its own level of CNAIM's curve.

Lifetimes are seldom whole: most units still run (right-censored), and a unit counts only from the age at which its records
begin (left-truncated): those that had failed before are in no list. A fit that forgets this finds assets to live far too long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.problems import Problems

LEAST_FAILURES = 10
"""For a Weibull fit. The shape's relative standard error is about 0.78 / sqrt(failures) (asymptotic, complete sample: variance
6 / pi^2 of its logarithm): with 10 failures its 95 % interval spans a factor of about 2.6 from end to end. With fewer it can't
tell ageing from chance, and what it can still tell, the level, `calibrated_k` tells better."""


@dataclass(frozen=True, kw_only=True)
class NotAssessed:
    """Why there is no fit: ``failures`` on record, ``needed`` for one."""

    failures: int
    needed: int


@dataclass(frozen=True, kw_only=True)
class WeibullLife:
    """Lifetimes as S(age) = exp(-(age / scale)^shape).

    Attributes:
        scale_y: age by which 63 % have failed [years]. ``shape``: above 1, failures grow with age.
        scale_low_y ... shape_high: confidence interval at ``confidence``.
        units, failures: that it rests on.
    """

    scale_y: float
    shape: float
    scale_low_y: float
    scale_high_y: float
    shape_low: float
    shape_high: float
    confidence: float
    units: int
    failures: int


def check_records(entry_age_y: np.ndarray, exit_age_y: np.ndarray, failed: np.ndarray) -> None:
    """Refuse records that can't be lifetimes.

    Raises:
        BadInput: with every row of which an age is missing or below 0, or the end does not come after the begin.
    """
    problems = Problems()
    if not len(entry_age_y) == len(exit_age_y) == len(failed):
        lengths = f"{len(entry_age_y)}, {len(exit_age_y)} and {len(failed)} rows"
        problems.add("failure records", lengths, "as many begins as ends and outcomes", "correct the table")
        problems.raise_if_any()
    for row, (entry, end) in enumerate(zip(entry_age_y, exit_age_y, strict=True)):
        if not (np.isfinite(entry) and np.isfinite(end) and 0.0 <= entry < end):
            value = f"age {entry:g} when observation began, {end:g} when it ended"
            problems.add(f"failure records, row {row}", value, "0 <= begin < end, in years", "correct it or leave the unit out")
    problems.raise_if_any()


def weibull_life(
    entry_age_y: np.ndarray,
    exit_age_y: np.ndarray,
    failed: np.ndarray,
    *,
    confidence: float,
    least_failures: int = LEAST_FAILURES,
) -> WeibullLife | NotAssessed:
    """Weibull lifetimes by maximum likelihood, right-censored and left-truncated (`lifelines.WeibullFitter`).

    Args:
        entry_age_y: age at which each unit's records begin [years], dims (unit,); 0 where they begin with it.
        exit_age_y: age at failure, or today's [years]. ``failed``: whether it failed; bool.
        confidence: of the intervals, e.g. 0.9.
        least_failures: below this there is no fit.
    """
    check_records(entry_age_y, exit_age_y, failed)
    failures = int(np.sum(failed))
    if failures < least_failures:
        return NotAssessed(failures=failures, needed=least_failures)
    from lifelines import WeibullFitter

    fitter = WeibullFitter(alpha=1.0 - confidence)
    fitter.fit(np.asarray(exit_age_y, float), event_observed=np.asarray(failed, bool), entry=np.asarray(entry_age_y, float))
    rows = fitter.summary
    low, high = (f"coef {side} {100 * confidence:g}%" for side in ("lower", "upper"))
    return WeibullLife(
        scale_y=float(fitter.lambda_),
        shape=float(fitter.rho_),
        scale_low_y=float(rows.loc["lambda_", low]),
        scale_high_y=float(rows.loc["lambda_", high]),
        shape_low=float(rows.loc["rho_", low]),
        shape_high=float(rows.loc["rho_", high]),
        confidence=confidence,
        units=len(failed),
        failures=failures,
    )


@dataclass(frozen=True, kw_only=True)
class CalibratedK:
    """A class's K in the light of a utility's own failures.

    Attributes:
        k_percent: updated [%], with ``low_percent`` and ``high_percent`` at ``confidence``.
        multiplier: of the K before. ``observed``, ``expected``: failures on record, and what the K before expects of them.
        own_weight: share of the utility's own record in the answer, 0 to 1; the rest is CNAIM's.
    """

    k_percent: float
    low_percent: float
    high_percent: float
    confidence: float
    multiplier: float
    observed: int
    expected: float
    own_weight: float


def calibrated_k(k_percent: float, *, observed: int, expected: float, prior_failures: float, confidence: float) -> CalibratedK:
    """K after ``observed`` failures where ``expected`` were expected: gamma prior, Poisson record, in closed form.

    The multiplier of K has a gamma prior of mean 1 that weighs as much as ``prior_failures`` failures; after the record its
    mean is (prior + observed) / (prior + expected). No failure in a small fleet moves K a little, many in a large one settle
    it.

    Args:
        k_percent: CNAIM's K [%].
        expected: sum over units and years of observation of CNAIM's failures per year.
        prior_failures: how many failures CNAIM's figure is worth, e.g. 5; above 0.
        confidence: of the interval, e.g. 0.9.
    """
    from scipy.stats import gamma

    shape, rate = prior_failures + observed, prior_failures + expected
    low, high = (float(gamma.ppf(0.5 + side * confidence / 2.0, shape, scale=1.0 / rate)) for side in (-1.0, 1.0))
    return CalibratedK(
        k_percent=k_percent * shape / rate,
        low_percent=k_percent * low,
        high_percent=k_percent * high,
        confidence=confidence,
        multiplier=shape / rate,
        observed=observed,
        expected=expected,
        own_weight=expected / rate,
    )
