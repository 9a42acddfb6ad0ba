"""A forecast as the report that the régie reads: dims, units, headline, and the coming peak as the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from forecasts.quantiles import LEVELS
from twin.contracts.messages import Headline, Report
from twin.domain.signals import SIGNALS
from twin.domain.time import floor_quarter, from_datetime64, quarter_hours

HORIZON = timedelta(hours=48)
_MEDIAN = LEVELS.index(0.5)
_DAY = 96


def paths_array(
    paths: np.ndarray, probability: np.ndarray, *, as_of: datetime, signal: str, zones: Sequence[str]
) -> xr.DataArray:
    """Paths as the régie reads them, within the signal's range.

    Args:
        paths: [MW], dims (time, scenario, zone). ``probability``: of each, dims (scenario,).
    """
    spec = SIGNALS[signal]
    labels = quarter_hours(floor_quarter(as_of), len(paths))
    return xr.DataArray(
        np.clip(paths, spec.minimum, spec.maximum),
        dims=("time", "scenario", "zone"),
        coords={
            "time": labels,
            "scenario": np.arange(len(probability)),
            "zone": list(zones),
            "probability": ("scenario", probability),
        },
        name=signal,
        attrs={"units": spec.unit, "issued_at": as_of.isoformat()},
    )


def report(
    quantiles: np.ndarray,
    *,
    as_of: datetime,
    signal: str,
    zone: str,
    label: str,
    reason: str,
    params: Mapping[str, Any],
) -> Report:
    """The report of one zone's forecast.

    Args:
        quantiles: [MW], dims (time, quantile), in any order within a step; they leave ascending and within
            the signal's range.
        label: code of the headline, the forecast of the coming quarter hour. ``reason``: code of the message.
        params: what the message needs beyond the peak of the next 24 hours, which is added here.
    """
    spec = SIGNALS[signal]
    ordered = np.clip(np.sort(quantiles, axis=1), spec.minimum, spec.maximum)
    labels = quarter_hours(floor_quarter(as_of), len(ordered))
    array = xr.DataArray(
        ordered[:, :, None],
        dims=("time", "quantile", "zone"),
        coords={"time": labels, "quantile": list(LEVELS), "zone": [zone]},
        name=signal,
        attrs={"units": spec.unit, "issued_at": as_of.isoformat()},
    )
    median = ordered[:, _MEDIAN]
    peak = int(np.argmax(median[:_DAY]))
    return Report(
        outputs={signal: array},
        headline=Headline(label, float(median[0]), spec.unit),
        reason=reason,
        params={
            "zone": zone,
            "peak_p_mw": float(median[peak]),
            "peak_p05_mw": float(ordered[peak, 0]),
            "peak_p95_mw": float(ordered[peak, -1]),
            "peak_at": from_datetime64(labels[peak]).isoformat(),
            **params,
        },
    )
