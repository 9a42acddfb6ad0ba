"""Intervals of Student's t, and what several events together add to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A figure with its standard error and the degrees of freedom that this was learned with."""

    value: float
    error: float
    freedom: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """The symmetric interval that holds the truth with probability ``confidence`` (0 to 1)."""
        from scipy.special import stdtrit

        if self.error == 0.0:
            return self.value, self.value
        reach = float(stdtrit(self.freedom, 0.5 + confidence / 2.0)) * self.error
        return self.value - reach, self.value + reach

    @property
    def p_value(self) -> float:
        """Two-sided probability of a figure as far from zero as this one, were the truth zero."""
        from scipy.special import stdtr

        if self.error == 0.0:
            return float(self.value == 0.0)
        return float(2.0 * stdtr(self.freedom, -abs(self.value) / self.error))


def without_errors(said: float, errors: Sequence[np.ndarray], shared: np.ndarray) -> Estimate:
    """What is left of a measured sum over events when the means of their known errors, dims (day,) each, are taken off.

    For one event the next error is a new draw: standard error s sqrt(1 + 1/n), n - 1 degrees of freedom. Source: the
    prediction interval for one future observation, G. J. Hahn and W. Q. Meeker, "Statistical Intervals" (1991), section 4.
    Events whose baselines rest on the same days err together: ``shared``, dims (event, event), holds the correlation of
    their errors, one on the diagonal. The means of the errors come from the same days without a call, so that their own
    errors are taken as fully correlated, and the degrees of freedom are those of the event with the fewest days.
    """
    spread = np.array([each.std(ddof=1) for each in errors])
    counts = np.array([len(each) for each in errors])
    variance = float(spread @ shared @ spread) + float((spread / np.sqrt(counts)).sum()) ** 2
    bias = float(sum(each.mean() for each in errors))
    return Estimate(said - bias, float(np.sqrt(max(variance, 0.0))), float(counts.min()) - 1.0)


def difference_of_means(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Mean of ``first`` less mean of ``second``, dims (customer,) each, with unequal variances.

    Source: B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
    Biometrika 34 (1947) 28-35.
    """
    parts = [each.var(ddof=1) / len(each) for each in (first, second)]
    variance = float(sum(parts))
    under = sum(part**2 / (len(each) - 1) for part, each in zip(parts, (first, second), strict=True))
    freedom = variance**2 / under if under > 0 else float(min(len(first), len(second)) - 1)
    return Estimate(float(first.mean() - second.mean()), float(np.sqrt(variance)), float(freedom))
