"""The figures of an explanation. Hours count from the plan's start; a screen makes instants of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.problem import Problem, steps_of
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.paths import over_by_itself_mw, peak_holds, row_holds, surplus_holds
from twin.boxes.flexibility.why.prices import Prices
from twin.boxes.flexibility.why.promise import Kept
from twin.boxes.flexibility.why.saved import Change

PARAMS_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What figures are read from.

    Attributes:
        net_paths_mw: see `twin.boxes.flexibility.why.paths.peak_holds`.
        stored: worth of each store [CHF/MWh], dims (store, step).
    """

    problem: Problem
    solution: Solution
    prices: Prices
    stored: np.ndarray
    net_paths_mw: np.ndarray | None

    def start_h(self, step: int) -> float:
        """Start of a step [h after the plan's start]."""
        return float(step_start_h(self.problem.hours)[step])


@dataclass(frozen=True)
class Binding:
    """What stands behind a reason.

    Attributes:
        name: a row of the grid by its name, "peak", or a store's bound ("low:pump", "target:car"); None: a price alone.
        at_h: start of the step where it matters most. ``share``: of the forecast's paths on which it holds, 1 for a tariff.
        params: figures that only this binding has.
    """

    name: str | None
    at_h: float | None
    share: float
    params: dict[str, Any]


PRICE = Binding(None, None, 1.0, {})
"""A tariff in force is certain; hours not yet published are the tariff's own."""


def common(sources: Sources, change: Change) -> dict[str, Any]:
    """Energy moved, from when to when, the price difference between the two, and what either side and the store are worth."""
    less, more = change.less_mwh, change.more_mwh
    per_kwh = (sources.prices.energy[change.unit] + sources.prices.peak[change.unit]) / 1000.0
    # Where the most power is moved, the first such step: a long step moves more energy than a short one at the same power. What
    # is given up counts by what it would have cost.
    first_less = int(np.argmax(less / change.hours * np.maximum(per_kwh, 1e-6)))
    first_more = int(np.argmax(more / change.hours))
    params: dict[str, Any] = {"energy_kwh": tidy(1000.0 * change.energy_mwh)}
    dear, cheap = _mean(per_kwh, less), _mean(per_kwh, more)
    if dear is not None:
        params |= {"from_h": sources.start_h(first_less), "dear_chf_per_kwh": tidy(dear)}
    if cheap is not None:
        params |= {"to_h": sources.start_h(first_more), "cheap_chf_per_kwh": tidy(cheap)}
    gap = 0.0 if dear is None or cheap is None else dear - cheap
    return params | {"spread_chf_per_kwh": tidy(gap)} | _stored(sources, change) | _asked_q(change)


def row_binding(sources: Sources, change: Change, row: int) -> Binding:
    """The limit, what it would read without action, and on how many paths it would be exceeded."""
    limit, problem = sources.solution.rows[row], sources.problem
    most = change.relief[row] if change.rows[row] > 0.0 else change.support_mw[row]
    step = int(np.argmax(most))
    share, at_h = tidy(row_holds(problem, limit, step)), sources.start_h(step)
    return Binding(limit.name, at_h, share, _of_row(problem, limit, step) | {"at_h": at_h, "paths_share": share})


def peak_binding(sources: Sources, change: Change) -> Binding:
    """The month's peak, and when it would rise."""
    problem = sources.problem
    step = int(np.argmax(-change.delta_mw * sources.prices.peak[change.unit]))
    duals = sources.solution.duals["peak"]
    priced = [dict(steps).get(step, 0.0) * dual for steps, dual in zip(problem.site.intervals, duals, strict=True)]
    share, at_h = tidy(peak_holds(problem, int(np.argmax(priced)), sources.net_paths_mw)), sources.start_h(step)
    peak_mw = tidy(float(sources.solution.values["peak_mw"]))
    return Binding("peak", at_h, share, {"peak_mw": peak_mw, "at_h": at_h, "paths_share": share})


def promise_binding(sources: Sources, kept: Kept) -> Binding:
    """What would be missing, and when."""
    at_h = sources.start_h(kept.step)
    energy = kept.unit == "MWh"
    value, unit = (1000.0 * kept.amount, "kWh") if energy else (kept.amount, kept.unit)
    return Binding(f"{kept.side}:{kept.store}", at_h, 1.0, {"value": tidy(value), "unit": unit, "at_h": at_h})


def surplus_binding(sources: Sources, change: Change) -> Binding:
    """Where most of the surplus is taken."""
    step = int(np.argmax(change.surplus_mwh))
    share = tidy(surplus_holds(change.rest_mw, step, sources.net_paths_mw))
    at_h = sources.start_h(step)
    return Binding("surplus", at_h, share, {"to_h": at_h, "paths_share": share})


def tidy(value: float) -> float:
    """A figure without the solver's dust."""
    return round(float(value), PARAMS_DIGITS) + 0.0


def _of_row(problem: Problem, row: GridRow, step: int) -> dict[str, Any]:
    without = row.limit + over_by_itself_mw(problem, row, step) * float(steps_of(row.unit_per_mw, len(problem.hours))[step])
    return {"element": row.element, "row": row.name, "limit": tidy(row.limit), "unit": row.unit, "without": tidy(without)}


def _mean(per_kwh: np.ndarray, energy: np.ndarray) -> float | None:
    """Mean price of that energy; None where there is none worth telling."""
    total = float(energy.sum())
    return float(energy @ per_kwh) / total if total > 1e-6 else None


def _stored(sources: Sources, change: Change) -> dict[str, Any]:
    """What a kWh in the device's store is worth at the end of the step where most is moved."""
    unit = sources.problem.parts.units[change.unit].id
    stores = [sources.problem.sets.store_at[link.store] for link in sources.problem.parts.links if link.unit == unit]
    if not stores:
        return {}
    step = int(np.argmax(np.abs(change.delta_mw)))
    return {"stored_chf_per_kwh": tidy(sources.stored[stores[0], step] / 1000.0)}


def _asked_q(change: Change) -> dict[str, Any]:
    most = float(np.abs(change.q_mvar).max(initial=0.0))
    return {"q_kvar": tidy(1000.0 * most)} if most > 0.0 else {}
