"""A forecast as the report that the régie reads: dims, units, headline, and the coming peak and ramp as the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from forecasts.futures.peaks import next_peak
from forecasts.futures.ramps import coming_ramps
from forecasts.quantiles import LEVELS
from twin.contracts.messages import Headline, Report
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR_S, floor_quarter, from_datetime64, quarter_hours

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
        np.clip(paths, spec.minimum, spec.maximum).astype(np.float32),
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
    zones: Sequence[str],
    label: str,
    reason: str,
    params: Mapping[str, Any],
) -> Report:
    """The report of a forecast; headline and message are the first zone's.

    Args:
        quantiles: [MW], dims (time, quantile, zone), in any order within a step; they leave ascending and within
            the signal's range.
        label: code of the headline, the forecast of the coming quarter hour. ``reason``: code of the message.
        params: what the message needs beyond the zone.
    """
    spec = SIGNALS[signal]
    ordered = np.clip(np.sort(quantiles, axis=1), spec.minimum, spec.maximum)
    labels = quarter_hours(floor_quarter(as_of), len(ordered))
    array = xr.DataArray(
        ordered,
        dims=("time", "quantile", "zone"),
        coords={"time": labels, "quantile": list(LEVELS), "zone": list(zones)},
        name=signal,
        attrs={"units": spec.unit, "issued_at": as_of.isoformat()},
    )
    return Report(
        outputs={signal: array},
        headline=Headline(label, float(ordered[0, _MEDIAN, 0]), spec.unit),
        reason=reason,
        params={"zone": zones[0], **params},
    )


def foretold(paths: np.ndarray, *, as_of: datetime, usual_change_mw: float) -> dict[str, Any]:
    """The peak of the coming 24 h and the likeliest ramp in them, as probability, size and time.

    Args:
        paths: equally probable [MW], dims (path, time).
        usual_change_mw: what a change within an hour must reach to count; NaN = unknown, and no ramp is told.
    """
    labels = quarter_hours(floor_quarter(as_of), min(_DAY, paths.shape[1]))
    peak = next_peak(paths[:, :_DAY], labels)
    told: dict[str, Any] = {
        "peak_p_mw": float(peak.size_mw[_MEDIAN]),
        "peak_p05_mw": float(peak.size_mw[0]),
        "peak_p95_mw": float(peak.size_mw[-1]),
        "peak_at": from_datetime64(peak.at).isoformat(),
        "peak_within_1h": peak.within_1h,
    }
    if not usual_change_mw > 0.0:
        return told
    ramps = coming_ramps(paths[:, :_DAY], labels, step_s=QUARTER_HOUR_S, threshold_mw={1: usual_change_mw})
    ramp = max(ramps, key=lambda one: float(one.probability[one.likeliest]))
    size = float(ramp.size_mw[ramp.likeliest])
    return told | {
        "ramp_threshold_mw": usual_change_mw,
        "ramp_probability": float(ramp.probability[ramp.likeliest]),
        "ramp_mw": 0.0 if np.isnan(size) else size if ramp.direction == "up" else -size,
        "ramp_at": from_datetime64(ramp.starts[ramp.likeliest]).isoformat(),
    }
