"""What a turbine feels of a weather forecast: the wind at its hub, as if the air had its standard density.

Source: IEC 61400-12-1, clause on data normalisation: density of dry air rho = B / (R0 T), and for machines that pitch, wind
speed normalised to V (rho / rho0)^(1/3); profile of the wind with height by the power law, as in IEC 61400-1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.past import Past

STANDARD_DENSITY_KG_M3 = 1.225
"""Sea level, 15 degC: what power curves are published for."""

_DRY_AIR_J_KG_K = 287.05
_ZERO_C_K = 273.15
_SHEAR = 1.0 / 7.0  # open land in neutral air; a fitted curve absorbs its error, which is a constant factor
_HEIGHTS_M = (10.0, 100.0)  # of wind_m_s (and its components), and of wind_100m_m_s
_BRIDGE_S = 3 * 3600  # forecasts come in steps of one or three hours


@dataclass(frozen=True)
class HubWind:
    """Wind of every row, those ahead included, dims (time + reach,), NaN = unknown.

    Attributes:
        speed_m_s: at about 100 m, of air of standard density.
        east, north: unit vector that the wind blows towards; None when no direction is known.
    """

    speed_m_s: np.ndarray
    east: np.ndarray | None
    north: np.ndarray | None


def hub_wind(past: Past) -> HubWind | None:
    """The wind as ``past`` knows it; None when it knows none.

    Read from ``wind_100m_m_s``, else from ``wind_m_s`` at 10 m, else from the components ``wind_u_m_s`` and ``wind_v_m_s``;
    with ``temp_c`` and ``pressure_hpa`` it is normalised for density.
    """
    return past.shared("wind/hub", lambda: _hub_wind(past))


def _hub_wind(past: Past) -> HubWind | None:
    rows = max((len(column) for column in past.weather.values()), default=0)

    def column(name: str) -> np.ndarray:
        found = past.weather.get(name, np.empty(0))
        return bridged(np.concatenate([found, np.full(rows - len(found), np.nan)]), _BRIDGE_S // past.step_s)

    east, north = column("wind_u_m_s"), column("wind_v_m_s")
    low = column("wind_m_s")
    lifted = np.where(np.isfinite(low), low, np.hypot(east, north)) * (_HEIGHTS_M[1] / _HEIGHTS_M[0]) ** _SHEAR
    high = column("wind_100m_m_s")
    speed = np.where(np.isfinite(high), high, lifted)
    if not np.isfinite(speed).any():
        return None
    density = 100.0 * column("pressure_hpa") / (_DRY_AIR_J_KG_K * (column("temp_c") + _ZERO_C_K))
    factor = np.cbrt(density / STANDARD_DENSITY_KG_M3)
    speed = np.maximum(speed, 0.0) * np.where(np.isfinite(factor), factor, 1.0)
    length = np.hypot(east, north)
    if not np.isfinite(length).any():
        return HubWind(speed, None, None)
    unit = np.where(length > 0.0, length, np.nan)
    return HubWind(speed, east / unit, north / unit)


def bridged(values: np.ndarray, longest: int) -> np.ndarray:
    """Gaps of up to ``longest`` rows between known values filled along a straight line, dims (time,)."""
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 2:
        return values
    rows = np.arange(len(values))
    after = np.searchsorted(known, rows).clip(1, len(known) - 1)
    short = (known[after] - known[after - 1] <= longest + 1) & (rows >= known[0]) & (rows <= known[-1])
    return np.where(np.isfinite(values) | ~short, values, np.interp(rows, known, values[known]))
