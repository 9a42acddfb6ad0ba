"""Weather columns to the units that experts read, each found from its own figures and named in the report.

Canonical names: temp_c, ghi_w_m2, dni_w_m2, dhi_w_m2, wind_m_s, wind_100m_m_s, wind_u_m_s, wind_v_m_s, cloud_share (0..1),
humidity_percent, pressure_hpa, rain_mm (per interval), snow_m. Any other name is a feature without a known meaning, and stays
as it is; where its name ends with _w_m2 or _mm, energy and sums that count up over the day are turned into means and amounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.data.accumulated import per_interval, reset_slot

CANONICAL = (
    "temp_c", "ghi_w_m2", "dni_w_m2", "dhi_w_m2", "wind_m_s", "wind_100m_m_s", "wind_u_m_s", "wind_v_m_s",
    "cloud_share", "humidity_percent", "pressure_hpa", "rain_mm", "snow_m",
)  # fmt: skip
"""Names of weather with a known meaning and unit."""

STATES = frozenset(CANONICAL) - {"ghi_w_m2", "dni_w_m2", "dhi_w_m2", "rain_mm"}
"""Weather that holds at an instant; the others are means (W/m2) or sums (mm) over an interval."""

_SUN_W_M2 = 1500.0  # more reaches the ground nowhere, not even at the edge of a cloud
_HOUR_S = 3600
_RANGES = {
    "temp_c": (-70.0, 60.0),
    "wind_m_s": (0.0, 90.0),
    "wind_100m_m_s": (0.0, 90.0),
    "wind_u_m_s": (-90.0, 90.0),
    "wind_v_m_s": (-90.0, 90.0),
    "cloud_share": (0.0, 1.0),
    "humidity_percent": (0.0, 100.0),
    "pressure_hpa": (450.0, 1100.0),
    "rain_mm": (0.0, 250.0),
    "snow_m": (0.0, 20.0),
    "ghi_w_m2": (0.0, _SUN_W_M2),
    "dni_w_m2": (0.0, _SUN_W_M2),
    "dhi_w_m2": (0.0, _SUN_W_M2),
}
"""What the lowest land stations and the highest have seen, rounded outwards."""

_OVERSHOOT = 0.05  # of the range: within it a value is rounding or a sensor's offset, and is cut to the bound


@dataclass(frozen=True)
class Converted:
    """A column in its canonical unit: values, dims (time,), what was done, and which values no weather can have."""

    values: np.ndarray
    remarks: tuple[str, ...]
    impossible: np.ndarray


def convert(name: str, values: np.ndarray, step_s: int) -> Converted:
    """One column on its own regular grid, in the unit that its canonical name ends with.

    Args:
        values: as the file holds them, dims (time,), NaN = missing. At least one is known.
    """
    remarks: list[str] = []
    values = values.copy()
    if name.endswith(("_w_m2", "_mm")) and (slot := reset_slot(values, step_s)) is not None:
        values = per_interval(values, step_s, slot)
        remarks.append("adds up over the day: turned into what each interval brought")
    if name.endswith("_w_m2"):
        values = _to_power(name, values, step_s, remarks, added_up=bool(remarks))
    elif name in _BY_SIZE:
        values = _BY_SIZE[name](values, remarks)
    if name not in _RANGES:
        return Converted(values, tuple(remarks), np.empty(0, np.int64))
    low, high = _RANGES[name]
    margin = _OVERSHOOT * (high - low)
    impossible = np.flatnonzero((values < low - margin) | (values > high + margin))
    values[impossible] = np.nan
    if len(impossible):
        remarks.append(f"{len(impossible)} values outside {low:g} to {high:g} count as missing")
    return Converted(np.clip(values, low, high), tuple(remarks), impossible)


def _to_power(name: str, values: np.ndarray, step_s: int, remarks: list[str], *, added_up: bool) -> np.ndarray:
    """J/m2 per interval to mean W/m2; rows finer than an hour may repeat or interpolate an hour's energy."""
    top = float(np.nanquantile(values, 0.999))
    if top <= _SUN_W_M2:
        if added_up:
            remarks.append("Wh/m2: turned into W/m2")
        return values * (_HOUR_S / step_s) if added_up else values
    if top / step_s <= _SUN_W_M2 or name not in _RANGES:
        remarks.append(f"J/m2 per interval of {step_s // 60} min: turned into W/m2")
        return values / step_s
    remarks.append("J/m2 per hour: turned into W/m2")
    return values / _HOUR_S


def _temperature(values: np.ndarray, remarks: list[str]) -> np.ndarray:
    if np.nanmedian(values) > 150.0:
        remarks.append("Kelvin: turned into degrees Celsius")
        return values - 273.15
    return values


def _share(values: np.ndarray, remarks: list[str]) -> np.ndarray:
    if np.nanquantile(values, 0.9) > 1.5:
        remarks.append("percent: turned into a share")
        return values / 100.0
    return values


def _percent(values: np.ndarray, remarks: list[str]) -> np.ndarray:
    if np.nanquantile(values, 0.9) <= 1.5:
        remarks.append("a share: turned into percent")
        return values * 100.0
    return values


def _pressure(values: np.ndarray, remarks: list[str]) -> np.ndarray:
    if np.nanmedian(values) > 20_000.0:
        remarks.append("Pa: turned into hPa")
        return values / 100.0
    if np.nanmedian(values) < 200.0:
        remarks.append("kPa: turned into hPa")
        return values * 10.0
    return values


def _rain(values: np.ndarray, remarks: list[str]) -> np.ndarray:
    wettest = float(np.nanmax(values))
    if 0.0 < wettest < 0.1:  # a tenth of a millimetre an hour is drizzle: a span without more is counted in metres
        remarks.append("metres: turned into millimetres")
        return values * 1000.0
    return values


_BY_SIZE = {
    "temp_c": _temperature,
    "cloud_share": _share,
    "humidity_percent": _percent,
    "pressure_hpa": _pressure,
    "rain_mm": _rain,
}
