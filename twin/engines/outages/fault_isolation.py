"""A fault on the grid: which breakers trip, and which switches cut it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.domain.grid import Topology
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.wiring import End, Wiring

_TRANSFORMERS = ("trafo", "trafo3w")


@dataclass(frozen=True)
class Trip:
    """What protection opens; ``lost_sources``: infeeds (nodes) without a switch on the way: there the grid above trips."""

    switches: tuple[int, ...]
    lost_sources: frozenset[int]


@dataclass(frozen=True)
class Isolation:
    """``zone``: nodes that stay dead with the fault; ``switches``: closed ones to open around it, ascending."""

    zone: frozenset[int]
    switches: tuple[int, ...]


def tripped(wiring: Wiring, topology: Topology, fault: int) -> Trip:
    """Breakers that clear a fault at node ``fault``: on every way to a source the nearest, shortest way first.

    Where no closed switch of type "CB" stands on the way, the head of the feeder opens: the switch of the line next to the
    transformer or source that feeds it.
    """
    opened: list[int] = []
    lost: set[int] = set()
    while (path := SupplyGraph(wiring, topology, lost_sources=lost).path_to_source(fault)) is not None:
        switch = _breaker(wiring, path)
        if switch is None:
            switch = _feeder_head(wiring, fault, path)
        if switch is None:
            lost.add(_walk(fault, path)[-1])
            continue
        opened.append(switch)
        topology = wiring.switched(topology, switch, closed=False)
    return Trip(tuple(opened), frozenset(lost))


def isolated(wiring: Wiring, topology: Topology, fault: int, usable: Callable[[int], bool]) -> Isolation:
    """The smallest zone around node ``fault`` that switches can cut out; a switch that is not ``usable`` is none."""
    alive = wiring.alive(topology)
    zone, stack, boundary = {fault}, [fault], set()
    while stack:
        here = stack.pop()
        for end in wiring.ends_at(here):
            other = end.other(here)
            if not alive[other] or not all(wiring.is_closed(switch, topology) for switch in end.switches):
                continue
            if cut := [switch for switch in end.switches if usable(switch)]:
                boundary.add(cut[0])
            elif other not in zone:
                zone.add(other)
                stack.append(other)
    return Isolation(frozenset(zone), tuple(sorted(boundary)))


def touches(wiring: Wiring, switch: int, zone: frozenset[int]) -> bool:
    """Whether the switch stands at the zone: closing it would bring the fault back."""
    return any(switch in end.switches for node in zone for end in wiring.ends_at(node))


def _breaker(wiring: Wiring, path: list[End]) -> int | None:
    return next((switch for end in path for switch in end.switches if wiring.kind[switch] == "CB"), None)


def _feeder_head(wiring: Wiring, fault: int, path: list[End]) -> int | None:
    """Last switch of a line (else of anything) before the first transformer above that has any below it."""
    feeder: list[End] = []
    for end, node in zip(path, _walk(fault, path)[1:], strict=True):
        if end.switches:
            feeder.append(end)
        if feeder and wiring.key[node][0] in _TRANSFORMERS:
            break
    of_lines = [end for end in feeder if wiring.key[end.v][0] == "line"]
    return (of_lines or feeder)[-1].switches[0] if feeder else None


def _walk(start: int, path: list[End]) -> list[int]:
    nodes = [start]
    for end in path:
        nodes.append(end.other(nodes[-1]))
    return nodes
