"""Where the errors are: by hour of the local day, by lead, and what of them lives on into the next hours and days."""

from __future__ import annotations

import numpy as np

from forecasts.report.scored import Scored


def by_hour(scored: Scored, name: str) -> np.ndarray:
    """Mean absolute error [MW] of the median by hour of the local clock, over all leads, dims (hour,)."""
    hour = scored.wall_clock(scored.rows.ravel()).astype("datetime64[h]").astype(np.int64) % 24
    return _mean_by(hour, np.abs(scored.error(name)).ravel(), 24)


def by_lead(scored: Scored, name: str) -> tuple[np.ndarray, np.ndarray]:
    """``(lead_h, mae)``: mean absolute error [MW] of the median by whole hour ahead (0 = within the first hour)."""
    steps = scored.truth.shape[1]
    lead = np.floor(np.arange(steps) * scored.step_h).astype(np.int64)
    hours = int(lead[-1]) + 1 if steps else 0
    mean = _mean_by(np.broadcast_to(lead, scored.truth.shape).ravel(), np.abs(scored.error(name)).ravel(), hours)
    return np.arange(hours), mean


def autocorrelation(values: np.ndarray, lags: int) -> np.ndarray:
    """Autocorrelation of a series at lags 0 .. ``lags``, dims (lag,); pairs with a NaN do not count.

    Args:
        values: dims (time,), regular, NaN = missing.

    Source: G. E. P. Box, G. M. Jenkins, Time Series Analysis (1970), section 2.1, over the pairs that there are.
    """
    known = np.isfinite(values)
    centred = np.where(known, values - values[known].mean(), 0.0) if known.any() else np.zeros(len(values))
    power = (centred**2).sum() / max(1, known.sum())
    found = np.full(lags + 1, np.nan)
    for lag in range(min(lags, len(values) - 1) + 1):
        pairs = (known[lag:] & known[: len(values) - lag]).sum()
        if pairs and power > 0.0:
            found[lag] = (centred[lag:] * centred[: len(values) - lag]).sum() / pairs / power
    return found


def _mean_by(group: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    known = np.isfinite(values)
    count = np.bincount(group[known], minlength=groups)
    total = np.bincount(group[known], weights=values[known], minlength=groups)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
