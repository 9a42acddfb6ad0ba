"""Sparse symmetric factorisation L D L', its solutions, and the entries of the inverse that lie on its pattern.

All patterns are found once from the structure alone: a gain matrix of active and reactive power of equal weight holds exact
zeros that structure does not know of, and the inverse needs those places.

Sources: T. Davis, "Direct Methods for Sparse Linear Systems", SIAM 2006, sections 4.1 to 4.8 (elimination tree, row patterns,
up-looking factorisation); K. Takahashi, J. Fagan, M. Chen, "Formation of a sparse bus impedance matrix and its application to
short circuit study", PICA 1973 (entries of the inverse, last column first).
"""

from __future__ import annotations

import numpy as np

from twin.engines.batch.jit import jit


@jit
def pairs(indptr: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pair (first, second >= first) of entries of one row: row, place of the first, place of the second."""
    count = 0
    for r in range(len(indptr) - 1):
        size = indptr[r + 1] - indptr[r]
        count += size * (size + 1) // 2
    row, first, second = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    at = 0
    for r in range(len(indptr) - 1):
        for a in range(indptr[r], indptr[r + 1]):
            for b in range(a, indptr[r + 1]):
                row[at], first[at], second[at] = r, a, b
                at += 1
    return row, first, second


@jit
def lower_pattern(start: np.ndarray, above: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pattern of L from the strict upper triangle by columns: ``above[start[k]:start[k + 1]]`` are the rows of column k.

    Returns:
        Columns of L (start, row; diagonal first, rows ascending) and its rows (start, column, place in the columns).
    """
    n = len(start) - 1
    parent, seen = np.full(n, -1), np.full(n, -1)
    height, width = np.ones(n, np.int64), np.zeros(n, np.int64)
    for k in range(n):
        seen[k] = k
        for p in range(start[k], start[k + 1]):
            i = above[p]
            while seen[i] != k:
                if parent[i] == -1:
                    parent[i] = k
                height[i] += 1
                width[k] += 1
                seen[i] = k
                i = parent[i]
    col_start, row_start = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for k in range(n):
        col_start[k + 1] = col_start[k] + height[k]
        row_start[k + 1] = row_start[k] + width[k]
    row, col, place = np.empty(col_start[n], np.int64), np.empty(row_start[n], np.int64), np.empty(row_start[n], np.int64)
    filled, seen = col_start[:-1].copy(), np.full(n, -1)
    for k in range(n):
        row[filled[k]] = k
        filled[k] += 1
        seen[k] = k
        size = row_start[k]
        for p in range(start[k], start[k + 1]):
            i = above[p]
            while seen[i] != k:
                col[size] = i
                size += 1
                seen[i] = k
                i = parent[i]
        col[row_start[k] : size] = np.sort(col[row_start[k] : size])
        for p in range(row_start[k], size):
            row[filled[col[p]]] = k
            place[p] = filled[col[p]]
            filled[col[p]] += 1
    return col_start, row, row_start, col, place


@jit
def places(start: np.ndarray, row: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Place of entry (high, low) in the columns of L, dims (pair,)."""
    found = np.empty(len(low), np.int64)
    for i in range(len(low)):
        first = start[low[i]]
        found[i] = first + np.searchsorted(row[first : start[low[i] + 1]], high[i])
    return found


@jit
def factorise(
    start: np.ndarray,
    row: np.ndarray,
    row_start: np.ndarray,
    col: np.ndarray,
    place: np.ndarray,
    matrix: np.ndarray,
    least: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """L (diagonal place left 1) and D of the matrix given on L's pattern.

    Args:
        least: an unknown with a pivot below that is determined by nothing: the pivot is raised by 1, as if it had been
            measured. -inf for a multiplier, whose pivot is negative.

    Returns:
        L, D, where that was done (bool), and False when a pivot lacks the sign it must have.
    """
    n = len(start) - 1
    raised = np.zeros(n, np.bool_)
    lower, diagonal, work = matrix.copy(), np.empty(n), np.zeros(n)
    for k in range(n):
        for p in range(row_start[k], row_start[k + 1]):
            work[col[p]] = matrix[place[p]]
        pivot = matrix[start[k]]
        for p in range(row_start[k], row_start[k + 1]):
            i = col[p]
            value = work[i]
            work[i] = 0.0
            for q in range(start[i] + 1, place[p]):
                work[row[q]] -= lower[q] * value
            lower[place[p]] = value / diagonal[i]
            pivot -= lower[place[p]] * value
        if pivot < least[k]:
            raised[k] = True
            pivot += 1.0
        if not (pivot < 0.0 if least[k] == -np.inf else pivot > 0.0):
            return lower, diagonal, raised, False
        lower[start[k]] = 1.0
        diagonal[k] = pivot
    return lower, diagonal, raised, True


@jit
def substitute(start: np.ndarray, row: np.ndarray, lower: np.ndarray, diagonal: np.ndarray, x: np.ndarray) -> None:
    """Solve in place for all right-hand sides, dims (case, state)."""
    n = len(start) - 1
    for c in range(len(x)):
        for j in range(n):
            value = x[c, j]
            if value != 0.0:
                for p in range(start[j] + 1, start[j + 1]):
                    x[c, row[p]] -= lower[p] * value
        for j in range(n - 1, -1, -1):
            value = x[c, j] / diagonal[j]
            for p in range(start[j] + 1, start[j + 1]):
                value -= lower[p] * x[c, row[p]]
            x[c, j] = value


@jit
def inverse_on_pattern(start: np.ndarray, row: np.ndarray, lower: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Entries of the inverse on the pattern of L, dims (entry,)."""
    n = len(start) - 1
    entry = np.zeros(len(row))
    where = np.full(n, -1)
    for j in range(n - 1, -1, -1):
        first, last = start[j] + 1, start[j + 1]
        for p in range(first, last):
            where[row[p]] = p
        for p in range(first, last):
            k = row[p]
            for q in range(start[k], start[k + 1]):
                i = where[row[q]]
                if i >= 0:
                    entry[i] -= lower[p] * entry[q]
                    if i != p:
                        entry[p] -= lower[i] * entry[q]
        total = 1.0 / diagonal[j]
        for p in range(first, last):
            total -= lower[p] * entry[p]
            where[row[p]] = -1
        entry[start[j]] = total
    return entry
