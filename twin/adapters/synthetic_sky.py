"""Sunshine that agrees with the grid's photovoltaic profiles: how clear the sky was, read back from what the panels gave.

The profiles are measured plants. Their output over that of a clear sky is the clear-sky index; global irradiance is the index
times the clear-sky irradiance of the place. So weather and generation tell one story, cloud by cloud.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.domain.time import QUARTER_HOUR_S
from twin.domain.zones import PvGroup

DAY_S = 86_400
LOW_SUN = np.sin(np.radians(10.0))
"""Below 10 degrees of sun the ratio of two small numbers says nothing: the day's own ratio stands in."""

DIFFUSE_SHARE = 0.15
"""Diffuse over global irradiance under a clear sky, a usual middle value; it only shapes the ratio, not its level."""

INDEX_RANGE = (0.03, 1.10)
STEPS_PER_DAY = 96
NEAR_DAYS = 14


def sun(epoch_s: np.ndarray, latitude: float, longitude: float) -> tuple[np.ndarray, np.ndarray]:
    """Sine of the sun's elevation and its azimuth [deg, 180 = south] at the middle of quarter hours, dims (time,).

    Source: J. W. Spencer, "Fourier series representation of the position of the sun", Search 2 (1971) 172; good to 0.3 degrees.
    """
    middle = np.asarray(epoch_s, dtype=np.int64) + QUARTER_HOUR_S // 2
    years = (middle / DAY_S / 365.2425) % 1.0  # 1970-01-01 began a year
    b = 2.0 * np.pi * years
    declination = (
        0.006918 - 0.399912 * np.cos(b) + 0.070257 * np.sin(b) - 0.006758 * np.cos(2 * b)
        + 0.000907 * np.sin(2 * b) - 0.002697 * np.cos(3 * b) + 0.00148 * np.sin(3 * b)
    )  # fmt: skip
    time_min = 229.18 * (
        0.000075 + 0.001868 * np.cos(b) - 0.032077 * np.sin(b) - 0.014615 * np.cos(2 * b) - 0.04089 * np.sin(2 * b)
    )
    solar_min = (middle % DAY_S) / 60.0 + time_min + 4.0 * longitude
    hour_angle = np.radians(solar_min / 4.0 - 180.0)
    phi = np.radians(latitude)
    height = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour_angle)
    south = np.cos(hour_angle) * np.sin(phi) - np.tan(declination) * np.cos(phi)
    azimuth = 180.0 + np.degrees(np.arctan2(np.sin(hour_angle), south))
    return height, azimuth


def clear_ghi(height: np.ndarray) -> np.ndarray:
    """Clear-sky global irradiance [W/m2] from the sine of the sun's elevation; 0 at night.

    Source: B. Haurwitz, "Insolation in relation to cloudiness and cloud density", J. Meteorology 2 (1945) 154.
    """
    up = np.maximum(height, 1e-3)
    return np.where(height > 0.0, 1098.0 * up * np.exp(-0.059 / up), 0.0)


def clear_output(height: np.ndarray, azimuth: np.ndarray, groups: Sequence[PvGroup]) -> np.ndarray:
    """Clear-sky output of panels of several orientations, up to a constant factor, dims (time,)."""
    ghi = clear_ghi(height)
    beam = (1.0 - DIFFUSE_SHARE) * ghi / np.maximum(height, np.sin(np.radians(3.0)))
    across = np.sqrt(np.clip(1.0 - height**2, 0.0, 1.0))
    total = np.zeros_like(ghi)
    for group in groups:
        tilt, turn = np.radians(group.tilt_deg), np.radians(azimuth - group.azimuth_deg)
        incidence = np.clip(height * np.cos(tilt) + across * np.sin(tilt) * np.cos(turn), 0.0, None)
        total += group.kwp * (beam * incidence + DIFFUSE_SHARE * ghi * (1.0 + np.cos(tilt)) / 2.0)
    return total / sum(group.kwp for group in groups)


def clear_sky_index(
    pv_mw: np.ndarray, start_s: int, groups: Sequence[PvGroup], *, latitude: float, longitude: float
) -> np.ndarray:
    """Clear-sky index of every quarter hour of the profiles' year, 0.03..1.1, dims (time,).

    Args:
        pv_mw: all panels together before any inverter limit [MW], dims (time,). ``start_s``: label of its first row.
    """
    labels = start_s + QUARTER_HOUR_S * np.arange(len(pv_mw), dtype=np.int64)
    height, azimuth = sun(labels, latitude, longitude)
    expected = clear_output(height, azimuth, groups)
    high = height > LOW_SUN
    ratio = np.where(high, pv_mw / np.maximum(expected, 1e-9), 0.0)
    clear = _clear_ratio(ratio)
    day = (labels - labels[0]) // DAY_S
    daily = np.bincount(day, pv_mw * high) / np.maximum(np.bincount(day, expected * clear * high), 1e-9)
    index = np.where(high, ratio / clear, daily[day])
    return np.clip(index, *INDEX_RANGE)


def _clear_ratio(ratio: np.ndarray) -> np.ndarray:
    """What ``ratio`` is under a clear sky, by time of day, dims (time,).

    Measured plants give less at low sun than smooth panels would (glass, horizon, neighbours), each time of day differently.
    A clear sky is taken as the brightest but one of the same quarter hour within four weeks; dark winters lean on the year.
    """
    days = len(ratio) // STEPS_PER_DAY
    by_day = ratio[: days * STEPS_PER_DAY].reshape(days, STEPS_PER_DAY)
    around = np.concatenate([by_day[-NEAR_DAYS:], by_day, by_day[:NEAR_DAYS]])
    windows = np.lib.stride_tricks.sliding_window_view(around, 2 * NEAR_DAYS + 1, axis=0)
    second = np.partition(windows, -2, axis=-1)[..., -2]
    year = np.quantile(by_day[by_day > 0.0], 0.98)
    floor = np.maximum(0.5 * np.quantile(by_day, 0.98, axis=0), 0.1 * year)
    return np.resize(np.maximum(second, floor[None, :]).ravel(), len(ratio))
