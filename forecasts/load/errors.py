"""From past errors of a load path to its correction and its band; both engines share it."""

from __future__ import annotations

import numpy as np

from forecasts.correction import Correction, fit_correction
from forecasts.quantiles import NODES, NORMAL, error_quantiles, fill_cells
from forecasts.windows import by_hour


def fit_load_errors(
    errors: np.ndarray,
    predictors: np.ndarray,
    *,
    rows: np.ndarray,
    day: np.ndarray,
    slot: np.ndarray,
    spread: float,
) -> tuple[Correction, np.ndarray]:
    """How errors fade, and quantiles of what remains [MW], dims (hour, node, quantile).

    Args:
        errors: of past forecasts [MW], dims (origin, time), NaN = unknown.
        predictors: known at each origin, dims (predictor, origin).
        rows: row that each error belongs to, dims (origin, time). ``day``, ``slot``: local, of every row,
            dims (time,).
        spread: standard deviation where there is no evidence [MW].
    """
    correction, remaining = fit_correction(errors, np.ones(errors.shape), predictors)
    pooled = error_quantiles(remaining[:, NODES].T, copies=24)  # hourly origins of a day tell about the same
    cells = error_quantiles(by_hour(remaining, rows, slot, day), copies=3)
    return correction, fill_cells(cells, pooled, spread)


def cold_table(values: np.ndarray) -> np.ndarray:
    """The band of a site without error history [MW], dims (hour, node, quantile)."""
    band = default_spread(values) * NORMAL
    return np.broadcast_to(band, (24, len(NODES), len(band))).copy()


def default_spread(values: np.ndarray) -> float:
    """Standard deviation of a forecast without error history: that of what is known, at least 20 % of its level [MW].

    A profile can hardly be worse than the mean, whose error is the standard deviation itself; a fifth of the
    level keeps the band wide on the first morning, when the few known values lie close together.
    """
    known = values[np.isfinite(values)]
    return float(max(np.std(known), 0.2 * np.mean(np.abs(known)))) if known.size else 0.0
