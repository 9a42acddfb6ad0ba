"""Clear-sky irradiance of any place and step: mean over each interval, exactly zero while the sun is down.

Ineichen and Perez with a fixed Linke turbidity, transposed to a plane with the sky of Hay and Davies. The turbidity's error and
all losses are about constant factors, which whoever forms a ratio absorbs; so no table has to be looked up.

Sources: P. Ineichen, R. Perez, A new airmass independent formulation for the Linke turbidity coefficient, Solar Energy 73
(2002) 151-157; J. Hay, J. Davies, Calculation of the solar radiation incident on an inclined surface, Proc. First Canadian
Solar Radiation Data Workshop (1980) 59-66; both as implemented by pvlib.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LINKE_TURBIDITY = 3.0
"""A usual yearly mean of inland places (2 in winter, 4 over cities in summer)."""

ALBEDO = 0.2
"""Grass and town, as pvlib's table of surfaces has them (0.15 to 0.25)."""

_DAY_S = 86_400
_BLOCK_DAYS = 32  # one call of pvlib serves a month of neighbouring requests
_TIME_AXIS = {"elevation_deg": 0, "azimuth_deg": 0, "ghi_w_m2": 0, "diffuse_w_m2": 0, "beam_w_m2": 0, "sun": 1}
_LOWEST_COSINE = 0.01745  # pvlib's own bound of the circumsolar part: a sun one degree above the horizon


@dataclass(frozen=True)
class Sky:
    """Clear-sky state of consecutive intervals; every irradiance [W/m2] is 0 while the sun is down.

    Attributes:
        elevation_deg: of the sun, mean over the interval [deg], negative at night, dims (time,).
        azimuth_deg: of the sun at mid-interval, 180 = south [deg], dims (time,).
        ghi_w_m2: on the horizontal, dims (time,). ``diffuse_w_m2``: its isotropic part, dims (time,).
        beam_w_m2: direct normal with the circumsolar part, dims (time, point).
        sun: unit vector to the sun (east, north, up), dims (3, time, point).
    """

    elevation_deg: np.ndarray
    azimuth_deg: np.ndarray
    ghi_w_m2: np.ndarray
    diffuse_w_m2: np.ndarray
    beam_w_m2: np.ndarray
    sun: np.ndarray

    @property
    def day(self) -> np.ndarray:
        """True where the sun is up for at least a part of the interval, dims (time,)."""
        return self.ghi_w_m2 > 0.0

    def plane_w_m2(self, tilt_deg: float, azimuth_deg: float) -> np.ndarray:
        """Irradiance of a plane, mean over the interval [W/m2], dims (time,).

        Args:
            tilt_deg: 0 = horizontal. ``azimuth_deg``: which way the plane looks, 180 = south.
        """
        tilt, facing = np.radians(tilt_deg), np.radians(azimuth_deg)
        normal = np.array([np.sin(tilt) * np.sin(facing), np.sin(tilt) * np.cos(facing), np.cos(tilt)])
        direct = (self.beam_w_m2 * np.maximum(np.einsum("i,itp->tp", normal, self.sun), 0.0)).mean(axis=1)
        up, down = (1.0 + normal[2]) / 2.0, (1.0 - normal[2]) / 2.0
        return direct + self.diffuse_w_m2 * up + ALBEDO * self.ghi_w_m2 * down

    def take(self, rows: np.ndarray) -> Sky:
        """The sky of some intervals only, numbered or marked by ``rows``."""
        return Sky(
            self.elevation_deg[rows],
            self.azimuth_deg[rows],
            self.ghi_w_m2[rows],
            self.diffuse_w_m2[rows],
            self.beam_w_m2[rows],
            self.sun[:, rows],
        )


def clear_sky(latitude: float, longitude: float, *, start_s: int, step_s: int, rows: int) -> Sky:
    """Clear sky of ``rows`` intervals labelled by their start, from ``start_s`` [epoch s] on.

    The position is rounded to a hundredth of a degree (a kilometre), so that neighbours share one calculation.
    """
    block_s = _BLOCK_DAYS * _DAY_S
    offset = start_s % step_s  # a grid need not begin on a full hour
    first, last = (start_s - offset) // block_s, (start_s - offset + max(rows - 1, 0) * step_s) // block_s
    place = round(latitude, 2), round(longitude, 2)
    blocks = [_block(*place, block * block_s + offset, step_s, block_s // step_s) for block in range(first, last + 1)]
    at = (start_s - offset - first * block_s) // step_s

    def cut(name: str, axis: int) -> np.ndarray:
        joined = np.concatenate([getattr(block, name) for block in blocks], axis=axis)
        return joined[:, at : at + rows] if axis else joined[at : at + rows]

    return Sky(**{name: cut(name, axis) for name, axis in _TIME_AXIS.items()})


@lru_cache(maxsize=64)
def _block(latitude: float, longitude: float, start_s: int, step_s: int, rows: int) -> Sky:
    import pandas as pd
    from pvlib import atmosphere, clearsky, irradiance, solarposition

    points = 3 if step_s > 900 else 1  # within a quarter hour the sun's path is straight, within an hour it is not
    within = (2 * np.arange(points) + 1) * step_s / (2 * points)
    seconds = (start_s + np.arange(rows)[:, None] * step_s + within).ravel()
    instants = pd.DatetimeIndex((seconds * 1000.0).astype(np.int64).astype("datetime64[ms]")).tz_localize("UTC")
    position = solarposition.get_solarposition(instants, latitude, longitude, method="ephemeris")
    elevation, azimuth = position["apparent_elevation"].to_numpy(), position["azimuth"].to_numpy()
    up = elevation > 0.0
    zenith = 90.0 - elevation[up]
    extra = irradiance.get_extra_radiation(instants[up]).to_numpy()
    sky = clearsky.ineichen(zenith, atmosphere.get_relative_airmass(zenith), LINKE_TURBIDITY, altitude=0.0, dni_extra=extra)
    ghi, dni, dhi = (np.nan_to_num(np.asarray(sky[name], dtype=np.float64)) for name in ("ghi", "dni", "dhi"))
    share = dni / extra
    cosine = np.cos(np.radians(zenith))
    high, around = np.radians(elevation), np.radians(azimuth)
    vector = np.stack([np.cos(high) * np.sin(around), np.cos(high) * np.cos(around), np.sin(high)])

    def spread(values: np.ndarray) -> np.ndarray:
        whole = np.zeros(len(seconds))
        whole[up] = values
        return whole.reshape(rows, points)

    made = Sky(
        elevation_deg=elevation.reshape(rows, points).mean(axis=1),
        azimuth_deg=azimuth.reshape(rows, points)[:, points // 2],
        ghi_w_m2=spread(ghi).mean(axis=1),
        diffuse_w_m2=spread(dhi * (1.0 - share)).mean(axis=1),
        beam_w_m2=spread(dni + dhi * share / np.maximum(cosine, _LOWEST_COSINE)),
        sun=vector.reshape(3, rows, points),
    )
    for array in vars(made).values():
        array.setflags(write=False)  # shared by everyone who asks for this month
    return made
