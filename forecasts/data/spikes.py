"""Single wild values of a series, told from real peaks by two witnesses: its neighbours in the row, and the days around.

A real peak has a rise and a fall, or comes at its hour every day; a spike has neither. Source of the idea: F. Hampel, The
influence curve and its role in robust estimation, JASA 69 (1974): a value is judged against a median, in units of the median
absolute deviation, because neither is moved by the spikes themselves.
"""

from __future__ import annotations

import numpy as np

_DAY_S = 86_400
_DAYS_AROUND = (-7, -3, -2, -1, 1, 2, 3, 7)
_NEAR_S = 5400  # neighbours up to an hour and a half away, at least two on each side
_PER_MAD = 1.4826  # of a normal distribution's standard deviation

# A spike leaps by more than each of these. In robust standard deviations: beyond the range of 98 % of all values little is
# needed, within it much. Of what the leaps of this series reach on their own: houses and shops have true peaks of one interval.
# Of the range. Chosen on eighteen measured loads from a house to a country; test_spikes.py holds the outcome.
_LEAPS_OUTSIDE, _LEAPS_INSIDE = 8.0, 40.0
_OF_OWN_LEAPS = 2.5  # times their 98 % quantile, which one spike in a hundred values does not move
_OF_RANGE = 0.15
_OTHER_UNIT = 50.0  # a clear day is twenty foggy ones; kW for MW are a thousand
_BEYOND = 0.25  # of the range's half width: how far outside a value must lie to count as outside


def load_spikes(values: np.ndarray, step_s: int) -> np.ndarray:
    """True where a load's value is a spike, dims (time,). NaN is none.

    Of two side by side the lower one shows only when the higher one is gone, hence the second look.
    """
    first = _load_spikes(values, step_s)
    return first | _load_spikes(np.where(first, np.nan, values), step_s)


def _load_spikes(values: np.ndarray, step_s: int) -> np.ndarray:
    per_day = _DAY_S // step_s
    departs = values - row_median(np.stack([shifted(values, day * per_day) for day in _DAYS_AROUND]))
    departs = np.where(np.isfinite(departs) | np.isnan(values), departs, values - np.nanmedian(values))
    leap = departs - row_median(_neighbours(departs, step_s))
    low, middle, high = np.nanquantile(values, [0.01, 0.5, 0.99])
    outside = (values > high + _BEYOND * (high - middle)) | (values < low - _BEYOND * (middle - low))
    usual = np.where(outside, _LEAPS_OUTSIDE, _LEAPS_INSIDE) * _usual_leap(leap, per_day)
    least = max(_OF_OWN_LEAPS * float(np.nanquantile(np.abs(leap), 0.98)), _OF_RANGE * (high - low))
    leaps = (np.abs(leap) > np.maximum(usual, least)) & _stands_alone(values, np.abs(leap))
    return leaps | _lone_negative(values)


def _lone_negative(values: np.ndarray) -> np.ndarray:
    """Negative values of a load that is hardly ever negative, without a way down to them and back."""
    usual_low = float(np.nanquantile(values, 0.05))
    if not usual_low > 0:
        return np.zeros(len(values), dtype=bool)
    return (values < 0) & _stands_alone(values, usual_low - values)


def plant_spikes(values: np.ndarray, step_s: int, *, by_day: bool, consumes: bool) -> np.ndarray:
    """True where a plant's value is a spike, dims (time,): far above all it gives, below zero, or a leap.

    Clouds and gusts make true leaps downward and back, so only leaps above what the days around gave at about that time count.

    Args:
        by_day: the sun sets a bound to each time of day (photovoltaics); otherwise the week around is compared.
        consumes: negative values are a state of the plant (pumped storage).
    """
    top = usual_top(values, step_s)
    if not top > 0:
        return np.zeros(len(values), dtype=bool)
    below_zero = (values < -0.05 * top) & (not consumes)
    bound = _bound(values, _DAY_S // step_s, by_day=by_day)
    near = _neighbours(values, step_s)
    over = values - row_median(near)
    leaps = (values > 1.5 * bound + 0.1 * top) & (over > 0.5 * values) & (over > 0.1 * top) & _stands_alone(values, over)
    return below_zero | (values > 3.0 * top) | leaps


def usual_top(values: np.ndarray, step_s: int) -> float:
    """What a plant gives, or a load takes, in the better hours of its better days, absolute, or NaN.

    That is the 90 % quantile over the days of each day's 95 % quantile, which single wild values do not move; where it lies far
    above the median day, days in another unit are among them, and the median day counts.
    """
    whole = np.concatenate([np.abs(values), np.full(-len(values) % (_DAY_S // step_s), np.nan)]).reshape(-1, _DAY_S // step_s)
    whole = whole[np.isfinite(whole).any(axis=1)]
    ordered, known = np.sort(whole, axis=1), np.isfinite(whole).sum(axis=1)
    highest = np.take_along_axis(ordered, (0.95 * (known - 1)).astype(np.int64)[:, None], axis=1)[:, 0]
    if not len(highest):
        return float("nan")
    high, middle = float(np.quantile(highest, 0.9)), float(np.median(highest))
    return high if high < _OTHER_UNIT * middle or not middle > 0 else middle


def _bound(values: np.ndarray, per_day: int, *, by_day: bool) -> np.ndarray:
    """What the days within ten gave at most at about this time (fourth highest value, as three may be spikes)."""
    days = [day for day in range(-10, 11) if day]
    if not by_day:
        highest = row_median(np.stack([shifted(_rolling_top(values, per_day), day * per_day) for day in (-3, 0, 3)]))
        return np.where(np.isfinite(highest), highest, np.inf)
    highest = np.full((4, len(values)), -np.inf)
    for around in (shifted(values, day * per_day + slot) for day in days for slot in (-1, 0, 1)):
        lower = np.where(np.isfinite(around), around, -np.inf)
        for rank in range(4):
            highest[rank], lower = np.maximum(highest[rank], lower), np.minimum(highest[rank], lower)
    return np.where(np.isfinite(highest[3]), highest[3], np.inf)


def _rolling_top(values: np.ndarray, per_day: int) -> np.ndarray:
    """Median over the week around of each day's highest value, repeated for every interval of the day."""
    whole = np.concatenate([values, np.full(-len(values) % per_day, np.nan)]).reshape(-1, per_day)
    highest = np.max(np.where(np.isfinite(whole), whole, -np.inf), axis=1)
    highest[~np.isfinite(highest)] = np.nan
    week = row_median(np.stack([shifted(highest, day) for day in range(-3, 4)]))
    return np.repeat(week, per_day)[: len(values)]


def _neighbours(values: np.ndarray, step_s: int) -> np.ndarray:
    """Values up to `_NEAR_S` before and after, dims (neighbour, time)."""
    reach = min(6, max(2, _NEAR_S // step_s))
    return np.stack([shifted(values, rows) for rows in range(-reach, reach + 1) if rows])


def _stands_alone(values: np.ndarray, leap: np.ndarray) -> np.ndarray:
    """Where a value is above or below both neighbours, and more than half the leap away from all but one of the nearest four.

    A true peak has shoulders, and they are not above or below both. One may be near, as two spikes may stand side by side.
    """
    before, after = shifted(values, -1), shifted(values, 1)
    tops = ~((values <= before) | (values <= after)) | ~((values >= before) | (values >= after))
    away = np.abs(np.stack([shifted(values, rows) for rows in (-2, -1, 1, 2)]) - values)
    return np.asarray(tops & (np.sort(np.where(np.isfinite(away), away, np.inf), axis=0)[1] > 0.5 * leap))


def _usual_leap(leap: np.ndarray, per_day: int) -> np.ndarray:
    """Robust standard deviation of leaps at each time of day (with the slots beside it), for each interval."""
    whole = np.concatenate([np.abs(leap), np.full(-len(leap) % per_day, np.nan)]).reshape(-1, per_day)
    beside = np.concatenate([np.roll(whole, 1, axis=1), whole, np.roll(whole, -1, axis=1)])
    return np.resize(_PER_MAD * row_median(beside), len(leap))


def shifted(values: np.ndarray, rows: int) -> np.ndarray:
    """``values`` as they stand ``rows`` later (negative: earlier), NaN beyond the ends."""
    out = np.full(len(values), np.nan)
    if abs(rows) >= len(values):
        return out
    if rows > 0:
        out[:-rows] = values[rows:]
    elif rows < 0:
        out[-rows:] = values[:rows]
    else:
        out[:] = values
    return out


def row_median(stack: np.ndarray) -> np.ndarray:
    """Median over the first axis, NaN left out; NaN where nothing is known."""
    ordered = np.sort(stack, axis=0)  # NaN last
    count = np.isfinite(ordered).sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(stack) - 1)[None], axis=0)[0]
    return np.where(count > 0, 0.5 * (low + high), np.nan)
