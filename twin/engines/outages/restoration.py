"""Fault location, isolation and service restoration as a sequence of switchings, each with the state it leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import xarray as xr

from twin.contracts.ports import Engine
from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput, Problem
from twin.engines.outages.closure_checks import RADIAL, ClosureRules, ClosureVerdict, check_closure
from twin.engines.outages.closures import Closure, closures_of, is_permitted, minutes_of, operation_of
from twin.engines.outages.fault_isolation import Isolation, Trip, isolated, touches, tripped
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.supply_state import SupplyFigures, SupplyState
from twin.engines.outages.wiring import Wiring, read_wiring
from twin.engines.registry import make_engine

ENGINE = "batch"
NO_SWITCH = -1
"""In a step that no switch of the net does: the grid above trips, and comes back."""
FAULTS = ("line", "bus", "trafo", "trafo3w")


@dataclass(frozen=True)
class Step:
    """One operation and what it leaves.

    Attributes:
        action: "trip" (protection), "isolate", "re-energise" (a tripped breaker closes again), "restore" (a tie closes).
        switch: index in net.switch, or `NO_SWITCH`. ``closes``: what becomes of it.
        by: "protection", else "remote" or "crew" by net.switch.remote; "unknown" where the net is silent.
        minutes: time to operate by net.switch.minutes; 0 for protection; NaN when unknown.
        topology: after the step. ``figures``: the state then.
        verdict: the checks that let a tie close; None for other actions.
    """

    action: Literal["trip", "isolate", "re-energise", "restore"]
    switch: int
    closes: bool
    by: Literal["protection", "remote", "crew", "unknown"]
    minutes: float
    topology: Topology
    figures: SupplyFigures
    verdict: ClosureVerdict | None = None


@dataclass(frozen=True)
class Restoration:
    """The sequence after a fault.

    Attributes:
        fault: ("line" | "bus" | "trafo" | "trafo3w", index).
        steps: in their order. ``topology``: after the last.
        isolated_buses: buses that stay dead with the fault until it is repaired.
        refused: ties that were better placed than the one taken, or the only ones, with every reason against them.
        left: what stays without supply, and why; empty when every customer outside the fault is back.
    """

    fault: tuple[str, int]
    steps: tuple[Step, ...]
    topology: Topology
    isolated_buses: tuple[int, ...]
    refused: tuple[ClosureVerdict, ...]
    left: tuple[Problem, ...]


def restore(
    net: Any,
    fault: tuple[str, int],
    *,
    topology: Topology = NORMAL,
    injections: xr.Dataset | None = None,
    rules: ClosureRules = RADIAL,
    engine: Engine | None = None,
) -> Restoration:
    """What to switch after a permanent fault, in order; the same input gives the same sequence.

    The nearest breaker on every way to a source trips; switches on both sides cut the fault out; the breakers that do not
    stand at the fault close again; then ties close one by one, each the best by unsupplied power, overload, voltage violation,
    losses and switch index among those that pass every check (see `twin.engines.outages.closure_checks`). Every tie is one
    switching.

    Args:
        net: a pandapower net, left unchanged. Optional columns of net.switch: ``permitted``, ``remote`` (bool), ``minutes``;
            see `check_closure` for ratings.
        fault: ("line", index), ("bus", index), ("trafo", index) or ("trafo3w", index).
        topology: state before the fault. ``injections``: one step (see `twin.contracts.ports.GridModel`); the net's own
            without.
        rules: what the site allows. ``engine``: power flow of the same net; a new one without.

    Raises:
        BadInput: for a fault that the net does not have or that is without supply already, for more than one step, and for
            every fault of the net.
    """
    engine = engine if engine is not None else make_engine(ENGINE, net)
    wiring = read_wiring(net)
    node = _fault_node(wiring, topology, fault)
    state = SupplyState(net, wiring, topology, engine, injections if injections is not None else xr.Dataset())
    crew = _Crew(net, wiring, node, state, rules)
    crew.clear(topology)
    crew.isolate()
    crew.re_energise()
    crew.close_ties()
    zone_buses = tuple(sorted(wiring.key[n][1] for n in crew.isolation.zone if wiring.key[n][0] == "bus"))
    refused = tuple(crew.refused[switch] for switch in sorted(crew.refused))
    return Restoration(fault, tuple(crew.steps), crew.topology, zone_buses, refused, crew.left())


def _fault_node(wiring: Wiring, topology: Topology, fault: tuple[str, int]) -> int:
    given: object = fault
    if not isinstance(given, tuple) or len(given) != 2 or isinstance(given[1], (bool, float)):
        limit = 'a table and an index, as ("line", 12)'
        raise BadInput([Problem("fault", repr(fault), limit, "correct the fault")])
    table, index = fault
    place = f"fault, {table} {index}"
    if table not in FAULTS or (table, index) not in wiring.node:
        limit = "a line, bus or transformer of the grid"
        raise BadInput([Problem(place, "unknown", limit, "correct the fault's table and index")])
    node = wiring.node[table, index]
    if not SupplyGraph(wiring, topology).supplied[node]:
        raise BadInput(
            [Problem(place, "without supply before the fault", "a supplied element", "correct the fault or topology")]
        )
    return node


class _Crew:
    """Carries the switchings out one after the other, and keeps the record."""

    def __init__(self, net: Any, wiring: Wiring, fault: int, state: SupplyState, rules: ClosureRules) -> None:
        self._net, self._wiring, self._fault, self._state, self._rules = net, wiring, fault, state, rules
        self.topology = NORMAL
        self.trip = Trip((), frozenset())
        self.isolation = Isolation(frozenset({fault}), ())
        self._lost = self.trip.lost_sources
        self.steps: list[Step] = []
        self.refused: dict[int, ClosureVerdict] = {}

    def clear(self, topology: Topology) -> None:
        """Protection trips."""
        self.topology = topology
        self.trip = tripped(self._wiring, topology, self._fault)
        for switch in self.trip.switches:
            self._move(switch, closes=False, action="trip")
        if self.trip.lost_sources:
            self._lost = self.trip.lost_sources
            self._record("trip", NO_SWITCH, closes=False)

    def isolate(self) -> None:
        """Open what is closed around the fault."""
        switch = self._net["switch"]
        self.isolation = isolated(self._wiring, self.topology, self._fault, lambda index: is_permitted(switch, index))
        for index in self.isolation.switches:
            self._move(index, closes=False, action="isolate")

    def re_energise(self) -> None:
        """Close what tripped and does not stand at the fault; infeeds outside the zone come back."""
        back = self._lost - self.isolation.zone
        self._lost = self._lost - back
        if back:
            self._record("re-energise", NO_SWITCH, closes=True)
        for switch in reversed(self.trip.switches):
            if not touches(self._wiring, switch, self.isolation.zone):
                self._move(switch, closes=True, action="re-energise")

    def close_ties(self) -> None:
        """Close the best permitted tie until none helps."""
        while (best := self._best_tie()) is not None:
            closure, verdict = best
            self._move(closure.switch, closes=True, action="restore", verdict=verdict)

    def left(self) -> tuple[Problem, ...]:
        """Customers without supply at the end, by connected part, with the reason; and whether the end is not proved."""
        found = []
        for buses, mw in self._state.dark_parts(self.topology, self._lost, self.isolation.zone):
            shown = ", ".join(map(str, buses[:5])) + (f" ... ({len(buses)} buses)" if len(buses) > 5 else "")
            remedy = self._reason(buses)
            found.append(Problem(f"bus {shown}", f"{mw:.3f} MW unsupplied", "supplied", remedy))
        if self.steps and not self.steps[-1].figures.converged:
            remedy = "correct the injections, or switch when the load is one that the grid can carry"
            found.append(Problem("power flow after the last step", "no solution", "a state that is proved", remedy))
        return tuple(found)

    def _reason(self, buses: list[int]) -> str:
        if any(self._wiring.node["bus", bus] in self.isolation.zone for bus in buses):
            return "repair the fault: no switch separates it from these buses"
        ties = [tie for tie in self._ties() if {tie.bus, tie.other_bus} & set(buses)]
        if ties:
            named = ", ".join(f"{tie.switch}" for tie in ties)
            return f"repair the fault, or answer what speaks against closing switch {named}"
        return "repair the fault: no single closure joins these buses to a supplied one"

    def _ties(self) -> list[Closure]:
        """Closures that bring a dark part with customers back, and touch nothing of the fault."""
        zone, node = self.isolation.zone, self._wiring.node
        waiting = {bus for part, _ in self._state.dark_parts(self.topology, self._lost, zone) for bus in part}
        graph = SupplyGraph(self._wiring, self.topology, lost_sources=self._lost)
        found = []
        for closure in closures_of(self._wiring, self._net["switch"], self.topology):
            ends = (node["bus", closure.bus], node["bus", closure.other_bus])
            carried = node.get((closure.kind, closure.branch), NO_SWITCH)
            on = [bool(graph.supplied[end]) for end in ends]
            if waiting & {closure.bus, closure.other_bus} and on[0] != on[1] and not zone & {*ends, carried}:
                found.append(closure)
        return found

    def _best_tie(self) -> tuple[Closure, ClosureVerdict] | None:
        ranked = []
        for closure in self._ties():
            after = self._wiring.switched(self.topology, closure.switch, closed=True)
            figures = self._state.figures(after, self._lost, self.isolation.zone)
            solved = figures.converged
            ranked.append((not solved, figures.rank if solved else (), closure.switch, closure))
        for unsolved, _, switch, closure in sorted(ranked, key=lambda item: item[:3]):
            verdict = check_closure(
                self._net,
                closure,
                self.topology,
                engine=self._state.engine,
                injections=self._state.injections,
                rules=self._rules,
            )
            if unsolved:
                verdict = _without_power_flow(verdict)
            if verdict.recommended:
                self.refused.pop(switch, None)
                return closure, verdict
            self.refused[switch] = verdict
        return None

    def _move(
        self,
        switch: int,
        *,
        closes: bool,
        action: Literal["trip", "isolate", "re-energise", "restore"],
        verdict: ClosureVerdict | None = None,
    ) -> None:
        self.topology = self._wiring.switched(self.topology, switch, closed=closes)
        self._record(action, switch, closes=closes, verdict=verdict)

    def _record(
        self,
        action: Literal["trip", "isolate", "re-energise", "restore"],
        switch: int,
        *,
        closes: bool,
        verdict: ClosureVerdict | None = None,
    ) -> None:
        table = self._net["switch"]
        above = switch == NO_SWITCH
        self.steps.append(
            Step(
                action=action,
                switch=switch,
                closes=closes,
                by="protection" if action == "trip" else "unknown" if above else operation_of(table, switch),
                minutes=0.0 if action == "trip" else float("nan") if above else minutes_of(table, switch),
                topology=self.topology,
                figures=self._state.figures(self.topology, self._lost, self.isolation.zone),
                verdict=verdict,
            )
        )


def _without_power_flow(verdict: ClosureVerdict) -> ClosureVerdict:
    place, limit = f"switch {verdict.switch} closed", "a voltage at which the load can be supplied"
    reason = Problem(place, "no power flow converges", limit, "take load off first")
    return replace(verdict, recommended=False, refusals=(*verdict.refusals, reason))
