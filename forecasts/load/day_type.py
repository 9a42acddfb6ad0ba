"""The day-type profile: each quarter hour is the mean of the last six days of the same type, and what that missed before.

Everything here is computed once per local day from complete days, so any tick of the day gets the same model.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from forecasts.calendar import SLOTS_PER_DAY, LocalCalendar
from forecasts.correction import NO_CORRECTION, Correction, error_predictors
from forecasts.history import measured
from forecasts.load.errors import cold_table, default_spread, fit_load_errors
from forecasts.load.model import LoadModel
from forecasts.load.temperature import FEATURES, fit_slope, seen
from forecasts.windows import gather, origins, window_rows
from twin.contracts.frame import AsOfView
from twin.domain.time import QUARTER_HOUR, floor_quarter, quarter_hours, to_epoch_s

SAME_TYPE_DAYS = 6
"""How many days of the same type make a profile (the feature that helped most on eight measured series)."""

_DEPTH = 3  # a 48-hour path touches today and the two days after it; each looks back from one day earlier
_AHEAD = 4  # local days from today on that a 48-hour path issued late in the evening may touch
_TEMPERATURE_DAYS = 14  # two weekends and some change of weather, before load is asked how it follows the temperature
_SETTLED_DAYS = 2  # from the third day on the day's model is kept; before, every quarter hour still teaches


def day_sheet(values: np.ndarray, day: np.ndarray, slot: np.ndarray, days: int) -> np.ndarray:
    """Values by day and slot, dims (day, slot): NaN where missing or where the clock skipped, the mean where it repeats."""
    cell = day * SLOTS_PER_DAY + slot
    known = np.isfinite(values)
    total = np.bincount(cell[known], weights=values[known], minlength=days * SLOTS_PER_DAY)
    count = np.bincount(cell[known], minlength=days * SLOTS_PER_DAY)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean[: days * SLOTS_PER_DAY].reshape(days, SLOTS_PER_DAY)


def profiles(sheet: np.ndarray, types: np.ndarray, known_days: np.ndarray) -> np.ndarray:
    """Profile of each target day from same-type days before ``known_days``, dims (target, slot).

    A slot that no same-type day can fill takes the mean of the last six days of any type, then the mean of
    everything known before; NaN only when nothing at all was known.

    Args:
        sheet: dims (day, slot). ``types``: day type of each target, whose first ``len(sheet)`` belong to the
            sheet.
        known_days: number of leading days of the sheet that may be used for each target, dims (target,).
    """
    days = len(sheet)
    result = np.full((len(types), SLOTS_PER_DAY), np.nan)
    for kind in np.unique(types):
        same = np.flatnonzero(types[:days] == kind)
        target = np.flatnonzero(types == kind)
        result[target] = _last_mean(sheet[same], np.searchsorted(same, known_days[target]))
    holes = np.isnan(result).any(axis=1)
    if holes.any():
        anyday = _last_mean(sheet, np.minimum(known_days[holes], days))
        level = _before_mean(sheet, np.minimum(known_days[holes], days))
        anyday = np.where(np.isnan(anyday), level[:, None], anyday)
        result[holes] = np.where(np.isnan(result[holes]), anyday, result[holes])
    return result


def _last_mean(sheet: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Mean over rows ``until - 6 .. until``, NaN ignored, dims (target, slot)."""
    known = np.isfinite(sheet)
    blank = np.zeros((1, SLOTS_PER_DAY))
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


def base_paths(sheet: np.ndarray, types: np.ndarray) -> np.ndarray:
    """Profiles of every day as seen from the same day, the day before and two days before, dims (depth, day, slot).

    Args:
        sheet: complete days of history, dims (day, slot). ``types``: of these days and of the days to come.
    """
    days = np.arange(len(types))
    return np.stack([profiles(sheet, types, np.clip(days - depth, 0, len(sheet))) for depth in range(_DEPTH)])


def error_model(values: np.ndarray, paths: np.ndarray, day: np.ndarray, slot: np.ndarray) -> tuple[Correction, np.ndarray]:
    """What the profile missed on past days: how errors fade, and their quantiles [MW], dims (hour, node, quantile).

    Args:
        values: history, dims (time,), ending at a local midnight. ``paths``: of `base_paths`.
        day, slot: of every row of the history, days counted from the first, dims (time,).
    """
    rows = len(values)
    predictors = error_predictors(values - paths[0, day, slot], np.ones(rows))
    days = int(day[-1]) + 1
    # Profiles of the first weeks rest on one or two days; they are judged only while nothing better exists.
    warm_up = 14 if days >= 35 else 7 if days >= 14 else 1
    start = origins(rows, int(np.searchsorted(day, warm_up)))
    at = window_rows(start)
    inside = np.minimum(at, rows - 1)
    depth = np.clip(day[inside] - day[start][:, None], 0, _DEPTH - 1)
    errors = gather(values, at) - paths[depth, day[inside], slot[inside]]
    return fit_load_errors(errors, predictors[:, start], rows=inside, day=day, slot=slot, spread=default_spread(values))


def weather_slope(values: np.ndarray, warm_k: np.ndarray, types: np.ndarray, day: np.ndarray, slot: np.ndarray) -> np.ndarray:
    """What a degree adds to the load [MW/K], dims (feature,); zero in the first two weeks.

    Args:
        values: load [MW], ending at a local midnight. ``day``, ``slot``: local; all dims (time,).
        warm_k: of `temperature.warmth`, dims (feature, time). ``types``: day type of every day, dims (day,).
    """
    known = np.isfinite(values)
    if known.sum() < _TEMPERATURE_DAYS * SLOTS_PER_DAY:
        return np.zeros(FEATURES)
    days = np.arange(int(day[-1]) + 1)

    def missed(series: np.ndarray) -> np.ndarray:
        sheet = day_sheet(np.where(known, series, np.nan), day, slot, len(days))
        return series - profiles(sheet, types[: len(days)], days)[day, slot]

    return fit_slope(missed(values), np.stack([missed(series) for series in warm_k]))


def learn(view: AsOfView, signal: str, zone: str, calendar: LocalCalendar, history: timedelta) -> LoadModel:
    """Today's model from complete local days; from what there is while fewer than two days are known.

    Raises:
        ValueError: when the history holds no valid value at all.
    """
    today = calendar.day_of(view.as_of)
    first = today - history.days
    start, now = calendar.midnight(first), floor_quarter(view.as_of)
    values = measured(view, signal, zone, start, now)
    valid = np.isfinite(values)
    if not valid.any():
        raise ValueError(
            f"zone {zone!r}: no valid {signal} in the {history.days} days before {view.as_of.isoformat()}; "
            "check the telemetry of the zone's meters"
        )
    day, slot = calendar.locate(quarter_hours(start, len(values)))
    # Days before the first value teach nothing and would only cost time.
    first = int(day[int(np.argmax(valid))])
    rows = slice(int(np.searchsorted(day, first)), None)
    values, day, slot = values[rows], day[rows] - first, slot[rows]
    history_days = today - first
    complete = int(np.searchsorted(day, history_days))
    types = calendar.day_type(first + np.arange(history_days + _AHEAD))
    reference_c, warm_k = seen(measured(view, "temp_c", "", start, now)[rows], values)
    slope = weather_slope(values[:complete], warm_k[:, :complete], types, day[:complete], slot[:complete])
    values = values - slope @ warm_k
    sheet = day_sheet(values, day, slot, history_days + 1)
    covered = int((np.isfinite(sheet[:-1]).sum(axis=1) >= SLOTS_PER_DAY // 2).sum())
    settled = covered >= _SETTLED_DAYS
    if settled:
        paths = base_paths(sheet[:-1], types)
        correction, table = error_model(values[:complete], paths, day[:complete], slot[:complete])
        path = paths[0]
    else:
        correction, table = NO_CORRECTION, cold_table(values)
        path = profiles(sheet, types, np.full(len(types), len(sheet)))
    kept_from = max(first, today - 1)
    begin, end = calendar.midnight(kept_from), calendar.midnight(first + len(types))
    label_day, label_slot = calendar.locate(quarter_hours(begin, (end - begin) // QUARTER_HOUR))
    return LoadModel(
        day=today,
        start_s=to_epoch_s(begin),
        base=path[label_day - first, label_slot],
        reference_c=reference_c,
        slope=slope,
        correction=correction,
        table=table,
        days=covered,
        settled=settled,
    )
