"""From the as-of view to plain arrays: the transformers' telemetry and what is known ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from twin.boxes.maintenance.thermal.gaps import ANY_FLAG, trusted
from twin.boxes.maintenance.thermal.plates import Plates
from twin.boxes.maintenance.transformers.outlook import AHEAD_STEPS
from twin.boxes.maintenance.transformers.telemetry import LOAD_WINDOW, Telemetry
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.contracts.running_on import RUNNING_ON, running_on
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_datetime64, quarter_hours, to_epoch_s

ZONE_POWERS = ("zone_net_p_mw", *RUNNING_ON)
FORECASTS = ("load_forecast_p_mw", "pv_forecast_p_mw")


@dataclass(frozen=True)
class Ahead:
    """What is known of the quarter hours from now on, NaN where nothing is.

    Attributes:
        net_p_mw: power into each transformer's zone [MW]: median, lower and upper, dims (time, lane, trafo).
        ambient_c: outside air [degC], dims (time,).
    """

    net_p_mw: np.ndarray
    ambient_c: np.ndarray


def read_telemetry(view: AsOfView, plates: Plates, *, start: datetime) -> Telemetry:
    """Quarter hours from ``start`` (or the frame's first row) up to now."""
    loading = view.history("trafo_loading_percent", plates.names, start=start, with_quality=True)
    rows = loading.sizes["time"]
    first = from_datetime64(loading["time"].values[0]) if rows else view.as_of
    try:
        ambient_c = trusted(view.history("temp_c", start=start, with_quality=True), refused=Quality.INVALID)
    except MissingSignalError:
        ambient_c = np.full(rows, np.nan)
    try:
        measured = view.history("trafo_top_oil_c", plates.names, start=start, with_quality=True)
        # the watch judges by a sensor: a substituted or questionable value is no measurement
        top_oil_c = trusted(measured, refused=ANY_FLAG)
    except MissingSignalError:
        top_oil_c = np.full((rows, len(plates.names)), np.nan)
    return Telemetry(to_epoch_s(first), trusted(loading, refused=Quality.INVALID) / 100.0, ambient_c, top_oil_c)


def read_power(view: AsOfView, name: str, zones: tuple[str, ...], *, start: datetime) -> np.ndarray:
    """A measured power of the zones [MW], dims (time, zone); NaN where the frame does not have it."""
    have = set(view.frame.layout.elements(name))
    known = [zone for zone in zones if zone in have]
    if not known:
        return np.zeros((0, len(zones)))
    values = trusted(view.history(name, known, start=start, with_quality=True), refused=Quality.INVALID)
    if len(known) == len(zones):
        return values
    result = np.full((len(values), len(zones)), np.nan)
    result[:, [zones.index(zone) for zone in known]] = values
    return result


def read_ahead(view: AsOfView, plates: Plates) -> Ahead:
    """Forecasts on the quarter hours from now on, as it comes when nobody acts.

    Batteries count as idle: what they do now ends when they are full or empty, and what is planned for them is not done yet.
    Rivers and other plants run on as they do.
    """
    labels = quarter_hours(floor_quarter(view.as_of), AHEAD_STEPS)
    load, pv = (_bands(view, name, plates.zones, labels) for name in FORECASTS)
    # the widest statement: little load with much sun, much load with little
    net = np.stack([load[:, 1] - pv[:, 1], load[:, 0] - pv[:, 2], load[:, 2] - pv[:, 0]], axis=1)
    net -= running_on(view, plates.zones)
    try:
        ambient_c = view.outlook("temp_c").reindex(time=labels).values.astype(np.float64)
    except MissingSignalError:
        ambient_c = np.full(AHEAD_STEPS, np.nan)
    return Ahead(of_trafo(net, plates), ambient_c)


def of_trafo(values: np.ndarray, plates: Plates) -> np.ndarray:
    """Values of the zones as those of the transformers that feed them, last axis; NaN for a transformer without a zone."""
    nobody = np.full((*values.shape[:-1], 1), np.nan)
    result: np.ndarray = np.concatenate([values, nobody], axis=-1)[..., plates.zone_of]
    return result


def window_start(end: datetime, *, steps: int = LOAD_WINDOW) -> datetime:
    """Where a window of ``steps`` quarter hours before ``end`` begins."""
    return end - steps * QUARTER_HOUR


def _bands(view: AsOfView, name: str, zones: tuple[str, ...], labels: np.ndarray) -> np.ndarray:
    """Lowest, middle and highest quantile of the zones' forecast, dims (time, 3, zone); NaN where nobody forecasts.

    All zones at once: `AsOfView.band` takes a millisecond for each, and a thousand transformers may have a thousand zones.
    """
    result = np.full((len(labels), 3, len(zones)), np.nan)
    if name not in view.ahead:
        return result
    ours = view.outlook(name)
    order = np.argsort(ours["quantile"].values)
    middle = int(np.abs(ours["quantile"].values[order] - 0.5).argmin())
    have = {str(zone): column for column, zone in enumerate(ours["zone"].values.tolist())}
    known = [i for i, zone in enumerate(zones) if zone in have]
    picked = ours.isel(quantile=order[[0, middle, -1]], zone=[have[zones[i]] for i in known])
    values = picked.reindex(time=labels).transpose("time", "quantile", "zone").values
    result[:, :, known] = values
    return result
