"""What the boosted wind experts know of an hour: the wind around it, the curve's answer, and the present fading away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.experts.wind_curve import PowerCurve
from forecasts.experts.wind_decay import FittedWindDecay
from forecasts.experts.wind_power_curve import at, curve_power
from forecasts.experts.wind_weather import bridged, hub_wind
from forecasts.past import Past

_AROUND_H = (-3, -1, 1, 3)  # a front arrives an hour or three earlier or later than forecast
_BRIDGE_S = 3 * 3600
_STALE_S = 6 * 3600  # a last value older than this says nothing that the wind forecast does not


@dataclass(frozen=True)
class WindRows:
    """Rows to learn from or to answer.

    Attributes:
        features: dims (row, feature), NaN = unknown.
        faded_mw, curve_mw: what `wind_decay` and the power curve say of each row [MW], dims (row,); the second is NaN where the
            wind is unknown.
    """

    features: np.ndarray
    faded_mw: np.ndarray
    curve_mw: np.ndarray


def wind_rows(
    past: Past, origin: np.ndarray, steps: int, *, curve: PowerCurve, decay: FittedWindDecay, weather: tuple[str, ...]
) -> WindRows:
    """Rows of every origin and step, origins first, dims (origin * step, ...).

    Args:
        origin: rows at which a forecast is (or was) issued; nothing at or after it is read but weather.
        weather: names whose columns are features as they are; a name that ``past`` lacks is an unknown column.
    """
    target = (origin[:, None] + np.arange(steps)).ravel()
    lead_h = np.tile(np.arange(steps) * (past.step_s / 3600.0), len(origin))
    faded, age = decay.from_rows(past, origin, steps)
    known = np.where((age * past.step_s < _STALE_S)[:, None], faded, np.nan).ravel()
    angle = 2.0 * np.pi * ((past.start_s + target * past.step_s) % 86_400) / 86_400.0
    columns = [lead_h, np.sin(angle), np.cos(angle), known]
    wind = hub_wind(past)
    made = np.full(len(target), np.nan)
    if wind is not None:
        made = curve_power(curve, wind, target)
        speed = at(wind.speed_m_s, target)
        columns += [made, speed, speed**3]
        for hours in _AROUND_H:
            near = target + round(hours * 3600 / past.step_s)
            columns += [at(wind.speed_m_s, near), curve_power(curve, wind, near)]
        for part in (wind.east, wind.north):
            columns.append(np.full(len(target), np.nan) if part is None else at(part, target))
        bridge = _BRIDGE_S // past.step_s
        # Whatever else a weather file brings: a second height, humidity, a gust.
        columns += [at(bridged(past.weather.get(name, np.empty(0)), bridge), target) for name in weather]
    return WindRows(np.column_stack(columns), faded.ravel(), made)


def issue_rows(past: Past, steps: int) -> np.ndarray:
    """Rows of past local midnights at which a forecast of ``steps`` could have been issued and checked, dims (origin,)."""
    day, _ = past.place.calendar.locate(past.labels(0, past.rows + 1))
    begins = np.flatnonzero(np.diff(day) > 0) + 1
    return begins[begins + steps <= past.rows]
