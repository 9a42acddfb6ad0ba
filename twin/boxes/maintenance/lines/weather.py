"""The weather at an overhead line as an ensemble: what is known, how sure it is, and what stands in where it is not known.

Errors of a member hold over its whole course, which is how forecasts err. They are drawn once per site by a low-discrepancy
sequence, so that equal questions get equal answers. Spreads and correlations are assumptions of this module, stated here:
they are not fitted to a site.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from twin.boxes.maintenance.lines.overhead import Weather

MEMBERS = 64
QUANTILES = (0.05, 0.5, 0.95)

STATIC_WIND_M_S, STATIC_ATTACK_DEGREE = 0.6, 90.0
"""Where wind is neither measured nor forecast: 0.6 m/s across the line, as static ratings assume (CIGRE TB 299; DIN EN
50341-2-4). No member gets more, so nothing is gained from a wind that nobody saw."""
STATIC_AIR_C, STATIC_SUN_W_M2 = 35.0, 900.0
"""Likewise for air and sun (DIN EN 50341-2-4)."""

AIR_NOW_K, AIR_GROWTH_K = 0.7, 2.0
"""Standard deviation of the air temperature: of a station some kilometres away, and what two days of forecast add."""
SUN_NOW, SUN_GROWTH = 0.15, 0.35
"""Of the irradiance, relative: likewise."""
WIND_NOW, WIND_GROWTH = 0.35, 0.35
"""Of the logarithm of the wind speed: between the station's mast and the most sheltered span, and with the lead."""
DIRECTION_DEGREE = 30.0
"""Of the wind's direction between the station and the line."""
AIR_WITH_SUN = 0.4
"""Correlation of the errors of air and sun: a sky clearer than forecast is warmer. Those of the wind are independent."""
GROWTH_H = 48.0
ALBEDO = 0.2
"""Of soil, grass and crops (CIGRE TB 601, section 3.2)."""
CALM_M_S = 0.2
"""Below this the air at a line never is still for long (CIGRE TB 299 warns of lower assumed speeds)."""


@dataclass(frozen=True)
class Course:
    """What is known of the weather over some quarter hours, NaN where nothing is, dims (time,).

    Attributes:
        lead_h: how far ahead each quarter hour lies [h]; 0 for what is measured.
        air_c, sun_w_m2: air temperature, global horizontal irradiance.
        sun_sin: sine of the sun's height.
        wind_m_s, wind_degree: speed and where it comes from, clockwise from north.
    """

    lead_h: np.ndarray
    air_c: np.ndarray
    sun_w_m2: np.ndarray
    sun_sin: np.ndarray
    wind_m_s: np.ndarray
    wind_degree: np.ndarray


def draw(seed: int) -> np.ndarray:
    """Standard normal errors of air, sun, wind speed and wind direction, dims (member, 4).

    An additive recurrence on the powers of the generalised golden ratio (R sequence), shifted by the seed, evened
    out so that every error by itself has its distribution exactly, through the inverse of the normal; then air and sun are
    correlated.
    """
    ratio = 1.1673039782614187  # the real root of x^5 = x + 1, for four dimensions
    steps = ratio ** -np.arange(1.0, 5.0)
    shift = np.modf((seed % 9973 + 1) * steps[::-1])[0]
    unit = np.modf(shift + np.arange(1, MEMBERS + 1)[:, None] * steps)[0]
    rank = np.argsort(np.argsort(unit, axis=0), axis=0)
    normal = np.vectorize(NormalDist().inv_cdf)((rank + 0.5) / MEMBERS)
    normal[:, 1] = AIR_WITH_SUN * normal[:, 0] + np.sqrt(1.0 - AIR_WITH_SUN**2) * normal[:, 1]
    return np.asarray(normal, dtype=np.float64)


def ensemble(course: Course, *, seed: int, azimuth_degree: float | None) -> Weather:
    """The weather's possible courses at the line, dims (member, time).

    Args:
        course: of the weather, with gaps.
        seed: of the draw.
        azimuth_degree: of the line, clockwise from north; without it the wind's direction is of no use, and a measured
            wind is taken as blowing at 45 degrees.
    """
    z = draw(seed)[:, :, None]
    grown = np.clip(course.lead_h / GROWTH_H, 0.0, 1.0)
    air_c = np.where(np.isnan(course.air_c), STATIC_AIR_C, course.air_c + (AIR_NOW_K + AIR_GROWTH_K * grown) * z[:, 0])
    sun = np.maximum(0.0, course.sun_w_m2 * (1.0 + (SUN_NOW + SUN_GROWTH * grown) * z[:, 1]))
    wind, attack = _wind(course, z, grown, azimuth_degree)
    return Weather(air_c, wind, attack, _on_the_conductor(sun, course.sun_sin))


def best_guess(course: Course, *, azimuth_degree: float | None) -> Weather:
    """The weather with no error added, dims (time,)."""
    grown, nothing = np.zeros(len(course.lead_h)), np.zeros((1, 4, 1))
    air_c = np.where(np.isnan(course.air_c), STATIC_AIR_C, course.air_c)
    wind, attack = _wind(course, nothing, grown, azimuth_degree)
    return Weather(air_c, wind[0], attack[0], _on_the_conductor(course.sun_w_m2, course.sun_sin))


def _wind(course: Course, z: np.ndarray, grown: np.ndarray, azimuth_degree: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Speed [m/s] and angle of attack [degree], dims (member, time)."""
    known = np.isfinite(course.wind_m_s)
    with np.errstate(invalid="ignore"):
        speed = np.maximum(CALM_M_S, course.wind_m_s * np.exp((WIND_NOW + WIND_GROWTH * grown) * z[:, 2]))
    if azimuth_degree is None:
        attack = np.full(speed.shape, 45.0)
    else:
        between = np.radians(course.wind_degree + DIRECTION_DEGREE * z[:, 3] - azimuth_degree)
        attack = np.where(np.isnan(between), 45.0, np.degrees(np.abs(np.arcsin(np.sin(between)))))
    return np.where(known, speed, STATIC_WIND_M_S), np.where(known, attack, STATIC_ATTACK_DEGREE)


def _on_the_conductor(ghi_w_m2: np.ndarray, sun_sin: np.ndarray) -> np.ndarray:
    """Irradiance on the conductor [W/m2]; where the sun's part is unknown, that of a static rating while the sun is up.

    The global irradiance is split into beam and sky by Erbs et al. (1982), Solar Energy 28(4), equation 1; the beam is
    taken to strike the conductor squarely and the ground to reflect (CIGRE TB 601, equation 9).
    """
    high = np.maximum(sun_sin, 0.087)  # 5 degrees: below it the split means nothing and there is little to split
    up = sun_sin > 0.0
    with np.errstate(invalid="ignore"):
        clearness = np.clip(ghi_w_m2 / (1367.0 * high), 0.0, 1.0)
    middle = 0.9511 - 0.1604 * clearness + 4.388 * clearness**2 - 16.638 * clearness**3 + 12.336 * clearness**4
    share = np.where(clearness <= 0.22, 1.0 - 0.09 * clearness, np.where(clearness <= 0.8, middle, 0.165))
    beam = np.minimum((1.0 - share) * ghi_w_m2 / high, 1000.0)
    ground = 0.5 * np.pi * ALBEDO
    total = beam * (1.0 + ground * np.maximum(sun_sin, 0.0)) + share * ghi_w_m2 * (1.0 + ground)
    return np.where(np.isnan(ghi_w_m2), np.where(up, STATIC_SUN_W_M2, 0.0), total)
