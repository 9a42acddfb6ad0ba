"""How renewable what is bought will be: the outlook where there is one, else the day before, with days' differences as band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.on_air.stand_in import stand_in
from forecasts.quantiles import LEVELS, NORMAL

_PER_DAY = 96
_FEW_DAYS = 7  # below, differences between days say little of themselves
# Differences of one day and of two: the Swiss production mix of 2019 to 2021 (EcoDynElec), root mean square 0.080 and 0.104.
_USUAL = (0.08, 0.104)


@dataclass(frozen=True)
class Imported:
    """Renewable share of the import.

    Attributes:
        quantiles: 0..1, dims (time, quantile).
        known: False where anything is as probable as anything else, for want of outlook and past in some quarter hour.
    """

    quantiles: np.ndarray
    known: bool


def imported_share(behind: np.ndarray, outlook: np.ndarray) -> Imported:
    """Quantiles of the coming quarter hours.

    An outlook says nothing of its own errors; it is granted those of a mere repetition of the last day, which it should beat:
    its band is rather too wide than too narrow.

    Args:
        behind: renewable share of the import up to now, every quarter hour, dims (time,), NaN = missing.
        outlook: what is expected, dims (time,), NaN where nothing is.
    """
    steps = len(outlook)
    repeated, spread = stand_in(behind, steps, _PER_DAY)
    if np.count_nonzero(np.isfinite(behind)) < _FEW_DAYS * _PER_DAY:
        usual = np.where(np.arange(steps) < _PER_DAY, *_USUAL)
        spread = np.maximum(np.nan_to_num(spread), usual)
    middle = np.where(np.isfinite(outlook), outlook, repeated)
    known = np.isfinite(middle)
    # Of what nobody knows, every share is as probable as any other.
    quantiles = np.where(known[:, None], middle[:, None] + spread[:, None] * NORMAL, np.array(LEVELS))
    return Imported(np.clip(quantiles, 0.0, 1.0), bool(known.all()))
