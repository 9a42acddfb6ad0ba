"""The batch power flow: a fixed-point iteration on the constant factor, many time steps at once in SIMD lanes.

    V = V_reference + x,    x <- (L D U)^-1 (I_source + conj(S / V))

One node's lanes stand side by side in memory, so that an iteration is two passes over one block that stays in
the cache: leaves to root with the currents, root to leaves with the voltages.

Source: T.-H. Chen et al., "Distribution system power flow analysis - a rigid approach", IEEE Trans. Power
Delivery 6 (1991), the implicit Z-bus Gauss method; its convergence: A. Garces, "A linear three-phase load flow",
IEEE Trans. Power Systems 31 (2016).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.batch.jit import jit
from twin.engines.batch.lanes import (
    add_tile,
    aligned,
    fused,
    fused_less,
    lane_count,
    load,
    splat,
    square_root,
    store,
    where_greater,
)

XR, XI, SR, SI, YR, YI = range(6)
FIELDS = 6
"""Lane values of a node: deviation of the voltage from the reference, injected power, right-hand side (real and imaginary)."""
IR, II, ZR, ZI = range(4)
ZIP_FIELDS = 4
"""Lane values of a node's voltage-dependent power at 1 pu: constant current, constant impedance."""
TILE = 32
"""Elements are gathered in squares of as many as there are lanes, 16 at most."""
MAX_ITERATIONS = 25
"""A lane that needs more goes to Newton-Raphson: its contraction is so slow that the estimate of its error is poor."""
LEAST_RATIO = 0.02
"""Contraction that is believed at best: the ratio of the largest changes may be that of a lightly loaded feeder."""
TOLERANCE_PU: dict[np.dtype, float] = {np.dtype(np.float64): 2e-9, np.dtype(np.float32): 5e-8}
"""Estimated error of a voltage [pu] at which an iteration stops; the true one was never above twice that (measured)."""
SOLVE_TOLERANCE_PU = 1e-10
"""The same for the float64 steps of `solve`, which decisions are proved by: a balance of powers holds to milliwatts."""


class Elements(NamedTuple):
    """Injection profiles of one kind, and where they go.

    Attributes:
        value: [MW or Mvar] before scaling, C-contiguous, dims (time, element).
        position: position in the factor, dims (element,), and for `TILE` - 1 more elements that there are not; so the
            weights. ``weight``: pu of the kernel's constant-power injection per
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
        active: 1 while a lane iterates. ``before``: its change one iteration ago [pu]. ``iterations``: how many it needed.
        reference: what the deviation of every node's voltage is counted from, real and imaginary [pu], dims (2, node). With
            the no-load voltages there, a deviation of 0.05 pu in float32 is good to 1e-8 pu.
        flat: deviation without any injection, dims (2, position): where a lane starts that must not remember.
    """

    node: np.ndarray
    zip: np.ndarray
    change: np.ndarray
    fine: np.ndarray
    step: np.ndarray
    active: np.ndarray
    before: np.ndarray
    iterations: np.ndarray
    reference: np.ndarray
    flat: np.ndarray


def make_work(reference: np.ndarray, deviation: np.ndarray, size: int, dtype: np.dtype, *, has_zip: bool) -> Work:
    """Working memory that starts without any injection.

    Args:
        reference, deviation: of every node [pu], complex, dims (node,): the factor's ``size`` nodes, then one where elements
            without supply end, then the sources.
    """
    lanes = lane_count(dtype)
    node = aligned((len(reference), FIELDS, lanes), dtype)
    node[:, XR], node[:, XI] = deviation.real[:, None], deviation.imag[:, None]
    zip_size = size + 1 if has_zip else 0
    return Work(
        node=node,
        zip=aligned((zip_size, ZIP_FIELDS, lanes), dtype),
        change=aligned((1, lanes), dtype),
        fine=aligned((1, lanes), dtype),
        step=aligned((1, lanes), dtype),
        active=aligned((1, lanes), dtype),
        before=aligned((1, lanes), dtype),
        iterations=aligned((1, lanes), dtype),
        reference=np.stack([reference.real, reference.imag]).astype(dtype),
        flat=np.stack([deviation.real, deviation.imag])[:, :size].astype(dtype),
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
    node, value, position = work.node, elements.value, elements.position
    for e in range(0, value.shape[1], node.shape[2]):
        add_tile(node, position, elements.weight, value, first, last, e, FIELDS, SR + part)
        if has_zip:
            add_tile(work.zip, position, elements.weight_i, value, first, last, e, ZIP_FIELDS, IR + part)
            add_tile(work.zip, position, elements.weight_z, value, first, last, e, ZIP_FIELDS, ZR + part)


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
    """Iterate until the error of every lane is below ``tolerance`` [pu].

    The error left after a change d is d r / (1 - r), where r is the ratio of two changes in a row. The first change
    tells nothing about r: it is the step from another state, largest where perhaps nobody draws any power. A lane
    that has settled rests while the others go on, so that its result does not depend on theirs. One that has not
    after `MAX_ITERATIONS` does not count (`Work.fine`).
    """
    node, lanes = work.node, work.node.shape[2]
    for k in range(len(factor.inverse)):
        store(node, k * FIELDS + YR, splat(node, factor.source[k].real))
        store(node, k * FIELDS + YI, splat(node, factor.source[k].imag))
    for lane in range(lanes):
        work.active[0, lane] = 1.0
        work.before[0, lane] = 0.0  # no ratio yet
    for iteration in range(MAX_ITERATIONS):
        _to_root(work, factor, has_zip)
        _to_leaves(work, factor)
        left = 0
        for lane in range(lanes):
            if work.active[0, lane] > 0.0:
                work.iterations[0, lane] = iteration + 1.0
                left += _goes_on(work, lane, iteration, tolerance)
        if left == 0:
            return
    for lane in range(lanes):
        if work.active[0, lane] > 0.0 and not work.before[0, lane] < tolerance:
            work.fine[0, lane] = 0.0


@jit
def _goes_on(work, lane, iteration, tolerance):  # type: ignore[no-untyped-def]
    """1 if the lane needs another iteration, else 0; one that ran away to NaN stops and does not count."""
    change, before = np.sqrt(work.change[0, lane]), work.before[0, lane]
    if not np.isfinite(change):
        work.active[0, lane] = work.fine[0, lane] = 0.0
        return 0
    work.before[0, lane] = change
    if change > 0.0:
        ratio = max(change / before, LEAST_RATIO) if iteration > 1 else 1.0
        if not (ratio < 1.0 and change * ratio < tolerance * (1.0 - ratio)):
            return 1
    work.active[0, lane] = 0.0
    return 0


@jit
def _to_root(work, factor, has_zip):  # type: ignore[no-untyped-def]
    """Every node's injected current on top of what its children and the sources send, passed on to its parents."""
    node = work.node
    for k in range(len(factor.inverse)):
        at = k * FIELDS
        vr = load(node, at + XR) + splat(node, work.reference[0, k])
        vi = load(node, at + XI) + splat(node, work.reference[1, k])
        sr, si, square = load(node, at + SR), load(node, at + SI), fused(vr, vr, vi * vi)
        if has_zip:
            of, magnitude = k * ZIP_FIELDS, square_root(square)
            sr = sr + load(work.zip, of + IR) * magnitude + load(work.zip, of + ZR) * square
            si = si + load(work.zip, of + II) * magnitude + load(work.zip, of + ZI) * square
        inverse = 1.0 / square
        yr = fused(fused(sr, vr, si * vi), inverse, load(node, at + YR))  # conj(S / V) = conj(S) V / |V|^2
        yi = fused(fused_less(si, vr, sr * vi), inverse, load(node, at + YI))
        store(node, at + YR, yr)
        store(node, at + YI, yi)
        for e in range(factor.start[k], factor.start[k + 1]):
            to, entry = factor.row[e] * FIELDS, factor.lower[e]
            store(node, to + YR, fused(yi, entry.imag, fused_less(yr, entry.real, load(node, to + YR))))
            store(node, to + YI, fused_less(yr, entry.imag, fused_less(yi, entry.real, load(node, to + YI))))


@jit
def _to_leaves(work, factor):  # type: ignore[no-untyped-def]
    """New deviations, each lane's largest squared change, and the right-hand side of the next iteration."""
    node, largest, total = work.node, splat(work.node, 0.0), splat(work.node, 0.0)
    active, zero = load(work.active, 0), splat(work.node, 0.0)
    for k in range(len(factor.inverse) - 1, -1, -1):
        at, inverse, source = k * FIELDS, factor.inverse[k], factor.source[k]
        yr, yi = load(node, at + YR), load(node, at + YI)
        xr = fused_less(yi, inverse.imag, yr * inverse.real)
        xi = fused(yr, inverse.imag, yi * inverse.real)
        for e in range(factor.start[k], factor.start[k + 1]):
            to, entry = factor.row[e] * FIELDS, factor.upper[e]
            wr, wi = load(node, to + XR), load(node, to + XI)
            xr = fused(wi, entry.imag, fused_less(wr, entry.real, xr))
            xi = fused_less(wr, entry.imag, fused_less(wi, entry.real, xi))
        old_r, old_i = load(node, at + XR), load(node, at + XI)
        xr, xi = where_greater(active, zero, xr, old_r), where_greater(active, zero, xi, old_i)
        dr, di = xr - old_r, xi - old_i
        change = fused(dr, dr, di * di)
        largest = where_greater(change, largest, change, largest)
        total = total + change
        store(node, at + XR, xr)
        store(node, at + XI, xi)
        store(node, at + YR, splat(node, source.real))
        store(node, at + YI, splat(node, source.imag))
    store(work.change, 0, largest + (total - total))  # NaN where any change is none


@jit
def forget(work):  # type: ignore[no-untyped-def]
    """Lanes whose result does not count start the next block from no load: a diverged state must not be inherited."""
    for lane in range(work.node.shape[2]):
        if work.fine[0, lane] == 0.0:
            for k in range(work.flat.shape[1]):
                work.node[k, XR, lane] = work.flat[0, k]
                work.node[k, XI, lane] = work.flat[1, k]


@jit
def forget_all(work):  # type: ignore[no-untyped-def]
    """Every lane starts from no load."""
    for k in range(work.flat.shape[1]):
        store(work.node, k * FIELDS + XR, splat(work.node, work.flat[0, k]))
        store(work.node, k * FIELDS + XI, splat(work.node, work.flat[1, k]))


@jit
def solve_steps(work, factor, injected, tolerance, at, v, settled, iterations):  # type: ignore[no-untyped-def]
    """Node voltages of every step, each from no load: bit for bit the same whatever was solved before or beside it.

    Args:
        at: column of ``v`` for each position, dims (position,).
        v: written, complex [pu], dims (time, node); NaN where a step did not settle or has a NaN injection.
        settled, iterations: written, dims (time,).
    """
    steps, lanes = len(v), work.node.shape[2]
    for first in range(0, steps, lanes):
        last = min(first + lanes, steps)
        gather(work, injected, first, last)
        forget_all(work)
        settle(work, factor, injected.has_zip, tolerance)
        for lane in range(last - first):
            iterations[first + lane] = int(work.iterations[0, lane])
            settled[first + lane] = work.fine[0, lane] > 0.0
            if work.fine[0, lane] == 0.0:
                v[first + lane] = np.nan
                continue
            for k in range(len(at)):
                v[first + lane, at[k]] = complex(
                    work.node[k, XR, lane] + work.reference[0, k], work.node[k, XI, lane] + work.reference[1, k]
                )
    forget_all(work)
