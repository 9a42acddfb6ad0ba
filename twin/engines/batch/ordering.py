"""The order in which nodes are eliminated, and where the factor has entries: once per grid, for every state and outage.

Minimum degree, then the postorder of the elimination tree: on a tree the factor has no fill, so that solving with
it *is* the backward/forward sweep of radial grids, and a child stands close to its parent in memory.

Source: J. W. H. Liu, "The role of elimination trees in sparse factorization", SIAM J. Matrix Anal. Appl. 11 (1990).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Pattern:
    """Structure of an L D U factor of a matrix with symmetric structure.

    Attributes:
        node: grid node at each position, dims (position,). ``position``: inverse, -1 for fixed nodes, dims (node,).
        start: first entry of each column, dims (position + 1,).
        row: row of each entry, ascending within a column and below the diagonal, dims (entry,). The entry of the
            upper triangle has row and column exchanged.
    """

    node: np.ndarray
    position: np.ndarray
    start: np.ndarray
    row: np.ndarray

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return len(self.node)


def order(nodes: int, edge_from: np.ndarray, edge_to: np.ndarray, fixed: np.ndarray) -> Pattern:
    """Order and structure for a graph of ``nodes``; ``fixed`` nodes (sources) are no unknowns.

    Args:
        edge_from, edge_to: ends of every branch that is or may come into service, dims (edge,).
    """
    beside = _neighbours(nodes, edge_from, edge_to, fixed)
    eliminated, later = _minimum_degree(beside, set(fixed.tolist()))
    place = {node: k for k, node in enumerate(eliminated)}
    parents = [min((place[node] for node in column), default=-1) for column in later]
    turn = _postorder(parents)
    node = np.array([eliminated[k] for k in turn], dtype=np.int64)
    position = np.full(nodes, -1, dtype=np.int64)
    position[node] = np.arange(len(node))
    columns = [np.sort(position[later[k]]) for k in turn]
    start = np.concatenate([[0], np.cumsum([len(column) for column in columns])]).astype(np.int64)
    row = np.concatenate([*columns, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    return Pattern(node, position, start, row)


def _neighbours(nodes: int, edge_from: np.ndarray, edge_to: np.ndarray, fixed: np.ndarray) -> list[set[int]]:
    beside: list[set[int]] = [set() for _ in range(nodes)]
    out = set(fixed.tolist())
    for a, b in zip(edge_from.tolist(), edge_to.tolist(), strict=True):
        if a != b and a not in out and b not in out:
            beside[a].add(b)
            beside[b].add(a)
    return beside


def _minimum_degree(beside: list[set[int]], fixed: set[int]) -> tuple[list[int], list[list[int]]]:
    """Elimination order, and for each node its neighbours that are eliminated later; empties ``beside``."""
    heap = [(len(near), node) for node, near in enumerate(beside) if node not in fixed]
    heapq.heapify(heap)
    done = set(fixed)
    eliminated, later = [], []
    while heap:
        degree, node = heapq.heappop(heap)
        if node in done or degree != len(beside[node]):
            continue
        done.add(node)
        near = sorted(beside[node])
        eliminated.append(node)
        later.append(near)
        for other in near:
            beside[other].discard(node)
            beside[other].update(near)
            beside[other].discard(other)
            heapq.heappush(heap, (len(beside[other]), other))
    return eliminated, later


def _postorder(parents: list[int]) -> list[int]:
    children: list[list[int]] = [[] for _ in parents]
    roots: list[int] = []
    for k, parent in enumerate(parents):
        (children[parent] if parent >= 0 else roots).append(k)
    turn: list[int] = []
    stack = roots[::-1]
    while stack:  # parents first, then reversed: every child before its parent
        k = stack.pop()
        turn.append(k)
        stack.extend(children[k])
    return turn[::-1]
