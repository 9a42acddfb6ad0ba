"""From the as-of view to plain arrays: the transformer's telemetry and what is known ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from twin.boxes.maintenance.thermal.nameplate import Nameplate
from twin.boxes.maintenance.transformers.health import LOAD_WINDOW, Telemetry
from twin.boxes.maintenance.transformers.outlook import AHEAD_STEPS
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_datetime64, quarter_hours, to_epoch_s

ZONE_POWERS = ("zone_net_p_mw", "zone_hydro_p_mw")
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


def read_power(view: AsOfView, name: str, zone: str, *, start: datetime) -> np.ndarray:
    """A measured power of the zone [MW], dims (time,); empty when the frame does not have it."""
    try:
        return _trusted(view.history(name, (zone,), start=start, with_quality=True), refused=Quality.INVALID)
    except MissingSignalError:
        return np.zeros(0)


def read_ahead(view: AsOfView, nameplate: Nameplate, *, hydro_p_mw: float) -> Ahead:
    """Forecasts on the quarter hours from now on, as it comes when nobody acts.

    Batteries count as idle: what they do now ends when they are full or empty, and what is planned for them is not done yet.

    Args:
        view: at now.
        nameplate: of the transformer.
        hydro_p_mw: of the zone's river plants, which run on as they do [MW].
    """
    labels = quarter_hours(floor_quarter(view.as_of), AHEAD_STEPS)
    (load_low, load, load_high), (pv_low, pv, pv_high) = (view.band(name, nameplate.zone, labels).T for name in FORECASTS)
    # the widest statement: little load with much sun, much load with little
    net = np.stack([load - pv, load_low - pv_high, load_high - pv_low], axis=1)
    try:
        ambient = view.outlook("temp_c").reindex(time=labels).values.astype(np.float64)
    except MissingSignalError:
        ambient = np.full(AHEAD_STEPS, np.nan)
    return Ahead(net - hydro_p_mw, ambient + nameplate.ambient_surcharge_k)


def window_start(end: datetime, *, steps: int = LOAD_WINDOW) -> datetime:
    """Where a window of ``steps`` quarter hours before ``end`` begins."""
    return end - steps * QUARTER_HOUR


def _trusted(series: xr.DataArray, *, refused: int) -> np.ndarray:
    """Values without any of the ``refused`` flags, dims (time,); the others NaN."""
    flags = np.asarray(series["quality"].values, dtype=np.uint8).reshape(-1)
    return np.where(flags & refused, np.nan, series.values.reshape(-1))
