"""What one megawatt of panels behind a meter would make: of every orientation that comes into question, in every interval.

Measured irradiance on the horizontal is split into beam and diffuse and brought onto each plane. Without it the shape is that
of a clear sky, and how clear each day was remains to be found out.

Source: D. Erbs, S. Klein, J. Duffie, Estimation of the diffuse radiation fraction for hourly, daily and monthly-average global
radiation, Solar Energy 28 (1982) 293-302.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.past import Place
from forecasts.sky.clear_sky import ALBEDO, Sky, clear_sky

_TILTS_DEG = (0.0, 15.0, 30.0, 45.0, 60.0)
_AZIMUTHS_DEG = tuple(float(a) for a in range(90, 271, 15))  # a panel that looks north of east or west is a rare one
_SOLAR_CONSTANT_W_M2 = 1361.0
_LOWEST_SUN = 0.05  # sine of three degrees: below, a beam cannot be told from horizontal irradiance
_HIGHEST_POWER = 1.2  # of nominal irradiance: cold panels at a cloud's edge


@dataclass(frozen=True)
class Shapes:
    """Shapes of candidate orientations.

    Attributes:
        orientation: (tilt [deg], azimuth [deg]) of each, None where declared planes are mixed, or where the position is unknown
            and the horizontal has to do.
        per_mw: power of one megawatt [MW], dims (orientation, time); NaN where the irradiance is.
        most: the highest that one megawatt can make, dims (time,); 0 at night.
        clear_only: whether ``per_mw`` is that of a clear sky, for want of measured irradiance.
    """

    orientation: tuple[tuple[float, float] | None, ...]
    per_mw: np.ndarray
    most: np.ndarray
    clear_only: bool


def shapes_of(
    place: Place,
    *,
    start_s: int,
    step_s: int,
    rows: int,
    ghi_w_m2: np.ndarray | None,
    planes: Sequence[tuple[float, float, float]],
) -> Shapes | None:
    """Candidate shapes; None where neither position nor irradiance is known.

    Args:
        ghi_w_m2: measured irradiance on the horizontal, dims (time,), None or NaN where unknown.
        planes: declared (tilt [deg], azimuth [deg], share or power) of the panels; empty = to be found out.
    """
    measured = ghi_w_m2 is not None and bool(np.isfinite(ghi_w_m2).any())
    if place.latitude is None or place.longitude is None:
        if ghi_w_m2 is None or not measured:
            return None
        sun = np.maximum(ghi_w_m2, 0.0) / 1000.0
        return Shapes((None,), sun[None], np.where(sun > 0.0, _HIGHEST_POWER, 0.0), clear_only=False)
    sky = clear_sky(place.latitude, place.longitude, start_s=start_s, step_s=step_s, rows=rows)
    tried = [(t, a) for t in _TILTS_DEG for a in (_AZIMUTHS_DEG if t else (180.0,))]
    asked = [(t, a) for t, a, _ in planes] or tried
    beam, diffuse, ghi = _measured(sky, ghi_w_m2, start_s, step_s) if ghi_w_m2 is not None and measured else _clear(sky)
    made = np.stack([_on_plane(sky, beam, diffuse, ghi, *one) for one in asked]) / 1000.0
    best = np.max([sky.plane_w_m2(*one) for one in asked], axis=0) / 1000.0
    most = np.where(sky.day, np.minimum(_HIGHEST_POWER * best + 0.05, _HIGHEST_POWER), 0.0)  # diffuse light at dawn
    if planes:
        weight = np.array([w for _, _, w in planes])
        return Shapes((None,), np.tensordot(weight / weight.sum(), made, axes=1)[None], most, not measured)
    return Shapes(tuple(asked), made, most, not measured)


def _clear(sky: Sky) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Beam on the normal, diffuse and global on the horizontal under a clear sky [W/m2]."""
    return sky.beam_w_m2.mean(axis=1), sky.diffuse_w_m2, sky.ghi_w_m2


def _measured(sky: Sky, ghi_w_m2: np.ndarray, start_s: int, step_s: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of measured irradiance, by Erbs."""
    height = np.maximum(sky.sun[2], 0.0).mean(axis=1)
    day = (start_s + np.arange(len(ghi_w_m2)) * step_s) / 86_400.0 % 365.25
    outside = _SOLAR_CONSTANT_W_M2 * (1.0 + 0.033 * np.cos(2.0 * np.pi * day / 365.25))
    ghi = np.where(sky.day, np.maximum(ghi_w_m2, 0.0), 0.0 * ghi_w_m2)
    kt = np.clip(ghi / (outside * np.maximum(height, _LOWEST_SUN)), 0.0, 1.0)
    middle = 0.9511 - 0.1604 * kt + 4.388 * kt**2 - 16.638 * kt**3 + 12.336 * kt**4
    share = np.where(kt <= 0.22, 1.0 - 0.09 * kt, np.where(kt <= 0.8, middle, 0.165))
    diffuse = share * ghi
    return np.where(height > _LOWEST_SUN, (ghi - diffuse) / np.maximum(height, _LOWEST_SUN), 0.0), diffuse, ghi


def _on_plane(
    sky: Sky, beam: np.ndarray, diffuse: np.ndarray, ghi: np.ndarray, tilt_deg: float, azimuth_deg: float
) -> np.ndarray:
    """Irradiance of a plane [W/m2], isotropic sky, dims (time,)."""
    tilt, facing = np.radians(tilt_deg), np.radians(azimuth_deg)
    normal = np.array([np.sin(tilt) * np.sin(facing), np.sin(tilt) * np.cos(facing), np.cos(tilt)])
    # The sun's vector is of unit length at night too: a beam of zero keeps the night dark.
    incidence = np.maximum(np.einsum("i,itp->tp", normal, sky.sun), 0.0).mean(axis=1)
    return beam * incidence + diffuse * (1.0 + normal[2]) / 2.0 + ALBEDO * ghi * (1.0 - normal[2]) / 2.0
