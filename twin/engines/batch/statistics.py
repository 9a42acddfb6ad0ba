"""Statistics of a quantity of every element over any number of steps, in memory that does not grow with them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.engines.batch.replay_lanes import HIGH, HIGH_AT, LOSS, LOW, LOW_AT, OVER, SUM, UNDER, places


@dataclass(frozen=True)
class Scale:
    """Bins of a histogram: ``count`` of them, ``width`` wide, from ``first`` on. Values beyond fall into the outer ones."""

    first: float
    width: float
    count: int


LOADING = Scale(0.0, 0.1, 2000)
"""Loadings up to 200 %: a quantile is within 0.05 %."""
VOLTAGE = Scale(0.7, 1.25e-4, 4800)
"""Voltages from 0.7 to 1.3 pu: a quantile is within 6e-5 pu."""
NO_QUANTILES = Scale(0.0, 1.0, 0)


def empty_histogram(size: int, scale: Scale) -> np.ndarray:
    """No steps yet, dims (element, bin)."""
    return np.zeros((size, scale.count), dtype=np.uint32)


@dataclass
class Statistics:
    """Running figures, dims (element,); quantiles come from a histogram.

    Attributes:
        low, high: smallest and largest value. ``low_at``, ``high_at``: numbers of their steps, the first if there are several.
        total: sum over steps. ``loss``: sum of losses [pu]. ``under``, ``over``: steps below and above the limits.
        count: histogram, dims (element, bin), of `empty_histogram`; a tally may write the same memory.
    """

    size: int
    scale: Scale
    count: np.ndarray
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)
    low_at: np.ndarray = field(init=False)
    high_at: np.ndarray = field(init=False)
    total: np.ndarray = field(init=False)
    loss: np.ndarray = field(init=False)
    under: np.ndarray = field(init=False)
    over: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.low, self.high = np.full(self.size, np.inf), np.full(self.size, -np.inf)
        self.low_at, self.high_at = np.zeros(self.size, dtype=np.int64), np.zeros(self.size, dtype=np.int64)
        self.total, self.loss, self.under, self.over = (np.zeros(self.size) for _ in range(4))

    def add_lanes(self, figure: np.ndarray, first: int) -> None:
        """Add what a tally holds, dims (element, figure, lane); its step 0 is step ``first``."""
        figure = figure.astype(float)
        low, high = figure[:, LOW].min(axis=1, initial=np.inf), figure[:, HIGH].max(axis=1, initial=-np.inf)
        low_at = np.where(figure[:, LOW] == low[:, None], figure[:, LOW_AT], np.inf).min(axis=1, initial=np.inf)
        high_at = np.where(figure[:, HIGH] == high[:, None], figure[:, HIGH_AT], np.inf).min(axis=1, initial=np.inf)
        self._extremes(low, first + low_at, high, first + high_at)
        for name, row in (("total", SUM), ("loss", LOSS), ("under", UNDER), ("over", OVER)):
            getattr(self, name)[:] += figure[:, row].sum(axis=1)

    def add_values(self, values: np.ndarray, low_limit: np.ndarray, high_limit: np.ndarray, steps: np.ndarray) -> None:
        """Add values, dims (time, element), of the steps with those numbers, dims (time,)."""
        if not len(values) or not self.size:
            return
        low_at, high_at = values.argmin(axis=0), values.argmax(axis=0)
        everyone = np.arange(self.size)
        self._extremes(values[low_at, everyone], steps[low_at], values[high_at, everyone], steps[high_at])
        self.total += values.sum(axis=0)
        self.under += (values < low_limit).sum(axis=0)
        self.over += (values > high_limit).sum(axis=0)
        if self.scale.count:
            place = np.clip((values - self.scale.first) / self.scale.width, 0, self.scale.count - 1).astype(np.int64)
            np.add.at(self.count, (everyone[None, :], place), 1)

    def quantile(self, share: float) -> np.ndarray:
        """Value that ``share`` of the steps do not exceed, dims (element,).

        NaN without any step, and where it lies in an outer bin that also holds what is beyond the scale.
        """
        steps = self.count.sum(axis=1)
        rank = share * np.maximum(steps - 1.0, 0.0) + 0.5
        place, below = np.zeros(self.size, dtype=np.int64), np.zeros(self.size, dtype=np.int64)
        places(self.count, rank, place, below)
        inside = np.maximum(self.count[np.arange(self.size), place], 1)
        value = self.scale.first + self.scale.width * (place + np.clip((rank - below) / inside, 0.0, 1.0))
        last = self.scale.first + self.scale.width * self.scale.count
        beyond = ((place == 0) & (self.low < self.scale.first)) | ((place == self.scale.count - 1) & (self.high > last))
        with np.errstate(invalid="ignore"):
            return np.where((steps > 0) & ~beyond, np.clip(value, self.low, self.high), np.nan)

    def _extremes(self, low: np.ndarray, low_at: np.ndarray, high: np.ndarray, high_at: np.ndarray) -> None:
        for kept, kept_at, new, new_at, better in (
            (self.low, self.low_at, low, low_at, low < self.low),
            (self.high, self.high_at, high, high_at, high > self.high),
        ):
            kept[better], kept_at[better] = new[better], new_at[better]
