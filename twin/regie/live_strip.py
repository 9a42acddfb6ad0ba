"""The live strip beside the cards: price, batteries, chargers, what could be moved now."""

from __future__ import annotations

import math
from collections.abc import Sequence

from twin.contracts.devices import Device
from twin.contracts.snapshot import Strip
from twin.domain.quality import Quality, words, worst
from twin.regie.tick import Tick


def strip(tick: Tick, devices: Sequence[Device]) -> Strip:
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
    )


def _changeable_mw(device: Device, p_mw: float) -> float:
    """Power that a connected device could be asked to change now: what runs, of those that can only be held back."""
    return abs(p_mw) if device.kind in {"pv_plant", "heat_pumps"} else device.p_max_mw


def _total(values: Sequence[float]) -> float | None:
    """The sum, or None when there is nothing to add or a part of it is unknown."""
    return sum(values) if values and not any(math.isnan(value) for value in values) else None


def known(value: float) -> float | None:
    """The value, or None for NaN and the infinite."""
    return float(value) if math.isfinite(value) else None
