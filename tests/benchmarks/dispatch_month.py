"""Hour after hour of a stressed grid: planned within the wires, proven step by step, some of it checked by pandapower."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from dispatch_fleet import advanced
from dispatch_town import COS_PHI, Town

from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.sequential import Stop
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.solution import Limits
from twin.boxes.flexibility.planner import Plan, Planner

EVERY = 4
"""Quarter hours between plans, unless stated; so many are carried out of each."""
MOST = 3
"""Linearisations within which the wires must hold (issue: How good)."""
Q_PER_P = float(np.tan(np.arccos(COS_PHI)))


@dataclass(frozen=True)
class Ticked:
    """One tick. ``now``: its quarter hour."""

    now: int
    problem: Problem
    case: Case
    plan: Plan

    @property
    def held(self) -> bool:
        """The whole horizon within the limits after at most `MOST` linearisations."""
        settled = self.plan.settled
        return settled is not None and settled.feasible and (settled.feasible_after or MOST + 1) <= MOST

    @property
    def reported(self) -> bool:
        """Not within the limits, and the plan says by how much and that nothing could."""
        settled = self.plan.settled
        return settled is not None and not settled.feasible and settled.foreseen


@dataclass
class Tally:
    """What a stretch of ticks came to.

    Attributes:
        held, reported: as of `Ticked`. ``stressed``: ticks in which the units' own behaviour would break a limit within the
            horizon; ``stressed_hours``: in the hour to come. ``linearisations``, ``iterations``: of every tick.
    """

    ticks: int = 0
    held: int = 0
    reported: int = 0
    stressed: int = 0
    stressed_hours: int = 0
    rungs: dict[str, int] = field(default_factory=dict)
    linearisations: list[int] = field(default_factory=list)
    iterations: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    def add(self, ticked: Ticked) -> None:
        """Count one more."""
        plan = ticked.plan
        self.ticks += 1
        self.held += ticked.held
        self.reported += ticked.reported
        self.rungs[plan.rung] = self.rungs.get(plan.rung, 0) + 1
        self.iterations.append(plan.solution.iterations)
        if plan.settled is not None:
            self.linearisations.append(plan.settled.iterations)
        if plan.before is not None:
            self.stressed += not plan.before.feasible
            self.stressed_hours += bool((plan.before.violation[:EVERY] > 1.0).any())
        if not (ticked.held or ticked.reported):
            self.missed.append(ticked.now)

    @property
    def ac_feasible_share(self) -> float:
        """Ticks that held, or whose shortfall was reported."""
        return (self.held + self.reported) / max(self.ticks, 1)

    def figures(self) -> dict[str, Any]:
        """As JSON takes them."""
        counted = np.bincount(self.linearisations or [0])
        return {
            "ticks": self.ticks, "held": self.held, "shortfall_reported": self.reported, "missed": self.missed,
            "stressed_ticks": self.stressed, "stressed_hours": self.stressed_hours, "rungs": self.rungs,
            "linearisations": {str(n): count for n, count in enumerate(counted.tolist()) if count},
            "iterations": int(np.sum(self.iterations)),
        }  # fmt: skip


def ticked(town: Town, *, ticks: int | None = None, every: int = EVERY) -> Iterator[Ticked]:
    """The town plan after plan; its first steps are carried out, and cars, batteries and houses go on from there.

    Args:
        ticks: None for all that the town has data for. ``every``: quarter hours between plans, 16 at most.
    """
    planner = Planner(limits=Limits(guard_s=60.0), stop=Stop(most=MOST))
    state, peak = town.fleet.start(), 0.0
    last = town.ticks if ticks is None else every * ticks
    for now in range(0, last, every):
        problem, case = town.problem(state, now, peak)
        plan = planner.plan(problem, case=case)
        yield Ticked(now, problem, case, plan)
        state = town.fleet.after(state, now, advanced(problem, plan.p_mw, every), every)
        peak = max(peak, float((problem.site.net_p_mw + plan.p_mw.sum(axis=0))[:every].max()))


def against_pandapower(town: Town, tick: Ticked) -> tuple[float, float]:
    """Largest difference of voltages [pu] and loadings [%] in a tick's first quarter hour, element by element in pandapower."""
    import pandapower as pp

    net, now, fleet = copy.deepcopy(town.net), tick.now, town.fleet
    net.load["p_mw"], net.load["q_mvar"] = town.load_mva[now].real, town.load_mva[now].imag
    net.sgen = net.sgen.iloc[:0]
    for at in np.flatnonzero(town.other_mva[now]).tolist():
        power = complex(town.other_mva[now, at])
        pp.create_load(net, int(town.network.grid.bus[at]), p_mw=power.real, q_mvar=power.imag)
    for at, car in enumerate(fleet.cars):
        if fleet.here(car.id, now) is None:
            pp.create_load(net, car.bus, p_mw=float(town.arriving_mw[at, now]))
    for place in fleet.places:
        unit = tick.problem.unit_of[place.id]
        pp.create_load(net, place.bus, p_mw=float(tick.plan.p_mw[unit, 0]), q_mvar=float(tick.plan.q_mvar[unit, 0]))
    pp.runpp(net, tolerance_mva=1e-9, numba=False)
    proof, grid = tick.plan.proof, town.network.grid
    assert proof is not None, "there is a grid"
    vm = proof.vm_pu[0, grid.bus_node]
    loading = [
        np.abs(proof.loading_percent[0, branch[on]] - net[f"res_{table}"].loading_percent.loc[index[on]].to_numpy())
        for table, branch, index in (("line", grid.line_branch, grid.line), ("trafo", grid.trafo_branch, grid.trafo))
        for on in [branch >= 0]
    ]
    return (
        float(np.nanmax(np.abs(vm - net.res_bus.vm_pu.loc[grid.bus].to_numpy()))),
        float(max(part.max(initial=0.0) for part in loading)),
    )
