"""What stands in for the ambient where none was measured: season, hour, and a level that follows the last month's oil.

Season and hour know the climate and not the weather. Years differ by more than a fault is large, so the level follows the
readings slowly, and with it, alas, a slow fault: without ambient only what changes within some weeks can be seen. The
weather that is left stays in the residual, days on end; the watch measures that over its reference and raises its bar, so
that the budget of false alarms holds as well as it can and fewer faults are found.
"""

from __future__ import annotations

import numpy as np

_DAY_S = 86_400.0
_YEAR_S = 365.25 * _DAY_S
SEASON_DAYS = 300
"""Days learnt from, from where on the season can be told from a fault."""
MEMORY_DAYS = 30.0
_SLOPES = (0.2, 1.5)
"""What a wrong rating may make of the modelled rise."""


def stand_in(
    top_oil_c: np.ndarray, rise_k: np.ndarray, labels_s: np.ndarray, learnt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Ambient's stand-in [degC] and the rise that fits beside it [K], dims (time,).

    Args:
        top_oil_c: measured [degC], NaN where missing.
        rise_k: modelled rise over ambient [K], NaN where unknown.
        labels_s: epoch seconds, dims (time,).
        learnt: mask of the rows that season, hour and slope are learnt from.
    """
    known = learnt & np.isfinite(top_oil_c) & np.isfinite(rise_k)
    days = (labels_s[known][-1] - labels_s[known][0]) / _DAY_S if known.any() else 0.0
    calendar = _harmonics(labels_s, season=bool(days >= SEASON_DAYS))
    best = np.zeros(calendar.shape[1])
    slope = 1.0
    if known.sum() > 2 * (calendar.shape[1] + 1):
        best, slope = _fit(calendar, rise_k, top_oil_c, known)
    climate_c = calendar @ best
    left_k = top_oil_c - climate_c - slope * rise_k
    return climate_c + _level(left_k, float(labels_s[1] - labels_s[0])), slope * rise_k


def _fit(calendar: np.ndarray, rise_k: np.ndarray, top_oil_c: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients of the calendar and the slope over the rise; what lies far off is trimmed."""
    rows = np.column_stack([calendar, np.nan_to_num(rise_k)])
    kept, best = known, np.zeros(rows.shape[1])
    for _ in range(3):
        best, *_ = np.linalg.lstsq(rows[kept], top_oil_c[kept], rcond=None)
        left = np.abs(top_oil_c - rows @ best)
        kept = known & (left <= 4.0 * 1.4826 * np.median(left[known]))
    slope = float(np.clip(best[-1], *_SLOPES))
    best, *_ = np.linalg.lstsq(calendar[kept], (top_oil_c - slope * rise_k)[kept], rcond=None)
    return best, slope


def _level(left_k: np.ndarray, step_s: float) -> np.ndarray:
    """Mean of what is left, forgetting within `MEMORY_DAYS`, of the rows before each one [K]; gaps change nothing."""
    kept = float(np.exp(-step_s / (MEMORY_DAYS * _DAY_S)))
    level, found = 0.0, np.zeros(len(left_k))
    for row, left in enumerate(left_k.tolist()):
        found[row] = level
        if left == left:  # noqa: PLR0124 - only NaN differs from itself
            level += (1.0 - kept) * (left - level)
    return found


def _harmonics(labels_s: np.ndarray, *, season: bool) -> np.ndarray:
    hour, year = 2.0 * np.pi * labels_s / _DAY_S, 2.0 * np.pi * labels_s / _YEAR_S
    day = [np.cos(hour), np.sin(hour), np.cos(2.0 * hour), np.sin(2.0 * hour)]
    columns = [np.ones(len(labels_s)), *day]
    if season:
        columns += [np.cos(year), np.sin(year), np.cos(2.0 * year), np.sin(2.0 * year)]
        columns += [turn * wave for turn in (np.cos(year), np.sin(year)) for wave in day[:2]]
    return np.stack(columns, axis=1)
