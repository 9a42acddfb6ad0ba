"""Past days that were most like a coming one, and what they brought: a forecast that anybody can check by eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.past import Past
from forecasts.sheet import sheet_of

_OTHER_TYPE = 3.0  # in standard deviations: a Sunday is no Monday, whatever its weather
_SEASON_DAYS = 30.0  # a month apart is one standard deviation
_YEAR_DAYS = 365.2425
_WEATHER = ("temp_c", "ghi_w_m2", "wind_m_s", "wind_100m_m_s", "cloud_share")


@dataclass(frozen=True)
class SimilarDay:
    """A past day beside the coming one.

    Attributes:
        day: local day, days since 1970-01-01. ``distance``: root of the summed squares of the differences below.
        differences: this day minus the coming one, each in standard deviations of its kind; ``day_type`` is 0 or 3.
        mean_mw: of the day. ``at_mw``: at the slot asked about, NaN = missing.
    """

    day: int
    distance: float
    differences: dict[str, float]
    mean_mw: float
    at_mw: float


def similar_days(past: Past, *, days_ahead: int, slot: int, count: int) -> list[SimilarDay]:
    """The ``count`` nearest past days, nearest first; fewer where there are fewer.

    Days are compared by day type (load only: the sky knows no Sunday), season, weather of which the future is known, and level:
    the mean of the newest whole day that a forecast this far ahead can have seen.

    Args:
        past: ends at a local midnight. ``days_ahead``: 0 is the day that begins there. ``slot``: wall-clock slot of that day.
    """
    sheet = sheet_of(past, days_ahead + 1)
    target = sheet.known + days_ahead
    candidates = np.flatnonzero(sheet.good & np.isfinite(sheet.values[:, slot]))
    if not len(candidates):
        return []
    columns = {"season": _season(candidates, target)}
    if past.kind == "load":
        columns["day_type"] = _OTHER_TYPE * (sheet.types[candidates] != sheet.types[target])
    for name in _WEATHER:
        if name in sheet.weather:
            columns[name] = _standardised(sheet.weather[name].mean(axis=1), candidates, target)
    level = np.concatenate([np.full(days_ahead + 1, np.nan), _day_means(sheet.values)])  # as seen this far ahead
    columns["level"] = _standardised(level, candidates, target)
    differences = np.stack(list(columns.values()), axis=-1)
    distance = np.sqrt((np.nan_to_num(differences) ** 2).sum(axis=-1))
    nearest = np.argsort(distance, kind="stable")[:count]
    means = _day_means(sheet.values)
    return [
        SimilarDay(
            day=sheet.first_day + int(candidates[at]),
            distance=float(distance[at]),
            differences={
                name: float(value) for name, value in zip(columns, differences[at], strict=True) if np.isfinite(value)
            },
            mean_mw=float(means[candidates[at]]),
            at_mw=float(sheet.values[candidates[at], slot]),
        )
        for at in nearest
    ]


def _season(candidates: np.ndarray, target: int) -> np.ndarray:
    apart = np.abs(candidates - target) % _YEAR_DAYS
    return np.minimum(apart, _YEAR_DAYS - apart) / _SEASON_DAYS


def _standardised(daily: np.ndarray, candidates: np.ndarray, target: int) -> np.ndarray:
    known = daily[candidates]
    spread = np.nanstd(known) if np.isfinite(known).any() else 0.0
    return (known - daily[target]) / spread if spread > 0.0 else np.zeros(len(candidates))


def _day_means(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
