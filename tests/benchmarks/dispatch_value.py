"""What a policy earns: the street rolled through a window, against doing nothing and against one plan that knew everything.

captured value = (cost of doing nothing - cost of the policy) / (cost of doing nothing - cost of perfect foresight), energy left
in cells and houses at the end credited (DISPATCH.md, regret).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from dispatch_fleet import QUARTER_H, advanced
from dispatch_street import DAY, PATHS, PEAK_CHF_PER_MW, Street

from twin.boxes.flexibility.futures.paths import Futures
from twin.boxes.flexibility.futures.plan import plan_futures
from twin.boxes.flexibility.futures.solver import PathLimits
from twin.boxes.flexibility.horizon import NEAR_STEPS, QUARTERS, STEP_HOURS, highest_of_quarters, mean_of_quarters
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site, stacked
from twin.boxes.flexibility.lp.solution import Limits
from twin.boxes.flexibility.planner import Planner

DAY_STEPS = NEAR_STEPS + 20
"""Steps of the plan's grid that end a day from now."""
USUAL_PEAK_SHARE = 0.9
"""Of the peak of the four weeks before, below which nothing is shaved: as the box does it."""


@dataclass(frozen=True)
class Outcome:
    """What a policy came to over the window.

    Attributes:
        chf: bill less what is left in store. ``peak_mw``: highest quarter hour. ``energy_chf``, ``credit_chf``: parts of it.
        missed_mwh: energy that cars left without. ``iterations``: of the simplex method, all plans.
    """

    chf: float
    peak_mw: float
    energy_chf: float
    credit_chf: float
    missed_mwh: float
    iterations: int


Order = Callable[[Street, dict[str, float], int, float], tuple[Problem, np.ndarray, int]]
"""Street, state, quarter hour and the window's peak so far -> the problem, power of its units, simplex iterations."""


def rolled(street: Street, order: Order, *, every: int) -> Outcome:
    """The window, planned anew every ``every`` quarter hours, its first steps carried out against the real load."""
    state, peak, net, missed, iterations = street.fleet.start(), 0.0, [], 0.0, 0
    problem = None
    for now in range(street.first, street.last, every):
        problem, p_mw, took = order(street, state, now, peak)
        iterations += took
        real = street.load_mw[now : now + every] + p_mw[:, :every].sum(axis=0)
        net.append(real)
        peak = max(peak, float(real.max()))
        levels = advanced(problem, p_mw, every)
        missed += _missed(street, state, levels, now, every)
        state = street.fleet.after(state, now, levels, every)
    assert problem is not None
    return outcome(street, np.concatenate(net), state, missed, iterations)


def outcome(street: Street, net_mw: np.ndarray, state: dict[str, float], missed_mwh: float, iterations: int) -> Outcome:
    """The bill of the window's quarter hours, dims (quarter,)."""
    price = street.price_chf_per_mwh[street.first : street.last]
    energy = float((np.maximum(net_mw, 0.0) @ price + 0.5 * np.minimum(net_mw, 0.0) @ price) * QUARTER_H)
    peak, credit = float(net_mw.max()), stored_chf(street, state)
    return Outcome(energy + PEAK_CHF_PER_MW * peak - credit, peak, energy, credit, missed_mwh, iterations)


def stored_chf(street: Street, state: dict[str, float]) -> float:
    """Worth of what is left, at the plans' own end values."""
    fleet = street.fleet
    cells = fleet.stored_chf_per_mwh * sum(state[battery.id] for battery in fleet.batteries)
    now, hours = street.last, STEP_HOURS
    devices = fleet.devices(state, now, hours, temp_c=_mean(street.temp_c, now), sun=np.zeros(len(hours)))
    houses = [device.parts(hours).stores[0] for device in devices if device.id in {pump.id for pump in fleet.pumps}]
    return cells + sum(house.end_value_chf * house.level0 for house in houses)


def nothing(street: Street) -> Outcome:
    """Batteries rest, cars charge on arrival, houses follow their thermostat."""

    def order(street: Street, state: dict[str, float], now: int, peak_mw: float) -> tuple[Problem, np.ndarray, int]:
        problem = problem_of(street, state, now, peak_mw, street.load_mw[now : now + QUARTERS], perfect=False)
        return problem, stacked([unit.own_p_mw for unit in problem.parts.units], len(problem.hours)), 0

    return rolled(street, order, every=1)


def perfect(street: Street) -> Outcome:
    """One linear programme over the window in quarter hours, with every load and every car known."""
    quarters = street.last - street.first
    hours, window = (QUARTER_H,) * quarters, slice(street.first, street.last)
    state = street.fleet.start()
    fixed = street.fleet.devices(state, street.first, hours, temp_c=street.temp_c[window], sun=np.zeros(quarters))
    cars = {car.id: car for car in street.known_cars(street.first, hours, state)}
    price = street.price_chf_per_mwh[window]
    site = Site(
        net_p_mw=street.load_mw[window],
        import_chf_per_mwh=price,
        export_chf_per_mwh=0.5 * price,
        peak_chf_per_mw=PEAK_CHF_PER_MW,
    )
    devices = tuple(cars.get(device.id, device) for device in fixed)
    problem = Problem(hours=hours, devices=devices, site=site, penalties=Penalties.above(PEAK_CHF_PER_MW / QUARTER_H))
    found = CompiledModel(problem).solve(problem, limits=Limits(iterations=5_000_000, guard_s=600.0))
    assert found.optimal, found.status
    levels = advanced(problem, found.p_mw, quarters)
    short = float(found.values["below"][:, :].max(initial=0.0)) if found.values["below"].size else 0.0
    return outcome(street, street.load_mw[window] + found.p_mw.sum(axis=0), {**state, **levels}, short, found.iterations)


def knowing_a_day() -> Order:
    """Everything of the next 24 hours is known, nothing beyond."""
    planner = Planner(limits=Limits(guard_s=60.0))

    def order(street: Street, state: dict[str, float], now: int, peak_mw: float) -> tuple[Problem, np.ndarray, int]:
        problem = problem_of(street, state, now, peak_mw, street.load_mw[now : now + QUARTERS], perfect=True)
        plan = planner.plan(problem)
        return problem, plan.p_mw, plan.solution.iterations

    return order


def on_the_mean(*, level: float | None = None) -> Order:
    """The forecast's mean; ``level``: quantile of the paths on which the peak is planned."""
    planner = Planner(limits=Limits(guard_s=60.0))

    def order(street: Street, state: dict[str, float], now: int, peak_mw: float) -> tuple[Problem, np.ndarray, int]:
        load = street.forecast(now, QUARTERS) + street.to_come_paths(now, QUARTERS).mean(axis=0)
        problem = problem_of(street, state, now, peak_mw, load, perfect=False)
        if level is not None:
            above = np.quantile(street.paths(now, QUARTERS) + street.to_come_paths(now, QUARTERS), level, axis=0) - load
            site = problem.site
            assert site.peak_lift_mw is not None
            lift = site.peak_lift_mw + np.maximum(mean_of_quarters(above), 0.0)
            problem = replace(problem, site=replace(site, peak_lift_mw=lift))
        plan = planner.plan(problem)
        return problem, plan.p_mw, plan.solution.iterations

    return order


def on_paths(*, shared: int) -> Order:
    """Ten paths, of which ``shared`` quarter hours are ordered before anybody knows which comes true."""
    matrix = None

    def order(street: Street, state: dict[str, float], now: int, peak_mw: float) -> tuple[Problem, np.ndarray, int]:
        nonlocal matrix
        loads = street.paths(now, QUARTERS) + street.to_come_paths(now, QUARTERS)
        first = problem_of(street, state, now, peak_mw, loads[0], perfect=False)
        sites = [_site(street, now, peak_mw, load, len(first.hours)) for load in loads]
        if matrix is None:
            matrix = CompiledModel(first).matrix
        futures = Futures(
            problems=tuple(replace(first, site=site) for site in sites), probabilities=(1.0 / len(PATHS),) * len(PATHS),
            shared_steps=shared,
        )  # fmt: skip
        plan = plan_futures(futures, limits=PathLimits(guard_s=120.0), matrix=matrix)
        assert plan.optimal, plan.status
        return first, plan.p_mw, plan.iterations

    return order


def problem_of(
    street: Street, state: dict[str, float], now: int, peak_mw: float, load_mw: np.ndarray, *, perfect: bool
) -> Problem:
    """The plan's problem; ``perfect``: a day long, with the cars that are still to come."""
    hours = STEP_HOURS[:DAY_STEPS] if perfect else STEP_HOURS
    temp_c = _mean(street.temp_c, now)[: len(hours)]
    devices = street.fleet.devices(state, now, hours, temp_c=temp_c, sun=np.zeros(len(hours)))
    if perfect:
        known = {car.id: car for car in street.known_cars(now, hours, state)}
        devices = tuple(known.get(device.id, device) for device in devices)
    return Problem(
        hours=hours, devices=devices, site=_site(street, now, peak_mw, load_mw, len(hours)),
        penalties=Penalties.above(PEAK_CHF_PER_MW / QUARTER_H),
    )  # fmt: skip


def _site(street: Street, now: int, peak_mw: float, load_mw: np.ndarray, steps: int) -> Site:
    price, net = _mean(street.price_chf_per_mwh, now)[:steps], mean_of_quarters(load_mw)[:steps]
    usual = USUAL_PEAK_SHARE * float(street.load_mw[street.first - 28 * DAY : street.first].max())
    return Site(
        net_p_mw=net, import_chf_per_mwh=price, export_chf_per_mwh=0.5 * price, peak_chf_per_mw=PEAK_CHF_PER_MW,
        peak_so_far_mw=max(peak_mw, usual), peak_lift_mw=highest_of_quarters(load_mw)[:steps] - net,
    )  # fmt: skip


def _mean(values: np.ndarray, now: int) -> np.ndarray:
    return mean_of_quarters(values[now : now + QUARTERS])


def _missed(street: Street, state: dict[str, float], levels: dict[str, float], now: int, every: int) -> float:
    """Energy that cars which leave within these quarter hours lack [MWh]."""
    total = 0.0
    for car in street.fleet.cars:
        here = street.fleet.here(car.id, now)
        if here is not None and here.leave <= now + every:
            total += max(here.mwh - state[car.id] - levels[car.id], 0.0)
    return total
