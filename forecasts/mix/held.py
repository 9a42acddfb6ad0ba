"""What stays as it is: a series' newest value held over the horizon, as unsure as it was over the same lead in the past."""

from __future__ import annotations

import numpy as np

from forecasts.quantiles import LEVELS, NODES, error_quantiles, fill_cells, over_leads

_PER_DAY = 96  # quarter hours, and how many of them err alike: a river that is low at noon is low in the evening
_FIRST_SPREAD = 0.5  # of the largest value seen, as standard deviation: before there is a past to learn from; assumed


def held(values: np.ndarray, steps: int) -> np.ndarray | None:
    """Quantiles of the coming quarter hours, never below 0, dims (time, quantile); None where no value is known.

    A value that is some hours old is held with the errors of a lead that is so much longer.

    Args:
        values: measured up to now, every quarter hour, dims (time,), NaN = missing.
    """
    known = np.flatnonzero(np.isfinite(values))
    if not known.size:
        return None
    newest = int(known[-1])
    missed = len(values) - 1 - newest
    table = np.stack([_changes(values[: newest + 1], node + 1 + missed) for node in NODES])
    spread = _FIRST_SPREAD * float(np.max(np.abs(values[known])))
    # Beyond what the past reaches over, at least the errors of the longest lead that it does.
    reached = np.flatnonzero(np.isfinite(table).all(axis=1))
    longest = table[reached[-1]] if reached.size else np.full(len(LEVELS), np.nan)
    band = over_leads(fill_cells(table[None], np.tile(longest, (len(NODES), 1)), spread), np.zeros(steps, np.int64))
    quantiles: np.ndarray = np.maximum(values[newest] + band, 0.0)
    return quantiles


def _changes(values: np.ndarray, lead: int) -> np.ndarray:
    """Quantiles of the change over ``lead`` quarter hours, dims (quantile,), NaN where too little is known."""
    return error_quantiles(values[lead:] - values[:-lead], copies=_PER_DAY)
