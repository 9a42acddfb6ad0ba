"""L D U factors of a grid's admittance matrix on a fixed `Pattern`: a new topology is new numbers, not a new order.

A branch out of service is a zero; a closed coupler makes one node of two without any large number: its pivot is
infinite, and the limit of the elimination step is known. A node without supply keeps 1 pu and meets nobody.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.batch.jit import jit
from twin.engines.batch.ordering import Pattern


class Factor(NamedTuple):
    """Numbers of one topology, in the kernel's precision; a NamedTuple because numba reads those.

    Attributes:
        start, row: see `Pattern`.
        lower, upper: unit triangular factors, complex, dims (entry,).
        inverse: reciprocal of the diagonal [1/pu], complex, dims (position,); 0 at a fused node.
        source: current that the sources drive into each node through the branches at them [pu], complex, dims (position,).
    """

    start: np.ndarray
    row: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    inverse: np.ndarray
    source: np.ndarray


class Slots(NamedTuple):
    """Where each branch's admittances go in the values of a `Pattern`.

    Attributes:
        at_from, at_to: position of either end, -1 at a source, dims (branch,).
        entry: entry that joins the ends, -1 where one is a source or both are the same node, dims (branch,).
        from_is_row: True where the branch's from end is the entry's row (its later node), dims (branch,).
    """

    at_from: np.ndarray
    at_to: np.ndarray
    entry: np.ndarray
    from_is_row: np.ndarray


def slots_of(pattern: Pattern, branch_from: np.ndarray, branch_to: np.ndarray) -> Slots:
    """`Slots` of branches whose ends were edges when the pattern was ordered."""
    at_from, at_to = pattern.position[branch_from], pattern.position[branch_to]
    entry = np.full(len(at_from), -1, dtype=np.int64)
    for b in np.flatnonzero((at_from >= 0) & (at_to >= 0) & (at_from != at_to)):
        column, row = min(at_from[b], at_to[b]), max(at_from[b], at_to[b])
        first, last = pattern.start[column], pattern.start[column + 1]
        entry[b] = first + np.searchsorted(pattern.row[first:last], row)
    return Slots(at_from, at_to, entry, at_from > at_to)


@jit
def factorise(start, row, lower, upper, diagonal, fused):  # type: ignore[no-untyped-def]
    """Turn matrix values into factors, in place.

    Args:
        start, row: the pattern. ``lower``, ``upper``: matrix entries below and above the diagonal, complex, dims (entry,).
        diagonal: matrix diagonal, dims (position,); becomes its reciprocal after elimination.
        fused: position (later) of the node that a coupler makes one with this one, -1 for none, dims (position,).
    """
    for k in range(len(diagonal)):
        first, last = start[k], start[k + 1]
        if fused[k] >= 0:
            _fuse(start, row, lower, upper, diagonal, k, fused[k])
            continue
        pivot = diagonal[k]
        for e in range(first, last):
            right = upper[e]
            if right == 0.0:
                continue
            j = row[e]
            for f in range(first, last):
                if lower[f] != 0.0:
                    _subtract(start, row, lower, upper, diagonal, row[f], j, lower[f] * right / pivot)
        for e in range(first, last):
            lower[e] /= pivot
            upper[e] /= pivot
        diagonal[k] = 1.0 / pivot


@jit
def _subtract(start, row, lower, upper, diagonal, i, j, value):  # type: ignore[no-untyped-def]
    """Take ``value`` off the matrix entry i, j."""
    if i == j:
        diagonal[i] -= value
    elif i > j:
        lower[_entry(start, row, j, i)] -= value
    else:
        upper[_entry(start, row, i, j)] -= value


@jit
def _entry(start, row, column, wanted):  # type: ignore[no-untyped-def]
    low, high = start[column], start[column + 1]
    while low < high:
        middle = (low + high) // 2
        if row[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def _fuse(start, row, lower, upper, diagonal, k, into):  # type: ignore[no-untyped-def]
    """Elimination of a node whose coupler to ``into`` has no impedance: its row and column join that node's."""
    for e in range(start[k], start[k + 1]):
        i = row[e]
        if i == into:
            diagonal[into] += lower[e] + upper[e]
            lower[e] = upper[e] = -1.0
        else:
            _subtract(start, row, lower, upper, diagonal, i, into, -lower[e])
            _subtract(start, row, lower, upper, diagonal, into, i, -upper[e])
            lower[e] = upper[e] = 0.0
    diagonal[into] += diagonal[k]
    diagonal[k] = 0.0


@jit
def substitute(factor, right):  # type: ignore[no-untyped-def]
    """Solve for one right-hand side, complex, dims (position,), in place."""
    for k in range(len(right)):
        for e in range(factor.start[k], factor.start[k + 1]):
            right[factor.row[e]] -= factor.lower[e] * right[k]
    for k in range(len(right) - 1, -1, -1):
        right[k] *= factor.inverse[k]
        for e in range(factor.start[k], factor.start[k + 1]):
            right[k] -= factor.upper[e] * right[factor.row[e]]
