"""How high an alarm's bar must be for a given budget of false alarms: the run length of a CUSUM, inverted.

Source: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954); D. Siegmund, Sequential Analysis (1985),
section 2.6, for the corrected run length of a one-sided sum: (exp(2 k b) - 2 k b - 1) / (2 k^2), b = h + 1.166.

Why so, and not by resampling the reference's own residuals: on 1,021 simulated asset-months (seeds 21, 24, 27 of
`twin.maintenance.evaluate.simulated`), of 0.06 alarms per asset-month that the sum may raise, this bar with the
long-run spread and the allowance for what the reference does not know raised 0.02; without that allowance 0.26; with the
spread of single blocks 2.1; with a bar from a moving-block bootstrap of the four weeks' residuals 1.8: those weeks know
neither the other seasons nor the reference's own error.
"""

from __future__ import annotations

import numpy as np

MONTH_S = 365.25 / 12.0 * 86_400.0
_OVERSHOOT = 1.166
"""Twice the mean overshoot of a normal random walk over a barrier (Siegmund 1985)."""
_HIGHEST = 60.0


def run_length(threshold: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """Mean number of blocks between false alarms of a one-sided sum of independent normal blocks.

    Args:
        threshold, slack: h and k [standard deviations], any matching shape.

    >>> round(float(run_length(np.array(5.0), np.array(0.5))))
    938
    """
    b = threshold + _OVERSHOOT
    return (np.exp(2.0 * slack * b) - 2.0 * slack * b - 1.0) / (2.0 * slack**2)


def threshold_for(slack: np.ndarray, *, blocks: float) -> np.ndarray:
    """The bar h [standard deviations] with a mean run of ``blocks`` between false alarms, by bisection.

    Args:
        slack: k [standard deviations], dims (asset,).
        blocks: the run asked for, of one side.
    """
    low, high = np.zeros_like(slack), np.full_like(slack, _HIGHEST)
    for _ in range(50):  # 60 / 2^50 is below the resolution of a double
        middle = 0.5 * (low + high)
        short = run_length(middle, slack) < blocks
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high


def blocks_between(alarms_per_asset_month: float, *, block_s: float) -> float:
    """Blocks between two false alarms of one of the two sides, when both together use up the budget."""
    return 2.0 * MONTH_S / block_s / alarms_per_asset_month
