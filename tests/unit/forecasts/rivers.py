"""A synthetic river with a run-of-river plant: a season, a recession, rain, and snow by degree-days."""

from __future__ import annotations

import numpy as np

from forecasts.past import Place
from forecasts.series import Series

PLACE = Place("Etc/GMT-1", "CH", "ZH", 47.0, 8.0)
START_S = 1_420_066_800  # 2015-01-01T00:00 at UTC+1
SURVIVAL = 0.9


def weather_of(days, *, seed=1):
    """Daily (temperature [degC], precipitation [mm]) of an Alpine valley."""
    rng = np.random.default_rng(seed)
    season = 2.0 * np.pi * np.arange(days) / 365.25
    temp = 8.0 - 10.0 * np.cos(season) + 3.0 * rng.standard_normal(days)
    rain = np.where(rng.random(days) < 0.35, rng.gamma(0.8, 9.0, days), 0.0)
    return temp, rain


def flow_of(temp_c, rain_mm, *, factor_mm_k_d=4.0, noise=0.3, seed=2):
    """Daily power [MW] by Martinec's model: inputs (1 - k) + yesterday k."""
    rng = np.random.default_rng(seed)
    level, snow, out = 20.0, 0.0, np.empty(len(temp_c))
    for d, (temp, fallen) in enumerate(zip(temp_c, rain_mm, strict=True)):
        snow += fallen if temp < 1.0 else 0.0
        melt = min(snow, factor_mm_k_d * max(temp, 0.0))
        snow -= melt
        water = melt + (fallen if temp >= 1.0 else 0.0)
        level = SURVIVAL * level + (1.0 - SURVIVAL) * (12.0 + 4.0 * water) + noise * rng.standard_normal()
        out[d] = max(level, 1.0)
    return out


def series(power, weather=None, *, step_s=86_400, capacity_mw=None):
    flags = np.zeros(len(power), dtype=np.uint8)
    source = "measured" if weather else "none"
    return Series("river", "hydro", START_S, step_s, power, flags, PLACE, weather or {}, source, capacity_mw)


def hourly(daily, shape=None):
    """Daily means as hours, with a daily shape of mean one."""
    shape = np.ones(24) if shape is None else shape
    return (daily[:, None] * shape).ravel()
