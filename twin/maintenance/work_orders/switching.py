"""How an asset is freed for work and given back: a proposal, every state of it checked by the engine.

Others are supplied first: permitted ties close while everything is still live, so that nobody goes dark. Then the switches
around the asset open, the load side before the supply side, and the five safety rules of EN 50110-1 (6.2.2 to 6.2.6) follow:
disconnect completely, secure against re-connection, verify that the installation is dead, earth and short-circuit, protect
against adjacent live parts. After the work all of it goes back in the reverse order.

Where the asset has no switch of its own, the smallest part of the grid that switches cut out is taken out with it, and its
loads hang on a mobile supply. It is a proposal: who gives switching orders knows what no grid file holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine
from twin.contracts.work_order import GridState, Step, Switching, Why
from twin.domain.grid import NORMAL, Topology
from twin.engines.outages.closure_checks import ClosureRules, check_closure
from twin.engines.outages.closures import Closure, closures_of, is_permitted
from twin.engines.outages.fault_isolation import isolated
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.supply_state import SupplyFigures, SupplyState
from twin.engines.outages.wiring import read_wiring

_WATT_MW = 1e-6
_EXCESS = 1e-3
"""Loading [sum of %] and voltage [sum of pu] beyond limits that are taken for the same as before the work."""
_NOBODY: frozenset[int] = frozenset()
_BRANCHES = ("line", "trafo", "bus")


@dataclass(frozen=True)
class Names:
    """What the grid file calls things; an element without a name gets its table and index."""

    net: Any

    def of(self, table: str, index: int) -> str:
        """Name of an element."""
        frame = self.net[table]
        name = frame.at[index, "name"] if "name" in frame else None
        return str(name) if isinstance(name, str) and name else f"{table} {index}"

    def kind(self, switch: int) -> str:
        """Type of a switch ("CB", "LBS", "DS" ...), "" unknown."""
        kind = self.net["switch"].at[switch, "type"]
        return kind if isinstance(kind, str) else ""

    def bus_of(self, switch: int) -> int:
        """The bus that a switch stands at."""
        return int(self.net["switch"].at[switch, "bus"])


def switching(
    net: Any,
    element: str,
    *,
    engine: Engine,
    injections: xr.Dataset,
    at: datetime | None,
    mobile_mw: float,
    closures: Sequence[int] = (),
) -> Switching:
    """Steps that free ``element`` and give it back.

    Args:
        net: a pandapower net, left unchanged. ``element``: "trafo.2", "line.66", "bus.3", "switch.8"; anything else has its
            own switching device, which the grid file does not hold.
        injections: the one step at which every state is checked (see `twin.contracts.ports.GridModel`): the hour of the
            highest load within the window. ``at``: its instant, None for the grid file's own powers.
        mobile_mw: what a mobile supply can carry; 0 without one.
        closures: ties that the outage was judged with; they are tried before others.
    """
    found = _place(net, element)
    if found is None:
        return Switching(steps=_without_grid(Names(net), net, element), reason="not_in_grid")
    desk = _Desk(net, found, engine, injections, mobile_mw)
    desk.supply_others(closures)
    return desk.written(at)


@dataclass(frozen=True)
class _Work:
    """Where it happens: a line, transformer or bus; ``switch``: the one under work, which isolates nothing then, or -1."""

    table: str
    index: int
    switch: int = -1


def _place(net: Any, element: str) -> _Work | None:
    table, _, index = element.partition(".")
    if table == "switch" and int(index) in net["switch"].index:
        return _Work("bus", int(net["switch"].at[int(index), "bus"]), int(index))
    return _Work(table, int(index)) if table in _BRANCHES and int(index) in net[table].index else None


def _without_grid(names: Names, net: Any, element: str) -> tuple[Step, ...]:
    """Work at what the grid holds no switch of: its own device, and the safety rules there."""
    table, _, index = element.partition(".")
    known = table in ("sgen", "load") and int(index) in net[table].index
    bus = int(net[table].at[int(index), "bus"]) if known else None
    at = () if bus is None else (names.of("bus", bus),)
    kv = () if bus is None else (float(net["bus"].at[bus, "vn_kv"]),)
    codes = ("report", "own_switch", "lock", "dead", "earth", "cover", "work", "uncover", "unearth", "unlock", "report_back")
    return tuple(Step(code=code, at=at, vn_kv=kv) for code in codes)


def _order(switch: int, figures: SupplyFigures, preferred: Sequence[int]) -> tuple[object, ...]:
    return (switch not in preferred, not figures.converged, figures.rank if figures.converged else (), switch)


class _Desk:
    """Finds what to open and what to close, and writes the steps with the state that each leaves."""

    def __init__(self, net: Any, work: _Work, engine: Engine, injections: xr.Dataset, mobile_mw: float) -> None:
        self._net, self._work, self._names = net, work, Names(net)
        self._wiring = wiring = read_wiring(net)
        self._state = SupplyState(net, wiring, NORMAL, engine, injections)
        self._limit_mw = mobile_mw
        # a switch under work separates nothing: what hangs on both its sides is taken out
        joined = NORMAL if work.switch < 0 else wiring.switched(NORMAL, work.switch, closed=True)
        self._isolation = isolated(
            wiring,
            joined,
            wiring.node[work.table, work.index],
            lambda switch: switch != work.switch and is_permitted(net["switch"], switch),
        )
        self._opened = self._in_order(self._isolation.switches)
        self._ties: list[Closure] = []
        self._against: dict[int, tuple[Why, ...]] = {}
        self._mobile_mw = 0.0

    def supply_others(self, preferred: Sequence[int]) -> None:
        """Choose ties until none helps: each the best that no check refuses, else the best with what speaks against it.

        Better is: ``preferred``, then less unsupplied power, overload, voltage violation, losses, and the lower index.
        """
        topology, live = self._all_open(NORMAL), NORMAL
        while candidates := self._useful(topology):
            figures = {tie.switch: self._figures(self._closed(topology, tie)) for tie in candidates}
            candidates.sort(key=lambda tie: _order(tie.switch, figures[tie.switch], preferred))
            against = ((tie, self._objections(tie, live)) for tie in candidates)
            first = next(against)
            best, found = first if not first[1] else next((pair for pair in against if not pair[1]), first)
            self._ties.append(best)
            self._against[best.switch] = found
            topology, live = self._closed(topology, best), self._closed(live, best)
        self._mobile_mw = self._figures(topology).unsupplied_mw

    def written(self, at: datetime | None) -> Switching:
        """All steps, there and back."""
        there, topology = self._there()
        locked = (*self._opened, *self._standing_open())
        lock, unlock = (
            Step(code=code, switches=tuple(self._names.of("switch", switch) for switch in locked), indices=locked)
            for code in ("lock", "unlock")
        )
        steps = (
            *(Step(code="report"), *there, lock, *map(self._here, ("dead", "earth", "cover", "work", "uncover", "unearth"))),
            *(unlock, *self._back(topology), Step(code="report_back")),
        )
        before = self._grid_state(self._figures(NORMAL), carried_mw=0.0)
        reason = self._reason(steps)
        return Switching(steps=steps, at=at, before=before, proven=not reason, reason=reason)

    # ------------------------------------------------------------------------------------------ there and back

    def _there(self) -> tuple[list[Step], Topology]:
        steps, topology = [], NORMAL
        for tie in self._ties:
            topology = self._closed(topology, tie)
            steps.append(self._move("close_tie", tie.switch, topology, self._against[tie.switch]))
        if self._mobile_mw > _WATT_MW:
            steps.append(self._mobile(self._dark_buses(self._all_open(topology))))
        for switch in self._opened:
            objections = self._off_load(switch, topology)
            topology = self._wiring.switched(topology, switch, closed=False)
            steps.append(self._move("open", switch, topology, objections))
        return steps, topology

    def _back(self, topology: Topology) -> list[Step]:
        steps = []
        for switch in reversed(self._opened):
            topology = self._wiring.switched(topology, switch, closed=True)
            steps.append(self._move("close", switch, topology))
        if self._mobile_mw > _WATT_MW:
            steps.append(Step(code="mobile_off", p_mw=self._mobile_mw))
        for tie in reversed(self._ties):
            topology = self._wiring.switched(topology, tie.switch, closed=False)
            steps.append(self._move("open_tie", tie.switch, topology))
        return steps

    def _mobile(self, buses: Sequence[int]) -> Step:
        objections = []
        if any(self._wiring.node["bus", bus] in self._isolation.zone for bus in buses):
            objections.append(Why(code="in_zone"))
        if self._mobile_mw > self._limit_mw + _WATT_MW:
            objections.append(Why(code="mobile_small", params={"mw": self._mobile_mw, "limit_mw": self._limit_mw}))
        at = tuple(self._names.of("bus", bus) for bus in buses)
        return Step(code="mobile_on", at=at, p_mw=self._mobile_mw, objections=tuple(objections))

    def _move(self, code: str, switch: int, topology: Topology, objections: tuple[Why, ...] = ()) -> Step:
        bus = self._names.bus_of(switch)
        return Step(
            code=code,
            switches=(self._names.of("switch", switch),),
            indices=(switch,),
            kinds=(self._names.kind(switch),),
            at=(self._names.of("bus", bus),),
            vn_kv=(float(self._net["bus"].at[bus, "vn_kv"]),),
            state=self._grid_state(self._figures(topology), carried_mw=self._mobile_mw),
            objections=objections,
        )

    def _here(self, code: str) -> Step:
        """A step at the ends of what is out."""
        columns = {"line": ("from_bus", "to_bus"), "trafo": ("hv_bus", "lv_bus")}.get(self._work.table, ())
        row, bus = self._net[self._work.table], self._net["bus"]
        buses = [int(row.at[self._work.index, column]) for column in columns] or [self._work.index]
        names = tuple(self._names.of("bus", index) for index in buses)
        return Step(code=code, at=names, vn_kv=tuple(float(bus.at[index, "vn_kv"]) for index in buses))

    def _objections(self, tie: Closure, topology: Topology) -> tuple[Why, ...]:
        """What speaks against closing a tie on a live loop, meshed for as long as it takes to open the next switch."""
        rules = ClosureRules(meshing=True, coupled_infeeds=True)
        verdict = check_closure(
            self._net, tie, topology, engine=self._state.engine, injections=self._state.injections, rules=rules
        )
        return tuple(Why(code="closure", params={"why": str(problem)}) for problem in verdict.refusals)

    def _off_load(self, switch: int, topology: Topology) -> tuple[Why, ...]:
        """A disconnector opens without current only (IEC 62271-102): before it does, what it cuts out must be dead."""
        live = SupplyGraph(self._wiring, topology).supplied[list(self._isolation.zone)].any()
        return (Why(code="off_load"),) if live and self._names.kind(switch) == "DS" else ()

    # ------------------------------------------------------------------------------------------ the grid

    def _in_order(self, switches: Sequence[int]) -> tuple[int, ...]:
        """What may break a load first; of these the lower voltage, then the farther from the source: the supply opens last."""
        graph = SupplyGraph(self._wiring)

        def order(switch: int) -> tuple[bool, float, int, int]:
            bus = self._names.bus_of(switch)
            path = graph.path_to_source(self._wiring.node["bus", bus])
            away = 0 if path is None else len(path)
            return (self._names.kind(switch) == "DS", float(self._net["bus"].at[bus, "vn_kv"]), -away, switch)

        return tuple(sorted(switches, key=order))

    def _standing_open(self) -> tuple[int, ...]:
        """Switches that are open anyway, and beyond which something is live: they must not close during the work either."""
        found = {
            switch
            for node in self._isolation.zone
            for end in self._wiring.ends_at(node)
            if end.other(node) not in self._isolation.zone
            for switch in end.switches
            if not self._wiring.is_closed(switch, NORMAL)
        }
        return tuple(sorted(found - {self._work.switch}))

    def _all_open(self, topology: Topology) -> Topology:
        for switch in self._isolation.switches:
            topology = self._wiring.switched(topology, switch, closed=False)
        return topology

    def _closed(self, topology: Topology, tie: Closure) -> Topology:
        return self._wiring.switched(topology, tie.switch, closed=True)

    def _figures(self, topology: Topology) -> SupplyFigures:
        return self._state.figures(topology, _NOBODY, _NOBODY)

    def _dark_buses(self, topology: Topology) -> list[int]:
        return [bus for part, _ in self._state.dark_parts(topology, _NOBODY, _NOBODY) for bus in part]

    def _useful(self, topology: Topology) -> list[Closure]:
        """Permitted ties that bring a dark part with customers back, and touch nothing of what is taken out."""
        zone, node = self._isolation.zone, self._wiring.node
        waiting = set(self._dark_buses(topology))
        graph = SupplyGraph(self._wiring, topology)
        found = []
        for closure in closures_of(self._wiring, self._net["switch"], topology):
            ends = (node["bus", closure.bus], node["bus", closure.other_bus])
            carried = node.get((closure.kind, closure.branch), -1)
            on = [bool(graph.supplied[end]) for end in ends]
            touched = zone & {*ends, carried} or closure.switch in self._isolation.switches
            if closure.permitted and waiting & {closure.bus, closure.other_bus} and on[0] != on[1] and not touched:
                found.append(closure)
        return found

    def _grid_state(self, figures: SupplyFigures, *, carried_mw: float) -> GridState:
        usual = self._figures(NORMAL)
        dark_mw = max(figures.unsupplied_mw - carried_mw, 0.0)
        holds = (
            figures.converged
            and dark_mw <= _WATT_MW
            and figures.overload_percent <= usual.overload_percent + _EXCESS
            and figures.vm_violation_pu <= usual.vm_violation_pu + _EXCESS
        )
        return GridState(
            unsupplied_mw=dark_mw,
            loading_percent=figures.loading_percent if np.isfinite(figures.loading_percent) else None,
            vm_pu=figures.vm_pu if np.isfinite(figures.vm_pu) else None,
            holds=holds,
        )

    def _reason(self, steps: Sequence[Step]) -> str:
        """Why there is no proof, "" with one."""
        if not self._opened:
            return "no_switch"
        states = [step.state for step in steps if step.state is not None]
        if self._mobile_mw > self._limit_mw + _WATT_MW or any(state.unsupplied_mw > _WATT_MW for state in states):
            return "dark"
        if not all(state.holds for state in states):
            return "limit"
        return "objection" if any(step.objections for step in steps) else ""
