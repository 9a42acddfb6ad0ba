"""Switchings and taps: close what is open, move an open point, step a transformer; topologies are all that changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from scenarios.risk.remedies.judge import Change, Harm, Judge
from scenarios.risk.remedies.remedy import Remedy
from scenarios.risk.states import States
from twin.domain.grid import Topology
from twin.engines.outages.closure_checks import ClosureRules, check_closure
from twin.engines.outages.closures import Closure, closures_of, is_permitted
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.wiring import Wiring, read_wiring

TAP_STEPS = (-2, -1, 1, 2)
MOST_MOVES = 200
"""Moves of an open point that are tried: each is a topology to be compiled."""


class Switchings:
    """Everything that can be switched in a net, seen from its worst state.

    Args:
        net: a pandapower net. ``before``: violations of the states as they are.

    Attributes:
        topology: of the worst state.
    """

    def __init__(self, net: Any, judge: Judge, states: States, before: Harm, rules: ClosureRules) -> None:
        self._net, self._judge, self._states, self._before, self._rules = net, judge, states, before, rules
        self._wiring: Wiring = read_wiring(net)
        bad = before.bad
        weight = (before.overload_percent + before.voltage_percent + 1e3 * before.unserved_mw)[bad]
        self._worst = int(bad[weight.argmax()]) if len(bad) else 0
        self.topology: Topology = states.topology[self._worst]
        self._closures = [c for c in closures_of(self._wiring, net["switch"], self.topology) if c.permitted]

    def closures(self) -> Iterator[Remedy]:
        """Every permitted closure alone, made while something is broken; the engine's rules check those that help somebody."""
        rows = self._before.bad
        for closure in self._closures:
            during = self._judge.harm(self._states.at(rows), self._closed(closure.switch))
            harm = self._before.with_rows(rows, during)
            remedy = self._remedy("close", f"switch:{closure.switch}", 1, harm)
            yield self._checked(remedy, closure, self.topology)

    def moves(self, broken: list[tuple[str, int]]) -> Iterator[Remedy]:
        """Close a switch between two supplied parts and open another one of the ring that this makes: it stays radial.

        Only rings that hold something ``broken``, or feed it, can help; the opened switch lies on the side of what is broken.

        Args:
            broken: (table, index) of what is beyond a limit in the worst state.
        """
        graph = SupplyGraph(self._wiring, self.topology)
        nodes = {self._wiring.node[key] for key in broken if key in self._wiring.node}
        count = 0
        for closure in self._closures:
            one, two = (self._wiring.node["bus", bus] for bus in (closure.bus, closure.other_bus))
            if not (graph.supplied[one] and graph.supplied[two]):
                continue
            ways = graph.feeding(one), graph.feeding(two)
            for mine, other in (ways, ways[::-1]):
                own = [node for node in mine if node not in set(other)]
                if not self._concerns(own, nodes, graph):
                    continue
                for opened in self._switches_along(own):
                    if count >= MOST_MOVES:
                        return
                    count += 1
                    yield self._moved(closure, opened)

    def taps(self) -> Iterator[Remedy]:
        """Every transformer with a changer, one and two steps either way, within its ends."""
        trafo = self._net["trafo"]
        for index, row in trafo[trafo["tap_step_percent"].fillna(0.0) != 0.0].iterrows():
            now = dict(self.topology.tap_pos).get(int(index), int(row["tap_pos"]))
            for step in TAP_STEPS:
                position = now + step
                if row["tap_min"] <= position <= row["tap_max"]:
                    harm = self._judge.harm(self._states, _tapped(int(index), position))
                    note = {"tap_pos": position, "from_tap_pos": now}
                    yield Remedy("tap", f"trafo:{int(index)}", abs(step), "steps", harm, note=note)

    def _remedy(self, kind: str, what: str, switchings: int, harm: Harm) -> Remedy:
        return Remedy(kind, what, switchings, "switchings", harm)

    def _moved(self, closure: Closure, opened: int) -> Remedy:
        def change(topology: Topology) -> Topology:
            return self._wiring.switched(self._closed(closure.switch)(topology), opened, closed=False)

        harm = self._judge.harm(self._states, change)
        remedy = self._remedy("move", f"switch:{closure.switch} switch:{opened}", 2, harm)
        # with the ring opened first the closure joins a dark part to a supplied one: what the rules say of that counts
        return self._checked(remedy, closure, self._wiring.switched(self.topology, opened, closed=False))

    def _checked(self, remedy: Remedy, closure: Closure, topology: Topology) -> Remedy:
        if not _helps(remedy.harm, self._before):
            return remedy
        step = self._states.injections.isel(time=[self._worst]).drop_vars("time", errors="ignore")
        verdict = check_closure(self._net, closure, topology, engine=self._judge.engine, injections=step, rules=self._rules)
        return Remedy(
            remedy.kind,
            remedy.what,
            remedy.amount,
            remedy.unit,
            remedy.harm,
            refusals=tuple(str(problem) for problem in verdict.refusals),
        )

    def _closed(self, switch: int) -> Change:
        return lambda topology: self._wiring.switched(topology, switch, closed=True)

    @staticmethod
    def _concerns(way: list[int], broken: set[int], graph: SupplyGraph) -> bool:
        """Whether a way holds something broken, or feeds it."""
        on = set(way)
        return bool(on & broken) or any(on & set(graph.feeding(node)) for node in broken if graph.supplied[node])

    def _switches_along(self, way: list[int]) -> list[int]:
        """Closed switches that may be opened, on the joints of a way, nearest to its end first."""
        found: list[int] = []
        on = set(way)
        for node in way:
            for end in self._wiring.ends_at(node):
                if end.other(node) in on:
                    found += [s for s in end.switches if s not in found and self._wiring.is_closed(s, self.topology)]
        return [switch for switch in found if is_permitted(self._net["switch"], switch)]


def _tapped(trafo: int, position: int) -> Change:
    def change(topology: Topology) -> Topology:
        others = {pair for pair in topology.tap_pos if pair[0] != trafo}
        return Topology(
            open_switches=topology.open_switches,
            closed_switches=topology.closed_switches,
            tap_pos=frozenset({*others, (trafo, position)}),
            out_lines=topology.out_lines,
            out_trafos=topology.out_trafos,
        )

    return change


def _helps(after: Harm, before: Harm) -> bool:
    """Whether something is less broken; the checks of a closure that helps nothing are not worth their time."""
    then, now = before.figures(), after.figures()
    return any(now[name] < then[name] - 1e-6 for name in then) and not np.isnan(sum(now.values()))
