"""Where a plant of unknown position is, from when it wakes and sleeps: solar noon gives longitude, day length latitude.

The first and the last interval with power bracket sunrise and sunset; over months the brackets of even an hourly series leave
little room. What they cannot tell is how high the sun stands when the plant wakes, so that height is fitted along.

Source: N. Haghdadi, J. Copper, A. Bruce, I. MacGill, A method to estimate the location and orientation of distributed
photovoltaic systems from their generation output data, Renewable Energy 108 (2017) 390-400, which goes the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_DAYS = 90
"""Below, day length has not changed enough to tell latitude from the height at which the plant wakes."""

_DAY_S = 86_400
_AWAKE = 1e-3  # of the largest power: above an inverter's own consumption and a meter's last digit
_WINDOW_DAYS, _FEWEST_OF_WINDOW = 7, 4  # one clear morning and one clear evening among so many days
_EARLY, _LATE = 0.15, 0.85  # quantiles of a window: nearly its first sunrise, but not a single odd reading
_LATITUDES_DEG = np.arange(-66.0, 66.1, 0.5)  # between the polar circles every day has a sunrise
_WAKING_DEG = np.arange(-1.0, 8.1, 0.5)  # heights of the sun at which a plant may wake; hills raise them
_USUAL_WAKING_DEG, _UNUSUAL = 1.5, 0.02  # intervals of misfit per degree away: decides where half a year cannot
_NEARLY = 1.1  # of the least misfit: latitudes that explain the days nearly as well


@dataclass(frozen=True)
class Position:
    """An estimated position [deg].

    Attributes:
        spread_deg: half the width of the latitudes that explain the days nearly as well.
        misfit: mean error of day length [intervals].
    """

    latitude: float
    longitude: float
    spread_deg: float
    misfit: float

    @property
    def sure(self) -> bool:
        """Whether a clear sky may be computed from it: day length within an interval, latitude within ten degrees.

        Such latitudes differ in seasons not seen yet; in those that were seen their days are equally long.
        """
        return self.misfit < 1.0 and self.spread_deg <= 10.0


def estimate_position(values: np.ndarray, *, start_s: int, step_s: int) -> Position | None:
    """Position of a plant from its power; None with fewer than `FEWEST_DAYS` usable days.

    Args:
        values: mean power, any unit, dims (time,), NaN = missing. ``start_s``: label of row 0 [epoch s].
    """
    from pvlib import solarposition

    day, rise_s, set_s = _windows(*_wakes_and_sleeps(values, start_s, step_s))
    if len(day) < FEWEST_DAYS // _WINDOW_DAYS:
        return None
    dates = day.astype("datetime64[D]")
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    declination = solarposition.declination_spencer71(of_year)
    clock_s = 60.0 * solarposition.equation_of_time_spencer71(of_year)
    longitude = -360.0 / _DAY_S * float(np.median((rise_s + set_s) / 2.0 + clock_s - _DAY_S / 2.0))

    latitude, waking = np.radians(_LATITUDES_DEG)[:, None, None], np.radians(_WAKING_DEG)[:, None]
    cosine = (np.sin(waking) - np.sin(latitude) * np.sin(declination)) / (np.cos(latitude) * np.cos(declination))
    length_s = np.arccos(np.clip(cosine, -1.0, 1.0)) * _DAY_S / np.pi
    # The brackets are half an interval too wide at both ends, on average.
    misfits = np.abs(length_s - (set_s - rise_s - step_s)).mean(axis=2) / step_s
    misfit = (misfits + _UNUSUAL * np.abs(_WAKING_DEG - _USUAL_WAKING_DEG)).min(axis=1)
    near = _LATITUDES_DEG[misfit <= _NEARLY * misfit.min() + 0.01]
    return Position(
        latitude=float(_LATITUDES_DEG[np.argmin(misfit)]),
        longitude=(longitude + 180.0) % 360.0 - 180.0,
        spread_deg=float(near.max() - near.min()) / 2.0,
        misfit=float(misfit.min()),
    )


def _wakes_and_sleeps(values: np.ndarray, start_s: int, step_s: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Day number and first and last instant with power [s after the day's UTC midnight], one each per day with a sun.

    A day runs from one solar midnight to the next, wherever on earth the plant is.
    """
    middle_s = start_s + np.arange(len(values)) * step_s + step_s / 2.0
    power = np.maximum(np.nan_to_num(values), 0.0)
    if not power.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    turn = np.sum(power * np.exp(2j * np.pi * (middle_s % _DAY_S) / _DAY_S))
    noon_s = float(np.angle(turn)) / (2.0 * np.pi) * _DAY_S
    rows = np.flatnonzero(power > _AWAKE * power.max())
    of_row = np.floor((middle_s[rows] - noon_s + _DAY_S / 2.0) / _DAY_S).astype(np.int64)
    day, first = np.unique(of_row, return_index=True)
    last = np.append(first[1:], len(rows)) - 1
    midnight_s = day * _DAY_S
    rise_s = middle_s[rows[first]] - step_s / 2.0 - midnight_s
    set_s = middle_s[rows[last]] + step_s / 2.0 - midnight_s
    return day[1:-1], rise_s[1:-1], set_s[1:-1]  # the first and the last day may be cut


def _windows(day: np.ndarray, rise_s: np.ndarray, set_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Early sunrise and late sunset of each week: cloudy mornings wake late."""
    window = day // _WINDOW_DAYS
    found = []
    for which in np.unique(window):
        of = window == which
        if int(of.sum()) >= _FEWEST_OF_WINDOW:
            early = np.quantile(rise_s[of], _EARLY, method="lower")
            late = np.quantile(set_s[of], _LATE, method="higher")
            found.append((which * _WINDOW_DAYS + _WINDOW_DAYS // 2, early, late))
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)
    middle, early, late = np.array(found).T
    return middle.astype(np.int64), early, late
