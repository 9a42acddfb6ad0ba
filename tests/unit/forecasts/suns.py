"""Synthetic photovoltaic plants under passing clouds, with a forecast of irradiance that is right on average."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from forecasts.past import Place
from forecasts.series import Series
from forecasts.sky.clear_sky import clear_sky
from forecasts.sky.plant_fit import Plane, clear_sky_power

AARAU = Place("Europe/Zurich", "CH", "AG", 47.4, 8.05)
ROOF = (Plane(25.0, 205.0, 0.040),)


def plant(
    *,
    place: Place = AARAU,
    at: tuple[float, float] = (47.4, 8.05),
    planes: tuple[Plane, ...] = ROOF,
    cap_mw: float = np.inf,
    days: int = 80,
    step_s: int = 3600,
    start: datetime = datetime(2021, 3, 1, tzinfo=UTC),
    weather: bool = True,
    seed: int = 1,
) -> Series:
    """A plant whose days are clear, changing or overcast, and whose hours scatter around their day."""
    rng = np.random.default_rng(seed)
    rows, start_s = days * 86_400 // step_s, int(start.timestamp())
    sky = clear_sky(*at, start_s=start_s, step_s=step_s, rows=rows)
    day = np.arange(rows) * step_s // 86_400
    kind = rng.integers(0, 3, days)[day]
    level, scatter = np.array([1.0, 0.7, 0.25])[kind], np.array([0.0, 0.22, 0.06])[kind]
    hours = np.arange(-(-rows * step_s // 3600) + 1)
    noise = np.interp(np.arange(rows) * step_s / 3600.0, hours, rng.normal(size=len(hours)))
    ratio = np.clip(level + scatter * noise, 0.05, 1.0)
    promised = np.clip(ratio + 0.08 * rng.normal(size=rows), 0.03, 1.0)
    columns = {"ghi_w_m2": promised * sky.ghi_w_m2, "cloud_share": 1.0 - level, "soil_moisture": rng.random(rows)}
    return Series(
        name="roof",
        kind="pv",
        start_s=start_s,
        step_s=step_s,
        values=np.minimum(clear_sky_power(planes, np.inf, sky) * ratio, cap_mw),
        quality=np.zeros(rows, dtype=np.int64),
        place=place,
        weather=columns if weather else {},
        weather_source="forecast" if weather else "none",
    )
