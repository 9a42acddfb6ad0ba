"""Node voltages become loading, branch powers, losses: pandapower's definitions, vectorised over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from twin.domain.grid import Grid
from twin.domain.problems import BadInput, Problem

if TYPE_CHECKING:
    from twin.engines.compile import Compiled

UNITS = {
    "vm_pu": "pu",
    "va_degree": "degree",
    "line_loading_percent": "%",
    "trafo_loading_percent": "%",
    "trafo3w_loading_percent": "%",
    "line_p_from_mw": "MW",
    "line_q_from_mvar": "Mvar",
    "line_i_ka": "kA",
    "line_loss_mw": "MW",
    "trafo_loss_mw": "MW",
    "trafo3w_loss_mw": "MW",
    "trafo_p_hv_mw": "MW",
    "trafo_q_hv_mvar": "Mvar",
    "trafo_p_lv_mw": "MW",
    "trafo_q_lv_mvar": "Mvar",
    "loss_mw": "MW",
    "source_p_mw": "MW",
    "load_p_mw": "MW",
    "sgen_p_mw": "MW",
    "storage_p_mw": "MW",
    "sgen_q_mvar": "Mvar",
}
SOLVE_VARIABLES = tuple(name for name in UNITS if name not in {"load_p_mw", "sgen_p_mw", "storage_p_mw"})
DIMS = {
    "vm_pu": "bus", "va_degree": "bus", "loss_mw": "", "source_p_mw": "source",
    "load_p_mw": "load", "sgen_p_mw": "sgen", "sgen_q_mvar": "sgen",
}  # fmt: skip


def dim_of(name: str) -> str:
    """Element dimension of a result variable, "" for one value per step."""
    return DIMS.get(name, name.split("_", 1)[0])


def check_want(want: Sequence[str]) -> None:
    """Refuse unknown result names.

    Raises:
        BadInput: naming each of them.
    """
    unknown = [name for name in want if name not in SOLVE_VARIABLES]
    if unknown:
        raise BadInput(
            Problem(f"want, {name}", "unknown result", f"any of {list(SOLVE_VARIABLES)}", "correct the name")
            for name in unknown
        )


def to_dataset(grid: Grid, values: dict[str, np.ndarray], *, time: np.ndarray | None) -> xr.Dataset:
    """A labelled result: ``values`` have dims (time, element) or (time,)."""
    variables = {}
    dims_used = set()
    for name, value in values.items():
        dim = dim_of(name) if name in UNITS else ""
        dims_used.add(dim)
        attrs = {"units": UNITS[name]} if name in UNITS else {}
        variables[name] = (("time", dim) if dim else ("time",), value, attrs)
    coords = {dim: getattr(grid, dim) for dim in sorted(dims_used) if dim and dim != "source"}
    if time is not None:
        coords["time"] = time
    return xr.Dataset(variables, coords=coords)


class Flows:
    """Branch quantities of one grid from node voltages, complex pu, dims (time, node). A NaN row gives NaN.

    A line or transformer out of service carries nothing: 0. A line open at one end carries its charging
    current.
    """

    def __init__(self, compiled: Compiled) -> None:
        grid = self.grid = compiled.grid
        vn = grid.node_vn_kv
        base_ka = grid.base_mva / (np.sqrt(3.0) * vn)
        self._base_ka = np.stack([base_ka[grid.branch_from], base_ka[grid.branch_to]])
        with np.errstate(divide="ignore"):
            self._line_percent_per_ka = 100.0 / grid.line_max_i_ka
            # rated current of each side refers to the transformer's own rated voltages, not to the buses'
            self._trafo_percent_per_ka = 100.0 * np.sqrt(3.0) * compiled.trafo_vn_kv / grid.trafo_sn_mva[:, None]
            self._trafo3w_percent_per_ka = 100.0 * np.sqrt(3.0) * compiled.trafo3w_vn_kv / grid.trafo3w_sn_mva

    def percent_per_pu(self) -> np.ndarray:
        """Loading [%] of a branch by 1 pu of current at its from and to side, dims (side, branch); 0 where it has no rating.

        The star point's side of a three-winding transformer's branch has none.
        """
        grid = self.grid
        percent = np.zeros((2, len(grid.branch_from)))
        line, trafo = grid.line_branch >= 0, grid.trafo_branch >= 0
        branch = grid.line_branch[line]
        percent[:, branch] = self._base_ka[:, branch] * self._line_percent_per_ka[line]
        branch = grid.trafo_branch[trafo]
        percent[:, branch] = self._base_ka[:, branch] * self._trafo_percent_per_ka[trafo].T
        for winding, side in enumerate((0, 1, 1)):  # hv: from the bus to the star point; mv, lv: the other way round
            branch = grid.trafo3w_branch[:, winding]
            on = branch >= 0
            percent[side, branch[on]] = self._base_ka[side, branch[on]] * self._trafo3w_percent_per_ka[on, winding]
        return percent

    def results(self, v: np.ndarray, want: Sequence[str], consumption: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """The wanted variables; ``source_p_mw`` needs ``consumption`` [MVA]. All dims (time, element)."""
        found: dict[str, np.ndarray] = {}
        if "vm_pu" in want:
            found["vm_pu"] = self._at_buses(np.abs(v))
        if "va_degree" in want:
            found["va_degree"] = self._at_buses(np.degrees(np.angle(v)))
        if any(name.startswith("line_") for name in want):
            self._lines(v, want, found)
        if any(name.startswith("trafo_") for name in want):
            self._trafos(v, want, found)
        if any(name.startswith("trafo3w_") for name in want):
            found["trafo3w_loading_percent"] = self._trafo3w_loading(v)
            parts = [self._losses(v, branch) for branch in self.grid.trafo3w_branch.T]
            found["trafo3w_loss_mw"] = np.asarray(sum(parts, np.zeros((len(v), len(self.grid.trafo3w)))))
        if "loss_mw" in want or "source_p_mw" in want:
            s_from, s_to = self.branch_power(v, np.arange(len(self.grid.branch_from)))
            if "loss_mw" in want:
                found["loss_mw"] = (s_from + s_to).real.sum(axis=1)
            if "source_p_mw" in want:
                found["source_p_mw"] = self._sources(v, s_from, s_to, consumption)
        return {name: found[name] for name in want if name in found}

    def branch_current(self, v: np.ndarray, branch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Complex currents [pu] entering ``branch`` at its two sides, dims (time, branch); -1 gives 0."""
        grid = self.grid
        on = (branch >= 0).astype(float)
        v_from, v_to = v[:, grid.branch_from[branch]], v[:, grid.branch_to[branch]]
        i_from = (grid.branch_yff[branch] * on) * v_from + (grid.branch_yft[branch] * on) * v_to
        i_to = (grid.branch_ytf[branch] * on) * v_from + (grid.branch_ytt[branch] * on) * v_to
        return i_from, i_to

    def branch_power(self, v: np.ndarray, branch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Complex powers entering ``branch`` at its from and to side [MVA], dims (time, branch)."""
        i_from, i_to = self.branch_current(v, branch)
        grid = self.grid
        s_from = v[:, grid.branch_from[branch]] * i_from.conj() * grid.base_mva
        return s_from, v[:, grid.branch_to[branch]] * i_to.conj() * grid.base_mva

    def node_injection(self, v: np.ndarray) -> np.ndarray:
        """Power that the branches and shunts take from every node [MVA], complex, dims (time, node)."""
        s_from, s_to = self.branch_power(v, np.arange(len(self.grid.branch_from)))
        return self._leaving(v, s_from, s_to)

    def _leaving(self, v: np.ndarray, s_from: np.ndarray, s_to: np.ndarray) -> np.ndarray:
        grid = self.grid
        leaving = (np.abs(v) ** 2) * grid.node_shunt.conj() * grid.base_mva
        np.add.at(leaving.T, grid.branch_from, s_from.T)
        np.add.at(leaving.T, grid.branch_to, s_to.T)
        return leaving

    def _at_buses(self, values: np.ndarray) -> np.ndarray:
        node = self.grid.bus_node
        result = values[:, node]
        result[:, node < 0] = np.nan
        return result

    def _lines(self, v: np.ndarray, want: Sequence[str], found: dict[str, np.ndarray]) -> None:
        branch = self.grid.line_branch
        if not len(self.grid.branch_from):
            branch_free = np.zeros((len(v), len(branch)))
            found.update({name: branch_free for name in want if name.startswith("line_")})
            return
        i_from, i_to = self.branch_current(v, branch)
        i_ka = np.maximum(np.abs(i_from) * self._base_ka[0, branch], np.abs(i_to) * self._base_ka[1, branch])
        found["line_i_ka"] = i_ka
        if "line_loss_mw" in want:
            found["line_loss_mw"] = self._losses(v, branch)
        found["line_loading_percent"] = i_ka * self._line_percent_per_ka
        if "line_p_from_mw" in want or "line_q_from_mvar" in want:
            s_from = v[:, self.grid.branch_from[branch]] * i_from.conj() * self.grid.base_mva
            found["line_p_from_mw"], found["line_q_from_mvar"] = s_from.real, s_from.imag

    def _losses(self, v: np.ndarray, branch: np.ndarray) -> np.ndarray:
        s_from, s_to = self.branch_power(v, branch)
        return np.asarray((s_from + s_to).real)

    def _trafos(self, v: np.ndarray, want: Sequence[str], found: dict[str, np.ndarray]) -> None:
        branch = self.grid.trafo_branch
        if not len(self.grid.branch_from):
            branch_free = np.zeros((len(v), len(branch)))
            found.update({name: branch_free for name in want if name.startswith("trafo_")})
            return
        i_hv, i_lv = self.branch_current(v, branch)
        percent = self._base_ka[:, branch] * self._trafo_percent_per_ka.T
        found["trafo_loading_percent"] = np.maximum(np.abs(i_hv) * percent[0], np.abs(i_lv) * percent[1])
        if "trafo_loss_mw" in want:
            found["trafo_loss_mw"] = self._losses(v, branch)
        if any(name.startswith(("trafo_p", "trafo_q")) for name in want):
            s_hv, s_lv = self.branch_power(v, branch)
            found["trafo_p_hv_mw"], found["trafo_q_hv_mvar"] = s_hv.real, s_hv.imag
            found["trafo_p_lv_mw"], found["trafo_q_lv_mvar"] = s_lv.real, s_lv.imag

    def _trafo3w_loading(self, v: np.ndarray) -> np.ndarray:
        branch = self.grid.trafo3w_branch
        loading = np.zeros((len(v), len(branch)))
        for winding, side in enumerate((0, 1, 1) if branch.size else ()):
            current = self.branch_current(v, branch[:, winding])[side]
            percent = self._base_ka[side, branch[:, winding]] * self._trafo3w_percent_per_ka[:, winding]
            loading = np.maximum(loading, np.abs(current) * percent)
        return loading

    def _sources(self, v: np.ndarray, s_from: np.ndarray, s_to: np.ndarray, consumption: np.ndarray | None) -> np.ndarray:
        """Several sources at one node share its power equally, as in pandapower."""
        node = self.grid.source_node
        total = self._leaving(v, s_from, s_to)[:, node].real
        if consumption is not None:
            total = total + consumption[:, node].real
        return total / (node[:, None] == node[None, :]).sum(axis=0)
