"""What flows through a branch, in lanes: loading by pandapower's definition and losses, from the voltages at its ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.batch.jit import jit
from twin.engines.batch.kernel import FIELDS, XI, XR
from twin.engines.batch.lanes import fused, fused_less, load, splat, square_root, where_greater


class Branches(NamedTuple):
    """Branches in the kernel's precision.

    Attributes:
        at_from, at_to: where either end stands in `Work.node`, dims (branch,).
        yff, yft, ytf, ytt: two-port admittances [pu], complex; 0 for a branch out of service.
        idle_from, idle_to: current into either side with all voltages at the reference [pu], complex.
        percent_from, percent_to: square of the loading [%] of a current of 1 pu at either side.
        alone: False for a branch that is a winding of a three-winding transformer, bool, dims (branch,).
        windings: branches of the windings of each three-winding transformer, dims (trafo3w, 3): it is as loaded as the
            most loaded of them.
    """

    at_from: np.ndarray
    at_to: np.ndarray
    yff: np.ndarray
    yft: np.ndarray
    ytf: np.ndarray
    ytt: np.ndarray
    idle_from: np.ndarray
    idle_to: np.ndarray
    percent_from: np.ndarray
    percent_to: np.ndarray
    alone: np.ndarray
    windings: np.ndarray


@jit
def loading_and_loss(work, branches, b):  # type: ignore[no-untyped-def]
    """Loading [%] and active losses [pu] of branch ``b`` in every lane."""
    node, reference = work.node, work.reference
    i, j = branches.at_from[b], branches.at_to[b]
    at, to = i * FIELDS, j * FIELDS
    xr, xi, zr, zi = load(node, at + XR), load(node, at + XI), load(node, to + XR), load(node, to + XI)
    ff, ft, tf, tt = branches.yff[b], branches.yft[b], branches.ytf[b], branches.ytt[b]
    idle, rest = branches.idle_from[b], branches.idle_to[b]
    fr = fused_less(zi, ft.imag, fused(zr, ft.real, fused_less(xi, ff.imag, fused(xr, ff.real, splat(node, idle.real)))))
    fi = fused(zr, ft.imag, fused(zi, ft.real, fused(xr, ff.imag, fused(xi, ff.real, splat(node, idle.imag)))))
    tr = fused_less(zi, tt.imag, fused(zr, tt.real, fused_less(xi, tf.imag, fused(xr, tf.real, splat(node, rest.real)))))
    ti = fused(zr, tt.imag, fused(zi, tt.real, fused(xr, tf.imag, fused(xi, tf.real, splat(node, rest.imag)))))
    squared_from = fused(fr, fr, fi * fi) * branches.percent_from[b]
    squared_to = fused(tr, tr, ti * ti) * branches.percent_to[b]
    loading = square_root(where_greater(squared_from, squared_to, squared_from, squared_to))
    vr, vi = xr + splat(node, reference[0, i]), xi + splat(node, reference[1, i])
    wr, wi = zr + splat(node, reference[0, j]), zi + splat(node, reference[1, j])
    return loading, fused(vr, fr, fused(vi, fi, fused(wr, tr, wi * ti)))


@jit
def winding_loading(work, branches, t):  # type: ignore[no-untyped-def]
    """Loading [%] of three-winding transformer ``t`` in every lane."""
    highest, _ = loading_and_loss(work, branches, branches.windings[t, 0])
    for winding in range(1, branches.windings.shape[1]):
        value, _ = loading_and_loss(work, branches, branches.windings[t, winding])
        highest = where_greater(value, highest, value, highest)
    return highest


@jit
def voltage(work, k):  # type: ignore[no-untyped-def]
    """Magnitude [pu] at node ``k`` in every lane."""
    node = work.node
    vr = load(node, k * FIELDS + XR) + splat(node, work.reference[0, k])
    vi = load(node, k * FIELDS + XI) + splat(node, work.reference[1, k])
    return square_root(fused(vr, vr, vi * vi))
