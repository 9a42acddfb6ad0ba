"""From the as-of view to plain arrays: the transformer's telemetry and what is known ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from twin.boxes.maintenance.health import LOAD_WINDOW, Telemetry
from twin.boxes.maintenance.nameplate import Nameplate
from twin.boxes.maintenance.outlook import AHEAD_STEPS
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_datetime64, quarter_hours, to_epoch_s

ZONE_POWERS = ("zone_net_p_mw", "zone_load_p_mw", "zone_pv_p_mw")
FORECASTS = ("load_forecast_p_mw", "pv_forecast_p_mw")
_ANY_FLAG = 0xFF


@dataclass(frozen=True)
class Ahead:
    """What is known of the quarter hours from now on, NaN where nothing is.

    Attributes:
        net_p_mw: power into the zone [MW]: median, lower and upper, dims (time, lane).
        ambient_c: air around the tank [degC], dims (time,).
    """

    net_p_mw: np.ndarray
    ambient_c: np.ndarray


def read_telemetry(view: AsOfView, nameplate: Nameplate, *, start: datetime) -> Telemetry:
    """Quarter hours from ``start`` (or the frame's first row) up to now."""
    trafo = (nameplate.trafo,)
    loading = view.history("trafo_loading_percent", trafo, start=start, with_quality=True)
    ambient = view.history("temp_c", start=start, with_quality=True)
    first = from_datetime64(loading["time"].values[0]) if loading.sizes["time"] else view.as_of
    try:
        measured = view.history("trafo_top_oil_c", trafo, start=start, with_quality=True)
        # the watch judges by a sensor: a substituted or questionable value is no measurement
        top_oil_c = _trusted(measured, refused=_ANY_FLAG)
    except MissingSignalError:
        top_oil_c = np.full(loading.sizes["time"], np.nan)
    return Telemetry(
        to_epoch_s(first),
        _trusted(loading, refused=Quality.INVALID) / 100.0,
        _trusted(ambient, refused=Quality.INVALID) + nameplate.ambient_surcharge_k,
        top_oil_c,
    )


def read_powers(view: AsOfView, zone: str, *, start: datetime) -> dict[str, np.ndarray]:
    """Measured powers of the zone [MW], dims (time,) each; a signal that the frame does not have is empty."""
    powers = {}
    for name in ZONE_POWERS:
        try:
            powers[name] = _trusted(view.history(name, (zone,), start=start, with_quality=True), refused=Quality.INVALID)
        except MissingSignalError:
            powers[name] = np.zeros(0)
    return powers


def read_ahead(view: AsOfView, nameplate: Nameplate, *, other_p_mw: float) -> Ahead:
    """Forecasts on the quarter hours from now on.

    Args:
        view: at now.
        nameplate: of the transformer.
        other_p_mw: drawn by what nobody forecasts (batteries less hydro), held [MW].
    """
    labels = quarter_hours(floor_quarter(view.as_of), AHEAD_STEPS)
    load, pv = (_forecast(view, name, nameplate.zone, labels) for name in FORECASTS)
    # the widest statement: little load with much sun, much load with little
    net = np.stack([load[:, 0] - pv[:, 0], load[:, 1] - pv[:, 2], load[:, 2] - pv[:, 1]], axis=1)
    try:
        ambient = view.outlook("temp_c").reindex(time=labels).values.astype(np.float64)
    except MissingSignalError:
        ambient = np.full(AHEAD_STEPS, np.nan)
    return Ahead(net + other_p_mw, ambient + nameplate.ambient_surcharge_k)


def window_start(end: datetime, *, steps: int = LOAD_WINDOW) -> datetime:
    """Where a window of ``steps`` quarter hours before ``end`` begins."""
    return end - steps * QUARTER_HOUR


def _forecast(view: AsOfView, name: str, zone: str, labels: np.ndarray) -> np.ndarray:
    """Median, lowest and highest quantile of a zone's forecast, dims (time, 3); NaN where there is none."""
    unknown = np.full((len(labels), 3), np.nan)
    try:
        forecast = view.outlook(name)
    except MissingSignalError:
        return unknown
    if zone not in forecast["zone"].values:
        return unknown
    ours = forecast.sel(zone=zone).reindex(time=labels).transpose("time", "quantile")
    levels = ours["quantile"].values
    median = int(np.abs(levels - 0.5).argmin())
    return ours.values[:, [median, int(levels.argmin()), int(levels.argmax())]].astype(np.float64)


def _trusted(series: xr.DataArray, *, refused: int) -> np.ndarray:
    """Values without any of the ``refused`` flags, dims (time,); the others NaN."""
    flags = np.asarray(series["quality"].values, dtype=np.uint8).reshape(-1)
    return np.where(flags & refused, np.nan, series.values.reshape(-1))
