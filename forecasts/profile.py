"""Series by local day and wall-clock slot, and the day-type profile: the mean of the last six days of the same type.

The profile is the reference of every load expert. Of all features it helped most on eight measured series.
"""

from __future__ import annotations

import numpy as np

SAME_TYPE_DAYS = 6


def day_sheet(values: np.ndarray, day: np.ndarray, slot: np.ndarray, days: int, slots: int) -> np.ndarray:
    """Values by day and slot, dims (day, slot): NaN where missing or where the clock skipped, the mean where it repeats.

    Args:
        values: dims (time,). ``day``: counted from the sheet's first, ``slot``: 0..slots-1, of every row.
    """
    inside = (day >= 0) & (day < days) & np.isfinite(values)
    cell = day[inside] * slots + slot[inside]
    total = np.bincount(cell, weights=values[inside], minlength=days * slots)
    count = np.bincount(cell, minlength=days * slots)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).reshape(days, slots)


def profiles(sheet: np.ndarray, types: np.ndarray, known_days: np.ndarray) -> np.ndarray:
    """Profile of each target day from same-type days before ``known_days``, dims (target, slot).

    A slot that no same-type day can fill takes the mean of the last six days of any type, then the mean of everything known
    before; NaN only when nothing at all was known.

    Args:
        sheet: dims (day, slot). ``types``: day type of each target, whose first ``len(sheet)`` belong to the sheet.
        known_days: number of leading days of the sheet that may be used for each target, dims (target,).
    """
    days = len(sheet)
    result = np.full((len(types), sheet.shape[1]), np.nan)
    there = np.isfinite(sheet).any(axis=1)  # a day without a value is no day of its type
    for kind in np.unique(types):
        same = np.flatnonzero((types[:days] == kind) & there)
        target = np.flatnonzero(types == kind)
        result[target] = _last_mean(sheet[same], np.searchsorted(same, known_days[target]))
    holes = np.isnan(result).any(axis=1)
    if holes.any():
        seen = np.flatnonzero(there)
        anyday = _last_mean(sheet[seen], np.searchsorted(seen, known_days[holes]))
        level = _before_mean(sheet, np.minimum(known_days[holes], days))
        anyday = np.where(np.isnan(anyday), level[:, None], anyday)
        result[holes] = np.where(np.isnan(result[holes]), anyday, result[holes])
    return result


def _last_mean(sheet: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Mean over rows ``until - 6 .. until``, NaN ignored, dims (target, slot)."""
    known = np.isfinite(sheet)
    blank = np.zeros((1, sheet.shape[1]))
    total = np.concatenate([blank, np.cumsum(np.where(known, sheet, 0.0), axis=0)])
    count = np.concatenate([blank, np.cumsum(known, axis=0)])
    since = np.maximum(until - SAME_TYPE_DAYS, 0)
    n = count[until] - count[since]
    return np.where(n > 0, (total[until] - total[since]) / np.maximum(n, 1.0), np.nan)


def _before_mean(sheet: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Mean of everything known before row ``until``, dims (target,)."""
    total = np.concatenate([[0.0], np.cumsum(np.nansum(sheet, axis=1))])[until]
    count = np.concatenate([[0], np.cumsum(np.isfinite(sheet).sum(axis=1))])[until]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
