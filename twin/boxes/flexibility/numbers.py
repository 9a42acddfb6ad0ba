"""Bounds, right-hand sides and costs of the LP: everything that changes from tick to tick, computed in one place.

Keys are the names of the variables and constraints in ``model.py``; arrays have their index sets' shape. The Pyomo model
reads them when it is built, the compiled model at every tick, so both always speak of the same problem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.problem import Charger, Problem, Storage

EARLINESS_CHF_PER_MWH_H = 0.01
"""Breaks ties in favour of charging earlier: at most 0.24 CHF/MWh after a day, below any real price step."""
PREFERENCE_CHF_PER_MWH = 0.2
"""A device is left alone unless moving it earns more than this: the lowest tier."""


@dataclass(frozen=True)
class Numbers:
    """``lower``, ``upper``, ``cost`` by variable; ``rhs`` by constraint."""

    lower: dict[str, np.ndarray]
    upper: dict[str, np.ndarray]
    cost: dict[str, np.ndarray]
    rhs: dict[str, np.ndarray]


def numbers_of(problem: Problem) -> Numbers:
    """The numbers of ``problem``."""
    numbers = Numbers({}, {}, {}, {})
    _storages(problem, numbers)
    _chargers(problem, numbers)
    _departures(problem, numbers)
    _moves(problem, numbers)
    _site(problem, numbers)
    _rows(problem, numbers)
    return numbers


def _put(numbers: Numbers, name: str, lower: np.ndarray, upper: np.ndarray, cost: np.ndarray) -> None:
    numbers.lower[name], numbers.upper[name], numbers.cost[name] = lower, upper, cost


def _charge_bounds(device: Storage | Charger) -> tuple[np.ndarray, np.ndarray]:
    # Where a device must not be moved it does what it would do by itself.
    own = np.maximum(device.own_p_mw, 0.0)
    return np.where(device.movable, 0.0, own), np.where(device.movable, device.charge_max_mw, own)


def _storages(problem: Problem, numbers: Numbers) -> None:
    hours = np.asarray(problem.hours)
    shape = (len(problem.storages), len(hours))
    early = EARLINESS_CHF_PER_MWH_H * step_start_h(problem.hours) * hours
    charge = [_charge_bounds(s) for s in problem.storages]
    own = [np.maximum(-s.own_p_mw, 0.0) for s in problem.storages]
    give = [np.where(s.movable, 0.0, o) for s, o in zip(problem.storages, own, strict=True)]
    give_max = [np.where(s.movable, s.discharge_max_mw, o) for s, o in zip(problem.storages, own, strict=True)]
    wear = np.array([0.5 * s.wear_chf_per_mwh for s in problem.storages], dtype=float)[:, None] * hours
    low, high = (_stack([bounds[i] for bounds in charge], shape) for i in (0, 1))
    _put(numbers, "charge_mw", low, high, early + wear)
    _put(numbers, "discharge_mw", _stack(give, shape), _stack(give_max, shape), wear)
    worth = np.zeros(shape)
    start = np.zeros(shape)
    for i, storage in enumerate(problem.storages):
        worth[i, -1] = -storage.end_value_chf_per_mwh
        start[i, 0] = storage.e0_mwh
    low = _stack([s.e_min_mwh for s in problem.storages], shape)
    _put(numbers, "energy_mwh", low, _stack([s.e_max_mwh for s in problem.storages], shape), worth)
    numbers.rhs["storage_balance"] = start


def _chargers(problem: Problem, numbers: Numbers) -> None:
    hours = np.asarray(problem.hours)
    shape = (len(problem.chargers), len(hours))
    early = EARLINESS_CHF_PER_MWH_H * step_start_h(problem.hours) * hours
    bounds = [_charge_bounds(c) for c in problem.chargers]
    low = _stack([low for low, _ in bounds], shape)
    _put(numbers, "charging_mw", low, _stack([high for _, high in bounds], shape), np.broadcast_to(early, shape))


def _departures(problem: Problem, numbers: Numbers) -> None:
    """Chargers first, then storages with a target."""
    guests = [s for s in problem.storages if s.target_mwh is not None]
    required = np.array([c.required_mwh for c in problem.chargers] + [s.target_mwh for s in guests], dtype=float)
    later = np.array([c.later_max_mwh for c in problem.chargers] + [0.0] * len(guests), dtype=float)
    later_cost = np.array([c.later_chf_per_mwh for c in problem.chargers] + [0.0] * len(guests), dtype=float)
    none = np.zeros(len(required))
    _put(numbers, "short_mwh", none, np.maximum(required, 0.0), none + problem.penalties.departure)
    _put(numbers, "later_mwh", none, later, later_cost)
    numbers.rhs["departure"] = required


def _moves(problem: Problem, numbers: Numbers) -> None:
    hours = np.asarray(problem.hours)
    shape = (len(problem.devices), len(hours))
    none, free = np.zeros(shape), np.full(shape, np.inf)
    prices = np.array([d.more_or_less_chf_per_mwh for d in problem.devices], dtype=float).reshape(-1, 2)
    more, less = (0.5 * PREFERENCE_CHF_PER_MWH + prices[:, side, None] for side in (0, 1))
    _put(numbers, "up_mw", none, free, more * hours)
    _put(numbers, "down_mw", none, free, less * hours)
    numbers.rhs["own_behaviour"] = _stack([d.reference_p_mw for d in problem.devices], shape)


def _site(problem: Problem, numbers: Numbers) -> None:
    site, hours = problem.site, np.asarray(problem.hours)
    none, free = np.zeros(len(hours)), np.full(len(hours), np.inf)
    # Selling dearer than buying would let import and export grow together without end.
    export = np.minimum(site.export_chf_per_mwh, site.import_chf_per_mwh)
    _put(numbers, "import_mw", none, free, site.import_chf_per_mwh * hours)
    _put(numbers, "export_mw", none, free, -export * hours)
    _put(numbers, "peak_mw", np.array(site.peak_so_far_mw), np.array(np.inf), np.array(site.peak_chf_per_mw))
    numbers.rhs["site_balance"] = site.net_p_mw
    numbers.rhs["peak"] = site.peak_lift_mw


def _rows(problem: Problem, numbers: Numbers) -> None:
    hours = np.asarray(problem.hours)
    shape = (len(problem.rows), len(hours))
    none = np.zeros(shape)
    margin = _stack([row.margin_mw for row in problem.rows], shape)
    _put(numbers, "excess_mw", none, np.full(shape, np.inf), none + problem.penalties.excess * hours)
    _put(numbers, "margin_used_mw", none, margin, none + problem.penalties.margin * hours)
    numbers.rhs["grid_row"] = _stack([row.room_mw for row in problem.rows], shape)


def _stack(arrays: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack(arrays).astype(float) if arrays else np.zeros(shape)
