"""What a plant would generate under a clear sky: the reference that every photovoltaic forecast is a ratio of.

Clear-sky irradiance by Ineichen and Perez with a fixed Linke turbidity, transposed to each plane with an
isotropic sky. The turbidity's error and all losses are constant factors, which the ratio absorbs; so no
table has to be looked up.

Source: P. Ineichen, R. Perez, A new airmass independent formulation for the Linke turbidity coefficient,
Solar Energy 73 (2002) 151-157; B. Liu, R. Jordan, Solar Energy 4 (1960) 1-19 for the isotropic sky; all as
implemented by pvlib.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.domain.problems import Problems

LINKE_TURBIDITY = 3.0
"""A usual yearly mean over Central Europe (2 in winter, 4 over cities in summer)."""

ALBEDO = 0.2
"""Grass and town, as pvlib's table of surfaces has them (0.15 to 0.25)."""

_MIDDLE = np.timedelta64(450, "s")  # the sun of a quarter hour is that of its middle
_LIMITS = {"tilt_deg": (0.0, 90.0), "azimuth_deg": (0.0, 360.0), "kwp": (1e-6, 1e6)}


@dataclass(frozen=True)
class ClearSky:
    """Clear-sky values of each quarter hour, dims (time,): plant power ``p_mw`` [MW] and ``ghi_w_m2`` [W/m2]; 0 at night."""

    p_mw: np.ndarray
    ghi_w_m2: np.ndarray


class Plant:
    """The photovoltaic groups of one zone at the site's position.

    Args:
        planes: (tilt [deg], azimuth [deg, 180 = south], peak power [kW]) of each orientation.
        latitude, longitude: of the site [deg].
    """

    def __init__(self, *, planes: Sequence[tuple[float, float, float]], latitude: float, longitude: float) -> None:
        self._planes = tuple(planes)
        self._latitude, self._longitude = latitude, longitude

    @property
    def peak_mw(self) -> float:
        """Nominal peak power [MW]."""
        return sum(kwp for _, _, kwp in self._planes) / 1000.0

    def clear_sky(self, labels: np.ndarray) -> ClearSky:
        """Reference of quarter hours labelled by their start (UTC), without losses; exactly zero while the sun is down."""
        from pvlib import atmosphere, clearsky, irradiance, solarposition

        p_mw, ghi = np.zeros(len(labels)), np.zeros(len(labels))
        middle = pd.DatetimeIndex(labels + _MIDDLE).tz_localize("UTC")
        sun = solarposition.get_solarposition(middle, self._latitude, self._longitude, method="ephemeris")
        up = sun["apparent_elevation"].to_numpy() > 0.0
        if not up.any():
            return ClearSky(p_mw, ghi)
        zenith, azimuth = sun["apparent_zenith"].to_numpy()[up], sun["azimuth"].to_numpy()[up]
        sky = clearsky.ineichen(
            zenith,
            atmosphere.get_relative_airmass(zenith),
            LINKE_TURBIDITY,
            altitude=0.0,
            dni_extra=irradiance.get_extra_radiation(middle[up]).to_numpy(),
        )
        ghi[up] = sky["ghi"]
        for tilt, facing, kwp in self._planes:
            plane = irradiance.get_total_irradiance(
                tilt, facing, zenith, azimuth, sky["dni"], sky["ghi"], sky["dhi"], albedo=ALBEDO
            )
            p_mw[up] += kwp / 1000.0 * np.asarray(plane["poa_global"]) / 1000.0
        return ClearSky(p_mw, ghi)


def read_planes(facts: Mapping[str, Any], zone: str, place: str, problems: Problems) -> tuple[tuple[float, float, float], ...]:
    """The zone's planes, groups of one orientation merged; faults are noted."""
    groups = facts.get("pv_groups")
    if not isinstance(groups, list | tuple) or not groups:
        problems.add(
            f"{place}: zones.{zone}.pv_groups",
            repr(groups),
            "a list of {tilt_deg, azimuth_deg, kwp}",
            "declare the zone's photovoltaic groups in the site file",
        )
        return ()
    merged: dict[tuple[float, float], float] = {}
    for i, group in enumerate(groups):
        numbers = []
        for key, (low, high) in _LIMITS.items():
            value = group.get(key) if isinstance(group, Mapping) else None
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                problems.add(
                    f"{place}: zones.{zone}.pv_groups[{i}].{key}",
                    repr(value),
                    f"a number from {low:g} to {high:g}",
                    "correct the group in the site file",
                )
            else:
                numbers.append(float(value))
        if len(numbers) == len(_LIMITS):
            tilt, azimuth, kwp = numbers
            merged[tilt, azimuth] = merged.get((tilt, azimuth), 0.0) + kwp
    return tuple((tilt, azimuth, kwp) for (tilt, azimuth), kwp in sorted(merged.items()))
