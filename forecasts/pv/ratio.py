"""The ratio of generation to the clear-sky reference: from the clear-sky index of irradiance, or from the days before.

Forecasting the ratio instead of the power, weighted by the clear sky, is 15-19 % better than regressing
power directly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.correction import Correction, error_predictors, fit_correction
from forecasts.quantiles import NODES, error_quantiles, fill_cells, over_leads
from forecasts.windows import gather, origins, window_rows

CLASSES = 3
"""Overcast, changing, bright: thirds of past forecasts; errors differ between them more than between hours."""

_DAYLIGHT_W_M2 = 20.0  # below this clear-sky irradiance an index is mostly sensor offset
_PRIOR = np.array([0.1, 0.75, 0.0])  # a plant with 15 % losses, a tenth of it from a dark sky; fades with evidence
_PRIOR_ENERGY = 8.0  # quarter hours of full sun that the prior is worth
DIM_SHARE = 0.05
"""Of the largest reference: below, a ratio says more about the horizon than about the sky."""
_DEFAULT_SPREAD = 0.25  # of the ratio: standard deviation of daily clear-sky indices in Central Europe, roughly


def clear_sky_index(ghi: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Irradiance over clear-sky irradiance, 0..1.3, dims (time,); near night it is carried over from the light hours.

    Args:
        ghi: [W/m2], NaN where unknown (the index stays NaN there). ``clear``: clear-sky value [W/m2].
    """
    known = np.isfinite(ghi)
    light = known & (clear > _DAYLIGHT_W_M2)
    index = np.full(len(ghi), np.nan)
    if light.any():
        rows = np.arange(len(ghi))
        ratio = np.clip(ghi[light] / clear[light], 0.0, 1.3)
        index[known] = np.interp(rows[known], rows[light], ratio)
    return index


def features(index: np.ndarray) -> np.ndarray:
    """Constant, index and its square, dims (time, feature)."""
    return np.stack([np.ones(len(index)), index, index * index], axis=1)


def fit_index(p_mw: np.ndarray, reference: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Coefficients of the ratio on `features`, by least squares in power, drawn to the prior while days are few.

    Args:
        p_mw, reference: [MW]. ``index``: clear-sky index; all dims (time,), NaN rows are left out.
    """
    known = np.isfinite(p_mw) & np.isfinite(index) & (reference > 0.0)
    x = features(index[known]) * reference[known, None]
    full = float(np.max(reference)) if len(reference) else 0.0
    prior = np.eye(3) * _PRIOR_ENERGY * full * full
    gram = np.einsum("ti,tj->ij", x, x) + prior
    return np.linalg.solve(gram, np.einsum("ti,t->i", x, p_mw[known]) + prior @ _PRIOR)


def hour_factors(p_mw: np.ndarray, expected: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """What the plant gives at each UTC hour beyond the expected: shade, and tilt or azimuth not as declared, dims (24,)."""
    known = np.isfinite(p_mw) & (expected > 0.0)
    cross = np.bincount(hour[known], weights=p_mw[known] * expected[known], minlength=24)
    energy = np.bincount(hour[known], weights=expected[known] ** 2, minlength=24)
    prior = _PRIOR_ENERGY * float(np.max(expected, initial=0.0)) ** 2
    return np.clip((cross + prior) / (energy + prior) if prior > 0.0 else np.ones(24), 0.2, 2.0)


@dataclass(frozen=True)
class DayRatios:
    """Daily mean ratios as a first-order process around their mean.

    Attributes:
        last, mean: newest daily ratio and mean of all before each day, dims (day,). ``rho``: day-to-day
            correlation.
    """

    last: np.ndarray
    mean: np.ndarray
    rho: float

    def ahead(self, day: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Ratio expected ``depth`` days after the last complete day before ``day``, same dims as both."""
        return self.mean[day] + self.rho**depth * (self.last[day] - self.mean[day])


def fit_days(p_mw: np.ndarray, reference: np.ndarray, day: np.ndarray, days: int) -> DayRatios:
    """Day ratios known at the start of each of ``days`` days; the prior's bright day stands where there is no history."""
    known = np.isfinite(p_mw) & (reference > 0.0)
    energy = np.bincount(day[known], weights=p_mw[known], minlength=days)[:days]
    clear = np.bincount(day[known], weights=reference[known], minlength=days)[:days]
    whole = np.bincount(day, weights=reference, minlength=days)[:days]
    valid = clear > 0.5 * np.maximum(whole, 1e-12)  # half a day's sun speaks for the day
    ratio = np.where(valid, energy / np.where(valid, clear, 1.0), np.nan)
    last, mean = np.full(days, np.nan), np.full(days, np.nan)
    default, total, count, newest = 0.5, 0.0, 0, np.nan
    for i in range(days):
        last[i] = newest if count else default
        mean[i] = (total + default) / (count + 1)
        if valid[i]:
            total, count, newest = total + ratio[i], count + 1, ratio[i]
    centred = np.where(valid, ratio - np.nanmean(ratio) if count else 0.0, 0.0)
    variance = float(centred @ centred)
    rho = float(np.clip(centred[1:] @ centred[:-1] / variance, 0.0, 0.9)) if variance > 0.0 and count >= 8 else 0.3
    return DayRatios(last, mean, rho)


@dataclass(frozen=True)
class ErrorModel:
    """How ratio errors fade and how wide they are.

    Attributes:
        correction: by lead. ``edges``: upper limits of the lower classes of the forecast ratio, dims (class
            - 1,).
        table: error quantiles of the ratio, dims (class, node, quantile).
    """

    correction: Correction
    edges: np.ndarray
    table: np.ndarray

    def band(self, ratio: np.ndarray) -> np.ndarray:
        """Error quantiles around a forecast ratio (time,), dims (time, quantile)."""
        return over_leads(self.table, np.searchsorted(self.edges, ratio))


def fit_errors(p_mw: np.ndarray, seen: np.ndarray, base: np.ndarray, scale: np.ndarray, first: int) -> ErrorModel:
    """The error model from past forecasts.

    Args:
        p_mw: measured [MW], dims (time,). ``scale``: reference of these rows [MW], 0 at night.
        seen: forecast of each row as known shortly before it [MW], dims (time,).
        base: forecast of row t as issued at each origin [MW], dims (origin, time); origins as in
            `windows.origins`.
        first: row of the first origin.
    """
    start = origins(len(p_mw), first)
    at = window_rows(start)
    scales = np.nan_to_num(gather(scale, at))
    errors = np.where(scales > 0.0, gather(p_mw, at) - base, np.nan)
    predictors = error_predictors(p_mw - seen, np.where(scale > DIM_SHARE * np.max(scale, initial=0.0), scale, 0.0))
    # An error before the night says nothing to the morning: beyond four hours only the day's mean is left.
    correction, remaining = fit_correction(errors, scales, predictors[:, start])
    usable = scales > max(DIM_SHARE * float(np.max(scale, initial=0.0)), 1e-12)
    safe = np.where(usable, scales, 1.0)
    ratio = np.where(usable, (errors - remaining + base) / safe, np.nan)[:, NODES]
    missed = np.where(usable, remaining / safe, np.nan)[:, NODES]
    known = ratio[np.isfinite(ratio) & np.isfinite(missed)]
    edges = np.quantile(known, (1 / 3, 2 / 3)) if known.size >= 60 else np.array([0.35, 0.65])
    which = np.searchsorted(edges, np.nan_to_num(ratio))
    cells = np.stack([np.where(which == c, missed, np.nan).T for c in range(CLASSES)])
    table = fill_cells(error_quantiles(cells, copies=12), error_quantiles(missed.T, copies=12), _DEFAULT_SPREAD)
    return ErrorModel(correction, edges, table)
