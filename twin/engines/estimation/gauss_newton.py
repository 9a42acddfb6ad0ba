"""Weighted least squares by Gauss-Newton: from a start to the state at which the weighted residuals are smallest.

power-grid-model finds the state first; one step from there proves that it is the minimum, or takes along what
power-grid-model cannot hold (current magnitudes, angles). The gain matrix of that step is what variances are read from.

Source: A. Abur, A. Gomez Exposito, "Power System State Estimation", 2004, section 2.6 (normal equations).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.engines.estimation.gain import Gain, GainPattern
from twin.engines.estimation.state_equations import VA, Layout, Rows

STEP_PU = 1e-8
"""A step below it (pu and rad) ends the search: far below the last digit of any meter."""
_STEPS = 30
_LONGEST = 0.3
"""No single step moves a voltage further (pu and rad); from a flat start the first steps may overshoot."""


@dataclass(frozen=True)
class Fit:
    """A state and what the rows say there.

    Attributes:
        v: complex node voltages [pu], dims (node,). ``converged``: the last step was below `STEP_PU`. ``steps``: taken.
        residual: measured minus estimated, in the row's unit, dims (row,).
        entries: of H (`Layout`'s pattern), and ``gain``: its gain matrix, at the state before the last step.
    """

    v: np.ndarray
    converged: bool
    steps: int
    residual: np.ndarray
    entries: np.ndarray
    gain: Gain


def fit(layout: Layout, pattern: GainPattern, rows: Rows, start: np.ndarray) -> Fit:
    """Gauss-Newton from ``start``, complex node voltages [pu], dims (node,).

    Raises:
        np.linalg.LinAlgError: when the gain matrix is singular on the way.
    """
    theta, vm = np.angle(start), np.abs(start)
    nodes = len(start)
    for step in range(1, _STEPS + 1):
        shown, entries = layout.evaluate(vm * np.exp(1j * theta))
        residual = residual_of(rows, shown)
        gain = pattern.factor(entries, rows.sigma)
        move = gain.step(entries, residual, rows.sigma)
        largest = float(np.abs(move).max())
        if not np.isfinite(largest):
            break
        move *= min(1.0, _LONGEST / largest) if largest > 0.0 else 1.0
        theta, vm = theta + move[:nodes], np.maximum(vm + move[nodes:], 1e-3)
        if largest < STEP_PU:
            residual = residual - np.bincount(pattern.row_of_entry, entries * move[layout.indices], len(rows))
            return Fit(vm * np.exp(1j * theta), True, step, residual, entries, gain)
    return Fit(vm * np.exp(1j * theta), False, step, residual, entries, gain)


def residual_of(rows: Rows, shown: np.ndarray) -> np.ndarray:
    """Measured minus shown; an angle's difference is taken the short way round. Dims (row,)."""
    residual: np.ndarray = rows.value - shown
    turned = rows.quantity == VA
    residual[turned] = (residual[turned] + np.pi) % (2.0 * np.pi) - np.pi
    return residual
