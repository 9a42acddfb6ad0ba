"""The paths that would have been drawn at past issues of a rehearsal, each from what was known by then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from forecasts.futures.dependence import Dependence
from forecasts.futures.marginals import pit
from forecasts.futures.paths import sample_paths
from forecasts.series import Series

PATHS = 100
CHAMPION = "champion"
_REFIT_ISSUES = 7  # a week of daily issues: dependence changes slowly, and a fit costs thirty samples
_MEMORY_ISSUES = 180
_NEVER_NEGATIVE = ("pv", "wind", "hydro")


class Issues(Protocol):
    """What a rehearsal leaves behind, as far as paths need it; `forecasts.backtest.record.Record` is one."""

    @property
    def series(self) -> Series:
        """What was forecast."""
        ...

    @property
    def origin(self) -> np.ndarray:
        """Row at which each issue was made, ascending, dims (issue,)."""
        ...

    @property
    def scored(self) -> np.ndarray:
        """True for the issues that count, dims (issue,)."""
        ...

    def forecast(self, name: str, origins: slice | None = None) -> np.ndarray:
        """Quantiles [MW] that ``name`` gave, dims (issue, step, quantile)."""
        ...

    def truth(self, origins: slice | None = None) -> np.ndarray:
        """What came [MW], dims (issue, step), NaN = unknown."""
        ...


def replay_paths(record: Issues, positions: np.ndarray, *, seed: int) -> Iterator[tuple[int, np.ndarray]]:
    """Paths of the champion at each position, with the dependence of issues whose truth was in by then.

    Args:
        positions: of issues in ``record.origin``, ascending, dims (issue,).

    Yields:
        The position and its paths [MW], dims (path, time).
    """
    quantiles = np.sort(record.forecast(CHAMPION), axis=2)
    ranks = pit(record.truth(), quantiles)
    horizon = ranks.shape[1]
    floor = 0.0 if record.series.kind in _NEVER_NEGATIVE else -np.inf
    ceiling = np.inf if record.series.capacity_mw is None else record.series.capacity_mw
    fitted, learnt = None, -1
    for position in positions:
        # An issue teaches when its whole horizon lies behind; until then its last errors are not known.
        in_by_now = int(np.searchsorted(record.origin + horizon, record.origin[position], side="right"))
        if fitted is None or in_by_now >= learnt + _REFIT_ISSUES:
            fitted = Dependence.fit(ranks[max(0, in_by_now - _MEMORY_ISSUES) : in_by_now], step_s=record.series.step_s)
            learnt = in_by_now
        drawn = sample_paths(fitted, quantiles[position], PATHS, seed=seed + int(position), floor=floor, ceiling=ceiling)
        yield int(position), drawn


def scored_positions(record: Issues, origins: slice | np.ndarray | None) -> np.ndarray:
    """Positions of the issues to judge in ``record.origin``: a slice, a mask or numbers; None = those that are scored."""
    everything = np.arange(len(record.origin))
    return everything[record.scored] if origins is None else everything[origins]


def label_rows(series: Series, first: int, rows: int) -> np.ndarray:
    """UTC labels of ``rows`` rows from row ``first`` on, ``datetime64[ns]``, dims (time,); the series may end before."""
    seconds = series.start_s + (first + np.arange(rows, dtype=np.int64)) * series.step_s
    return seconds.astype("datetime64[s]").astype("datetime64[ns]")
