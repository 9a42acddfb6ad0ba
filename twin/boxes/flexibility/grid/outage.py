"""The same horizon with a line or transformer out: further cases whose limits must hold with the same plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.network import Limits, Network
from twin.domain.grid import Grid
from twin.domain.problems import Problems

Element = tuple[str, int]
"""Table "line" or "trafo", and index."""


def outage_cases(case: Case, elements: Sequence[Element], limits: Limits | None = None) -> dict[str, Case]:
    """Cases with one element out each, by name "line:66"; those that leave anything without supply are not among them.

    In a radial grid every outage darkens something until a tie is closed: give the case of the restored topology, compiled as
    such, beside these.

    Args:
        elements: what goes out; what is out already is not among the cases.
        limits: what must hold meanwhile (many operators permit 120 % for hours); by default the case's.

    Raises:
        BadInput: naming every unknown element.
    """
    problems, found = Problems(), {}
    grid = case.network.grid
    for table, index in elements:
        at = np.flatnonzero(getattr(grid, table) == index) if table in {"line", "trafo"} else np.zeros(0, dtype=int)
        if not at.size:
            problems.add(f"outages, {table} {index}", "unknown", "a line or trafo of the grid", "correct the list")
            continue
        branch = int(getattr(grid, f"{table}_branch")[at[0]])
        if branch < 0 or not supplied_without(grid, branch):
            continue
        network = without(case.network, branch)
        found[f"{table}:{index}"] = replace(case, network=network if limits is None else replace(network, limits=limits))
    problems.raise_if_any()
    return found


def without(network: Network, branch: int) -> Network:
    """The network with one branch out, both ends open."""
    grid = network.grid

    def renumbered(of: np.ndarray) -> np.ndarray:
        return np.where(of == branch, -1, of - (of > branch))

    changed: dict[str, Any] = {name: np.delete(getattr(grid, name), branch) for name in _BRANCH}
    changed |= {name: renumbered(getattr(grid, name)) for name in ("line_branch", "trafo_branch", "trafo3w_branch")}
    return Network(
        replace(grid, **changed), np.delete(network.percent_per_pu, branch, axis=1), network.limits, by_power=network.by_power
    )


_BRANCH = ("branch_from", "branch_to", "branch_yff", "branch_yft", "branch_ytf", "branch_ytt")


def supplied_without(grid: Grid, branch: int) -> bool:
    """True where every node that has a source now keeps one with the branch out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    def parts(keep: np.ndarray) -> np.ndarray:
        ends = (grid.branch_from[keep], grid.branch_to[keep])
        graph = coo_array((np.ones(int(keep.sum())), ends), shape=(grid.nodes, grid.nodes))
        labels: np.ndarray = connected_components(graph, directed=False)[1]
        return np.isin(labels, labels[grid.source_node])

    every = np.ones(len(grid.branch_from), dtype=bool)
    left = every.copy()
    left[branch] = False
    return bool((parts(left) == parts(every)).all())
