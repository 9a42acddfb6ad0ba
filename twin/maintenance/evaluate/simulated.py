"""Simulated telemetry of healthy transformers whose truth is not the model's: weather, loads, sun, wind, sensors with flaws.

What the model does not know, and the watch must live with: thermal parameters moved off their class like built
transformers' (rise +-8 %, time constant +-15 %, loss ratio +-10 %, oil exponent +-5 %), sun on the tank (up to 3 K, by season,
hour and cloud), wind (up to 4 % of the rise), a wandering disturbance of each tank (0.5 K, half a day), air at the tank
that differs from the station's thermometer (0.5 K, six hours), sensors with an offset, noise and a resolution of 0.1, 0.5 or
1 K, meters with 1 % of noise, and gaps. All drawn from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import TYPICAL, ThermalParameters, roll, steady_state
from twin.maintenance.evaluate.telemetry import Telemetry

STEP_S = 900
_DAY = 96
_YEAR_S = 365.25 * 86_400.0
MODEL = TYPICAL["distribution", "ONAN"]
"""What the model believes of every asset."""


@dataclass(frozen=True)
class SimulatedFleet:
    """Telemetry of healthy assets, and the truth beneath.

    Attributes:
        telemetry: as measured. ``rise_k``: true top-oil over ambient [K], dims (time, asset).
        resolution_k: of the sensors [K], dims (asset,).
    """

    telemetry: Telemetry
    rise_k: np.ndarray
    resolution_k: np.ndarray


def simulated_fleet(*, seed: int, assets: int, days: int, start_s: int) -> SimulatedFleet:
    """``assets`` healthy transformers under one sky.

    Args:
        seed: of everything. ``assets``: how many. ``days``: how long. ``start_s``: first label, epoch seconds.
        assets: how many.
        days: how long.
        start_s: label of the first quarter hour, epoch seconds, midnight.
    """
    random = np.random.default_rng([seed, 0])
    rows = days * _DAY
    labels_s = start_s + STEP_S * np.arange(rows)
    weather_c, sun, wind = _weather(random, labels_s)
    load = _loads(random, labels_s, weather_c, assets)
    air_c = weather_c[:, None] + 0.5 * _wander(random, rows, assets, hours=6.0)
    sun_k = sun[:, None] * random.uniform(0.0, 3.0, assets)  # 0: indoors or in the shade
    true = _as_built(random, assets)
    begin = steady_state(true, load[0], air_c[0])
    states = roll(true, begin, load, air_c + sun_k, minutes=STEP_S / 60.0)
    oil_c = 0.5 * (states.top_oil_c[:-1] + states.top_oil_c[1:])
    rise_k = (oil_c - air_c) * (1.0 - random.uniform(0.0, 0.04, assets) * wind[:, None])
    oil_c = air_c + rise_k + 0.5 * _wander(random, rows, assets, hours=12.0)
    resolution_k = random.choice([0.1, 0.1, 0.5, 1.0], assets)
    noisy_c = oil_c + random.normal(0.0, 1.5, assets) + random.normal(0.0, 0.2, (rows, assets))
    telemetry = Telemetry(
        start_s=start_s,
        step_s=STEP_S,
        load_factor=_gappy(random, load * (1.0 + random.normal(0.0, 0.01, (rows, assets)))),
        ambient_c=np.repeat(_gappy(random, weather_c[:, None] + random.normal(0.0, 0.2, (rows, 1))), assets, axis=1),
        top_oil_c=_gappy(random, np.round(noisy_c / resolution_k) * resolution_k),
    )
    return SimulatedFleet(telemetry, rise_k, resolution_k)


def _weather(random: np.random.Generator, labels_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Air [degC], sun 0..1 and wind 0..1 of a place at 47 degrees north, dims (time,)."""
    rows = len(labels_s)
    year = 2.0 * np.pi * (labels_s / _YEAR_S)
    hour = 2.0 * np.pi * (labels_s % 86_400) / 86_400.0
    season = -np.cos(year - 2.0 * np.pi * 18.0 / 365.25)  # coldest on 19 January
    cloud = 1.0 / (1.0 + np.exp(-_wander(random, rows, 1, hours=30.0)[:, 0]))
    declination = np.radians(-23.44 * np.cos(year + 2.0 * np.pi * 10.0 / 365.25))
    latitude = np.radians(47.0)
    height = np.sin(latitude) * np.sin(declination) - np.cos(latitude) * np.cos(declination) * np.cos(hour)
    sun = np.clip(height, 0.0, None) * (1.0 - 0.75 * cloud)
    swing_k = (3.0 + 1.5 * season) * (1.0 - 0.6 * cloud)
    air_c = 10.0 + 9.5 * season - swing_k * np.cos(hour - 2.0 * np.pi * 3.0 / 24.0)
    air_c += 3.5 * _wander(random, rows, 1, hours=72.0)[:, 0] + 0.8 * _wander(random, rows, 1, hours=5.0)[:, 0]
    wind = 1.0 / (1.0 + np.exp(-1.5 * _wander(random, rows, 1, hours=20.0)[:, 0]))
    return air_c, sun, wind


def _loads(random: np.random.Generator, labels_s: np.ndarray, weather_c: np.ndarray, assets: int) -> np.ndarray:
    """Load factors with a day's and a week's pattern, dims (time, asset); some assets heat, some are commerce."""
    rows = len(labels_s)
    hour = (labels_s % 86_400) / 3600.0
    weekend = ((labels_s // 86_400 + 3) % 7 >= 5).astype(float)  # 1 January 1970 was a Thursday
    home = 0.55 + 0.25 * np.exp(-((hour - 8.0) ** 2) / 6.0) + 0.45 * np.exp(-((hour - 19.0) ** 2) / 8.0) + 0.08 * weekend
    shop = 0.35 + 0.65 / (1.0 + np.exp(-(hour - 7.5) * 2.0)) / (1.0 + np.exp((hour - 18.0) * 1.5)) * (1.0 - 0.6 * weekend)
    heating = np.clip(15.0 - weather_c, 0.0, None) / 20.0
    mix, level = random.uniform(0.0, 1.0, assets), random.uniform(0.35, 0.75, assets)
    shape = home[:, None] * mix + shop[:, None] * (1.0 - mix) + heating[:, None] * random.uniform(0.0, 0.35, assets)
    shape *= np.exp(0.08 * _wander(random, rows, assets, hours=8.0) + 0.05 * random.normal(size=(rows, assets)))
    return np.clip(level * shape, 0.02, 1.15)


def _as_built(random: np.random.Generator, assets: int) -> ThermalParameters:
    def moved(spread: float) -> np.ndarray:
        return random.uniform(1.0 - spread, 1.0 + spread, assets)

    return replace(
        MODEL,
        top_oil_rise_k=MODEL.top_oil_rise_k * moved(0.08),
        tau_oil_min=MODEL.tau_oil_min * moved(0.15),
        loss_ratio=MODEL.loss_ratio * moved(0.10),
        oil_exponent=MODEL.oil_exponent * moved(0.05),
    )


def _wander(random: np.random.Generator, rows: int, count: int, *, hours: float) -> np.ndarray:
    """A first-order process of unit variance that forgets within ``hours``, dims (time, count)."""
    from scipy.signal import lfilter

    kept = float(np.exp(-STEP_S / 3600.0 / hours))
    shocks = np.sqrt(1.0 - kept**2) * random.normal(size=(rows, count))
    shocks[0] /= np.sqrt(1.0 - kept**2)
    return lfilter([1.0], [1.0, -kept], shocks, axis=0)


def _gappy(random: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """About 1 % lost: single readings, and a gap of some hours now and then."""
    rows, count = values.shape
    lost = random.random((rows, count)) < 0.005
    for column in range(count):
        for first in np.flatnonzero(random.random(rows) < 0.0003).tolist():
            lost[first : first + int(random.integers(4, 32)), column] = True
    return np.where(lost, np.nan, values)
