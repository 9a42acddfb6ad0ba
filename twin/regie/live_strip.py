"""The live strip beside the cards: price, batteries, chargers, what could be moved now."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.devices import Device
from twin.contracts.snapshot import Curve, Strip
from twin.domain.quality import Quality, words, worst
from twin.regie.curves import band, known, past_curve
from twin.regie.tick import Tick

Past = Mapping[tuple[str, str], Sequence[float]]
"""(signal, element) -> its newest quarter hours."""


def strip(tick: Tick, devices: Sequence[Device], past: Past) -> Strip:
    """What the live strip beside the cards shows of one tick."""
    signals, movable = tick.observation.signals, [d for d in devices if d.dispatchable]
    batteries = [d for d in movable if d.kind == "battery"]
    chargers = [d for d in movable if d.kind == "ev_charger"]

    def values(signal: str, of: Sequence[Device]) -> list[float]:
        return [signals.get((signal, d.id), float("nan")) for d in of]

    stored = [soc * d.e_max_mwh for soc, d in zip(values("device_soc_percent", batteries), batteries, strict=True)]
    plugged = _total(values("device_available", chargers))
    states = zip(movable, values("device_available", movable), values("device_p_mw", movable), strict=True)
    on_call = [there * _changeable_mw(device, p_mw) for device, there, p_mw in states]
    champions = [e for e in tick.envelopes.values() if e.role == "champion"]
    tariffs = [e.report.outputs.get("grid_tariff_chf_per_kwh") for e in champions]
    tariff = next((tariff for tariff in tariffs if tariff is not None), None)
    announced = {"price_chf_per_kwh": tick.outside.get("price_chf_per_kwh"), "grid_tariff_chf_per_kwh": tariff}
    charge = _total(stored)
    keys = [("price_chf_per_kwh", ""), *(("device_p_mw", d.id) for d in movable)]
    return Strip(
        price_chf_per_kwh=known(signals.get(("price_chf_per_kwh", ""), float("nan"))),
        grid_tariff_chf_per_kwh=None if tariff is None else known(float(tariff.values.flat[0])),
        battery_soc_percent=None if charge is None else charge / sum(d.e_max_mwh for d in batteries),
        battery_p_mw=_total(values("device_p_mw", batteries)),
        charger_p_mw=_total(values("device_p_mw", chargers)),
        chargers_connected=None if plugged is None else round(plugged),
        flexibility_on_call_mw=_total(on_call),
        interval=tick.state.interval,
        quality=words(worst([tick.observation.flags.get(key, int(Quality.INVALID)) for key in keys])),
        past=_behind(tick, past, batteries, chargers, movable),
        ahead={name: band(values) for name, values in announced.items() if values is not None and _is_a_path(values)},
    )


def _is_a_path(values: xr.DataArray) -> bool:
    return set(values.dims) <= {"time", "quantile"} and values.sizes.get("time", 0) > 1


def _behind(
    tick: Tick, past: Past, batteries: Sequence[Device], chargers: Sequence[Device], movable: Sequence[Device]
) -> dict[str, Curve]:
    """The same figures as far back as every part of them is remembered; nobody remembers the tariff."""
    room = np.array([device.e_max_mwh for device in batteries])
    there, p_mw = _rows(past, "device_available", movable), _rows(past, "device_p_mw", movable)
    kept = min(there.shape[1], p_mw.shape[1])
    on_call = (a[a.size - kept :] * _changeable_mw(d, p[p.size - kept :]) for d, a, p in zip(movable, there, p_mw, strict=True))
    series = {
        "price_chf_per_kwh": np.array(past.get(("price_chf_per_kwh", ""), ())),
        "battery_soc_percent": room @ _rows(past, "device_soc_percent", batteries) / max(room.sum(), 1e-9),
        "charger_p_mw": _rows(past, "device_p_mw", chargers).sum(axis=0),
        "flexibility_on_call_mw": sum(on_call, np.zeros(kept)),
    }
    return {name: past_curve(values, tick.state.as_of) for name, values in series.items() if values.size}


def _rows(past: Past, signal: str, of: Sequence[Device]) -> np.ndarray:
    """What is remembered of all of them, dims (device, time)."""
    found = [list(past.get((signal, device.id), ())) for device in of]
    kept = min(map(len, found), default=0)
    return np.array([one[len(one) - kept :] for one in found]).reshape(len(found), kept)


def _changeable_mw(device: Device, p_mw: Any) -> Any:
    """Power that a connected device could be asked to change now: what runs, of those that can only be held back."""
    return abs(p_mw) if device.kind in {"pv_plant", "heat_pumps"} else device.p_max_mw


def _total(values: Sequence[float]) -> float | None:
    """The sum, or None when there is nothing to add or a part of it is unknown."""
    return sum(values) if values and not any(math.isnan(value) for value in values) else None
