"""Curves of the dispatcher's snapshot: quarter hours behind, and a forecast's median between its outer quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.snapshot import Band, Curve
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_datetime64
from twin.regie.record import SHOWN_STEPS


def past_curve(values: Sequence[float] | np.ndarray, as_of: datetime) -> Curve:
    """Quarter hours that end at ``as_of``."""
    return Curve(start=floor_quarter(as_of) - QUARTER_HOUR * len(values), values=numbers(values))


def band(output: xr.DataArray) -> Band:
    """A forecast, dims (time,) or (time, quantile); without quantiles its band has no width."""
    output = output.isel(time=slice(0, SHOWN_STEPS))
    start = from_datetime64(output.coords["time"].values[0])
    if "quantile" in output.dims:
        levels = output.coords["quantile"].values
        low, mid, high = (output.sel(quantile=q).values for q in (levels[0], 0.5, levels[-1]))
        return Band(start=start, low=numbers(low), median=numbers(mid), high=numbers(high))
    path = numbers(output.values)
    return Band(start=start, low=path, median=path, high=path)


def numbers(values: Any, digits: int = 6) -> tuple[float | None, ...]:
    """Rounded, None for NaN."""
    return tuple(None if math.isnan(value) else round(value, digits) for value in np.asarray(values, dtype=float).tolist())


def known(value: float) -> float | None:
    """The value, or None for NaN and the infinite."""
    return float(value) if math.isfinite(value) else None
