"""The batch power flow: a fixed-point iteration on the constant factor, many time steps at once in SIMD lanes.

    V <- (L D U)^-1 (I_source + conj(S / V))

One node's lanes stand side by side in memory, so that an iteration is two passes over one block that stays in
the cache: leaves to root with the currents, root to leaves with the voltages.

Source: T.-H. Chen et al., "Distribution system power flow analysis - a rigid approach", IEEE Trans. Power
Delivery 6 (1991), the implicit Z-bus Gauss method; its convergence: A. Garces, "A linear three-phase load flow",
IEEE Trans. Power Systems 31 (2016).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.jit import jit
from twin.engines.lanes import aligned, lane_count, load, splat, square_root, store, where_greater

VR, VI, SR, SI, YR, YI = range(6)
FIELDS = 6
"""Lane values of a node: voltage, injected power, right-hand side (real and imaginary parts)."""
IR, II, ZR, ZI = range(4)
ZIP_FIELDS = 4
"""Lane values of a node's voltage-dependent power at 1 pu: constant current, constant impedance."""
MAX_ITERATIONS = 25
"""A lane that needs more goes to Newton-Raphson: its contraction is so slow that the estimate of its error is poor."""
LEAST_RATIO = 0.02
"""Contraction that is believed at best: the ratio of the largest changes may be that of a lightly loaded feeder."""
TOLERANCE_PU = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 2e-7}
"""Largest error of a voltage [pu] at which an iteration stops; float32 itself carries 6e-8."""


class Elements(NamedTuple):
    """Injection profiles of one kind, and where they go.

    Attributes:
        value: [MW or Mvar] before scaling, C-contiguous, dims (time, element).
        position: position in the factor, dims (element,). ``weight``: pu of the kernel's constant-power injection per
            unit of ``value``. ``weight_i``, ``weight_z``: of the constant-current and constant-impedance parts.
    """

    value: np.ndarray
    position: np.ndarray
    weight: np.ndarray
    weight_i: np.ndarray
    weight_z: np.ndarray


class Injected(NamedTuple):
    """All that is injected [pu]: profiles per kind, and what does not change in time, dims (field, position)."""

    load_p: Elements
    load_q: Elements
    sgen_p: Elements
    sgen_q: Elements
    storage_p: Elements
    storage_q: Elements
    constant: np.ndarray
    constant_zip: np.ndarray
    has_zip: bool


class Work(NamedTuple):
    """Working memory of one solver.

    Behind the factor's nodes stand one more, where elements without supply end, and the sources, whose voltage never changes.

    Attributes:
        node: dims (position + 1 + source, field, lane). ``zip``: dims (position + 1, zip field, lane).
        change: squared change of each lane in the last iteration, dims (lane,). ``fine``: 1 where a lane's result counts,
            else 0. ``step``: number of each lane's time step.
        flat: no-load voltages, real and imaginary, dims (2, position): where a lane starts that must not remember.
    """

    node: np.ndarray
    zip: np.ndarray
    change: np.ndarray
    fine: np.ndarray
    step: np.ndarray
    flat: np.ndarray


def make_work(flat: np.ndarray, source_v: np.ndarray, dtype: np.dtype, *, has_zip: bool) -> Work:
    """Working memory that starts from no-load voltages.

    Args:
        flat: no-load voltages [pu], complex, dims (position,). ``source_v``: the sources' voltages [pu], complex, dims (source,).
    """
    lanes, size = lane_count(dtype), len(flat)
    parts = np.stack([flat.real, flat.imag]).astype(dtype)
    node = aligned((size + 1 + len(source_v), FIELDS, lanes), dtype)
    start = np.concatenate([flat, [1.0], source_v])
    node[:, VR], node[:, VI] = start.real[:, None], start.imag[:, None]
    zip_size = size + 1 if has_zip else 0
    return Work(
        node=node,
        zip=aligned((zip_size, ZIP_FIELDS, lanes), dtype),
        change=aligned((1, lanes), dtype),
        fine=aligned((1, lanes), dtype),
        step=aligned((1, lanes), dtype),
        flat=parts,
    )


@jit
def gather(work, injected, first, last):  # type: ignore[no-untyped-def]
    """Injections of the time steps ``first`` to ``last`` - 1, one a lane; lanes beyond ``last`` repeat it and do not count.

    A lane with a NaN or infinite injection does not count either, and is left without injection.
    """
    node, lanes = work.node, work.node.shape[2]
    constant = injected.constant
    for k in range(constant.shape[1]):
        store(node, k * FIELDS + SR, splat(node, constant[0, k]))
        store(node, k * FIELDS + SI, splat(node, constant[1, k]))
    if injected.has_zip:
        for k in range(len(work.zip)):
            for part in range(ZIP_FIELDS):
                store(work.zip, k * ZIP_FIELDS + part, splat(node, injected.constant_zip[part, k]))
    _gather_kind(work, injected.load_p, injected.has_zip, first, last, 0)
    _gather_kind(work, injected.load_q, injected.has_zip, first, last, 1)
    _gather_kind(work, injected.sgen_p, injected.has_zip, first, last, 0)
    _gather_kind(work, injected.sgen_q, injected.has_zip, first, last, 1)
    _gather_kind(work, injected.storage_p, injected.has_zip, first, last, 0)
    _gather_kind(work, injected.storage_q, injected.has_zip, first, last, 1)
    for lane in range(lanes):
        work.step[0, lane] = min(first + lane, last - 1)
        work.fine[0, lane] = 1.0 if first + lane < last else 0.0
    _drop_unknown(work)


@jit
def _gather_kind(work, elements, has_zip, first, last, part):  # type: ignore[no-untyped-def]
    node, value, position, weight = work.node, elements.value, elements.position, elements.weight
    for lane in range(node.shape[2]):
        row = value[min(first + lane, last - 1)]
        for e in range(len(position)):
            node[position[e], SR + part, lane] += weight[e] * row[e]
        if has_zip:
            for e in range(len(position)):
                work.zip[position[e], IR + part, lane] += elements.weight_i[e] * row[e]
                work.zip[position[e], ZR + part, lane] += elements.weight_z[e] * row[e]


@jit
def _drop_unknown(work):  # type: ignore[no-untyped-def]
    """NaN times zero is NaN: the sum over all nodes tells which lanes hold one."""
    node = work.node
    zero = splat(node, 0.0)
    total = zero
    for k in range(len(node)):
        total = total + load(node, k * FIELDS + SR) * zero + load(node, k * FIELDS + SI) * zero
    for k in range(len(work.zip)):
        for part in range(ZIP_FIELDS):
            total = total + load(work.zip, k * ZIP_FIELDS + part) * zero
    store(work.change, 0, total)
    for lane in range(node.shape[2]):
        if work.change[0, lane] != 0.0:
            work.fine[0, lane] = 0.0
            node[:, SR, lane] = 0.0
            node[:, SI, lane] = 0.0
            work.zip[:, :, lane] = 0.0


@jit
def settle(work, factor, has_zip, tolerance):  # type: ignore[no-untyped-def]
    """Iterate until the error of every lane is below ``tolerance`` [pu]; returns the number of iterations.

    The error left after a change d is d r / (1 - r), where r is the ratio of two changes in a row. The first change
    tells nothing about r: it is the step from another state, largest where perhaps nobody draws any power. A lane
    that has not settled after `MAX_ITERATIONS` does not count (`Work.fine`).
    """
    node, size = work.node, len(factor.inverse)
    for k in range(size):
        store(node, k * FIELDS + YR, splat(node, factor.source[k].real))
        store(node, k * FIELDS + YI, splat(node, factor.source[k].imag))
    before = 0.0  # no ratio yet
    for iteration in range(MAX_ITERATIONS):
        if has_zip:
            _currents_zip(work, size)
        else:
            _currents(work, size)
        _to_root(work, factor)
        _to_leaves(work, factor)
        change = _largest_change(work)
        if iteration > 1 and change < before:
            ratio = max(change / before, LEAST_RATIO)
            if change * ratio < tolerance * (1.0 - ratio):
                return iteration + 1
        if change == 0.0:
            return iteration + 1
        before = change
    for lane in range(node.shape[2]):
        if not np.sqrt(work.change[0, lane]) < tolerance:
            work.fine[0, lane] = 0.0
    return MAX_ITERATIONS


@jit
def _largest_change(work):  # type: ignore[no-untyped-def]
    """Over all lanes [pu]; a lane that ran away to NaN stops to count, so that it does not hold up the others."""
    largest = 0.0
    for lane in range(work.node.shape[2]):
        if np.isfinite(work.change[0, lane]):
            largest = max(largest, work.change[0, lane])
        else:
            work.fine[0, lane] = 0.0
    return np.sqrt(largest)


@jit
def _currents(work, size):  # type: ignore[no-untyped-def]
    """conj(S / V) = conj(S) V / |V|^2 on top of the sources' currents."""
    node = work.node
    for k in range(size):
        at = k * FIELDS
        vr, vi, sr, si = load(node, at + VR), load(node, at + VI), load(node, at + SR), load(node, at + SI)
        inverse = 1.0 / (vr * vr + vi * vi)
        store(node, at + YR, load(node, at + YR) + (sr * vr + si * vi) * inverse)
        store(node, at + YI, load(node, at + YI) + (sr * vi - si * vr) * inverse)


@jit
def _currents_zip(work, size):  # type: ignore[no-untyped-def]
    """As `_currents`, for S = S_p + S_i |V| + S_z |V|^2."""
    node, share = work.node, work.zip
    for k in range(size):
        at, of = k * FIELDS, k * ZIP_FIELDS
        vr, vi = load(node, at + VR), load(node, at + VI)
        square = vr * vr + vi * vi
        magnitude, inverse = square_root(square), 1.0 / square
        sr = load(node, at + SR) + load(share, of + IR) * magnitude + load(share, of + ZR) * square
        si = load(node, at + SI) + load(share, of + II) * magnitude + load(share, of + ZI) * square
        store(node, at + YR, load(node, at + YR) + (sr * vr + si * vi) * inverse)
        store(node, at + YI, load(node, at + YI) + (sr * vi - si * vr) * inverse)


@jit
def _to_root(work, factor):  # type: ignore[no-untyped-def]
    node = work.node
    for k in range(len(factor.inverse)):
        yr, yi = load(node, k * FIELDS + YR), load(node, k * FIELDS + YI)
        for e in range(factor.start[k], factor.start[k + 1]):
            at, entry = factor.row[e] * FIELDS, factor.lower[e]
            store(node, at + YR, load(node, at + YR) - (yr * entry.real - yi * entry.imag))
            store(node, at + YI, load(node, at + YI) - (yi * entry.real + yr * entry.imag))


@jit
def _to_leaves(work, factor):  # type: ignore[no-untyped-def]
    """New voltages, each lane's largest squared change, and the right-hand side of the next iteration."""
    node, largest, total = work.node, splat(work.node, 0.0), splat(work.node, 0.0)
    for k in range(len(factor.inverse) - 1, -1, -1):
        at, inverse, source = k * FIELDS, factor.inverse[k], factor.source[k]
        yr, yi = load(node, at + YR), load(node, at + YI)
        vr = yr * inverse.real - yi * inverse.imag
        vi = yi * inverse.real + yr * inverse.imag
        for e in range(factor.start[k], factor.start[k + 1]):
            to, entry = factor.row[e] * FIELDS, factor.upper[e]
            wr, wi = load(node, to + VR), load(node, to + VI)
            vr = vr - (wr * entry.real - wi * entry.imag)
            vi = vi - (wi * entry.real + wr * entry.imag)
        dr, di = vr - load(node, at + VR), vi - load(node, at + VI)
        change = dr * dr + di * di
        largest = where_greater(change, largest, change, largest)
        total = total + change
        store(node, at + VR, vr)
        store(node, at + VI, vi)
        store(node, at + YR, splat(node, source.real))
        store(node, at + YI, splat(node, source.imag))
    store(work.change, 0, largest + (total - total))  # NaN where any change is none


@jit
def forget(work):  # type: ignore[no-untyped-def]
    """Lanes whose result does not count start the next block from no load: a diverged state must not be inherited."""
    node, flat = work.node, work.flat
    for lane in range(node.shape[2]):
        if work.fine[0, lane] == 0.0:
            for k in range(flat.shape[1]):
                node[k, VR, lane] = flat[0, k]
                node[k, VI, lane] = flat[1, k]


@jit
def solve_steps(work, factor, injected, tolerance, at, v, iterations):  # type: ignore[no-untyped-def]
    """Node voltages of every step.

    Args:
        at: column of ``v`` for each position, dims (position,).
        v: written, complex [pu], dims (time, node); NaN where a step did not settle or has a NaN injection.
        iterations: written, dims (time,).
    """
    steps, lanes = len(v), work.node.shape[2]
    for first in range(0, steps, lanes):
        last = min(first + lanes, steps)
        gather(work, injected, first, last)
        count = settle(work, factor, injected.has_zip, tolerance)
        for lane in range(last - first):
            iterations[first + lane] = count
            if work.fine[0, lane] == 0.0:
                v[first + lane] = np.nan
                continue
            for k in range(len(at)):
                v[first + lane, at[k]] = complex(work.node[k, VR, lane], work.node[k, VI, lane])
        forget(work)
