"""A river's power by days: its level, its season, the plant's weekly and daily habits, the rain and melting snow that feed it.

Snow follows the degree-day method: what falls below freezing lies until warmth melts it, so many millimetres for each degree
and day. The factor is fitted within the range that the method's manual gives.

Source: J. Martinec, A. Rango, R. Roberts, Snowmelt Runoff Model (SRM) User's Manual (2008): Q(n+1) = inputs (1 - k) + Q(n) k,
degree-day factors 2 to 6 mm/K/d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.sheet import Sheet

DEGREE_DAY_FACTORS_MM_K_D = (2.0, 3.0, 4.0, 5.0, 6.0)
_SNOW_BELOW_C = 1.0  # SRM's critical temperature lies between 0 and 3 degC, lower in summer
_YEAR_DAYS = 365.25
_SEASON_NEEDS_DAYS = 400  # annual terms on less would be a trend with a bend
_NORMAL_DAYS = 60  # without a season the normal level is that of two months
_HABIT_DAYS = 84  # twelve weeks: plants are run by the market, whose habits change with the season
_SHRINK_DAYS = 1.0  # a day type seen less often than this is taken to be like all days


@dataclass(frozen=True)
class RiverDays:
    """Daily figures of a sheet.

    Attributes:
        level: mean power [MW] with the weekly habit taken out, gaps bridged, dims (known day,).
        rising: mean of the last quarter of each day, its habit taken out, above ``level`` [MW], dims (known day,).
        normal: usual level of each day [MW], dims (day,), days ahead included.
        habit: what a day of each type makes of its level in each slot, mean about 1, dims (day type, slot).
        measured: days whose level was measured, dims (known day,).
    """

    level: np.ndarray
    rising: np.ndarray
    normal: np.ndarray
    habit: np.ndarray
    measured: np.ndarray


def river_days(sheet: Sheet) -> RiverDays:
    """Daily figures; the sheet has at least one good day."""
    with np.errstate(invalid="ignore"):
        habit = _habit(sheet)
        steady = sheet.values / habit[sheet.types[: sheet.known]]
    good = sheet.good
    days = np.arange(sheet.known)
    rough = np.where(good, np.nanmean(np.where(good[:, None], steady, 0.0), axis=1), np.nan)
    level = np.interp(days, days[good], rough[good])
    evening = steady[:, -max(1, sheet.slots // 4) :]
    rising = np.where(good & np.isfinite(evening).all(axis=1), evening.mean(axis=1) - level, 0.0)
    return RiverDays(level, rising, _normal(level, sheet), habit, good)


def _habit(sheet: Sheet) -> np.ndarray:
    """Ratio to the mean of the week around, by day type and slot, drawn towards that of all days, dims (day type, slot)."""
    first = max(0, sheet.known - _HABIT_DAYS)
    values, types, good = sheet.values[first:], sheet.types[first : sheet.known], sheet.good[first:]
    mean = np.where(good, np.nanmean(np.where(good[:, None], values, 0.0), axis=1), np.nan)
    around = [mean[max(0, d - 3) : d + 4] for d in range(len(mean))]
    week = np.array([np.nanmean(some) if np.isfinite(some).any() else np.nan for some in around])
    usable = good & (week > 0.0)
    if not usable.any():
        return np.ones((3, sheet.slots))
    ratio = np.where(np.isfinite(values), values / np.where(usable, week, np.nan)[:, None], np.nan)
    everyday = np.nan_to_num(np.nanmedian(ratio[usable], axis=0), nan=1.0)
    habit = np.empty((3, sheet.slots))
    for kind in range(3):
        same = usable & (types == kind)
        own = np.nan_to_num(np.nanmedian(ratio[same], axis=0), nan=1.0) if same.any() else everyday
        trust = same.sum() / (same.sum() + _SHRINK_DAYS)
        habit[kind] = trust * own + (1.0 - trust) * everyday
    return np.maximum(habit, 0.05)  # a plant that stops every night still tells its level by day


def _normal(level: np.ndarray, sheet: Sheet) -> np.ndarray:
    """Usual level of every day: two annual waves where a year is known, the mean of two months where not, dims (day,)."""
    if sheet.known < _SEASON_NEEDS_DAYS:
        return np.full(sheet.days, level[-_NORMAL_DAYS:].mean())
    angle = 2.0 * np.pi * (sheet.first_day + np.arange(sheet.days)) / _YEAR_DAYS
    waves = np.column_stack([np.ones(sheet.days), *(f(k * angle) for k in (1, 2) for f in (np.sin, np.cos))])
    weights, *_ = np.linalg.lstsq(waves[: sheet.known], level, rcond=None)
    return np.maximum(waves @ weights, 0.0)


def water_inputs(sheet: Sheet, factor_mm_k_d: float) -> np.ndarray:
    """Rain and melt of each day [mm], days ahead included, dims (day, 5).

    Rain of the day, of the day before, of the two days before that; melt of the day and of the day before.

    Columns of what the weather does not tell are zero: the regression above then has nothing to learn from them.
    """
    rain = np.zeros(sheet.days)
    melt = np.zeros(sheet.days)
    temp_c = sheet.weather.get("temp_c")
    mean_c = None if temp_c is None else temp_c.mean(axis=1)
    if "rain_mm" in sheet.weather:
        fallen = np.maximum(sheet.weather["rain_mm"], 0.0).mean(axis=1) * sheet.slots
        rain = fallen if mean_c is None else np.where(mean_c < _SNOW_BELOW_C, 0.0, fallen)
    if mean_c is not None:
        warmth_mm = factor_mm_k_d * np.maximum(mean_c, 0.0)
        if "snow_m" in sheet.weather:
            melt = warmth_mm * (sheet.weather["snow_m"].mean(axis=1) > 0.0)
        elif "rain_mm" in sheet.weather:
            lying = 0.0
            for d in range(sheet.days):
                lying += float(fallen[d]) if mean_c[d] < _SNOW_BELOW_C else 0.0
                melt[d] = min(lying, warmth_mm[d])
                lying -= melt[d]
        else:
            melt = warmth_mm  # the high snow of a catchment outlasts every gauge that is not there
    return np.column_stack([rain, _before(rain, 1), _before(rain, 2) + _before(rain, 3), melt, _before(melt, 1)])


def _before(daily: np.ndarray, days: int) -> np.ndarray:
    return np.concatenate([np.zeros(min(days, len(daily))), daily[:-days]])
