"""Runs in a series: the same value for hours, exact zeros, another unit for a stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.data.spikes import row_median, shifted, usual_top

_HOUR_S = 3600
_DAY_S = 86_400
_STUCK_LOAD_S, _STUCK_SUN_S = 6 * _HOUR_S, 3 * _HOUR_S
_OTHER_UNIT = 30.0  # times the usual top: no load grows by that, and kW for MW are a thousand
_THOUSAND = 1000.0
_SMALL = 0.01  # of the usual top: kW for MW are a thousandth
_FEW_STRETCHES = 12  # a unit changes with a device or a file, not every other day
_HABIT_PER_DAY = 0.1  # a load that rests at zero more often than every tenth day does so on its own; outages are rare


@dataclass(frozen=True)
class Runs:
    """Equal neighbours joined: run ``i`` covers rows ``first[i]`` to ``first[i] + length[i]``."""

    first: np.ndarray
    length: np.ndarray
    value: np.ndarray

    def mask(self, chosen: np.ndarray, n: int) -> np.ndarray:
        """True in every row of the chosen runs."""
        edges = np.zeros(n + 1, dtype=np.int64)
        np.add.at(edges, self.first[chosen], 1)
        np.add.at(edges, self.first[chosen] + self.length[chosen], -1)
        return np.cumsum(edges[:-1]) > 0


def runs_of(values: np.ndarray) -> Runs:
    """Runs of equal values; a NaN is a run of its own."""
    if not len(values):
        return Runs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return Runs(first, np.diff(np.append(first, len(values))), values[first])


def wrong_unit(values: np.ndarray, step_s: int, *, steady: bool) -> np.ndarray:
    """True where absolute values are out of all proportion to the others, dims (time,).

    Args:
        steady: the series never comes near zero, so that values far too small are wrong as well.
    """
    size = np.abs(values)
    top = usual_top(values, step_s)
    if not top > 0:
        return np.zeros(len(values), dtype=bool)
    wrong = size > _OTHER_UNIT * top
    if steady:
        small = runs_of(np.where((size > 1e-5 * top) & (size < _SMALL * top), 1.0, 0.0))
        ends = small.first + small.length
        level = np.array([np.median(size[first:end]) for first, end in zip(small.first, ends, strict=True)])
        # A thousand times larger they must be the load's usual size: a house without people is no thousandth of itself.
        plausible = (_THOUSAND * level > 0.1 * top) & (_THOUSAND * level < 2.0 * top)
        long = (small.value > 0) & (small.length * step_s >= _STUCK_LOAD_S) & plausible
        if np.count_nonzero(long) <= _FEW_STRETCHES:
            wrong |= small.mask(long, len(values))
    return wrong


def never_near_zero(values: np.ndarray, step_s: int) -> bool:
    """Whether a load keeps away from zero: its lowest twentieth is above a fifth of the median.

    Zeros, and values as small as in another unit, are left aside: they are what the answer is needed for.
    """
    size = values[np.abs(values) > _SMALL * usual_top(values, step_s)]
    return bool(len(size) and np.quantile(size, 0.05) > 0.2 * np.median(size) > 0)


def zero_runs(values: np.ndarray, step_s: int) -> np.ndarray:
    """True in runs of exact zeros of an hour or more, for a load that never comes near zero and rarely rests, dims (time,)."""
    runs = runs_of(values)
    if not never_near_zero(values, step_s) or _rests(runs, len(values), step_s):
        return np.zeros(len(values), dtype=bool)
    return runs.mask((runs.value == 0) & (runs.length * step_s >= _HOUR_S), len(values))


def _rests(runs: Runs, n: int, step_s: int) -> bool:
    """Whether a load stands at zero for an hour or more again and again."""
    often = np.count_nonzero((runs.value == 0) & (runs.length * step_s >= _HOUR_S))
    return bool(often > _rarely(n, step_s))


def _rarely(n: int, step_s: int) -> float:
    """How many times in a span something may happen and still be an event rather than a habit."""
    return max(3.0, _HABIT_PER_DAY * n * step_s / _DAY_S)


def stuck_load(values: np.ndarray, step_s: int) -> np.ndarray:
    """True in runs of one value for six hours or more, dims (time,).

    A meter with few digits repeats itself on its own: a run must be five times as long as the one that ninety in a hundred
    rows lie in or below. Zeros count only where the load rarely rests.
    """
    runs = runs_of(values)
    known = np.isfinite(runs.value)
    moving = known & (runs.value != 0)
    usual = float(np.quantile(np.repeat(runs.length[moving], runs.length[moving]), 0.9)) if moving.any() else 1.0
    least = max(_STUCK_LOAD_S / step_s, 5.0 * usual if usual > 1.0 else 0.0)
    rests = _rests(runs, len(values), step_s)
    return runs.mask(known & (runs.length >= least) & ((runs.value != 0) | (not rests)), len(values))


def stuck_sun(values: np.ndarray, step_s: int) -> np.ndarray:
    """True in runs of one value for three hours or more while the sun moves, dims (time,).

    Only above a twentieth of the top, and below where an inverter cuts off.
    """
    top = usual_top(values, step_s)
    per_day = _DAY_S // step_s
    by_day = row_median(np.stack([shifted(values, day * per_day) for day in range(-7, 8) if day])) > 0.05 * top
    runs = runs_of(values)
    held = (runs.length * step_s >= _STUCK_SUN_S) & (runs.value > 0.05 * top) & (runs.value < 0.95 * top)
    return runs.mask(held, len(values)) & by_day


def stuck_wind(values: np.ndarray, step_s: int) -> np.ndarray:
    """True in runs of one value for six hours or more between rest and rated power, dims (time,)."""
    top = usual_top(values, step_s)
    runs = runs_of(values)
    held = (runs.length * step_s >= _STUCK_LOAD_S) & (runs.value > 0.01 * top) & (runs.value < 0.95 * top)
    return runs.mask(held, len(values))
