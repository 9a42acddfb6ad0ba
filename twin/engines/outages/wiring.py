"""The net as buses, branches and the switches between them: what can be separated from what.

A line or transformer is a node of its own, joined to its buses by *ends* that carry its switches. So a line open at one end
still hangs on the other, an outage of whatever kind is the removal of one node, and a switch belongs to exactly one end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.domain.grid import Topology
from twin.domain.problems import Problems

BRANCHES = {
    "line": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
    "impedance": ("from_bus", "to_bus"),
}
"""Elements that carry power from bus to bus, with the columns of their buses."""
SWITCHED = {"l": "line", "t": "trafo", "t3": "trafo3w"}
"""Branch table by ``net.switch.et``; "b" is a bus-bus switch."""


@dataclass(frozen=True)
class End:
    """Two nodes and the switches in series between them; none: they cannot be separated."""

    u: int
    v: int
    switches: tuple[int, ...]

    def other(self, node: int) -> int:
        """The node at the far side."""
        return self.v if node == self.u else self.u


@dataclass(frozen=True)
class Wiring:
    """Buses, branches and switches of one net, whatever their position.

    Attributes:
        bus: the net's bus indices, dims (bus,); bus ``i`` is node ``i``, branches follow.
        key: (table, index) of every node.
        node: node of every (table, index).
        in_service: dims (node,). ``source``: whether a grid above or a slack machine feeds the node, dims (node,).
        ends: every joint between two nodes; ``at``: positions in ``ends`` by node.
        closed: position of every switch in the grid file; ``kind``: its ``type`` ("CB", "LBS", "DS", ..., "" unknown).
    """

    bus: np.ndarray
    key: tuple[tuple[str, int], ...]
    node: dict[tuple[str, int], int]
    in_service: np.ndarray
    source: np.ndarray
    ends: tuple[End, ...]
    at: tuple[tuple[int, ...], ...]
    closed: dict[int, bool]
    kind: dict[int, str]

    def ends_at(self, node: int) -> Iterator[End]:
        """The joints of one node."""
        return (self.ends[position] for position in self.at[node])

    def is_closed(self, switch: int, topology: Topology) -> bool:
        """Position of a switch under ``topology``."""
        return topology.is_closed(switch, self.closed[switch])

    def alive(self, topology: Topology) -> np.ndarray:
        """Nodes in service under ``topology``, bool, dims (node,)."""
        alive = self.in_service.copy()
        for table, out in (("line", topology.out_lines), ("trafo", topology.out_trafos)):
            for index in out:
                alive[self.node[(table, index)]] = False
        return alive

    def switched(self, topology: Topology, switch: int, *, closed: bool) -> Topology:
        """``topology`` with one switch moved."""
        opened = topology.open_switches - {switch}
        shut = topology.closed_switches - {switch}
        if closed and not self.closed[switch]:
            shut |= {switch}
        if not closed and self.closed[switch]:
            opened |= {switch}
        return Topology(
            open_switches=opened,
            closed_switches=shut,
            tap_pos=topology.tap_pos,
            out_lines=topology.out_lines,
            out_trafos=topology.out_trafos,
        )


def read_wiring(net: Any) -> Wiring:
    """The wiring of a pandapower net.

    Raises:
        BadInput: naming every switch at a bus that its line or transformer does not touch.
    """
    bus = net["bus"].index.to_numpy(dtype=int)
    key = [("bus", int(index)) for index in bus]
    in_service = list(net["bus"]["in_service"].to_numpy(dtype=bool))
    node = {k: position for position, k in enumerate(key)}
    bare: list[tuple[int, int]] = []
    for table, columns in BRANCHES.items():
        if table not in net or not len(net[table]):
            continue
        frame = net[table]
        for index, on, *buses in frame[["in_service", *columns]].itertuples():
            node[(table, int(index))] = len(key)
            bare += [(node[("bus", int(b))], len(key)) for b in buses]
            key.append((table, int(index)))
            in_service.append(bool(on))
    ends = _ends(net, node, bare)
    at: list[list[int]] = [[] for _ in key]
    for position, end in enumerate(ends):
        at[end.u].append(position)
        at[end.v].append(position)
    switch = net["switch"]
    return Wiring(
        bus=bus,
        key=tuple(key),
        node=node,
        in_service=np.array(in_service, dtype=bool),
        source=_sources(net, node, len(key)),
        ends=tuple(ends),
        at=tuple(map(tuple, at)),
        closed={int(i): bool(c) for i, c in zip(switch.index, switch["closed"], strict=True)},
        kind={int(i): t if isinstance(t, str) else "" for i, t in zip(switch.index, switch["type"], strict=True)},
    )


def _ends(net: Any, node: dict[tuple[str, int], int], bare: list[tuple[int, int]]) -> list[End]:
    problems = Problems()
    couplers: list[End] = []
    switches: dict[tuple[int, int], list[int]] = {pair: [] for pair in bare}
    for switch, at, element, et in net["switch"][["bus", "element", "et"]].itertuples():
        u = node[("bus", int(at))]
        if et == "b":
            couplers.append(End(u, node[("bus", int(element))], (int(switch),)))
            continue
        table = SWITCHED.get(et, "")
        pair = (u, node.get((table, int(element)), -1))
        if pair not in switches:
            problems.add(f"net.switch {switch}", f"bus {at}", f"a bus of {table} {element}", "correct the grid file")
            continue
        switches[pair].append(int(switch))
    problems.raise_if_any()
    return couplers + [End(u, v, tuple(switches[(u, v)])) for u, v in bare]


def _sources(net: Any, node: dict[tuple[str, int], int], nodes: int) -> np.ndarray:
    source = np.zeros(nodes, dtype=bool)
    for table in ("ext_grid", "gen"):
        if table not in net:
            continue
        frame = net[table]
        feeds = frame["in_service"].astype(bool)
        if table == "gen":  # only a slack machine carries a grid of its own
            feeds &= frame["slack"].astype(bool) if "slack" in frame else False
        for bus in frame.loc[feeds, "bus"]:
            source[node[("bus", int(bus))]] = True
    return source
