"""The coming quarter hours: outside signals for the boxes, medians of their forecasts, element powers for the proof."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import xarray as xr
from scipy.special import ndtri

from twin.contracts.devices import Device
from twin.contracts.messages import Envelope, Recommendation, Service
from twin.contracts.ports import Outlook, OutlookSource
from twin.domain.grid import Grid
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR_S, floor_quarter, to_epoch_s
from twin.domain.zones import Zone
from twin.regie.estimate import StateEstimator, ZoneInput
from twin.regie.proof import HORIZON_STEPS, Outlooks, before_scaling
from twin.regie.recommend import mandate
from twin.regie.usage import Usage
from twin.regie.usage_ahead import signals

AHEAD_STEPS = 192
ELEMENT_POWERS = ("load_p_mw", "sgen_p_mw", "storage_p_mw")
"""What the elements of an estimated grid take or give."""
_FORECASTS = {"load": "load_forecast_p_mw", "pv": "pv_forecast_p_mw"}


def outside_signals(outlook: Outlook | None, as_of: datetime) -> dict[str, xr.DataArray]:
    """What is known of weather, prices and mix ahead of time, as boxes see it: dims (time,)."""
    if outlook is None:
        return {}
    found = {}
    for name, values in outlook.values.items():
        attrs = {
            "units": SIGNALS[name].unit,
            "issued_at": outlook.issued_at.get(name, as_of).isoformat(),
            "source": "synthetic" if outlook.synthetic else "outside",
        }
        found[name] = xr.DataArray(values, dims=("time",), coords={"time": outlook.times}, attrs=attrs, name=name)
    return found


def signals_ahead(
    source: OutlookSource | None,
    devices: Sequence[Device],
    held: Mapping[str, Recommendation],
    as_of: datetime,
    *,
    usage: Usage,
    timezone: str,
) -> tuple[dict[str, xr.DataArray], dict[str, xr.DataArray]]:
    """What is known ahead of time at ``as_of``: of the outside; and all that boxes may see, mandates and usage included."""
    start = floor_quarter(as_of)
    outside = outside_signals(None if source is None else source.outlook(start, AHEAD_STEPS), as_of)
    movable = [device for device in devices if device.dispatchable]
    decided = {"device_mandate": mandate(held, movable, start, AHEAD_STEPS)} if movable else {}
    return outside, outside | decided | signals(usage, movable, start, AHEAD_STEPS, timezone)


def medians(envelopes: Mapping[str, Envelope], zones: Sequence[Zone]) -> dict[str, np.ndarray]:
    """Median forecast paths and their spread: "load:<zone>", "pv:<zone>" and "load:<zone>:sigma" ... -> [MW], dims (time,).

    The spread is the standard deviation of a normal band as wide as the forecast's outermost quantiles. Zones nobody forecasts
    are absent.
    """
    found = {}
    for kind, signal in _FORECASTS.items():
        for zone in zones:
            output = _forecast(envelopes, signal, zone.name)
            if output is not None:
                found[f"{kind}:{zone.name}"] = output.sel(quantile=0.5).values
                found[f"{kind}:{zone.name}:sigma"] = _sigma(output)
    return found


def _forecast(envelopes: Mapping[str, Envelope], signal: str, zone: str) -> xr.DataArray | None:
    for envelope in envelopes.values():
        output = envelope.report.outputs.get(signal)
        if envelope.role != "champion" or envelope.service is Service.ABSENT or output is None:
            continue
        if zone in output.coords["zone"].values:
            return output.sel(zone=zone)
    return None


def _sigma(forecast: xr.DataArray) -> np.ndarray:
    """Standard deviation [MW], dims (time,); 0 where there is a median and nothing else."""
    levels = forecast.coords["quantile"].values
    low, high = float(levels.min()), float(levels.max())
    width: np.ndarray = forecast.sel(quantile=high).values - forecast.sel(quantile=low).values
    return width / (ndtri(high) - ndtri(low)) if high > low else np.zeros_like(width)


def zone_input(
    zone: Zone,
    signals: Mapping[tuple[str, str], float],
    interval_s: int,
    forecast: Mapping[str, Sequence[float]],
    forecast_start_s: int,
) -> ZoneInput:
    """A zone's totals of one interval: measured, else the last forecast with its spread, else nothing known (0)."""
    values, sigmas = [], []
    for kind, signal in (("load", "zone_load_p_mw"), ("pv", "zone_pv_p_mw")):
        value, sigma = signals.get((signal, zone.name), float("nan")), 0.0
        if math.isnan(value):
            step = (interval_s - forecast_start_s) // QUARTER_HOUR_S
            value, sigma = (_at(forecast.get(f"{kind}:{zone.name}{of}", ()), step) for of in ("", ":sigma"))
        values.append(value)
        sigmas.append(sigma)
    return ZoneInput(*values, *sigmas)


def _at(path: Sequence[float], step: int) -> float:
    return path[step] if 0 <= step < len(path) else 0.0


def element_outlooks(
    estimator: StateEstimator,
    grid: Grid,
    zones: Sequence[Zone],
    *,
    forecasts: Mapping[str, np.ndarray],
    fixed_sgen_p_mw: Mapping[int, float],
    envelopes: Mapping[str, Envelope],
    devices: Sequence[Device],
    outside: Mapping[str, xr.DataArray],
    steps: int = HORIZON_STEPS,
) -> Outlooks | None:
    """Element powers over the proof's horizon with devices left to themselves; None when a balanced zone has no forecast.

    Args:
        steps: quarter hours; no more than the forecasts have.
        fixed_sgen_p_mw: metered plants without forecast (hydro), sgen index -> last power, held.
    """
    balanced = [zone.name for zone in zones if zone.boundary]
    if any(f"load:{name}" not in forecasts for name in balanced):
        return None
    zeros = np.zeros(steps)
    load, sgen = estimator.share_out(
        {name: forecasts[f"load:{name}"][:steps] for name in balanced},
        {name: forecasts.get(f"pv:{name}", zeros)[:steps] for name in balanced},
    )
    for index, p_mw in fixed_sgen_p_mw.items():
        sgen[:, np.flatnonzero(grid.sgen == index)] = p_mw
    storage = np.zeros((steps, len(grid.storage)))
    champions = [envelope for envelope in envelopes.values() if envelope.role == "champion"]
    alone = _left_alone(champions)
    for device in devices:
        if device.table == "storage" and device.id in alone:
            path = alone[device.id][:steps]
            storage[: len(path), np.flatnonzero(grid.storage == device.element)] = path[:, None]
    co2 = outside.get("import_co2_g_per_kwh")
    return Outlooks(load, sgen, storage, np.full(steps, np.nan) if co2 is None else co2.values[:steps])


def _left_alone(champions: Sequence[Envelope]) -> dict[str, np.ndarray]:
    """Planned path of every device that nobody moves, own path of those that somebody would move [MW], dims (time,)."""
    alone: dict[str, np.ndarray] = {}
    for envelope in champions:
        plan = envelope.report.outputs.get("plan_p_mw")
        if plan is not None:
            alone |= {str(device): plan.sel(device=device).values for device in plan["device"].values}
    return alone | {p.device: p.unconstrained_p_mw for e in champions for p in e.report.proposals}


def after_switching(injections: xr.Dataset, grid: Grid, load_tan_phi: np.ndarray) -> xr.Dataset:
    """The last estimated element powers as one step of injections, to be solved on a new topology."""
    load = before_scaling(injections["load_p_mw"].values[None, :], grid.load_scaling)
    sgen = before_scaling(injections["sgen_p_mw"].values[None, :], grid.sgen_scaling)
    storage = before_scaling(injections["storage_p_mw"].values[None, :], grid.storage_scaling)
    return xr.Dataset(
        {
            "load_p_mw": (("time", "load"), load),
            "load_q_mvar": (("time", "load"), load * load_tan_phi),
            "sgen_p_mw": (("time", "sgen"), sgen),
            "storage_p_mw": (("time", "storage"), storage),
        },
        coords={"time": [0], "load": grid.load, "sgen": grid.sgen, "storage": grid.storage},
    )


def label_s(as_of: datetime) -> int:
    """Label of the quarter hour that holds or starts at ``as_of``."""
    seconds = to_epoch_s(as_of)
    return seconds - seconds % QUARTER_HOUR_S
