"""Past issues of all experts over consecutive days: what a champion is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecasts.past import Past
from forecasts.rehearsal.limits import Bounds
from forecasts.rehearsal.plan import IssueDays, Plan, origins_of
from forecasts.series import Series

if TYPE_CHECKING:
    from forecasts.rehearsal.rehearse import Block

LIMIT_DAYS = 30
"""Days of history that limits are read with: an envelope of the plant's own days, where its position is unknown."""


@dataclass
class Campaign:
    """Issues by day, depth and wall-clock slot.

    Attributes:
        depths: local days that a path touches. ``steps``: intervals of a raw path, from local midnight.
        truth: [MW], dims (issue, depth, slot), NaN = unknown.
    """

    series: Series
    plan: Plan
    days: IssueDays
    depths: int
    steps: int
    truth: np.ndarray
    issues: int = 0
    fit_s: dict[str, float] = field(default_factory=dict)
    predict_s: dict[str, float] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    _paths: dict[str, list[np.ndarray]] = field(default_factory=dict)

    @classmethod
    def empty(cls, series: Series, plan: Plan, days: IssueDays) -> Campaign:
        """Nothing asked yet."""
        per_day = 86_400 // series.step_s
        steps, depths = _reach(plan, days, per_day)
        sheet = _sheet(series, days, per_day, depths)
        at = np.arange(len(days.row))[:, None] + np.arange(depths)
        return cls(series, plan, days, depths, steps, sheet[at])

    @property
    def slots(self) -> int:
        """Slots of a day."""
        return self.truth.shape[2]

    def lesson(self, issue: int) -> Past:
        """What a fit before that issue may learn from: whole days, at most the plan's training window."""
        row = int(self.days.row[issue])
        return self._past(row, self._midnight_before(row, self.plan.train_days))

    def issue(self, issue: int, history_days: int) -> Past:
        """What an expert may read when it is asked."""
        row = int(self.days.row[issue])
        return self._past(row, self._midnight_before(row, history_days))

    def on_grid(self, path: np.ndarray, past: Past) -> np.ndarray:
        """A path by depth and slot, dims (depth, slot, level); the hour that the clock skips takes its neighbour's value."""
        row = (past.start_s - self.series.start_s) // self.series.step_s + past.rows
        day = self.days.day[row : row + len(path)] - self.days.day[row]
        slot = self.days.slot[row : row + len(path)]
        levels = path.reshape(len(path), -1)
        inside = day < self.depths
        grid = np.full((self.depths, self.slots, levels.shape[1]), np.nan)
        grid[day[inside], slot[inside]] = levels[inside]
        return _fill_skipped(grid)

    def add(self, block: Block) -> None:
        """Take in a block; blocks come in order."""
        for name, path in block.paths.items():
            if name not in self._paths:
                missed = np.full((block.first, *path.shape[1:]), np.nan, dtype=np.float32)
                self._paths[name] = [missed] if block.first else []
            self._paths[name].append(path)
        self.issues = block.first + block.issues
        for name, parts in self._paths.items():
            have = sum(len(part) for part in parts)
            if have < self.issues:
                parts.append(np.full((self.issues - have, *parts[-1].shape[1:]), np.nan, dtype=np.float32))
            self.fit_s[name] = self.fit_s.get(name, 0.0) + block.fit_s.get(name, 0.0)
            self.predict_s[name] = self.predict_s.get(name, 0.0) + block.predict_s.get(name, 0.0)
        self.problems += block.problems

    def paths(self) -> dict[str, np.ndarray]:
        """Of every expert [MW], dims (issue, depth, slot, level); NaN where it was gated."""
        return self.paths_until(self.issues)

    def paths_until(self, issue: int) -> dict[str, np.ndarray]:
        """The same for the issues before one."""
        found = {}
        for name, parts in self._paths.items():
            levels = max(part.shape[-1] for part in parts)
            wide = [np.broadcast_to(part, (*part.shape[:-1], levels)) for part in parts]
            found[name] = np.concatenate(wide)[:issue].astype(np.float64)
        return found

    def known_truth(self, issue: int) -> np.ndarray:
        """Truth of the issues before one as far as it was in then, dims (issue, depth, slot)."""
        truth = self.truth[:issue].copy()
        for depth in range(1, self.depths):
            truth[max(0, issue - depth) :, depth] = np.nan
        return truth

    def limits(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lower limit, upper limit and error scale of every issue [MW], dims (issue, depth, slot).

        What is possible is learnt with every refit, from what was known then.
        """
        found = np.zeros((3, *self.truth.shape))
        bounds = None
        for i in range(self.issues):
            if bounds is None or i % self.plan.refit_days == 0:
                bounds = Bounds.learnt(self.lesson(i))
            past = self.issue(i, LIMIT_DAYS)
            limits = bounds.of(past, self.steps)
            found[:, i] = self.on_grid(np.stack([limits.low, limits.high, limits.scale], axis=-1), past).transpose(2, 0, 1)
        return found[0], found[1], found[2]

    def _past(self, row: int, first: int) -> Past:
        return self.series.as_of(row, reach=self.steps + 3 * self.slots, first=first)

    def _midnight_before(self, row: int, days: int) -> int:
        at = int(np.searchsorted(self.days.midnight, row))
        return int(self.days.midnight[max(0, at - days)])


def _reach(plan: Plan, days: IssueDays, per_day: int) -> tuple[int, int]:
    """Most intervals from a local midnight to the end of a path of that day, and most local days that such a path touches.

    Over the spring change 48 hours end an hour later on the wall. A site's first origin may come at any time.
    """
    origins = origins_of(plan, days, per_day)
    if not len(origins):
        return plan.horizon + per_day - 1, -(-(plan.horizon + per_day - 1) // per_day)
    begin = days.midnight[np.searchsorted(days.midnight, origins, side="right") - 1]
    last = origins + plan.horizon - 1
    return int((last - begin).max()) + 1, int((days.day[last] - days.day[origins]).max()) + 1


def _sheet(series: Series, days: IssueDays, per_day: int, depths: int) -> np.ndarray:
    """Truth of every issue day and the depths beyond it, dims (day, slot)."""
    from forecasts.profile import day_sheet

    rows = len(series.values)
    return day_sheet(series.values, days.day[:rows] - days.first, days.slot[:rows], len(days.row) + depths, per_day)


def _fill_skipped(grid: np.ndarray) -> np.ndarray:
    """Single slots without a row (the hour skipped in spring) take the value before them, dims (depth, slot, level)."""
    flat = grid.reshape(-1, grid.shape[-1])
    known = np.isfinite(flat[:, 0])
    if known.any():
        last = int(np.flatnonzero(known)[-1])
        before = np.maximum.accumulate(np.where(known, np.arange(len(flat)), 0))
        gap = np.arange(len(flat)) - before
        skipped = ~known & (np.arange(len(flat)) < last) & (gap * 24 <= grid.shape[1])
        flat[skipped] = flat[before[skipped]]
    return flat.reshape(grid.shape)
