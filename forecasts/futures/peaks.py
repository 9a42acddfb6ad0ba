"""The coming peak of each local day as probability, size and time, read off paths, and how good that was in a rehearsal.

A peak is the highest interval mean of a local day. Its size is not the highest quantile of any quarter hour, and its hour not
the hour of the highest median: both come from whole paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasts.calendar import LocalCalendar
from forecasts.futures.occurrence import judge, plain
from forecasts.futures.replayed_paths import Issues, label_rows, replay_paths, scored_positions
from forecasts.quantiles import LEVELS
from forecasts.scores import coverage, mae, pinball_10_90, skill

_HOURS = 24
_MEDIAN = LEVELS.index(0.5)
_NS_PER_HOUR = 3_600_000_000_000
_WITHIN_H = 1  # a peak hour is hit when it is the neighbour of the true one


@dataclass(frozen=True)
class Peak:
    """The peak of one local day.

    Attributes:
        day: local day, days since 1970-01-01. ``whole``: the paths hold all of its intervals.
        maxima: highest value of each path [MW], dims (path,).
        size_mw: its quantiles at `LEVELS` [MW], dims (quantile,).
        hour_probability: that the peak lies in each local hour, sums to one, dims (24,).
        hour: the local hour with most probability within one hour of it, the likelier itself among equals.
        hour_within_1h: that probability.
    """

    day: int
    whole: bool
    maxima: np.ndarray
    size_mw: np.ndarray
    hour_probability: np.ndarray
    hour: int
    hour_within_1h: float

    def probability_above(self, threshold_mw: float) -> float:
        """Probability that the day's peak exceeds a limit, or the month's peak so far, [MW]; NaN for a NaN threshold."""
        return float(np.mean(self.maxima > threshold_mw)) if np.isfinite(threshold_mw) else float("nan")


def coming_peaks(paths: np.ndarray, labels: np.ndarray, calendar: LocalCalendar) -> tuple[Peak, ...]:
    """The peak of every local day that the paths touch, in order; days without any value are left out.

    Args:
        paths: equally probable [MW], dims (path, time). ``labels``: UTC starts of the intervals, dims (time,).
    """
    day, hour, whole = _local(labels, calendar)
    found = []
    for number in np.unique(day):
        inside = np.flatnonzero(day == number)
        known = inside[np.isfinite(paths[:, inside]).all(axis=0)]
        if known.size:
            complete = bool(whole[number]) and known.size == inside.size
            found.append(_peak(paths[:, known], hour[known], int(number), whole=complete))
    return tuple(found)


@dataclass(frozen=True)
class NextPeak:
    """The peak of the coming 24 h.

    Attributes:
        at: UTC start of the hour with most probability within one hour of it, hours counted from the first label on.
        within_1h: that probability. ``size_mw``: quantiles of the highest interval mean at `LEVELS` [MW], dims (quantile,).
    """

    at: np.datetime64
    within_1h: float
    size_mw: np.ndarray


def next_peak(paths: np.ndarray, labels: np.ndarray) -> NextPeak:
    """The peak of the coming 24 h, or of what the paths hold of them.

    Args:
        paths: equally probable [MW], without NaN, dims (path, time). ``labels``: UTC starts of the intervals, dims (time,).
    """
    hour = (labels - labels[0]) // np.timedelta64(1, "h")
    found = _peak(paths[:, hour < _HOURS], hour[hour < _HOURS].astype(np.int64), 0, whole=False)
    return NextPeak(labels[0] + np.timedelta64(found.hour, "h"), found.hour_within_1h, found.size_mw)


def _peak(paths: np.ndarray, hour: np.ndarray, day: int, *, whole: bool) -> Peak:
    at, maxima = hour[np.argmax(paths, axis=1)], paths.max(axis=1)
    chance = np.bincount(at, minlength=_HOURS) / len(paths)
    near = _within(chance)
    best = int(np.lexsort((np.arange(_HOURS), -chance, -near))[0])
    size = np.quantile(maxima, LEVELS, method="hazen")  # paths hold the middles of n equal shares
    return Peak(day, whole, maxima, size, chance, best, float(near[best]))


def score_peaks(record: Issues, origins: slice | np.ndarray | None = None, *, seed: int = 0) -> dict[str, Any]:
    """How good peak forecasts were on the first whole local day after each issue.

    The threshold is the month's peak so far as known at issue (the day's own month; on its first day there is none). Naive: the
    peak of the last whole day before the issue, its hour, and for the threshold the chance of a record among exchangeable days,
    one in as many days as the month has had.

    Args:
        origins: issues to judge: a slice, a mask or positions; None = those scored.

    Returns:
        {"days", "hour_hit_rate", "hour_hit_rate_naive", "size_mae_mw", "size_mae_naive_mw", "size_pinball_10_90_mw",
        "size_coverage_90", "above_month_peak": {"cases", "rate", "brier", "reliability", "resolution", "uncertainty", "curve",
        "brier_naive", "skill"}}; None where there was nothing to judge.
    """
    rows = _Truth(record)
    said, seen, chance, size, peak, before = [], [], [], [], [], []
    hits: list[tuple[bool, bool]] = []
    for position, paths in replay_paths(record, scored_positions(record, origins), seed=seed):
        row = int(record.origin[position])
        labels = label_rows(record.series, row, paths.shape[1])
        days = [day for day in coming_peaks(paths, labels, rows.calendar) if day.whole]
        if not days or not rows.known(days[0].day) or not rows.known(rows.last_whole(row)):
            continue
        ahead, (true_mw, true_hour), (naive_mw, naive_hour) = days[0], rows.peak(days[0].day), rows.peak(rows.last_whole(row))
        threshold, past_days = rows.month_peak(ahead.day, row)
        said.append(ahead.probability_above(threshold))
        seen.append(float(true_mw > threshold) if np.isfinite(threshold) else np.nan)
        chance.append(1.0 / (past_days + 1.0))
        hits.append((abs(ahead.hour - true_hour) <= _WITHIN_H, abs(naive_hour - true_hour) <= _WITHIN_H))
        size.append(ahead.size_mw)
        peak.append(true_mw)
        before.append(naive_mw)
    quantiles, truth, naive = np.reshape(size, (-1, len(LEVELS))), np.array(peak), np.array(before)
    hit_rate = np.mean(hits, axis=0) if hits else np.full(2, np.nan)
    above = judge(np.array(said), np.array(seen))
    by_chance = judge(np.array(chance), np.array(seen)).brier
    return {
        "days": len(truth),
        "hour_hit_rate": plain(hit_rate[0]),
        "hour_hit_rate_naive": plain(hit_rate[1]),
        "size_mae_mw": plain(mae(truth, quantiles[:, _MEDIAN])),
        "size_mae_naive_mw": plain(mae(truth, naive)),
        "size_pinball_10_90_mw": plain(pinball_10_90(truth, quantiles)),
        "size_coverage_90": plain(coverage(truth, quantiles[:, 0], quantiles[:, -1])),
        "above_month_peak": {
            **above.to_dict(),
            "brier_naive": plain(by_chance),
            "skill": plain(skill(above.brier, by_chance)),
        },
    }


class _Truth:
    """The measured peaks of a rehearsal's local days."""

    def __init__(self, record: Issues) -> None:
        series = record.series
        self.calendar = series.place.calendar
        self._values = series.values
        labels = label_rows(series, 0, len(series.values))
        self._day, self._hour, self._whole = _local(labels, self.calendar)
        numbers, first = np.unique(self._day, return_index=True)
        bounds = np.append(first, len(self._day))
        self._rows = {int(n): slice(int(bounds[i]), int(bounds[i + 1])) for i, n in enumerate(numbers)}

    def known(self, day: int) -> bool:
        """Every interval of the local day was measured: an unknown quarter hour might have held the peak."""
        rows = self._rows.get(day)
        return rows is not None and self._whole[day] and bool(np.isfinite(self._values[rows]).all())

    def peak(self, day: int) -> tuple[float, int]:
        """Size [MW] and local hour of a known day's peak."""
        rows = self._rows[day]
        at = int(np.argmax(self._values[rows]))
        return float(self._values[rows][at]), int(self._hour[rows][at])

    def last_whole(self, row: int) -> int:
        """The last local day that was over when row ``row`` began."""
        return int(self._day[row - 1] - (self._day[min(row, len(self._day) - 1)] == self._day[row - 1])) if row else -1

    def month_peak(self, day: int, row: int) -> tuple[float, int]:
        """Highest value [MW] before row ``row`` in the local month of ``day`` (NaN if none), and its days that had begun."""
        month = np.datetime64(day, "D").astype("datetime64[M]")
        first = int(month.astype("datetime64[D]").astype(np.int64))
        rows = np.flatnonzero((self._day[:row] >= first) & np.isfinite(self._values[:row]))
        if not rows.size:
            return float("nan"), 0
        return float(self._values[rows].max()), len(np.unique(self._day[rows]))


def _local(labels: np.ndarray, calendar: LocalCalendar) -> tuple[np.ndarray, np.ndarray, dict[int, bool]]:
    """Local day and hour of each label, and which days lie between the first and the last label with all their intervals."""
    wall = calendar.wall_clock(labels).astype(np.int64)
    hour, day = wall // _NS_PER_HOUR % _HOURS, wall // (_NS_PER_HOUR * _HOURS)
    step = np.int64(labels[1].astype(np.int64) - labels[0].astype(np.int64)) if len(labels) > 1 else np.int64(0)
    around = calendar.wall_clock(np.array([labels[0] - np.timedelta64(step, "ns"), labels[-1] + np.timedelta64(step, "ns")]))
    outside = set((around.astype(np.int64) // (_NS_PER_HOUR * _HOURS)).tolist())
    return day, hour, {int(number): int(number) not in outside for number in np.unique(day)}


def _within(chance: np.ndarray) -> np.ndarray:
    """Probability within an hour of each hour; a day begins and ends at midnight."""
    padded = np.pad(chance, _WITHIN_H)
    return np.convolve(padded, np.ones(2 * _WITHIN_H + 1), mode="valid")
