"""How load follows the temperature: heat pumps draw more for every degree that it is colder.

A building answers to the present air and, through its mass, to the day behind it. So load is taken apart into

    p(t) = p_ref(t) + slope_now * (T(t) - T_ref) + slope_day * (mean of T over the last 24 h - T_ref)

where ``p_ref`` is a shape over days (a profile, a Prophet curve) and T ends at the heating limit: above it heating is
off. A shape alone learns a cold spell from the days before, so it comes days late.
"""

from __future__ import annotations

import numpy as np

from forecasts.correction import DAY
from forecasts.history import ahead, measured
from forecasts.quantiles import STEPS
from twin.contracts.frame import AsOfView
from twin.domain.time import QUARTER_HOUR, floor_quarter

SIGNAL = "temp_c"
FEATURES = 2

HEATING_LIMIT_C = 15.0
"""Outdoor temperature from which buildings are not heated (Eurostat, heating degree days)."""

OUTLOOK_SPREAD_K = np.linspace(1.0, 2.0, STEPS)
"""Standard deviation of a temperature forecast by lead: an assumption, about what regional weather models reach."""

_COVERAGE = 0.9  # share of the load's quarter hours whose temperature must be known before a slope is asked for
_PRIOR_K2 = 4.0 * DAY  # draws slopes to zero like four days of flat load one degree off; weeks of weather outweigh it


def seen(temp_c: np.ndarray, load_mw: np.ndarray) -> tuple[float, np.ndarray]:
    """Reference of a load's history [degC], its mean, and the `warmth` above it [K], dims (feature, time).

    Both are zero where too little of the load's temperature is known, and so is then every slope on them.

    Args:
        temp_c, load_mw: dims (time,), NaN where unknown.
    """
    loaded = np.isfinite(load_mw)
    if not loaded.any() or np.isfinite(temp_c[loaded]).mean() < _COVERAGE:
        return 0.0, np.zeros((FEATURES, len(temp_c)))
    reference_c = float(np.nanmean(np.minimum(temp_c, HEATING_LIMIT_C)))
    return reference_c, warmth(temp_c, reference_c)


def warmth(temp_c: np.ndarray, reference_c: float) -> np.ndarray:
    """Temperature that heating answers to, now and as mean of the last 24 hours, above the reference [K], dims (feature, time).

    Args:
        temp_c: ambient [degC], dims (time,). Gaps are bridged from both sides; where nothing is known the reference
            stands in. Means of the first day rest on what there is of it.
        reference_c: of `seen`.
    """
    known = np.isfinite(temp_c)
    if not known.any():
        return np.zeros((FEATURES, len(temp_c)))
    rows = np.arange(len(temp_c))
    now = np.minimum(np.interp(rows, rows[known], temp_c[known]), HEATING_LIMIT_C) - reference_c
    total = np.concatenate([[0.0], np.cumsum(now)])
    since = np.maximum(rows + 1 - DAY, 0)
    return np.stack([now, (total[rows + 1] - total[since]) / (rows + 1 - since)])


def fit_slope(missed_mw: np.ndarray, missed_k: np.ndarray) -> np.ndarray:
    """Slopes [MW/K], dims (feature,), by ridge regression of what a shape missed of the load on what it missed of the warmth.

    Args:
        missed_mw: load minus its shape, dims (time,), NaN = unknown.
        missed_k: `warmth` minus its own shape, dims (feature, time).

    Source: one residual on the other gives the slope of the full model: R. Frisch, F. Waugh, Econometrica 1 (1933).
    """
    known = np.isfinite(missed_mw) & np.isfinite(missed_k).all(axis=0)
    x = missed_k[:, known]
    gram = np.einsum("it,jt->ij", x, x) + _PRIOR_K2 * np.eye(FEATURES)
    return np.linalg.solve(gram, np.einsum("it,t->i", x, missed_mw[known]))


def around(view: AsOfView) -> np.ndarray:
    """Temperature from two days before now to 48 hours ahead [degC], dims (time,): measured, then forecast.

    Where no outlook reaches, tomorrow is as warm as the same hour today.
    """
    now = floor_quarter(view.as_of)
    past = measured(view, SIGNAL, "", now - 2 * DAY * QUARTER_HOUR, now)
    temp_c = np.concatenate([past, ahead(view, SIGNAL, STEPS)])
    for first in range(len(past), len(temp_c), DAY):
        rows, before = slice(first, first + DAY), slice(first - DAY, first)
        temp_c[rows] = np.where(np.isfinite(temp_c[rows]), temp_c[rows], temp_c[before])
    return temp_c


def outlook_spread(slope: np.ndarray, temp_c: np.ndarray) -> np.ndarray:
    """Standard deviation [MW] that the weather forecast adds to a load forecast, dims (time,).

    Models are judged on days whose weather was measured; this is what such a judgement leaves out. The forecast is taken
    to be too warm or too cold all along.

    Args:
        slope: [MW/K], dims (feature,). ``temp_c``: of `around`.
    """
    error_k = np.concatenate([np.zeros(len(temp_c) - STEPS), OUTLOOK_SPREAD_K])
    warm, cold = (slope @ warmth(temp_c + sign * error_k, 0.0) for sign in (1.0, -1.0))
    return 0.5 * np.abs(warm - cold)[-STEPS:]
