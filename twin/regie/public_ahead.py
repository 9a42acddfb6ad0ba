"""Where the coming two days' electricity will be from: the mix box's answer, else the pool of the other boxes' forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import xarray as xr

from twin.contracts.messages import Envelope, Service
from twin.domain.time import floor_quarter, quarter_hours
from twin.origin.traced import Injection
from twin.regie.green_hours import HOURS, PER_HOUR, Ahead

_SHARE = "renewable_share_forecast"
_PARTS = {kind: f"{kind}_share_forecast" for kind in ("pv", "hydro", "other", "import")}
_LOW, _MEDIAN, _HIGH = 0.05, 0.5, 0.95


def of_mix_box(envelopes: Mapping[str, Envelope], zone: str, kinds: frozenset[str], as_of: datetime) -> Ahead | None:
    """What a champion says of the zone, in bands; None where none answers.

    A constant that stands in for it is no answer, and neither is a mix of which nobody knows the import's or that leaves out a
    source which the site has.

    Args:
        kinds: of the sources that the site has.
    """
    now = floor_quarter(as_of)
    for envelope in envelopes.values():
        outputs, reason = envelope.report.outputs, envelope.report.reason
        stands_in = envelope.service is Service.ABSENT or envelope.fallback == "constant"
        if envelope.role != "champion" or stands_in or reason == "import_mix_unknown" or _SHARE not in outputs:
            continue
        if zone not in outputs[_SHARE].coords["zone"].values:
            continue
        told = {kind: outputs.get(signal) for kind, signal in _PARTS.items() if kind in kinds}
        parts = {kind: _path(forecast, zone, _MEDIAN, now) for kind, forecast in told.items() if forecast is not None}
        if parts.keys() != told.keys():
            continue
        low, median, high = (_path(outputs[_SHARE], zone, level, now) for level in (_LOW, _MEDIAN, _HIGH))
        return Ahead(median, low, high, parts)
    return None


def _path(forecast: xr.DataArray, zone: str, level: float, now: datetime) -> np.ndarray:
    """One quantile from now on, dims (time,); an answer of an earlier tick begins before."""
    labels = forecast.get_index("time").to_numpy()
    first = int(np.searchsorted(labels, quarter_hours(now, 1)[0]))
    path: np.ndarray = forecast.sel(zone=zone, quantile=level).values[first:]
    return path


def of_pool(
    *,
    load_p_mw: np.ndarray | None,
    pv_p_mw: np.ndarray | None,
    import_share: np.ndarray | None,
    held: Mapping[str, Injection],
    kinds: frozenset[str],
) -> Ahead:
    """One pool of all that is made and bought, from median forecasts; batteries, which shift and make nothing, are left out.

    Args:
        load_p_mw, pv_p_mw: [MW], dims (time,), None where nobody forecasts; ``import_share``: 0..1.
        held: hydro and other plants, which stay at their last power; one that the site has and nobody knows is unknown.
        kinds: of the sources that the site has.
    """
    steps = HOURS * PER_HOUR
    load, imported = _reaching(load_p_mw, steps), _reaching(import_share, steps)
    made = {"pv": _reaching(pv_p_mw, steps)} if "pv" in kinds else {}
    green = {"pv": 1.0}
    for kind in ("hydro", "other"):
        if kind in kinds:
            plant = held.get(kind, Injection(kind, np.nan, None))
            made[kind] = np.full(steps, max(plant.p_mw, 0.0) if plant.p_mw == plant.p_mw else np.nan)
            known = 1.0 if kind == "hydro" else plant.renewable_share
            green[kind] = 0.0 if plant.p_mw == 0.0 else np.nan if known is None else known
    made = {kind: np.maximum(path, 0.0) for kind, path in made.items()}
    own: np.ndarray = sum(made.values(), np.zeros(steps))
    bought = np.maximum(load - own, 0.0)
    whole = own + bought
    with np.errstate(invalid="ignore", divide="ignore"):
        renewable = sum((made[kind] * green[kind] for kind in made), np.where(bought == 0.0, 0.0, bought * imported))
        return Ahead(renewable / whole, parts={kind: path / whole for kind, path in (*made.items(), ("import", bought))})


def _reaching(path: np.ndarray | None, steps: int) -> np.ndarray:
    reached = np.full(steps, np.nan)
    if path is not None:
        reached[: len(path)] = path[:steps]
    return reached
