"""From the as-of view to plain arrays: the lines' telemetry, the weather, and what is known ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin.boxes.maintenance.lines.weather import Course
from twin.boxes.maintenance.thermal.gaps import trusted
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.contracts.running_on import running_on
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S, floor_quarter, from_datetime64, quarter_hours, to_epoch_s

AHEAD_STEPS = 192
"""Row 0 is now, rows 1 to 191 the quarter hours ahead."""
STILL_TRUE_STEPS = 4
"""A weather measured an hour ago still stands for now; an older one does not."""
_WEATHER = ("temp_c", "ghi_w_m2", "wind_m_s", "wind_degree")


@dataclass(frozen=True)
class Telemetry:
    """Quarter hours of the lines, NaN where there is no trustworthy value.

    Attributes:
        start_s: label of the first row, epoch seconds.
        i_ka: dims (time, line). ``air_c``: dims (time,).
    """

    start_s: int
    i_ka: np.ndarray
    air_c: np.ndarray

    @property
    def end_s(self) -> int:
        """End of the last row, epoch seconds."""
        return self.start_s + len(self.i_ka) * QUARTER_HOUR_S

    def row(self, at_s: int) -> int:
        """The row labelled ``at_s``."""
        return (at_s - self.start_s) // QUARTER_HOUR_S

    def until(self, end_s: int) -> Telemetry:
        """The rows that end not later than ``end_s``."""
        rows = slice(0, max(0, self.row(end_s)))
        return Telemetry(self.start_s, self.i_ka[rows], self.air_c[rows])


def read_telemetry(view: AsOfView, lines: Sequence[str], *, start: datetime) -> Telemetry:
    """Quarter hours from ``start`` (or the frame's first row) up to now."""
    current = view.history("line_i_ka", lines, start=start, with_quality=True)
    first = from_datetime64(current["time"].values[0]) if current.sizes["time"] else view.as_of
    air_c = read_series(view, "temp_c", start=start)
    # the current's magnitude: a meter that counts direction into it means the same heat
    return Telemetry(
        to_epoch_s(first), np.abs(trusted(current, refused=Quality.INVALID)), _fitted(air_c, current.sizes["time"])
    )


def read_series(view: AsOfView, name: str, elements: Sequence[str] = (), *, start: datetime) -> np.ndarray:
    """Measured values of one signal, dims (time,); empty when the frame does not have it."""
    try:
        return trusted(view.history(name, elements, start=start, with_quality=True), refused=Quality.INVALID).reshape(-1)
    except MissingSignalError:
        return np.zeros(0)


def read_net_ahead(view: AsOfView, zone: str) -> np.ndarray:
    """Power into the zone by its forecasts: median, upper and lower [MW], dims (time, lane); NaN where nobody forecasts.

    Upper and lower are those of the power, whatever its direction; batteries count as idle, rivers and other plants run on.
    """
    labels = quarter_hours(floor_quarter(view.as_of), AHEAD_STEPS)
    load, pv = (view.band(name, zone, labels).T for name in ("load_forecast_p_mw", "pv_forecast_p_mw"))
    net = np.stack([load[1] - pv[1], load[2] - pv[0], load[0] - pv[2]], axis=1)
    return np.asarray(net - running_on(view, (zone,)))


def read_course(view: AsOfView, *, start: datetime, latitude: float, longitude: float) -> Course:
    """The weather from now on: measured in row 0, as forecast after it, NaN where neither is."""
    labels = quarter_hours(floor_quarter(view.as_of), AHEAD_STEPS)
    rows = {name: _course_of(view, name, labels, start) for name in _WEATHER}
    return Course(
        lead_h=np.arange(AHEAD_STEPS) * QUARTER_HOUR_S / 3600.0,
        air_c=rows["temp_c"],
        sun_w_m2=np.maximum(0.0, rows["ghi_w_m2"]),
        sun_sin=sun_sin(labels, latitude=latitude, longitude=longitude),
        wind_m_s=rows["wind_m_s"],
        wind_degree=rows["wind_degree"],
    )


def sun_sin(labels: np.ndarray, *, latitude: float, longitude: float) -> np.ndarray:
    """Sine of the sun's height in the middle of each quarter hour, dims (time,)."""
    from linerate.equations import solar_angles

    middle = np.asarray(labels + np.timedelta64(QUARTER_HOUR_S // 2, "s"), dtype="datetime64[s]")
    declination = solar_angles.compute_solar_declination(middle)
    hour = solar_angles.compute_hour_angle_relative_to_noon(middle, longitude)
    return np.asarray(solar_angles.compute_sin_solar_altitude(latitude, declination, hour))


def _course_of(view: AsOfView, name: str, labels: np.ndarray, start: datetime) -> np.ndarray:
    try:
        course = view.outlook(name).reindex(time=labels).values.astype(np.float64)
    except MissingSignalError:
        course = np.full(AHEAD_STEPS, np.nan)
    recent = read_series(view, name, start=start)[-STILL_TRUE_STEPS:]
    good = recent[np.isfinite(recent)]
    if good.size:
        course[0] = good[-1]
    return course


def _fitted(values: np.ndarray, rows: int) -> np.ndarray:
    """``values`` on as many rows, or all missing where the frame has none."""
    return values if len(values) == rows else np.full(rows, np.nan)
