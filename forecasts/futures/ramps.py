"""Coming ramps as probability, size and time, read off paths, and how good that was in a rehearsal.

A ramp is a change of the interval mean over one or three hours of at least a threshold. It is told for the hour in which it
begins, up and down apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from forecasts.futures.occurrence import judge, plain
from forecasts.futures.replayed_paths import Issues, label_rows, replay_paths, scored_positions
from forecasts.scores import skill

Direction = Literal["up", "down"]
DIRECTIONS: tuple[Direction, ...] = ("up", "down")
WINDOWS_H = (1, 3)
_UNUSUAL = 0.9  # quantile of past changes, of either sign, from which a change counts as a ramp
_HOUR_S = 3600
_NS_PER_HOUR = 3_600_000_000_000


@dataclass(frozen=True)
class Ramp:
    """Ramps of one direction and window over the horizon.

    Attributes:
        starts: UTC labels of the hours in which a ramp may begin, dims (hour,).
        probability: that one begins in the hour, NaN where the paths have a gap, dims (hour,).
        size_mw: median of the largest change [MW, unsigned] among the paths that ramp, NaN where none does, dims (hour,).
        anywhere: probability that at least one begins within the horizon.
    """

    direction: Direction
    window_h: int
    threshold_mw: float
    starts: np.ndarray
    probability: np.ndarray
    size_mw: np.ndarray
    anywhere: float

    @property
    def likeliest(self) -> int:
        """The hour in which a ramp most probably begins, the earliest among equals."""
        return int(np.argmax(np.nan_to_num(self.probability)))


def usual_change_mw(values: np.ndarray, *, step_s: int, window_h: int) -> float:
    """The threshold that nine in ten past changes over the window stay below, either way [MW]; NaN without history.

    Args:
        values: [MW], dims (time,), NaN = missing.
    """
    change = np.abs(_changes(values[None], window_h * _HOUR_S // step_s))
    change = change[np.isfinite(change)]
    return float(np.quantile(change, _UNUSUAL)) if change.size else float("nan")


def coming_ramps(paths: np.ndarray, labels: np.ndarray, *, step_s: int, threshold_mw: Mapping[int, float]) -> tuple[Ramp, ...]:
    """Ramps up and down for each window that is a multiple of the step and shorter than the paths.

    Args:
        paths: equally probable [MW], dims (path, time). ``labels``: UTC starts of the intervals, dims (time,).
        threshold_mw: smallest change that counts [MW], by window [h].
    """
    found = []
    for window_h, threshold in threshold_mw.items():
        if not _fits(window_h, step_s, paths.shape[1]):
            continue
        change = _changes(paths, window_h * _HOUR_S // step_s)
        for direction in DIRECTIONS:
            largest = _largest_by_hour(change if direction == "up" else -change, step_s)  # dims (path, hour)
            ramped = largest >= threshold
            sizes = np.where(ramped, largest, np.nan)
            size = np.full(sizes.shape[1], np.nan)
            some, known = ramped.any(axis=0), np.isfinite(largest).all(axis=0)
            probability = np.where(known, ramped.mean(axis=0), np.nan)
            size[some] = np.nanmedian(sizes[:, some], axis=0)
            starts = labels[:: max(1, _HOUR_S // step_s)][: sizes.shape[1]]
            anywhere = float(ramped.any(axis=1).mean())
            found.append(Ramp(direction, window_h, threshold, starts, probability, size, anywhere))
    return tuple(found)


def score_ramps(record: Issues, origins: slice | np.ndarray | None = None, *, seed: int = 0) -> dict[str, Any]:
    """How good ramp probabilities were in every hour of the horizon, against the frequency at that local hour until then.

    Thresholds (`usual_change_mw`) and frequencies come from the year before the first issue that is judged.

    Args:
        origins: issues to judge: a slice, a mask or positions; None = those scored.

    Returns:
        "1h_up", "1h_down", "3h_up", "3h_down" -> {"threshold_mw", "cases", "rate", "brier", "reliability", "resolution",
        "uncertainty", "curve", "brier_climatology", "skill"}; empty where no threshold is known.
    """
    positions = scored_positions(record, origins)
    if not positions.size:
        return {}
    series, step_s = record.series, record.series.step_s
    calendar = series.place.calendar
    first = int(record.origin[positions[0]])
    past = series.values[max(0, first - 365 * 86_400 // step_s) : first]
    thresholds = {w: usual_change_mw(past, step_s=step_s, window_h=w) for w in WINDOWS_H if _fits(w, step_s, len(past))}
    thresholds = {w: value for w, value in thresholds.items() if np.isfinite(value) and value > 0.0}

    def hour_of(row: int, hours: int) -> np.ndarray:
        each = max(1, _HOUR_S // step_s)
        wall = calendar.wall_clock(label_rows(series, row, hours * each)[::each])
        return wall.astype(np.int64) // _NS_PER_HOUR % 24

    usual = {}
    for window_h, threshold in thresholds.items():
        for direction in DIRECTIONS:
            past_events = _events(past, window_h, direction, threshold, step_s)
            usual[window_h, direction] = _by_hour(past_events, hour_of(first - len(past), len(past_events)))

    cases: dict[tuple[int, Direction], list[np.ndarray]] = {key: [] for key in usual}
    for position, paths in replay_paths(record, positions, seed=seed):
        row = int(record.origin[position])
        truth = record.truth(slice(position, position + 1))[0]
        labels = label_rows(series, row, paths.shape[1])
        for ramp in coming_ramps(paths, labels, step_s=step_s, threshold_mw=thresholds):
            key = (ramp.window_h, ramp.direction)
            happened = _events(truth, ramp.window_h, ramp.direction, ramp.threshold_mw, step_s)
            cases[key].append(np.stack([ramp.probability, happened, usual[key][hour_of(row, len(happened))]]))
    return {f"{key[0]}h_{key[1]}": _figures(thresholds[key[0]], found) for key, found in cases.items() if found}


def _figures(threshold_mw: float, cases: list[np.ndarray]) -> dict[str, Any]:
    said, seen, frequency = np.concatenate(cases, axis=1)
    ours, reference = judge(said, seen), judge(frequency, seen)
    return {
        "threshold_mw": threshold_mw,
        **ours.to_dict(),
        "brier_climatology": plain(reference.brier),
        "skill": plain(skill(ours.brier, reference.brier)),
    }


def _fits(window_h: int, step_s: int, steps: int) -> bool:
    return window_h * _HOUR_S % step_s == 0 and window_h * _HOUR_S // step_s < steps


def _changes(values: np.ndarray, window: int) -> np.ndarray:
    """Change over ``window`` steps from each step on, dims (path, time - window)."""
    return values[:, window:] - values[:, :-window]


def _largest_by_hour(change: np.ndarray, step_s: int) -> np.ndarray:
    """Largest change that begins in each hour, dims (path, hour); NaN where one is unknown; a last, cut hour is left out."""
    steps = max(1, _HOUR_S // step_s)
    hours = change.shape[1] // steps
    return change[:, : hours * steps].reshape(len(change), hours, steps).max(axis=2)


def _events(values: np.ndarray, window_h: int, direction: Direction, threshold_mw: float, step_s: int) -> np.ndarray:
    """Whether a ramp began in each hour from the first value on, 0 or 1, NaN = unknown, dims (hour,)."""
    change = _changes(values[None], window_h * _HOUR_S // step_s)
    largest = _largest_by_hour(change if direction == "up" else -change, step_s)[0]
    return np.where(np.isfinite(largest), (largest >= threshold_mw).astype(np.float64), np.nan)


def _by_hour(events: np.ndarray, hour: np.ndarray) -> np.ndarray:
    """Frequency of events by local hour, the overall one where an hour was never seen, dims (24,)."""
    known = np.isfinite(events)
    count = np.bincount(hour[known], minlength=24)
    total = np.bincount(hour[known], weights=events[known], minlength=24)
    overall = total.sum() / max(count.sum(), 1)
    return np.where(count > 0, total / np.maximum(count, 1), overall)
