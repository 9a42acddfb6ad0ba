"""What flows through a branch, in lanes: loading by pandapower's definition and losses, from the voltages at its ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.jit import jit
from twin.engines.kernel import FIELDS, VI, VR
from twin.engines.lanes import load, square_root, where_greater


class Branches(NamedTuple):
    """Branches in the kernel's precision.

    Attributes:
        at_from, at_to: where either end stands in `Work.node`, dims (branch,).
        yff, yft, ytf, ytt: two-port admittances [pu], complex; 0 for a branch out of service.
        percent_from, percent_to: square of the loading [%] of a current of 1 pu at either side.
        windings: branches of the windings of each three-winding transformer, dims (trafo3w, 3): it is as loaded as the
            most loaded of them.
    """

    at_from: np.ndarray
    at_to: np.ndarray
    yff: np.ndarray
    yft: np.ndarray
    ytf: np.ndarray
    ytt: np.ndarray
    percent_from: np.ndarray
    percent_to: np.ndarray
    windings: np.ndarray


@jit
def loading_and_loss(node, branches, b):  # type: ignore[no-untyped-def]
    """Loading [%] and active losses [pu] of branch ``b`` in every lane."""
    at, to = branches.at_from[b] * FIELDS, branches.at_to[b] * FIELDS
    vr, vi, wr, wi = load(node, at + VR), load(node, at + VI), load(node, to + VR), load(node, to + VI)
    ff, ft, tf, tt = branches.yff[b], branches.yft[b], branches.ytf[b], branches.ytt[b]
    fr = vr * ff.real - vi * ff.imag + (wr * ft.real - wi * ft.imag)
    fi = vi * ff.real + vr * ff.imag + (wi * ft.real + wr * ft.imag)
    tr = vr * tf.real - vi * tf.imag + (wr * tt.real - wi * tt.imag)
    ti = vi * tf.real + vr * tf.imag + (wi * tt.real + wr * tt.imag)
    squared_from = (fr * fr + fi * fi) * branches.percent_from[b]
    squared_to = (tr * tr + ti * ti) * branches.percent_to[b]
    loading = square_root(where_greater(squared_from, squared_to, squared_from, squared_to))
    return loading, vr * fr + vi * fi + (wr * tr + wi * ti)


@jit
def winding_loading(node, branches, t):  # type: ignore[no-untyped-def]
    """Loading [%] of three-winding transformer ``t`` in every lane."""
    highest, _ = loading_and_loss(node, branches, branches.windings[t, 0])
    for winding in range(1, branches.windings.shape[1]):
        value, _ = loading_and_loss(node, branches, branches.windings[t, winding])
        highest = where_greater(value, highest, value, highest)
    return highest


@jit
def voltage(node, k):  # type: ignore[no-untyped-def]
    """Magnitude [pu] at node ``k`` in every lane."""
    vr, vi = load(node, k * FIELDS + VR), load(node, k * FIELDS + VI)
    return square_root(vr * vr + vi * vi)
