"""What was planned when the window began, against what came: medians of load and sun, batteries as the plan moved them.

The journal keeps of a plan what the screens show: medians of the forecasts and the planned path of every device. Cars and heat
pumps stand in the forecast load and are not moved in it; hydro and other plants are held at their last power, as the proof
holds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Entry, Tape
from twin.contracts.frame import AsOfView
from twin.contracts.running_on import running_on
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S, floor_quarter, to_epoch_s


@dataclass(frozen=True)
class Plan:
    """Net power at the connection, dims (time,): the quarter hours that both the plan and the window hold.

    Attributes:
        planned_mw, came_mw: import positive [MW]. ``figures``: "plan" and "came", each with ``import_mwh``, ``peak_kw`` and
            ``energy_chf`` at the prices that came.
    """

    times: np.ndarray
    planned_mw: np.ndarray
    came_mw: np.ndarray
    figures: dict[str, dict[str, float]]


def plan_of(tape: Tape, recalled: Recalled) -> Plan | None:
    """The plan of the window's first decision; None where nobody forecasts the whole site."""
    entry = tape.before or tape.regular[0]
    root = recalled.parts.root
    load = _path(entry, recalled, "load_forecast_p_mw", root)
    if load is None:
        return None
    sun = _path(entry, recalled, "pv_forecast_p_mw", root)
    planned = load - (0.0 if sun is None else sun) - _held(entry, recalled, root) + _stored(entry, recalled, len(load))
    start_s = to_epoch_s(floor_quarter(entry.as_of))
    labels = recalled.times.astype("datetime64[s]").astype(np.int64)
    step = (labels - start_s) // QUARTER_HOUR_S
    at = (step >= 0) & (step < len(planned))
    if not at.any():
        return None
    planned, came, price = planned[step[at]], recalled.net_mw[at], recalled.price_chf_per_kwh[at]
    both = np.isfinite(came) & np.isfinite(planned)
    sides = {"plan": planned, "came": came}
    return Plan(recalled.times[at], planned, came, {name: _figures(mw[both], price[both]) for name, mw in sides.items()})


def _figures(net_mw: np.ndarray, price_chf_per_kwh: np.ndarray) -> dict[str, float]:
    if not len(net_mw):
        return {}
    return {
        "import_mwh": float(HOURS_PER_STEP * np.maximum(net_mw, 0.0).sum()),
        "peak_kw": float(1000.0 * max(net_mw.max(), 0.0)),
        "energy_chf": float(1000.0 * HOURS_PER_STEP * np.nansum(net_mw * price_chf_per_kwh)),
    }


def _path(entry: Entry, recalled: Recalled, signal: str, zone: str) -> np.ndarray | None:
    """Median that the champion of that zone foretold [MW], dims (time,)."""
    shadows = {box.name for box in recalled.site.boxes if box.role == "shadow"}
    for name, card in recalled.cards.items():
        provide = next((p for p in card.provides if p.signal == signal and zone in p.elements), None)
        array = entry.arrays.get(f"box.{name}.{signal}")
        if provide is None or array is None or name in shadows:
            continue
        path = np.asarray(array, dtype=float)[..., provide.elements.index(zone)]
        return path if path.ndim == 1 else path[:, path.shape[1] // 2]
    return None


def _held(entry: Entry, recalled: Recalled, zone: str) -> float:
    return float(running_on(AsOfView(entry.as_of, recalled.frame), (zone,))[0])


def _stored(entry: Entry, recalled: Recalled, steps: int) -> np.ndarray:
    """What the plan charges into batteries [MW], dims (time,)."""
    batteries = {device.id for device in recalled.site.dispatchable if device.kind == "battery"}
    total = np.zeros(steps)
    for name, card in recalled.cards.items():
        provide = next((p for p in card.provides if p.signal == "plan_p_mw"), None)
        array = entry.arrays.get(f"box.{name}.plan_p_mw")
        if provide is None or array is None:
            continue
        ids = provide.elements or tuple(device.id for device in recalled.site.devices)
        columns = [column for column, device in enumerate(ids) if device in batteries and column < array.shape[1]]
        total[: len(array)] += np.nan_to_num(array[:steps, columns]).sum(axis=1)
    return total
