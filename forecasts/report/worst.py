"""Days that went best and worst, and what was special about the worst: leads for an analyst, not proofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.report.scored import Scored

_NS_PER_DAY = 86_400_000_000_000
_JUMP_K = 5.0  # a change of the daily mean that a week of lags cannot know
_DIMMER = 0.35  # share of radiation lost or gained against the week before
_SHIFT = 0.2  # a fifth more or less than the same weekday a week before


@dataclass(frozen=True)
class DayError:
    """One local day as it was forecast; powers in MW.

    Attributes:
        day: local day, days since 1970-01-01. ``steps``: how many truths it has.
        mae: of the champion. ``naive_mae``: of the naive forecast. ``bias``: mean of forecast minus truth.
        temp_c: mean temperature, NaN where unknown.
        notes: what was special, in words.
    """

    day: int
    steps: int
    mae: float
    naive_mae: float
    bias: float
    temp_c: float
    notes: tuple[str, ...]


def pick_origins(scored: Scored, champion: str, *, best: int, typical: int, worst: int) -> list[tuple[str, int, float]]:
    """Origins worth a picture: ``(kind, origin, mae)`` with kind "worst", "typical" (around the median) or "best".

    They are a day apart at least. Origins with less than half of their truth are not judged.
    """
    error = np.abs(scored.error(champion))
    known = np.isfinite(error)
    judged = np.flatnonzero(known.sum(axis=1) * 2 >= max(1, error.shape[1]))
    mae = np.where(known, error, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    order = judged[np.argsort(mae[judged], kind="stable")]
    middle = order[np.argsort(np.abs(np.arange(len(order)) - (len(order) - 1) / 2), kind="stable")]
    per_day, chosen = 86_400 // scored.series.step_s, list[tuple[str, int]]()
    for kind, candidates, wanted in (("worst", order[::-1], worst), ("typical", middle, typical), ("best", order, best)):
        found = 0
        for origin in candidates.tolist():
            apart = all(abs(int(scored.rows[origin, 0] - scored.rows[other, 0])) >= per_day for _, other in chosen)
            if found < wanted and apart:
                chosen.append((kind, origin))
                found += 1
    return [(kind, origin, float(mae[origin])) for kind, origin in chosen]


def worst_days(scored: Scored, champion: str, naive: str, *, count: int) -> list[DayError]:
    """The local days with the largest mean absolute error of the newest forecast, worst first.

    Days with less than half of their truth are not judged.
    """
    rows, error = scored.newest(scored.error(champion))
    _, naive_error = scored.newest(scored.error(naive))
    day = scored.wall_clock(rows).astype(np.int64) // _NS_PER_DAY if len(rows) else rows
    judged: list[tuple[float, int, np.ndarray]] = []
    for which in np.unique(day):
        inside = day == which
        known = inside & np.isfinite(error)
        if known.sum() * 2 >= inside.sum() and inside.sum() * scored.step_h >= 12.0:
            judged.append((float(np.abs(error[known]).mean()), int(which), known))
    judged.sort(key=lambda found: (-found[0], found[1]))
    describe = _Describer(scored)
    return [
        DayError(
            day=which,
            steps=int(known.sum()),
            mae=mae,
            naive_mae=_mean(np.abs(naive_error[known])),
            bias=_mean(error[known]),
            temp_c=describe.day_mean("temp_c", which),
            notes=describe(which),
        )
        for mae, which, known in judged[:count]
    ]


class _Describer:
    """Says of a local day what an analyst would check first."""

    def __init__(self, scored: Scored) -> None:
        self._series, self._calendar = scored.series, scored.series.place.calendar
        day = scored.wall_clock(np.arange(len(self._series.values))).astype(np.int64) // _NS_PER_DAY
        self._bounds = {int(found): (int(first), int(count)) for found, first, count in _runs(day)}

    def __call__(self, day: int) -> tuple[str, ...]:
        return (*self._of_calendar(day), *self._of_weather(day), *self._of_values(day))

    def _of_calendar(self, day: int) -> list[str]:
        before, itself, after = (bool(found) for found in self._calendar.holiday(np.arange(day - 1, day + 2)))
        notes = ["public holiday"] if itself else []
        if not itself and (before or after):
            notes.append("day after a public holiday" if before else "day before a public holiday")
        hours = (self._calendar.midnight(day + 1) - self._calendar.midnight(day)).total_seconds() / 3600.0
        if hours != 24.0:
            notes.append(f"clock change, {hours:g} h")
        return notes

    def _of_weather(self, day: int) -> list[str]:
        notes = []
        jump = self.day_mean("temp_c", day) - self._mean_before("temp_c", day)
        if abs(jump) >= _JUMP_K:
            notes.append(f"{jump:+.1f} K on the week before")
        sun, usual_sun = self.day_mean("ghi_w_m2", day), self._mean_before("ghi_w_m2", day)
        if usual_sun > 0.0 and abs(sun / usual_sun - 1.0) >= _DIMMER:
            notes.append(f"radiation {100.0 * (sun / usual_sun - 1.0):+.0f} % on the week before")
        return notes

    def _of_values(self, day: int) -> list[str]:
        notes = []
        yesterday = self._slice(self._series.values, day - 1)
        if len(yesterday) and not np.isfinite(yesterday).all():
            notes.append(f"{np.isnan(yesterday).mean():.0%} of the day before missing".replace("%", " %"))
        now, then = _mean(self._slice(self._series.values, day)), _mean(self._slice(self._series.values, day - 7))
        if then and np.isfinite(now) and abs(now / then - 1.0) >= _SHIFT:
            notes.append(f"{100.0 * (now / then - 1.0):+.0f} % on the same weekday a week before")
        return notes

    def _slice(self, column: np.ndarray, day: int) -> np.ndarray:
        first, count = self._bounds.get(day, (0, 0))
        return column[first : first + count]

    def day_mean(self, name: str, day: int) -> float:
        """Mean of a weather column over a local day; NaN where unknown."""
        return _mean(self._slice(self._series.weather.get(name, np.zeros(0)), day))

    def _mean_before(self, name: str, day: int) -> float:
        return _mean(np.array([self.day_mean(name, day - back) for back in range(1, 8)]))


def _runs(day: np.ndarray) -> Sequence[tuple[int, int, int]]:
    found, first, count = np.unique(day, return_index=True, return_counts=True)
    return list(zip(found.tolist(), first.tolist(), count.tolist(), strict=True))


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
