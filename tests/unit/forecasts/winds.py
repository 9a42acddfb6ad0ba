"""A synthetic wind plant: Weibull wind with a memory, a maker's curve, and wind forecasts that err."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from forecasts.past import Place
from forecasts.series import Series

CAPACITY_MW, CUT_IN, RATED, CUT_OUT = 10.0, 3.5, 12.5, 25.0
PLACE = Place("Europe/Zurich", "CH", "ZH", 47.0, 8.0)
START_S = 1_546_297_200  # 2019-01-01T00:00 in Zürich


def remembering(rows, memory, rng):
    """Standard normal noise with an exponential memory of ``memory`` rows."""
    keep = np.exp(-1.0 / memory)
    shocks = rng.standard_normal(rows) * np.sqrt(1.0 - keep**2)
    level, out = rng.standard_normal(), np.empty(rows)
    for row, shock in enumerate(shocks):
        level = keep * level + shock
        out[row] = level
    return out


def made_of(wind_m_s):
    """The maker's curve [MW]: cubic between cut-in and rated wind."""
    cubic = (wind_m_s**3 - CUT_IN**3) / (RATED**3 - CUT_IN**3)
    return np.where(wind_m_s >= CUT_OUT, 0.0, CAPACITY_MW * np.clip(cubic, 0.0, 1.0))


def plant(days=120, *, seed=1, error_m_s=1.2, scale_m_s=8.5, shade=0.0, step_s=3600):
    """A plant with hourly wind forecasts at hub height.

    Args:
        error_m_s: standard deviation of the forecast's error, which lasts six hours.
        shade: share of the wind that a hill takes when the wind blows towards the east.
    """
    rng = np.random.default_rng(seed)
    per_hour = 3600 // step_s
    rows = days * 24 * per_hour
    chance = ndtr(remembering(rows, 30 * per_hour, rng))
    forecast = scale_m_s * np.sqrt(-np.log1p(-np.clip(chance, 1e-9, 1.0 - 1e-9)))
    angle = np.cumsum(rng.standard_normal(rows)) * 0.25 / np.sqrt(per_hour)
    east, north = np.sin(angle), np.cos(angle)
    wind = forecast * (1.0 - shade * np.maximum(east, 0.0)) + error_m_s * remembering(rows, 6 * per_hour, rng)
    power = made_of(np.maximum(wind, 0.0))
    weather = {"wind_100m_m_s": forecast, "wind_u_m_s": 5.0 * east, "wind_v_m_s": 5.0 * north}
    return series(power, weather, step_s=step_s)


def series(power, weather, *, step_s=3600, capacity_mw=CAPACITY_MW):
    flags = np.zeros(len(power), dtype=np.uint8)
    return Series("turbine", "wind", START_S, step_s, power, flags, PLACE, weather, "forecast", capacity_mw)


def midnight(one, day):
    """Row at which local day ``day`` of the series begins, winter time."""
    return day * (86_400 // one.step_s)


def issues(one, fitted, first_day, days, ahead_days=2):
    """(truth, forecast) of daily issues, dims (issue, step, ...)."""
    steps = ahead_days * (86_400 // one.step_s)
    rows = [midnight(one, first_day + d) for d in range(days)]
    truth = np.stack([one.values[row : row + steps] for row in rows])
    forecast = np.stack([fitted.predict(one.as_of(row, reach=steps + 3), steps) for row in rows])
    return truth, forecast
