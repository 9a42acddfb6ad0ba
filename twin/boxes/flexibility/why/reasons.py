"""Why a device is moved: one code, what binds and when, and what it saves.

The grid stands above money: a row with at least a tenth of what is saved names the reason. Then comes a promise that the device
would break by itself. What is left is money: the month's peak, losses, or the price of energy, told as the device's class
earns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.charger import CarPool, Charger
from twin.boxes.flexibility.devices.heat import Heater
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.hydro import Hydro
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.problem import Device, Problem
from twin.boxes.flexibility.lp.rows import NOWHERE, GridRow, Linear
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.degenerate import equal_plans
from twin.boxes.flexibility.why.params import (
    PRICE,
    Binding,
    Sources,
    common,
    peak_binding,
    promise_binding,
    row_binding,
    surplus_binding,
    tidy,
)
from twin.boxes.flexibility.why.prices import OVERLOAD_CHF_PER_KWH, prices_of
from twin.boxes.flexibility.why.saved import SMALLEST_MW, Change, Changes
from twin.boxes.flexibility.why.stored import stored_value

ROW_SHARE = 0.1
"""Share of what is saved from which a row of the grid names the reason."""
MOST = 0.5
"""Share from which surplus, or a promise, is what a move is about."""
ONE_SIDED = 0.05
"""Share of the larger side below which a move has only that side."""


@dataclass(frozen=True)
class Move:
    """The explanation of one moved device.

    Attributes:
        code: words in ``dashboard/locale`` under ``reason``. ``params``: they fill it; hours count from the plan's start.
        value_chf: saved against its own behaviour, limits at what an overload is valued at.
        confidence: share of the forecast's paths on which ``binding`` holds, 1 for a tariff in force.
        binding: what binds, by name; None for a price. ``binding_h``: where it matters most.
        equal_plans: True where another plan costs the same.
    """

    code: str
    params: dict[str, Any]
    value_chf: float
    confidence: float
    binding: str | None = None
    binding_h: float | None = None
    equal_plans: bool = False


def explanations(
    problem: Problem,
    solution: Solution,
    linear: Linear = NOWHERE,
    *,
    net_paths_mw: np.ndarray | None = None,
    overload_chf_per_kwh: float = OVERLOAD_CHF_PER_KWH,
) -> dict[str, Move]:
    """Why each device leaves its own behaviour, by its id; a device that does not is not in it.

    Args:
        linear: the grid that ``solution`` was found in.
        net_paths_mw: how far each path of the connection's net import lies above the plan's, dims (quantile, step); None:
            what rests on it is told as certain.
        overload_chf_per_kwh: what a kWh beyond a limit is valued at.

    Raises:
        ValueError: for a solution without a plan.
    """
    prices = prices_of(problem, solution, linear, overload_chf_per_kwh=overload_chf_per_kwh)
    stored = stored_value(problem, solution, overload_chf_per_kwh=overload_chf_per_kwh)
    sources = Sources(problem=problem, solution=solution, prices=prices, stored=stored, net_paths_mw=net_paths_mw)
    changes, equal = Changes(problem, solution, prices, stored), equal_plans(problem, solution)
    planned = [device for device in problem.devices if device.id in problem.unit_of]
    found = {device.id: changes.of(device) for device in planned}
    return {name: _told(sources, change, equal[change.unit]) for name, change in found.items() if change.moved}


def _told(sources: Sources, change: Change, equal: bool) -> Move:
    binding = _binding(sources, change)
    params = common(sources, change) | _paid(change) | binding.params
    value = tidy(change.value_chf)
    code = _code(change, sources.solution)
    return Move(code, params, value, binding.share, binding.name, binding.at_h, bool(equal))


def _binding(sources: Sources, change: Change) -> Binding:
    row = _leading_row(change)
    if row is not None:
        return row_binding(sources, change, row)
    if change.kept is not None and _is_promise(change):
        return promise_binding(sources, change.kept)
    if _is_peak(change):
        return peak_binding(sources, change)
    return surplus_binding(sources, change) if _takes_surplus(change) else PRICE


# ------------------------------------------------------------------------------------------------------------- codes


def _code(change: Change, solution: Solution) -> str:
    row = _leading_row(change)
    if row is not None:
        # A limit that is exceeded all the same is not kept: the plan can only lessen it.
        broken = float(solution.excess_mw[row].max()) > SMALLEST_MW
        return "lessened" if broken else _row_code(change, solution.rows[row], row)
    if change.must_run:
        return "contract"
    if _is_promise(change):
        return "keep_promise"
    if _is_peak(change):
        return "peak_shaving"
    if _only_losses(change):
        return "losses"
    return _money_code(change, change.device)


def _row_code(change: Change, row: GridRow, at: int) -> str:
    """The limit that is held; of a plant that gives up feed-in also on what right."""
    by_q, whole = float(change.relief_q[at].sum()), float(change.relief[at].sum())
    if isinstance(change.device, Plant) and by_q < MOST * whole:
        return "curtailed_paid" if change.paid > 0.0 else "curtailed_free"
    if row.kind == "voltage":
        return "support_voltage" if by_q >= MOST * whole else "voltage"
    if row.kind == "site":
        return "site"
    return "relieve_line" if row.kind == "line" else "relieve_trafo"


def _money_code(change: Change, device: Device) -> str:
    """How a device of that class earns its money."""
    if isinstance(device, Programme):
        return "shed_called"
    if isinstance(device, Process):
        return "process_moved"
    if isinstance(device, Hydro):
        return "water_saved"
    if isinstance(device, Plant):
        return "curtailed_price"
    return _stored_code(change, device)


def _stored_code(change: Change, device: Device) -> str:
    """What a store of energy or heat is moved for."""
    if isinstance(device, HeatPump | Heater) and _earlier(change):
        return "preheat"
    if change.shared and change.stored > max(change.energy, 0.0):
        return "cheaper_heat"
    if _takes_surplus(change):
        return "green_charging" if _is_car(device) else "raise_self_consumption"
    return _side_code(change)


def _side_code(change: Change) -> str:
    more, less = float(change.more_mwh.sum()), float(change.less_mwh.sum())
    if min(more, less) > ONE_SIDED * max(more, less):
        return "cheap_hours"
    return "stored_for_later" if more > less else "dear_hours"


# ------------------------------------------------------------------------------------------------------------- judgements


def _leading_row(change: Change) -> int | None:
    """The row of the grid that names the reason, None where money or a promise does."""
    if len(change.rows) and change.rows.max() > max(ROW_SHARE * change.saved, 1e-9):
        return int(np.argmax(change.rows))
    if change.still and change.support_mw.max(initial=0.0) > SMALLEST_MW:
        return int(np.argmax(change.support_mw.max(axis=1)))
    return None


def _is_promise(change: Change) -> bool:
    """A lack that the plan avoids, and that is what most of the move is for, or that is all it is for."""
    if change.kept is None:
        return False
    return change.kept.energy_mwh >= MOST * change.energy_mwh or change.value_chf <= 0.0


def _is_peak(change: Change) -> bool:
    return change.peak > max(change.energy + change.stored, change.losses, 0.0)


def _only_losses(change: Change) -> bool:
    """Losses save most, or reactive power is all that moves."""
    return change.still or change.losses > max(change.energy + change.stored, 0.0)


def _takes_surplus(change: Change) -> bool:
    more = float(change.more_mwh.sum())
    return more > 0.0 and float(change.surplus_mwh.sum()) > MOST * more


def _is_car(device: Device) -> bool:
    return isinstance(device, Charger | CarPool) or (isinstance(device, Storage) and device.target_mwh is not None)


def _earlier(change: Change) -> bool:
    """More first, less later."""
    more, less = change.more_mwh, change.less_mwh
    if min(more.sum(), less.sum()) <= ONE_SIDED * max(more.sum(), less.sum()):
        return False
    middle = np.cumsum(change.hours) - change.hours / 2.0
    return float(more @ middle / more.sum()) < float(less @ middle / less.sum())


def _paid(change: Change) -> dict[str, Any]:
    return {"paid_chf": tidy(change.paid)} if change.paid else {}
