"""What was forecast and what came, at the scored origins of one rehearsal: the arrays that every picture is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forecasts.quantiles import LEVELS

if TYPE_CHECKING:
    from forecasts.backtest.record import Record

MEDIAN = LEVELS.index(0.5)
_MOST_ORIGINS = 2000  # of 192 steps: 34 MB an expert


class Scored:
    """The scored part of a record; powers in MW.

    A year of quarter-hourly issues would not fit the memory: of more than 2,000 origins every ``stride``-th is taken, chosen so
    that all times of day are among them.

    Attributes:
        rows: row of the series that each step forecasts, dims (origin, step).
        truth: what came, NaN = unknown, dims (origin, step).
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.series = record.series
        first = (
            int(np.argmax(record.scored)) if record.scored.any() else len(record.scored)
        )  # the scored ones are the last ones
        self.stride = _stride(len(record.scored) - first, 86_400 // (record.plan.issue_every * record.series.step_s))
        self._chosen = slice(first, None, self.stride)
        self.truth = record.truth(self._chosen)
        self.rows = record.origin[self._chosen][:, None] + np.arange(record.plan.horizon)
        self._kept: dict[str, np.ndarray] = {}

    @property
    def origins(self) -> int:
        """How many origins are shown."""
        return len(self.rows)

    @property
    def overlapping(self) -> int:
        """Successive origins whose horizons overlap."""
        plan = self.record.plan
        return math.ceil(plan.horizon / (plan.issue_every * self.stride))

    @property
    def step_h(self) -> float:
        """Length of a step in hours."""
        return self.series.step_s / 3600.0

    def forecast(self, name: str) -> np.ndarray:
        """Forecast of one expert, dims (origin, step, quantile)."""
        if name not in self._kept:
            self._kept[name] = self.record.forecast(name, self._chosen)
        return self._kept[name]

    def error(self, name: str) -> np.ndarray:
        """Median minus truth, dims (origin, step), NaN where either is unknown."""
        return self.forecast(name)[..., MEDIAN] - self.truth

    def labels(self, rows: np.ndarray) -> np.ndarray:
        """UTC labels of rows of the series, ``datetime64[ns]``, same dims."""
        seconds = self.series.start_s + np.asarray(rows, dtype=np.int64) * self.series.step_s
        return seconds.astype("datetime64[s]").astype("datetime64[ns]")

    def wall_clock(self, rows: np.ndarray) -> np.ndarray:
        """What the clock on the wall shows at rows of the series, ``datetime64[ns]`` without zone, dims (time,)."""
        return self.series.place.calendar.wall_clock(self.labels(rows))

    def newest(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The series that the newest forecast of each row makes, without gaps between its first and last row.

        Args:
            values: of each origin's steps, dims (origin, step).

        Returns:
            ``(rows, values)``, dims (time,) both; NaN for rows that no origin reaches.
        """
        if not self.rows.size:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        rows = np.arange(self.rows.min(), self.rows.max() + 1)
        found = np.full(len(rows), np.nan)
        for at, line in zip(self.rows, values, strict=True):  # origins ascend: a newer one writes over an older one
            found[at - rows[0]] = line
        return rows, found


def _stride(origins: int, per_day: int) -> int:
    stride = max(1, math.ceil(origins / _MOST_ORIGINS))
    while stride > 1 and math.gcd(stride, max(1, per_day)) > 1:
        stride += 1
    return stride
