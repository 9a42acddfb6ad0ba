"""Batteries, curtailment and stronger elements: powers or admittances change, the switches stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.risk.hosting.grid import HostingGrid
from scenarios.risk.remedies.judge import Harm, Judge
from scenarios.risk.remedies.remedy import Remedy
from scenarios.risk.states import States
from twin.domain.time import HOURS_PER_STEP
from twin.site import Site

_DAY_STEPS = 96
_CHARGED_MW = 1e-9


@dataclass(frozen=True)
class BatterySize:
    """What is put at a bus: power both ways [kW], and energy [kWh] that one day may take out of it or put into it."""

    kw: float
    kwh: float


def batteries(grid: HostingGrid, judge: Judge, states: States, before: Harm, size: BatterySize) -> Iterator[Remedy]:
    """A battery at every bus of ``grid``: of every day the quarter hours in which it helps most, within its energy.

    Both directions are tried at full power in every quarter hour in which something is broken, and the better one counts. What
    was taken out or put in is given back evenly over the quarter hours of that day in which nothing is broken. The whole
    schedule is then solved: recharging at night may break something of its own.

    Args:
        grid: with a load at every bus that is asked about.
    """
    bad = before.bad
    mw = size.kw / 1000.0
    if not len(bad):
        return
    day = np.arange(len(states)) // _DAY_STEPS
    weight = before.overload_percent + before.voltage_percent
    gain = np.zeros((2, len(grid.buses), len(bad)))
    for way, sign in enumerate((-1.0, 1.0)):  # a load of less than nothing discharges
        rows, buses = np.tile(bad, len(grid.buses)), np.repeat(np.arange(len(grid.buses)), len(bad))
        tried = judge.of_excess(grid.excess(states, rows, buses, np.full(len(rows), sign * mw)), np.zeros(len(rows)))
        left = np.where(tried.solved, tried.overload_percent + tried.voltage_percent, np.inf)
        gain[way] = weight[bad][None, :] - left.reshape(len(grid.buses), len(bad))
    steps = max(1, int(size.kwh / size.kw / HOURS_PER_STEP))
    for bus, number in enumerate(grid.buses):
        if gain[:, bus].max(initial=0.0) <= 0.0:
            continue
        path = _schedule(gain[:, bus], bad, day, steps, mw)
        moved = np.flatnonzero(np.abs(path) > _CHARGED_MW)
        excess = grid.excess(states, moved, np.full(len(moved), bus), path[moved])
        harm = before.with_rows(moved, judge.of_excess(excess, before.unserved_mw[moved]))
        used = 1000.0 * HOURS_PER_STEP * float(np.abs(path[bad]).sum())
        yield Remedy("battery", f"bus:{number}", used, "kWh", harm, note={"kw": size.kw, "kwh": size.kwh})


def _schedule(gain: np.ndarray, bad: np.ndarray, day: np.ndarray, steps: int, mw: float) -> np.ndarray:
    """Power by state, drawing positive [MW], dims (time,)."""
    path = np.zeros(len(day))
    for one in np.unique(day[bad]):
        here = np.flatnonzero(day[bad] == one)
        best = gain[:, here].max(axis=0)
        chosen = here[np.argsort(-best, kind="stable")[:steps]]
        chosen = chosen[gain[:, chosen].max(axis=0) > 0.0]
        path[bad[chosen]] = np.where(gain[0, chosen] >= gain[1, chosen], -mw, mw)
        free = np.setdiff1d(np.flatnonzero(day == one), bad)
        if len(free):
            path[free] = -path[bad[chosen]].sum() / len(free)
    return path


def curtailments(judge: Judge, states: States, before: Harm, site: Site) -> Iterator[Remedy]:
    """Every plant that feeds in, switched off in the quarter hours in which something is broken.

    A price is known of devices with a right of use; what is guaranteed unpaid costs nothing within its limit, and the price
    counts as if that limit were used up.
    """
    rows = before.bad
    worst = states.at(rows)
    price = {
        d.element: d.right_of_use.price_chf_per_kwh for d in site.dispatchable if d.kind == "pv_plant" and d.table == "sgen"
    }
    power = worst.injections["sgen_p_mw"].to_numpy()
    for column in np.flatnonzero((power > 0.0).any(axis=0)):
        less = power.copy()
        less[:, column] = np.minimum(less[:, column], 0.0)
        injections = worst.injections.assign(sgen_p_mw=(("time", "sgen"), less))
        harm = before.with_rows(rows, judge.harm(States(injections, worst.topology, worst.sun)))
        index = int(judge.held.grid.sgen[column])
        kwh = 1000.0 * HOURS_PER_STEP * float((power[:, column] - less[:, column]).sum() * judge.held.grid.sgen_scaling[column])
        cost = price[index] * kwh if index in price else None
        yield Remedy("curtail", f"sgen:{index}", kwh, "kWh", harm, cost_chf=cost)


def reinforcements(net: Any, judge: Judge, states: States, broken: Sequence[tuple[str, int]], site: Site) -> Iterator[Remedy]:
    """Every line and transformer of ``broken`` with a second one in parallel, at the price that the site replaces one for."""
    from twin.engines import make_engine

    for table, index in broken:
        doubled = deepcopy(net)
        doubled[table].at[index, "parallel"] = 2 * int(doubled[table].at[index, "parallel"])
        engine = make_engine(site.about.engine, doubled)
        harm = judge.harm(states, engine=engine)
        yield Remedy("reinforce", f"{table}:{index}", 1, "element", harm, cost_chf=_replace_chf(site, net, table, index))


def _replace_chf(site: Site, net: Any, table: str, index: int) -> float | None:
    """What the site states for a new one of that class; None where it is silent."""
    if site.maintenance is None:
        return None
    if table == "trafo":
        kind = "hv_mv_transformer" if net.trafo.at[index, "vn_hv_kv"] > 36.0 else "mv_lv_transformer"
    else:
        kind = "mv_cable" if net.bus.at[net.line.at[index, "from_bus"], "vn_kv"] > 1.0 else "lv_cable"
    prices = {str(name): row.replace_chf for name, row in site.maintenance.classes.items()}
    return prices.get(kind)
