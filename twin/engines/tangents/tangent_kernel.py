"""The numerical work of sensitivities: per state one factorisation of 2 x 2 blocks, then every right-hand side at once.

A complex number x + j y is the pair (x, y), a coefficient on it a real 2 x 2 block (a, b, c, d) = [[a, b], [c, d]]: only so
can the conjugate of a voltage stand in a linear equation. No pivoting beyond the blocks: as in every sweep method, the
diagonal of the admittance matrix carries.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.batch.jit import jit

_PLACES = 32
"""Places solved together: their voltages at 200 nodes (two lanes each, 200 kB) fit a core's second-level cache."""


class Equations(NamedTuple):
    """One grid's linear equations; NamedTuples because numba reads those.

    Attributes:
        blocks: of the admittance matrix: diagonal, lower entries, upper entries mirrored, dims (n + 2 entry, 4).
        start, row: see `twin.engines.batch.ordering.Pattern`.
        target: slot in ``blocks`` that each product of a column's entries reduces. ``target_start``: first product of each
            column, dims (n + 1,).
    """

    blocks: np.ndarray
    start: np.ndarray
    row: np.ndarray
    target: np.ndarray
    target_start: np.ndarray


class Places(NamedTuple):
    """Where power is injected.

    Attributes:
        position: -1 where nothing can move, dims (place,).
        current: of 1 MW injected [pu], complex, dims (time, place); 1 Mvar injects -j times that.
        reached: positions that a current injected there touches going forward, dims (n,).
    """

    position: np.ndarray
    current: np.ndarray
    reached: np.ndarray


class Watched(NamedTuple):
    """What is watched: see `twin.engines.tangents.watched.Rows`.

    Attributes:
        position: of each row's nodes, -1 for a fixed voltage, dims (row, k).
        weight: complex, dims (time, row, k).
        needed: positions that the solution at those nodes is computed from, dims (n,).
    """

    position: np.ndarray
    weight: np.ndarray
    needed: np.ndarray


@jit
def row_slopes(
    equations: Equations, diagonal: np.ndarray, places: Places, watched: Watched, fine: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Change of every row per MW and per Mvar at every place, each dims (time, row, place).

    Args:
        equations: what all states share.
        diagonal: what each state takes from the diagonal blocks: d(injected current)/dV, dims (time, n, 4).
        places: where power is injected.
        watched: the rows.
        fine: states to solve, dims (time,); the others are NaN.
    """
    times, rows, count, n = len(fine), len(watched.position), len(places.position), len(equations.start) - 1
    by_p, by_q = np.empty((times, rows, count)), np.empty((times, rows, count))
    blocks = np.empty_like(equations.blocks)
    x = np.zeros((n, 2, 2 * min(_PLACES, count)))
    for t in range(times):
        if not fine[t]:
            by_p[t] = np.nan
            by_q[t] = np.nan
            continue
        blocks[:] = equations.blocks
        blocks[:n] -= diagonal[t]
        _factor(equations, blocks)
        for first in range(0, count, _PLACES):
            last = min(first + _PLACES, count)
            _inject(places, t, first, last, x)
            _substitute(equations, blocks, places.reached, watched.needed, x, 2 * (last - first))
            for w in range(rows):
                at, weight = watched.position[w], watched.weight[t, w]
                _watch(x, at, weight, 0, by_p[t, w, first:last])
                _watch(x, at, weight, last - first, by_q[t, w, first:last])
    return by_p, by_q


@jit
def _inject(places: Places, t: int, first: int, last: int, x: np.ndarray) -> None:
    """Right-hand sides of some places: first their lanes of active, then those of reactive power."""
    x[:] = 0.0
    for k in range(last - first):
        at, i = places.position[first + k], places.current[t, first + k]
        if at >= 0:
            x[at, 0, k], x[at, 1, k] = i.real, i.imag
            x[at, 0, last - first + k], x[at, 1, last - first + k] = i.imag, -i.real


@jit
def _factor(equations: Equations, blocks: np.ndarray) -> None:
    """L and U in place; a diagonal block becomes its inverse."""
    start, target = equations.start, equations.target
    n, entries = len(start) - 1, len(equations.row)
    for j in range(n):
        a, b, c, d = blocks[j]
        scale = 1.0 / (a * d - b * c)
        a, b, c, d = d * scale, -b * scale, -c * scale, a * scale
        blocks[j, 0], blocks[j, 1], blocks[j, 2], blocks[j, 3] = a, b, c, d
        to = equations.target_start[j]
        for s in range(start[j], start[j + 1]):
            e, f, g, h = blocks[n + s]
            e, f, g, h = e * a + f * c, e * b + f * d, g * a + h * c, g * b + h * d
            blocks[n + s, 0], blocks[n + s, 1], blocks[n + s, 2], blocks[n + s, 3] = e, f, g, h
            for u in range(start[j], start[j + 1]):
                p, q, r, s_ = blocks[n + entries + u]
                reduced = blocks[target[to]]
                reduced[0] -= e * p + f * r
                reduced[1] -= e * q + f * s_
                reduced[2] -= g * p + h * r
                reduced[3] -= g * q + h * s_
                to += 1


@jit
def _substitute(
    equations: Equations, blocks: np.ndarray, reached: np.ndarray, needed: np.ndarray, x: np.ndarray, lanes: int
) -> None:
    """Solve in place for all lanes: forward where a place reaches, backward where a row looks."""
    start, row = equations.start, equations.row
    n, entries = len(start) - 1, len(row)
    for j in range(n):
        if reached[j]:
            for s in range(start[j], start[j + 1]):
                _reduce(x[row[s]], blocks[n + s], x[j], lanes)
    for j in range(n - 1, -1, -1):
        if needed[j]:
            for s in range(start[j], start[j + 1]):
                _reduce(x[j], blocks[n + entries + s], x[row[s]], lanes)
            a, b, c, d = blocks[j]
            for k in range(lanes):
                re, im = x[j, 0, k], x[j, 1, k]
                x[j, 0, k], x[j, 1, k] = a * re + b * im, c * re + d * im


@jit
def _reduce(into: np.ndarray, block: np.ndarray, by: np.ndarray, lanes: int) -> None:
    a, b, c, d = block
    for k in range(lanes):
        re, im = by[0, k], by[1, k]
        into[0, k] -= a * re + b * im
        into[1, k] -= c * re + d * im


@jit
def _watch(x: np.ndarray, position: np.ndarray, weight: np.ndarray, first: int, out: np.ndarray) -> None:
    """One row's slopes from the lanes that begin at ``first``."""
    out[:] = 0.0
    for j in range(len(position)):
        if position[j] >= 0 and weight[j] != 0.0:
            re, im, of_node = weight[j].real, weight[j].imag, x[position[j]]
            for k in range(len(out)):
                out[k] += re * of_node[0, first + k] - im * of_node[1, first + k]
