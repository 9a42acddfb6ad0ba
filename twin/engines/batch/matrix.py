"""A grid's admittance matrix on the places of a `Pattern`, and its factor: for the base case, an outage, a closed coupler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from twin.domain.grid import Grid
from twin.engines.batch.factor import Factor, factorise, slots_of, substitute
from twin.engines.batch.ordering import Pattern, order

FIXED_PU = 1e12
"""Self-admittance that holds a node at a given voltage: currents of the grid move it by 1e-11 pu."""


@dataclass(frozen=True)
class Values:
    """Matrix entries before elimination [pu], complex: dims (entry,), (entry,), (position,), (position,)."""

    lower: np.ndarray
    upper: np.ndarray
    diagonal: np.ndarray
    source: np.ndarray

    def copy(self) -> Values:
        """Numbers that may be changed."""
        return Values(self.lower.copy(), self.upper.copy(), self.diagonal.copy(), self.source.copy())


class Matrix:
    """The grid's matrix; ``extra`` pairs of nodes (couplers that may close) get places of their own.

    Attributes:
        pattern: order and places. ``node_v``: voltage of each node that is a source, 0 elsewhere [pu], complex, dims (node,).
        values: the base case. ``extra_from``, ``extra_to``: the pairs.
    """

    def __init__(self, grid: Grid, extra_from: np.ndarray | None = None, extra_to: np.ndarray | None = None) -> None:
        self.grid = grid
        none = np.zeros(0, dtype=np.int64)
        self.extra_from = none if extra_from is None else extra_from
        self.extra_to = none if extra_to is None else extra_to
        ends = np.concatenate([grid.branch_from, self.extra_from]), np.concatenate([grid.branch_to, self.extra_to])
        self.pattern: Pattern = order(grid.nodes, *ends, np.unique(grid.source_node))
        self.slots = slots_of(self.pattern, grid.branch_from, grid.branch_to)
        self.node_v = np.zeros(grid.nodes, dtype=complex)
        self.node_v[grid.source_node] = grid.source_vm_pu * np.exp(1j * np.radians(grid.source_va_degree))
        self.values = self._base()

    def _base(self) -> Values:
        size, entries = self.pattern.size, len(self.pattern.row)
        values = Values(
            np.zeros(entries, complex),
            np.zeros(entries, complex),
            self.grid.node_shunt[self.pattern.node].astype(complex),
            np.zeros(size, complex),
        )
        self.add_branches(values, np.arange(len(self.grid.branch_from)), 1.0)
        return values

    def add_branches(self, values: Values, branch: np.ndarray, factor: float) -> None:
        """Put branches into ``values`` (factor 1) or take them out (factor -1)."""
        grid, slots = self.grid, self.slots
        at_from, at_to, entry = slots.at_from[branch], slots.at_to[branch], slots.entry[branch]
        yff, yft, ytf, ytt = (
            factor * getattr(grid, name)[branch] for name in ("branch_yff", "branch_yft", "branch_ytf", "branch_ytt")
        )
        loop = (at_from == at_to) & (at_from >= 0)
        both = (at_from >= 0) & (at_to >= 0) & ~loop
        np.add.at(values.diagonal, at_from[at_from >= 0], yff[at_from >= 0])
        np.add.at(values.diagonal, at_to[at_to >= 0], ytt[at_to >= 0])
        np.add.at(values.diagonal, at_from[loop], (yft + ytf)[loop])
        from_is_row = slots.from_is_row[branch]
        np.add.at(values.lower, entry[both], np.where(from_is_row, yft, ytf)[both])
        np.add.at(values.upper, entry[both], np.where(from_is_row, ytf, yft)[both])
        to_source, from_source = (at_from >= 0) & (at_to < 0), (at_from < 0) & (at_to >= 0)
        v_from, v_to = self.node_v[grid.branch_from[branch]], self.node_v[grid.branch_to[branch]]
        np.add.at(values.source, at_from[to_source], -(yft * v_to)[to_source])
        np.add.at(values.source, at_to[from_source], -(ytf * v_from)[from_source])

    def isolate(self, values: Values, node: np.ndarray) -> None:
        """Give nodes without supply (whose branches to the rest are taken out) 1 pu of their own, in ``values``."""
        at = self.pattern.position[node]
        values.diagonal[at] += FIXED_PU
        values.source[at] += FIXED_PU

    def hold(self, values: Values, node: int, v: complex) -> None:
        """Hold a node at a voltage [pu]: it was joined with a source."""
        at = self.pattern.position[node]
        values.diagonal[at] += FIXED_PU
        values.source[at] += FIXED_PU * v

    def factor(self, values: Values, dtype: np.dtype, fused: np.ndarray | None = None) -> Factor:
        """Factor of ``values``, which are left as they are.

        Args:
            fused: see `twin.engines.batch.factor.factorise`.
        """
        mine = values.copy()
        pattern = self.pattern
        joined = np.full(pattern.size, -1, dtype=np.int64) if fused is None else fused
        factorise(pattern.start, pattern.row, mine.lower, mine.upper, mine.diagonal, joined)
        kind = np.complex64 if dtype == np.float32 else np.complex128
        parts = (part.astype(kind) for part in (mine.lower, mine.upper, mine.diagonal, mine.source))
        return Factor(pattern.start, pattern.row, *parts)

    def sparse(self, values: Values | None = None) -> sparse.csr_matrix:
        """A matrix over positions [pu], for Newton-Raphson; the base case unless ``values`` are given."""
        values = values or self.values
        size, place = self.pattern.size, np.arange(self.pattern.size)
        column = np.repeat(place, np.diff(self.pattern.start))
        data = np.concatenate([values.diagonal, values.lower, values.upper])
        rows = np.concatenate([place, self.pattern.row, column])
        columns = np.concatenate([place, column, self.pattern.row])
        return sparse.csr_matrix((data, (rows, columns)), shape=(size, size))

    def no_load(self, factor: Factor) -> np.ndarray:
        """Voltages without any injection [pu], complex, dims (position,)."""
        v = factor.source.astype(complex)
        substitute(factor, v)
        return v
