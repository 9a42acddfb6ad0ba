"""Solved quarter hours of futures become the data set's figures: per future, and per element over a block of futures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from scenarios.futures.powers import Powers
from scenarios.futures.town import Town
from twin.domain.grid import Grid
from twin.domain.time import HOURS_PER_STEP


@dataclass(frozen=True)
class Solved:
    """Results of rows, each a quarter hour of a future; a row without solution is NaN.

    Attributes:
        vm_pu: dims (row, bus), NaN without supply. ``loading_percent``: dims (row, line + trafo).
        dark: loads without supply, dims (row, load). ``sgen_q_mvar``: what the inverters settled at, before scaling.
        import_p_mw, loss_mw, converged: dims (row,).
    """

    vm_pu: np.ndarray
    loading_percent: np.ndarray
    dark: np.ndarray
    sgen_q_mvar: np.ndarray
    import_p_mw: np.ndarray
    loss_mw: np.ndarray
    converged: np.ndarray

    @classmethod
    def blank(cls, grid: Grid, rows: int) -> Solved:
        """Nothing is solved yet."""
        return cls(
            vm_pu=np.full((rows, len(grid.bus)), np.nan),
            loading_percent=np.full((rows, len(grid.line) + len(grid.trafo)), np.nan),
            dark=np.zeros((rows, len(grid.load)), dtype=bool),
            sgen_q_mvar=np.zeros((rows, len(grid.sgen))),
            import_p_mw=np.full(rows, np.nan),
            loss_mw=np.full(rows, np.nan),
            converged=np.ones(rows, dtype=bool),
        )

    def with_rows(self, at: np.ndarray, others: Solved) -> Solved:
        """The same with ``others`` in the places of those rows."""
        copied = Solved(*(values.copy() for values in vars(self).values()))
        for name, values in vars(copied).items():
            values[at] = getattr(others, name)
        return copied

    def take(self, at: np.ndarray, found: xr.Dataset, grid: Grid) -> None:
        """Results of those rows from an engine's answer on ``grid``."""
        lines = len(grid.line)
        self.converged[at] &= found["converged"].values
        self.vm_pu[at] = found["vm_pu"].values
        self.loading_percent[at, :lines] = found["line_loading_percent"].values
        self.loading_percent[at, lines:] = found["trafo_loading_percent"].values
        self.import_p_mw[at] = found["source_p_mw"].values.sum(axis=1)
        self.loss_mw[at] = found["loss_mw"].values
        self.dark[at] = grid.load_node < 0
        unsolved = at[~self.converged[at]]
        for values in (self.vm_pu, self.loading_percent, self.import_p_mw, self.loss_mw):
            values[unsolved] = np.nan


def counted(town: Town, solved: Solved, powers: Powers, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """The data set's variables of one side: dims (future, time), and summed over futures (element, time).

    Args:
        shape: futures and steps; rows are futures after each other.
    """
    grid, limits = town.grid, town.limits
    lines, trafos = len(grid.line), len(grid.trafo)
    limit = np.concatenate([np.full(lines, limits.line_percent), np.full(trafos, limits.trafo_percent)])
    over = np.fmax(solved.loading_percent - limit, 0.0)
    outside = np.fmax(np.fmax(solved.vm_pu - limits.bus_high_pu, limits.bus_low_pu - solved.vm_pu), 0.0)
    over, outside = np.nan_to_num(over), np.nan_to_num(outside)
    at_bus = _by_bus(town, powers.load_p_mw)
    dark_mw = _by_bus(town, np.where(solved.dark, powers.load_p_mw, 0.0)) if solved.dark.any() else np.zeros_like(at_bus)
    excess = np.concatenate([over, outside], axis=1)
    excess_mw = np.concatenate([over / 100.0 * _rating_mva(grid), np.where(outside > 0.0, at_bus, 0.0)], axis=1)
    branches = np.zeros((len(over), lines + trafos))

    def path(values: np.ndarray) -> np.ndarray:
        return np.where(solved.converged, values, np.nan).reshape(shape)

    def summed(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values.reshape(*shape, -1).sum(axis=0).T)

    unserved_mw = np.concatenate([branches, dark_mw], axis=1)
    with np.errstate(invalid="ignore"):
        return {
            "import_p_mw": path(solved.import_p_mw),
            "loss_mw": path(solved.loss_mw),
            "unserved_mw": dark_mw.sum(axis=1).reshape(shape),
            "loading_percent_max": path(np.fmax.reduce(solved.loading_percent, axis=1)),
            "vm_pu_min": path(np.fmin.reduce(solved.vm_pu, axis=1)),
            "vm_pu_max": path(np.fmax.reduce(solved.vm_pu, axis=1)),
            "overload_percent": path(over.sum(axis=1)),
            "voltage_violation_pu": path(outside.sum(axis=1)),
            "violating": summed(excess > 0.0).astype(np.int32),
            "excess": summed(excess),
            "excess_mwh": summed(excess_mw) * HOURS_PER_STEP,
            "unserved": summed(unserved_mw > 0.0).astype(np.int32),
            "unserved_mwh": summed(unserved_mw) * HOURS_PER_STEP,
        }


def _rating_mva(grid: Grid) -> np.ndarray:
    """Apparent power at 100 % of loading and rated voltage, dims (line + trafo,)."""
    kv = np.zeros(len(grid.line))
    on = grid.line_branch >= 0
    kv[on] = grid.node_vn_kv[grid.branch_from[grid.line_branch[on]]]
    return np.concatenate([np.sqrt(3.0) * kv * grid.line_max_i_ka, grid.trafo_sn_mva])


def _by_bus(town: Town, load_p_mw: np.ndarray) -> np.ndarray:
    """Consumption at every bus [MW], dims (row, bus)."""
    return np.ascontiguousarray((town.bus_of_load @ load_p_mw.T).T)
