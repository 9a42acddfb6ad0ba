"""Which buses lose supply when a line, a transformer or a bus goes: for every outage at once, from one search.

A depth-first search numbers the supplied nodes in the order of discovery, and notes how far back each branch of the search
reaches without its parent (Tarjan 1972, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), section 3).
What cannot reach past a removed node loses its supply, and is one run of consecutive numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput, Problem
from twin.engines.outages.wiring import End, Wiring, read_wiring

UNSUPPLIED = -1


@dataclass(frozen=True)
class _Search:
    """Of every node: number ``first`` (-1 unsupplied), subtree's end ``last``, ``parent`` (-1 none), children ``lost`` too."""

    first: np.ndarray
    last: np.ndarray
    parent: np.ndarray
    lost: tuple[tuple[int, ...], ...]


class SupplyGraph:
    """Who feeds whom under one topology.

    Attributes:
        wiring, topology: what it was built from.
        supplied: whether a source feeds the node, bool, dims (node,).
    """

    def __init__(self, wiring: Wiring, topology: Topology = NORMAL, *, lost_sources: Collection[int] = ()) -> None:
        self.wiring = wiring
        self.topology = topology
        self._alive = wiring.alive(topology)
        self._next = self._adjacency()
        self._source = wiring.source & self._alive
        self._source[list(lost_sources)] = False
        self._search = _search(self._next, self._source)
        self.supplied: np.ndarray = self._search.first >= 0

    def dark(self, table: str, indices: Sequence[int]) -> np.ndarray:
        """Buses that lose supply by each outage alone, bool, dims (outage, bus), in the order of ``wiring.bus``.

        A line or transformer goes with all its ends open; a bus goes with everything that is connected to it, and is dark
        itself. A bus that had no supply before is never counted.

        Raises:
            BadInput: naming every index that the net's ``table`` does not have.
        """
        nodes = self._nodes_of(table, indices)
        first, last = self._search.first, self._search.last
        hit = np.zeros((len(nodes), int(self.supplied.sum())), dtype=bool)
        for row, node in zip(hit, nodes, strict=True):
            if first[node] >= 0:
                row[first[node]] = True
                for child in self._search.lost[node]:
                    row[first[child] : last[child]] = True
        at = first[: len(self.wiring.bus)]
        found: np.ndarray = hit[:, at] if hit.shape[1] else np.zeros((len(nodes), len(at)), dtype=bool)
        found[:, at < 0] = False
        return found

    def path_to_source(self, node: int) -> list[End] | None:
        """Ends on the shortest way (in branches) to a source, nearest first; None without supply."""
        if not self.supplied[node]:
            return None
        came: dict[int, End | None] = {node: None}
        queue = deque([node])
        while not self._source[here := queue.popleft()]:
            for other, end in self._next[here]:
                if other not in came:
                    came[other] = end
                    queue.append(other)
        path: list[End] = []
        while (step := came[here]) is not None:
            path.append(step)
            here = step.other(here)
        return path[::-1]

    def feeding(self, node: int) -> list[int]:
        """Nodes from ``node`` up to its source, both included; the one way there is in a radial grid."""
        path = []
        while node >= 0:
            path.append(node)
            node = int(self._search.parent[node])
        return path

    def sections(self) -> np.ndarray:
        """Connected part of every node, dims (node,): equal numbers are connected; -1 out of service."""
        label = np.full(len(self._alive), -1)
        for start in range(len(label)):
            if self._alive[start] and label[start] < 0:
                label[start] = start
                stack = [start]
                while stack:
                    for other, _ in self._next[stack.pop()]:
                        if label[other] < 0:
                            label[other] = start
                            stack.append(other)
        return label

    def _nodes_of(self, table: str, indices: Sequence[int]) -> list[int]:
        known = self.wiring.node
        unknown = [index for index in indices if (table, int(index)) not in known]
        if unknown:
            raise BadInput(
                Problem(f"outage, {table} {index}", "unknown", f"an index of net.{table}", "correct the index")
                for index in unknown
            )
        return [known[(table, int(index))] for index in indices]

    def _adjacency(self) -> list[list[tuple[int, End]]]:
        joined: list[list[tuple[int, End]]] = [[] for _ in self._alive]
        for end in self.wiring.ends:
            on = self._alive[end.u] and self._alive[end.v]
            if on and all(self.wiring.is_closed(switch, self.topology) for switch in end.switches):
                joined[end.u].append((end.v, end))
                joined[end.v].append((end.u, end))
        return joined


def supply_graph(net: Any, topology: Topology = NORMAL) -> SupplyGraph:
    """The supply of a pandapower net under ``topology``; build it once, then ask for every outage."""
    return SupplyGraph(read_wiring(net), topology)


def _search(joined: list[list[tuple[int, End]]], source: np.ndarray) -> _Search:
    """Depth first from every source; all sources hang on one grid above, number -1, that never fails."""
    nodes = len(joined)
    first, last, parent = [UNSUPPLIED] * nodes, [0] * nodes, [-1] * nodes
    low = [0] * nodes
    lost: list[list[int]] = [[] for _ in range(nodes)]
    found = 0
    for root in np.flatnonzero(source).tolist():
        if first[root] >= 0:
            continue
        first[root], low[root], found = found, -1, found + 1
        stack = [(root, iter(joined[root]))]
        while stack:
            here, rest = stack[-1]
            for other, _ in rest:
                if first[other] < 0:
                    first[other], parent[other] = found, here
                    low[other] = -1 if source[other] else found
                    found += 1
                    stack.append((other, iter(joined[other])))
                    break
                low[here] = min(low[here], first[other])
            else:
                stack.pop()
                last[here] = found
                above = parent[here]
                if above >= 0:
                    low[above] = min(low[above], low[here])
                    if low[here] >= first[above]:
                        lost[above].append(here)
    return _Search(np.array(first), np.array(last), np.array(parent), tuple(map(tuple, lost)))
