"""What every engine must deliver, and the reduction to statistics that a peer has to do itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.grid import Grid

HOURS = 0.25
"""One step is a quarter hour."""

VM_BAND_PU = (0.95, 1.05)
LOADING_LIMIT_PERCENT = 100.0


class Skipped(Exception):
    """An engine, or a part of it, cannot take part; the message says why."""


@dataclass(frozen=True)
class States:
    """Solved steps: vm_pu [pu], loading [%], dims (time, element). Voltages stand per bus, NaN without supply."""

    vm_pu: np.ndarray
    line_loading_percent: np.ndarray
    trafo_loading_percent: np.ndarray


@dataclass(frozen=True)
class Statistics:
    """Per element: minimum, maximum, mean over time, and hours outside the limits, dims (element,)."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    hours_over: np.ndarray


def statistics_of(values: np.ndarray, low: float, high: float) -> Statistics:
    """Reduce ``values``, dims (time, element)."""
    over = np.count_nonzero(values > high, axis=0)
    if np.isfinite(low):
        over = over + np.count_nonzero(values < low, axis=0)
    return Statistics(values.min(axis=0), values.max(axis=0), values.mean(axis=0), over * HOURS)


def all_statistics(vm_pu: np.ndarray, line: np.ndarray, trafo: np.ndarray) -> tuple[Statistics, ...]:
    """Statistics of voltages, line and transformer loading."""
    limit = LOADING_LIMIT_PERCENT
    return (
        statistics_of(vm_pu, *VM_BAND_PU),
        statistics_of(line, -np.inf, limit),
        statistics_of(trafo, -np.inf, limit),
    )


@dataclass(frozen=True)
class Ratings:
    """Factors from branch currents [pu] to loading [%]; what is out of service has branch 0 and factor 0.

    Attributes:
        line, line_from, line_to: branch and factor of each side, dims (line,). ``trafo`` ... likewise, hv then lv.
    """

    line: np.ndarray
    line_from: np.ndarray
    line_to: np.ndarray
    trafo: np.ndarray
    trafo_hv: np.ndarray
    trafo_lv: np.ndarray

    def line_loading(self, i_from: np.ndarray, i_to: np.ndarray) -> np.ndarray:
        """Loading [%] from branch currents [pu], dims (time, branch) -> (time, line)."""
        return np.maximum(i_from[:, self.line] * self.line_from, i_to[:, self.line] * self.line_to)

    def trafo_loading(self, i_from: np.ndarray, i_to: np.ndarray) -> np.ndarray:
        """Likewise for transformers."""
        return np.maximum(i_from[:, self.trafo] * self.trafo_hv, i_to[:, self.trafo] * self.trafo_lv)


def ratings(grid: Grid, trafo_vn_kv: np.ndarray) -> Ratings:
    """pandapower's definitions: the larger side's current over the rating; a transformer's over its own rated voltages.

    Args:
        trafo_vn_kv: rated voltages [kV], dims (trafo, 2), hv then lv.
    """
    root3 = np.sqrt(3.0)
    base_ka = grid.base_mva / (root3 * grid.node_vn_kv)
    ends = base_ka[grid.branch_from], base_ka[grid.branch_to]
    line, trafo = np.maximum(grid.line_branch, 0), np.maximum(grid.trafo_branch, 0)
    line_on, trafo_on = grid.line_branch >= 0, grid.trafo_branch >= 0
    line_percent = 100.0 * line_on / grid.line_max_i_ka
    percent = 100.0 * root3 * trafo_vn_kv * trafo_on[:, None] / grid.trafo_sn_mva[:, None]
    return Ratings(
        line=line,
        line_from=ends[0][line] * line_percent,
        line_to=ends[1][line] * line_percent,
        trafo=trafo,
        trafo_hv=ends[0][trafo] * percent[:, 0],
        trafo_lv=ends[1][trafo] * percent[:, 1],
    )


def at_buses(grid: Grid, node_values: np.ndarray) -> np.ndarray:
    """Node values, dims (..., node), at the net's buses, dims (..., bus); NaN without supply."""
    values = np.asarray(node_values, dtype=float)[..., np.maximum(grid.bus_node, 0)]
    values[..., grid.bus_node < 0] = np.nan
    return values
