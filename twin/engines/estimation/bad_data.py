"""Bad data: does the whole set of measurements fit the grid, and if not, which one does not?

Source: A. Abur, A. Gomez Exposito, "Power System State Estimation", 2004, sections 5.4 (chi-square test), 5.5 (residual
covariance), 5.7 (largest normalised residual).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from twin.engines.estimation.gain import Gain
from twin.engines.estimation.state_model import Meters, Solution, StateModel

CONFIDENCE = 0.95
"""Of the chi-square test: one good set in twenty is suspected (the book's and pandapower's choice)."""
BAD = 3.0
"""A normalised residual above it is bad data (Abur and Exposito, section 5.7; pandapower's choice): of good ones, 3 in 1000."""
_CRITICAL = 1e-6
"""Redundancy below which a measurement is critical: nothing else would show its error, and its residual is always 0."""


@dataclass(frozen=True)
class Fitness:
    """How well a solution fits its meters.

    Attributes:
        chi_square: sum of the squared weighted residuals. ``limit``: what 95 % of good sets stay below; NaN without redundancy.
        redundancy: share of each row that the others know already, 0 (critical) to 1, dims (row,).
        normalised: residual over its own standard deviation, NaN for a critical row, dims (row,).
        gain: what the variances of the estimate are read from.
    """

    chi_square: float
    limit: float
    degrees_of_freedom: int
    redundancy: np.ndarray
    normalised: np.ndarray
    gain: Gain

    @property
    def passed(self) -> bool:
        """No sign of bad data; without redundancy there cannot be one."""
        return not self.chi_square > self.limit


def fitness_of(meters: Meters, solution: Solution) -> Fitness:
    """Chi-square test and normalised residuals of a solution that converged by Gauss-Newton."""
    found, count = solution.fit, meters.count
    assert found is not None
    sigma = meters.rows.sigma[:count]
    redundancy = 1.0 - found.gain.row_variances(found.entries)[:count] / sigma**2
    weighted = found.residual[:count] / sigma
    free = round(float(redundancy.sum()))
    told = redundancy > _CRITICAL
    normalised = np.full(count, np.nan)
    normalised[told] = np.abs(weighted[told]) / np.sqrt(redundancy[told])
    limit = float(chdtri(free, 1.0 - CONFIDENCE)) if free > 0 else float("nan")
    return Fitness(float((weighted**2).sum()), limit, free, np.clip(redundancy, 0.0, 1.0), normalised, found.gain)


@dataclass(frozen=True)
class Cleaned:
    """A solution and what had to go for it.

    Attributes:
        removed: row in the first set of rows -> normalised residual it was removed with, in the order of removal.
        kept: row in the first set of each remaining row, dims (row,).
    """

    meters: Meters
    solution: Solution
    fitness: Fitness | None
    removed: dict[int, float]
    kept: np.ndarray


def without_bad_data(model: StateModel, meters: Meters) -> Cleaned:
    """Solve; while the chi-square test fails, remove the largest normalised residual above `BAD` and solve again.

    A critical measurement is never removed: without it something would no longer be determined.
    """
    kept, removed = np.arange(meters.count), dict[int, float]()
    solution = model.solve(meters)
    while solution.fit is not None:
        fitness = fitness_of(meters, solution)
        if fitness.passed or not (fitness.normalised > BAD).any():
            return Cleaned(meters, solution, fitness, removed, kept)
        worst = int(np.nanargmax(fitness.normalised))
        removed[int(kept[worst])] = float(fitness.normalised[worst])
        kept = np.delete(kept, worst)
        meters = model.meters(meters.readings.without(worst))
        solution = model.solve(meters)
    return Cleaned(meters, solution, None, removed, kept)
