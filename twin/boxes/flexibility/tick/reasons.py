"""Why a device is moved, and what that saves, from the LP's prices and duals.

A device's marginal cost in a step is energy + peak + grid rows (its nodal price, split). Moving it from its own behaviour
by ``delta`` saves ``-sum(delta * price)`` in each part. A grid row with at least a tenth of what is saved names the reason, for
the grid stands above money; otherwise the largest part does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import Solution
from twin.boxes.flexibility.lp.parts import Unit
from twin.boxes.flexibility.lp.problem import Problem, stacked, steps_of
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.tick.assemble import Tick
from twin.boxes.flexibility.tick.fallback import energy_after
from twin.boxes.flexibility.tick.powers import Powers

MOVED_MW = 1e-4
"""A tenth of a kilowatt: less is no order worth sending."""


@dataclass(frozen=True)
class Prices:
    """Marginal cost of one more MW in each step [CHF/MW], capped where a limit is broken.

    Attributes:
        energy, peak: dims (step,). ``rows``: of each grid row's own MW, dims (row, step), >= 0.
    """

    energy: np.ndarray
    peak: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Move:
    """The explanation of one moved device. Steps in ``params`` count from the plan's start [h]."""

    code: str
    params: dict[str, Any]
    value_chf: float
    confidence: float


def prices_of(problem: Problem, solution: Solution, cap_chf_per_mwh: float) -> Prices:
    """Prices from the duals: the site balance carries energy and peak, each grid row its own."""
    peak = np.maximum(solution.duals["peak"], 0.0)
    rows = np.maximum(-solution.row_duals, 0.0)
    cap = cap_chf_per_mwh * np.asarray(problem.hours)
    return Prices(solution.duals["site_balance"] - peak, peak, np.minimum(rows, cap))


def tariff_prices(problem: Problem) -> Prices:
    """The site's import tariff alone: what a plan is valued at when no LP was solved."""
    steps = len(problem.hours)
    energy = problem.site.import_chf_per_mwh * np.asarray(problem.hours)
    return Prices(energy, np.zeros(steps), np.zeros((len(problem.rows), steps)))


def explain(tick: Tick, site_zone: str, prices: Prices, plan_mw: np.ndarray, powers: Powers, at: int) -> Move:
    """The reason for unit ``at`` of ``plan_mw`` (dims (unit, step))."""
    problem = tick.problem
    device, hours = tick.devices[at], np.asarray(problem.hours)
    delta = plan_mw[at] - powers.own[at]
    slopes = [row.by_p[at] for row in problem.rows]
    relief = -np.stack(slopes) * prices.rows * delta if slopes else np.zeros((0, len(hours)))
    parts = [-float(delta @ prices.energy) + _worth(device, plan_mw[at], problem), -float(delta @ prices.peak)]
    parts += [float(part) for part in relief.sum(axis=1)]
    shifted = float(np.abs(delta) @ hours) / 2.0
    unit = problem.parts.units[at]
    value = sum(parts) - _owed(unit, plan_mw[at], hours) + _owed(unit, powers.own[at], hours)
    best = _leading(parts)
    params: dict[str, Any] = {"energy_kwh": _round(1000.0 * shifted), **_spread(delta, prices, hours)}
    if best >= 2:
        row = problem.rows[best - 2]
        binding = int(np.argmax(relief[best - 2]))
        params |= _row_params(problem, row, binding)
        code = "relieve_trafo" if row.kind == "trafo" else row.kind
        share = _holds(problem, row, binding)
        return Move(code, params | {"paths_share": share}, _round(value), share)
    if best == 1:
        binding = int(np.argmax(-delta * prices.peak))
        params |= {"peak_mw": _round(problem.site.peak_so_far_mw), "at_h": _start(problem, binding)}
        share = _peak_holds(tick, site_zone, binding)
        return Move("peak_shaving", params | {"paths_share": share}, _round(value), share)
    return _cheaper(tick, site_zone, device, delta=delta, params=params, value=value)


def _leading(parts: list[float]) -> int:
    """Place of the part that names the reason: 0 energy, 1 peak, then the grid's rows."""
    saved = sum(max(part, 0.0) for part in parts)
    if len(parts) > 2 and max(parts[2:]) > 0.1 * saved:
        return 2 + int(np.argmax(parts[2:]))
    return int(np.argmax(parts[:2]))


def _cheaper(
    tick: Tick,
    site_zone: str,
    device: Storage | Charger,
    *,
    delta: np.ndarray,
    params: dict[str, Any],
    value: float,
) -> Move:
    """Cheap hours, or the site's own sun where the extra charging meets a surplus."""
    more = np.maximum(delta, 0.0) * np.asarray(tick.problem.hours)
    in_surplus = float(more[tick.zone_net_mw[site_zone] < 0.0].sum())
    if more.sum() > 0 and in_surplus > 0.5 * float(more.sum()):
        code = "green_charging" if isinstance(device, Charger) else "raise_self_consumption"
        net = tick.zone_net_mw[site_zone] - tick.paths.pv[site_zone]
        share = float(np.mean(net[:, int(np.argmax(more))] < 0.0))
        return Move(code, params | {"paths_share": _round(share)}, _round(value), _round(share))
    # A tariff in force is certain; hours not yet published are the tariff's own.
    return Move("cheap_hours", params, _round(value), 1.0)


def _owed(unit: Unit, p_mw: np.ndarray, hours: np.ndarray) -> float:
    """What following ``p_mw`` costs in payments to the owner or in wear [CHF]."""
    moved = p_mw - (unit.own_p_mw if unit.reference_p_mw is None else unit.reference_p_mw)
    paid = unit.more_chf_per_mwh * np.maximum(moved, 0.0) + unit.less_chf_per_mwh * np.maximum(-moved, 0.0)
    worn = unit.draw_chf_per_mwh * np.maximum(p_mw, 0.0) + unit.feed_chf_per_mwh * np.maximum(-p_mw, 0.0)
    return float((paid + worn) @ hours)


def _worth(device: Storage | Charger, p_mw: np.ndarray, problem: Problem) -> float:
    """Value of the energy that the plan leaves in the device beyond its own behaviour [CHF]."""
    price = device.end_value_chf_per_mwh if isinstance(device, Storage) else device.later_chf_per_mwh
    if not price:
        return 0.0
    extra = energy_after(device, p_mw, problem.hours) - energy_after(
        device, steps_of(device.own_p_mw, len(problem.hours)), problem.hours
    )
    return price * extra


def _spread(delta: np.ndarray, prices: Prices, hours: np.ndarray) -> dict[str, Any]:
    """From when to when, and the mean price difference between the two."""
    per_kwh = (prices.energy + prices.peak) / hours / 1000.0
    less, more = np.maximum(-delta, 0.0) * hours, np.maximum(delta, 0.0) * hours
    params: dict[str, Any] = {}
    starts = np.concatenate([[0.0], np.cumsum(hours)[:-1]])
    if less.sum() > 0:
        params["from_h"] = float(starts[np.argmax(less)])
    if more.sum() > 0:
        params["to_h"] = float(starts[np.argmax(more)])
    both = less.sum() > 0 and more.sum() > 0
    gap = float(less @ per_kwh / less.sum() - more @ per_kwh / more.sum()) if both else 0.0
    return params | {"spread_chf_per_kwh": _round(gap)}


def _row_params(problem: Problem, row: GridRow, step: int) -> dict[str, Any]:
    over = _use(problem, row, step) - _room(row)[step]
    return {
        "element": row.element,
        "row": row.name,
        "limit": _round(row.limit),
        "unit": row.unit,
        "at_h": _start(problem, step),
        "without": _round(row.limit + over * steps_of(row.unit_per_mw, len(problem.hours))[step]),
    }


def _room(row: GridRow) -> np.ndarray:
    """What the limit itself leaves, the margin for the forecast's error included [MW], dims (step,)."""
    room: np.ndarray = row.room_mw + row.margin_mw
    return room


def _use(problem: Problem, row: GridRow, step: int) -> float:
    """What the devices' own behaviour adds to the row."""
    own = stacked([unit.own_p_mw for unit in problem.parts.units], len(problem.hours))
    return float(row.by_p[:, step] @ own[:, step])


def _holds(problem: Problem, row: GridRow, step: int) -> float:
    """Share of the forecast's paths on which the row would be exceeded without any move."""
    if row.paths_mw is None:
        return 1.0
    room = _room(row)[step] - _use(problem, row, step)
    return _round(float(np.mean(row.paths_mw[:, step] > room)))


def _peak_holds(tick: Tick, site_zone: str, step: int) -> float:
    """Share of the load's paths on which the month's peak would rise without any move."""
    site = tick.problem.site
    own = stacked([unit.own_p_mw for unit in tick.problem.parts.units], len(tick.problem.hours))[:, step].sum()
    lift = 0.0 if site.peak_lift_mw is None else site.peak_lift_mw[step]
    net = tick.paths.load[site_zone][:, step] + site.net_p_mw[step] + lift + own
    return _round(float(np.mean(net > site.peak_so_far_mw)))


def _start(problem: Problem, step: int) -> float:
    return float(sum(problem.hours[:step]))


def _round(value: float) -> float:
    return round(float(value), 6)
