"""Distributions of any number of futures in constant memory: counts of values in narrow bins, quantiles with their bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scenarios.risk.confidence import ranks_of_quantile

WIDTH_PERCENT = 0.1
"""Of a bin; a quantile is off by half of it at most."""


@dataclass(frozen=True)
class Quantile:
    """A quantile and its bounds, dims (column,); infinite where the draws are too few or lie beyond the bins."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass
class Tally:
    """Counts by column. ``first``: lower edge of the first bin [%], ``last``: upper edge of the last one."""

    columns: int
    first: float
    last: float
    counts: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        bins = round((self.last - self.first) / WIDTH_PERCENT)
        self.counts = np.zeros((self.columns, bins + 2), dtype=np.int64)

    def add(self, values: np.ndarray) -> None:
        """Note values, dims (draw, column); NaN is none, -inf lies below the first bin."""
        known = ~np.isnan(values)
        edge = self.counts.shape[1] - 1
        at = np.floor((np.where(known, values, self.first) - self.first) / WIDTH_PERCENT + 1e-9)
        bins = np.clip(at, -1, edge - 1).astype(np.int64) + 1
        columns = np.broadcast_to(np.arange(self.columns), values.shape)
        np.add.at(self.counts, (columns[known], bins[known]), 1)

    @property
    def draws(self) -> np.ndarray:
        """How many values each column has, dims (column,)."""
        return self.counts.sum(axis=1)

    def quantile(self, share: float) -> Quantile:
        """The quantile of every column, with bounds by order statistics; NaN for a column without values."""
        value, low, high = np.full((3, self.columns), np.nan)
        for column, (draws, cumulated) in enumerate(zip(self.draws, self.counts.cumsum(axis=1), strict=True)):
            if draws:
                ranks = ranks_of_quantile(share, int(draws))
                value[column], low[column], high[column] = (self._at(cumulated, rank) for rank in ranks)
        return Quantile(value, low, high)

    def _at(self, cumulated: np.ndarray, rank: int) -> float:
        """The middle of the bin that holds the value of that rank."""
        if rank < 1:
            return -np.inf
        if rank > cumulated[-1]:
            return np.inf
        place = int(np.searchsorted(cumulated, rank))
        if place in (0, len(cumulated) - 1):
            return np.inf if place else -np.inf
        return round(float(self.first + (place - 0.5) * WIDTH_PERCENT), 2)
