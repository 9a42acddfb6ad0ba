"""What a sensitivity watches, as rows that are linear in the change of two node voltages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.grid import Grid

NO_CURRENT_PERCENT = 1e-5
"""Below this loading a current's direction is the solver's rounding: it is the accuracy promised for loadings."""


@dataclass(frozen=True)
class Rows:
    """Quantities at given states and how they move: d(value) = Re(sum of weight[k] dV[node[k]]).

    Attributes:
        value: dims (time, row).
        node: -1 for none, dims (row, k).
        weight: complex, in the value's unit per pu, dims (time, row, k).
    """

    value: np.ndarray
    node: np.ndarray
    weight: np.ndarray

    @classmethod
    def join(cls, *parts: Rows) -> Rows:
        """All rows one after the other."""
        widest = max(part.node.shape[1] for part in parts)
        room = [(0, 0), (0, 0), (0, widest)]
        return cls(
            np.concatenate([part.value for part in parts], axis=1),
            np.concatenate([np.pad(part.node, room[1:], constant_values=-1)[:, :widest] for part in parts]),
            np.concatenate([np.pad(part.weight, room)[:, :, :widest] for part in parts], axis=1),
        )


def voltage_rows(v: np.ndarray, node: np.ndarray) -> Rows:
    """vm_pu of nodes, -1 (unsupplied) giving NaN: d|V| = Re(conj(V) / |V| dV).

    Args:
        v: node voltages [pu], complex, dims (time, node).
        node: dims (row,).
    """
    at = np.where(node >= 0, v[:, node], np.nan)
    value = np.abs(at)
    return Rows(value, node[:, None], (at.conj() / value)[:, :, None])


def loading_rows(grid: Grid, v: np.ndarray, branch: np.ndarray, percent_per_pu: np.ndarray) -> Rows:
    """Loading of elements: that of the end with the largest share of its rating, d|I| = Re(conj(I) / |I| dI).

    A branch out of service carries nothing: value and weight 0. Without a current (below `NO_CURRENT_PERCENT`) the
    magnitude of a branch in service has a corner and no derivative: NaN.

    Args:
        grid: the two-ports.
        v: node voltages [pu], complex, dims (time, node).
        branch: branches of each element (three-winding transformers have three), -1 when out of service, dims (row, k).
        percent_per_pu: loading by 1 pu of current at the from and to end of every branch, dims (2, grid's branch); 0 where
            an end counts for nothing (see `twin.engines.flows.Flows.percent_per_pu`).
    """
    rows, width = branch.shape
    on = branch >= 0
    if not on.any():
        shape = (len(v), rows)
        return Rows(np.zeros(shape), np.full((rows, 1), -1), np.zeros((*shape, 1), dtype=complex))
    node = np.stack([grid.branch_from[branch], grid.branch_to[branch]], axis=2)
    # [%/pu]: what each end's share of the rating gains per voltage at the from and to node, dims (end, row, k, node)
    y = (grid.branch_yff, grid.branch_yft), (grid.branch_ytf, grid.branch_ytt)
    rated = np.where(on, percent_per_pu[:, branch], 0.0)
    gain = np.stack([np.stack([part[branch] for part in of_end], axis=2) for of_end in y]) * rated[..., None]
    of_node = v[:, node]
    share = np.stack([(gain[end, :, k] * of_node[:, :, k]).sum(axis=2) for end in (0, 1) for k in range(width)])
    largest = np.abs(share).argmax(axis=0)
    chosen = np.take_along_axis(share, largest[None], axis=0)[0]
    value = np.abs(chosen)
    turn = np.full_like(chosen, np.nan)
    np.divide(chosen.conj(), value, out=turn, where=value > NO_CURRENT_PERCENT)
    turn[:, ~on.any(axis=1)] = 0.0
    weight = np.zeros(of_node.shape, dtype=complex)
    for number, (end, k) in enumerate((end, k) for end in (0, 1) for k in range(width)):
        weight[:, :, k] += np.where(largest == number, turn, 0.0)[:, :, None] * gain[end, :, k]
    node[~on] = -1
    return Rows(value, node.reshape(rows, -1), weight.reshape(len(v), rows, -1))
