"""Expert ``power_curve``: the plant's own power curve on the wind forecast; without one, the present fading into the usual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.experts.wind_curve import PowerCurve, fit_curve
from forecasts.experts.wind_decay import FittedWindDecay, WindDecay, capacity_of, restored
from forecasts.experts.wind_weather import HubWind, hub_wind
from forecasts.past import Past
from twin.domain.pack import UnpackError, pack, unpack

_FEWEST_DAYS = 5  # of hours with both wind and power: enough weather for most of a curve


@dataclass(frozen=True)
class FittedPowerCurve:
    """``curve`` is None where history has no wind to learn from."""

    curve: PowerCurve | None
    decay: FittedWindDecay

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Point forecast [MW], dims (time,), within 0..capacity."""
        faded = self.decay.predict(past, steps)
        wind = hub_wind(past)
        if self.curve is None or wind is None:
            return faded
        made = curve_power(self.curve, wind, np.arange(past.rows, past.rows + steps))
        return np.where(np.isfinite(made), made, faded)

    def to_bytes(self) -> bytes:
        """All of it."""
        arrays, curve = self.decay.arrays(), self.curve
        meta: dict[str, float | None] = {"capacity_mw": self.decay.capacity_mw, "cut_out_m_s": None}
        if curve is not None:
            meta["cut_out_m_s"] = curve.cut_out_m_s
            arrays |= {"speed_m_s": curve.speed_m_s, "p_mw": curve.p_mw, "sector": curve.sector}
        return pack(meta, arrays)


class WindPowerCurve:
    """Expert ``power_curve``."""

    name: ClassVar[str] = "power_curve"
    kinds: ClassVar[frozenset[str]] = frozenset({"wind"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedPowerCurve:
        """Learn curve and decay.

        Raises:
            NotEnoughHistory: below two days of values.
        """
        decay = WindDecay().fit(past, days_ahead=days_ahead, seed=seed)
        return FittedPowerCurve(learnt_curve(past), decay)

    def load(self, data: bytes) -> FittedPowerCurve:
        """Inverse of `FittedPowerCurve.to_bytes`."""
        meta, arrays = unpack(data)
        try:
            capacity = float(meta["capacity_mw"])
            curve = None
            if meta["cut_out_m_s"] is not None:
                knots = arrays["speed_m_s"], arrays["p_mw"]
                curve = PowerCurve(*knots, float(meta["cut_out_m_s"]), arrays["sector"], capacity)
            return FittedPowerCurve(curve, restored(arrays, capacity))
        except (KeyError, TypeError, ValueError) as error:
            raise UnpackError(f"no power curve: {error!r}") from error


def learnt_curve(past: Past) -> PowerCurve | None:
    """The curve of all that ``past`` holds; None below five days of hours with both wind and power. Shared by the experts."""
    return past.shared("wind/curve", lambda: _learnt_curve(past))


def _learnt_curve(past: Past) -> PowerCurve | None:
    wind = hub_wind(past)
    if wind is None:
        return None
    rows = np.flatnonzero(np.isfinite(past.values) & np.isfinite(wind.speed_m_s[: past.rows]))
    if len(rows) < _FEWEST_DAYS * past.slots_per_day:
        return None
    east, north = (None if part is None else part[rows] for part in (wind.east, wind.north))
    return fit_curve(past.values[rows], wind.speed_m_s[rows], east, north, capacity_of(past))


def curve_power(curve: PowerCurve, wind: HubWind, rows: np.ndarray) -> np.ndarray:
    """The curve's power [MW] at each of ``rows``, same dims; NaN where the wind is unknown."""
    speed, east, north = (None if part is None else at(part, rows) for part in (wind.speed_m_s, wind.east, wind.north))
    assert speed is not None
    return curve.power(speed, east, north)


def at(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``column[rows]``, NaN outside of it, same dims as ``rows``."""
    inside = (rows >= 0) & (rows < len(column))
    return np.where(inside, column[np.where(inside, rows, 0)], np.nan)
