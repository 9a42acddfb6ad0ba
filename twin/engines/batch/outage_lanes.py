"""Outages in lanes: for a block of time steps, every case in turn on its own factor, from the base case's voltages.

A case is a branch out of service, and perhaps a closed coupler. Its factor is made once from the base case's
numbers; the injections of a block are gathered once for all cases.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.batch.branch_lanes import loading_and_loss, voltage, winding_loading
from twin.engines.batch.factor import Factor, factorise
from twin.engines.batch.jit import jit
from twin.engines.batch.kernel import FIELDS, XI, XR, forget, gather, settle
from twin.engines.batch.lanes import load, splat, store, where_greater
from twin.engines.batch.matrix import FIXED_PU

LOADING, LOADING_AT, VM_LOW, VM_LOW_AT, VM_HIGH, VM_HIGH_AT, VIOLATION, LOSS = range(8)
FIGURES = 8
"""Of a case at a step: highest loading [%] and its branch, lowest and highest voltage [pu] and their nodes, violations
(see `twin.engines.outages.contingency`), losses [pu]."""


class Matrices(NamedTuple):
    """The base case's matrix values, and what each branch adds to them (see `twin.engines.batch.matrix.Matrix`).

    Attributes:
        start, row: the pattern. ``lower``, ``upper``, ``diagonal``, ``source``: values, complex.
        at_from, at_to, entry, from_is_row: places of each branch, dims (branch,).
        yff, yft, ytf, ytt: admittances [pu], complex, dims (branch,).
        drive_from, drive_to: current that a source at the branch's other end drives into its from and its to end, complex.
    """

    start: np.ndarray
    row: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    diagonal: np.ndarray
    source: np.ndarray
    at_from: np.ndarray
    at_to: np.ndarray
    entry: np.ndarray
    from_is_row: np.ndarray
    yff: np.ndarray
    yft: np.ndarray
    ytf: np.ndarray
    ytt: np.ndarray
    drive_from: np.ndarray
    drive_to: np.ndarray


class Cases(NamedTuple):
    """What is different in each case.

    Attributes:
        branch: the branch that is out, -1 for none, dims (case,).
        fused, into: positions of the two nodes that a closure makes one, fused < into; -1 for none, dims (case,).
        held, held_v: position of the node that a closure joins with a source, -1 for none, and its voltage [pu], dims (case,).
        dark: positions without supply, bool, dims (case, position). ``counted``: those with supply and a bus; an open line's
            end and a transformer's star point are nobody's voltage.
        branch_on: branches in service and supplied, bool, dims (case, branch).
    """

    branch: np.ndarray
    fused: np.ndarray
    into: np.ndarray
    held: np.ndarray
    held_v: np.ndarray
    dark: np.ndarray
    counted: np.ndarray
    branch_on: np.ndarray


class Bounds(NamedTuple):
    """Limits that violations are counted beyond, in the kernel's precision: dims (), dims (position,)."""

    loading_percent: float
    vm_low: np.ndarray
    vm_high: np.ndarray


@jit
def case_factor(matrices, cases, c, lower, upper, diagonal, source):  # type: ignore[no-untyped-def]
    """Write the factor of case ``c``: complex, dims (entry,), (entry,), (position,), (position,)."""
    lower[:] = matrices.lower
    upper[:] = matrices.upper
    diagonal[:] = matrices.diagonal
    source[:] = matrices.source
    if cases.branch[c] >= 0:
        _take_out(matrices, cases.branch[c], lower, upper, diagonal, source)
    for k in range(len(diagonal)):
        if cases.dark[c, k]:
            diagonal[k] += FIXED_PU
            source[k] = FIXED_PU
    if cases.held[c] >= 0:
        diagonal[cases.held[c]] += FIXED_PU
        source[cases.held[c]] += FIXED_PU * cases.held_v[c]
    fused = np.full(len(diagonal), -1)
    if cases.fused[c] >= 0:
        fused[cases.fused[c]] = cases.into[c]
    factorise(matrices.start, matrices.row, lower, upper, diagonal, fused)


@jit
def _take_out(m, b, lower, upper, diagonal, source):  # type: ignore[no-untyped-def]
    at, to, e = m.at_from[b], m.at_to[b], m.entry[b]
    if at >= 0:
        diagonal[at] -= m.yff[b]
        source[at] -= m.drive_from[b]
    if to >= 0:
        diagonal[to] -= m.ytt[b]
        source[to] -= m.drive_to[b]
    if at >= 0 and at == to:
        diagonal[at] -= m.yft[b] + m.ytf[b]
    if e >= 0:
        if m.from_is_row[b]:
            lower[e] -= m.yft[b]
            upper[e] -= m.ytf[b]
        else:
            lower[e] -= m.ytf[b]
            upper[e] -= m.yft[b]


@jit
def solve_cases(work, base, factors, injected, tolerance, branches, cases, bounds, before, figure, converged):  # type: ignore[no-untyped-def]
    """Every case at every step.

    Args:
        base: factor without any outage. ``factors``: four arrays of `case_factor`, in the kernel's precision, one more dim
            (case,) in front.
        before: memory for the base case's voltages, `aligned`, dims (position, 2, lane).
        figure: written, dims (case, figure, time). ``converged``: written, dims (case, time).
    """
    lanes, steps = work.node.shape[2], figure.shape[2]
    found = np.zeros((FIGURES, lanes), work.node.dtype)
    fine = np.zeros(lanes, work.node.dtype)
    lower, upper, inverse, source = factors
    for first in range(0, steps, lanes):
        last = min(first + lanes, steps)
        gather(work, injected, first, last)
        for lane in range(lanes):
            fine[lane] = work.fine[0, lane]
        settle(work, base, injected.has_zip, tolerance)
        forget(work)
        _keep(work, before)
        for c in range(len(cases.branch)):
            _start_from(work, before)
            for lane in range(lanes):
                work.fine[0, lane] = fine[lane]
            settle(
                work,
                Factor(base.start, base.row, lower[c], upper[c], inverse[c], source[c]),
                injected.has_zip,
                tolerance,
            )
            worst(work, branches, cases.branch_on[c], cases.counted[c], bounds, found)
            for lane in range(last - first):
                converged[c, first + lane] = work.fine[0, lane] > 0.0
                for part in range(FIGURES):
                    figure[c, part, first + lane] = found[part, lane]
        _start_from(work, before)


@jit
def _keep(work, before):  # type: ignore[no-untyped-def]
    """Write the voltages to ``before``, dims (position, 2, lane)."""
    for k in range(len(before)):
        store(before, 2 * k, load(work.node, k * FIELDS + XR))
        store(before, 2 * k + 1, load(work.node, k * FIELDS + XI))


@jit
def _start_from(work, before):  # type: ignore[no-untyped-def]
    for k in range(len(before)):
        store(work.node, k * FIELDS + XR, load(before, 2 * k))
        store(work.node, k * FIELDS + XI, load(before, 2 * k + 1))


@jit
def worst(work, branches, branch_on, counted, bounds, found):  # type: ignore[no-untyped-def]
    """Figures of the block in `Work`, dims (figure, lane): see `FIGURES`."""
    node = work.node
    zero, one = splat(node, 0.0), splat(node, 1.0)
    highest, at, violation, loss = zero, zero - one, zero, zero
    limit = splat(node, bounds.loading_percent)
    for b in range(len(branch_on)):
        if branch_on[b]:
            value, lost = loading_and_loss(work, branches, b)
            at = where_greater(value, highest, splat(node, b), at)
            highest = where_greater(value, highest, value, highest)
            loss = loss + lost
            if branches.alone[b]:
                violation = violation + where_greater(value, limit, value - limit, zero)
    for t in range(len(branches.windings)):
        if branch_on[branches.windings[t, 0]]:
            value = winding_loading(work, branches, t)
            violation = violation + where_greater(value, limit, value - limit, zero)
    low, high, low_at, high_at = splat(node, np.inf), zero, zero - one, zero - one
    for k in range(len(counted)):
        if counted[k]:
            value, number = voltage(work, k), splat(node, k)
            low_at = where_greater(low, value, number, low_at)
            low = where_greater(low, value, value, low)
            high_at = where_greater(value, high, number, high_at)
            high = where_greater(value, high, value, high)
            under, over = splat(node, bounds.vm_low[k]) - value, value - splat(node, bounds.vm_high[k])
            violation = violation + 100.0 * (where_greater(under, zero, under, zero) + where_greater(over, zero, over, zero))
    _write(work, highest, found, LOADING)
    _write(work, at, found, LOADING_AT)
    _write(work, low, found, VM_LOW)
    _write(work, low_at, found, VM_LOW_AT)
    _write(work, high, found, VM_HIGH)
    _write(work, high_at, found, VM_HIGH_AT)
    _write(work, violation, found, VIOLATION)
    _write(work, loss, found, LOSS)


@jit
def _write(work, value, found, row):  # type: ignore[no-untyped-def]
    store(work.change, 0, value)
    for lane in range(found.shape[1]):
        found[row, lane] = work.change[0, lane]


@jit
def reachable(start, other, via, source, out, joined, found, queue):  # type: ignore[no-untyped-def]
    """Nodes that a source reaches, written to ``found``, bool, dims (node,).

    Args:
        start, other, via: neighbours of each node with the branch between, compressed rows. ``source``: bool, dims (node,).
        out: branch that is out. ``joined``: two nodes that a coupler joins, or -1, -1. ``queue``: memory, dims (node,).
    """
    found[:] = source
    count = 0
    for node in range(len(source)):
        if source[node]:
            queue[count] = node
            count += 1
    place = 0
    while place < count:
        node = queue[place]
        place += 1
        for e in range(start[node], start[node + 1]):
            if via[e] != out and not found[other[e]]:
                found[other[e]] = True
                queue[count] = other[e]
                count += 1
        for side in range(2):
            if node == joined[side] and not found[joined[1 - side]]:
                found[joined[1 - side]] = True
                queue[count] = joined[1 - side]
                count += 1
