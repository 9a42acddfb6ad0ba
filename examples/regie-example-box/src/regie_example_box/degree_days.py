"""Heating degree days, and what a town draws more for each of them. Plain arrays; knows nothing of Régie.

A day needs heating when its mean stays at or below the heating limit; then it counts the difference to the room
(SIA 381/3:1982, "Heizgradtage der Schweiz", HGT 20/12: room 20 degC, limit 12 degC).
"""

from __future__ import annotations

import numpy as np

STEPS_A_DAY = 96
STEPS_A_WEEK = 7 * STEPS_A_DAY


def daily_mean_c(temp_c: np.ndarray) -> np.ndarray:
    """Mean of the 24 hours that end with each quarter hour [degC], dims (time,).

    NaN where fewer than 18 of the 24 hours are known: the missing night would be taken for a mild day.
    """
    known = np.isfinite(temp_c)
    total, count = (np.cumsum(np.concatenate([np.zeros(STEPS_A_DAY), part])) for part in (np.where(known, temp_c, 0.0), known))
    sums, counts = (whole[STEPS_A_DAY:] - whole[:-STEPS_A_DAY] for whole in (total, count))
    return np.where(counts >= 0.75 * STEPS_A_DAY, sums / np.maximum(counts, 1.0), np.nan)


def heating_degrees(mean_c: np.ndarray, *, room_c: float, limit_c: float) -> np.ndarray:
    """Degree days per day [K], dims (time,); 0 above the limit, NaN where the mean is unknown."""
    return np.where(mean_c <= limit_c, room_c - mean_c, np.where(np.isfinite(mean_c), 0.0, np.nan))


def heating_slope(load_mw: np.ndarray, degrees: np.ndarray) -> float:
    """What a zone draws more for a degree day more [MW/K]: least squares through the origin over differences to a week before.

    Differences take out what repeats by the week. 0 where the weather changed by less than 1 K r.m.s.: no slope can be read.
    """
    load, step = _week_on_week(load_mw), _week_on_week(degrees)
    known = np.isfinite(load) & np.isfinite(step)
    if not known.any() or float(np.mean(step[known] ** 2)) < 1.0:
        return 0.0
    return max(float(np.sum(step[known] * load[known]) / np.sum(step[known] ** 2)), 0.0)


def residuals(load_mw: np.ndarray, degrees: np.ndarray, slope_mw_per_k: float) -> np.ndarray:
    """What last week and the degree days did not explain [MW], known values only."""
    left = _week_on_week(load_mw) - slope_mw_per_k * _week_on_week(degrees)
    return left[np.isfinite(left)]


def stretches(errors: np.ndarray, count: int, steps: int) -> np.ndarray:
    """Whole stretches of past errors [MW], dims (time, stretch), that begin evenly spread: what hung together goes on so."""
    first = np.linspace(0, len(errors) - steps, count).astype(int)
    return errors[first[None, :] + np.arange(steps)[:, None]]


def _week_on_week(values: np.ndarray) -> np.ndarray:
    return values[STEPS_A_WEEK:] - values[:-STEPS_A_WEEK]
