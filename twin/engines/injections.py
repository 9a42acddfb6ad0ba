"""Element powers of a `Dataset` gathered to node powers: the one place for scaling and signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import sparse

from twin.domain.grid import Grid
from twin.domain.problems import Problems

TABLES = (("load", 1.0), ("sgen", -1.0), ("storage", 1.0))
"""Injection tables with the sign that makes a positive value a consumption."""


@dataclass(frozen=True)
class ElementPowers:
    """Element powers before scaling in the net's sign: p_mw + j q_mvar, dims (time, element)."""

    steps: int
    time: np.ndarray | None
    values: Mapping[str, np.ndarray]


def read_injections(grid: Grid, own: Mapping[str, np.ndarray], injections: xr.Dataset) -> ElementPowers:
    """Powers of every element; a variable that ``injections`` lacks takes the net's own value.

    A variable without ``time`` holds for every step. NaN is kept: the step that holds it is not solved.

    Raises:
        BadInput: for unknown variables and wrong lengths, all at once.
    """
    steps = int(injections.sizes.get("time", 1))
    problems = Problems()
    known = {f"{table}_{quantity}" for table, _ in TABLES for quantity in ("p_mw", "q_mvar")}
    for name in sorted(map(str, injections.data_vars)):
        if name not in known:
            problems.add(f"injections, {name}", "unknown variable", f"any of {sorted(known)}", "correct the name")
    values = {}
    for table, _ in TABLES:
        count = len(getattr(grid, table))
        power = np.empty((steps, count), dtype=complex)
        for part, quantity in ((power.real, "p_mw"), (power.imag, "q_mvar")):
            name = f"{table}_{quantity}"
            if name not in injections:
                part[:] = own[name]
                continue
            array = injections.variables[name]
            if not set(array.dims) <= {"time", table} or array.sizes.get(table) != count:
                sizes = dict(array.sizes)
                problems.add(
                    f"injections, {name}",
                    sizes,
                    f"(time, {table}: {count})",
                    f"give every {table} of the net",
                )
                continue
            part[:] = array.values if array.dims != (table, "time") else array.values.T
        values[table] = power
    problems.raise_if_any()
    time = injections["time"].values if "time" in injections.coords and "time" in injections.dims else None
    return ElementPowers(steps, time, values)


class Gather:
    """Element powers to node powers; built once per grid."""

    def __init__(self, grid: Grid) -> None:
        self._matrix = {}
        for table, sign in TABLES:
            node, scaling = getattr(grid, f"{table}_node"), getattr(grid, f"{table}_scaling")
            on = np.flatnonzero(node >= 0)
            shape = (grid.nodes, len(node))
            self._matrix[table] = sparse.csr_matrix((sign * scaling[on], (node[on], on)), shape=shape)

    def nodes_with_elements(self) -> np.ndarray:
        """Nodes at which any element may draw or inject, ascending."""
        used = [matrix.indptr[1:] > matrix.indptr[:-1] for matrix in self._matrix.values()]
        return np.flatnonzero(np.logical_or.reduce(used))

    def consumption(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Power drawn at every node [MVA], complex, dims (time, node)."""
        total: np.ndarray = sum(self._matrix[table] @ power.T for table, power in values.items())
        return np.ascontiguousarray(total.T)
