"""Node voltages become loading, branch powers, losses: pandapower's definitions, vectorised over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from twin.domain.grid import Grid
from twin.domain.problems import BadInput, Problem

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
SOLVE_VARIABLES = tuple(name for name in UNITS if name not in {"load_p_mw", "storage_p_mw"})
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
    unknown = [want] if isinstance(want, str) else [name for name in want if name not in SOLVE_VARIABLES]
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
    labelled = [dim for dim in sorted(dims_used) if dim]
    coords: dict[str, Any] = {dim: getattr(grid, dim) for dim in labelled}
    coords |= {f"{dim}_name": (dim, list(grid.names[dim])) for dim in labelled if dim in grid.names}
    if time is not None:
        coords["time"] = time
    return xr.Dataset(variables, coords=coords)


class _Branches:
    """Some branches with their admittances at hand; -1 stands for one out of service, which carries nothing."""

    def __init__(self, grid: Grid, branch: np.ndarray) -> None:
        on = (branch >= 0).astype(float)
        self._base_mva = grid.base_mva
        self._from, self._to = grid.branch_from[branch], grid.branch_to[branch]
        self._yff, self._yft = grid.branch_yff[branch] * on, grid.branch_yft[branch] * on
        self._ytf, self._ytt = grid.branch_ytf[branch] * on, grid.branch_ytt[branch] * on

    def currents(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Complex currents [pu] entering the two sides, dims (time, branch), from node voltages [pu], dims (time, node)."""
        v_from, v_to = v.take(self._from, axis=1), v.take(self._to, axis=1)
        return self._yff * v_from + self._yft * v_to, self._ytf * v_from + self._ytt * v_to

    def powers(self, v: np.ndarray, currents: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Complex powers [MVA] entering the two sides with those currents, dims (time, branch)."""
        i_from, i_to = currents
        v_from, v_to = v.take(self._from, axis=1), v.take(self._to, axis=1)
        return v_from * i_from.conj() * self._base_mva, v_to * i_to.conj() * self._base_mva


class Flows:
    """Branch quantities of one grid from node voltages, complex pu, dims (time, node). A NaN row gives NaN.

    A line or transformer out of service carries nothing: 0. A line open at one end carries its charging
    current.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        vn = grid.node_vn_kv
        base_ka = grid.base_mva / (np.sqrt(3.0) * vn)
        self._base_ka = np.stack([base_ka[grid.branch_from], base_ka[grid.branch_to]])
        with np.errstate(divide="ignore"):
            self._line_percent_per_ka = 100.0 / grid.line_max_i_ka
            # rated current of each side refers to the transformer's own rated voltages, not to the buses'
            self._trafo_percent_per_ka = 100.0 * np.sqrt(3.0) * grid.trafo_vn_kv / grid.trafo_sn_mva[:, None]
            self._trafo3w_percent_per_ka = 100.0 * np.sqrt(3.0) * grid.trafo3w_vn_kv / grid.trafo3w_sn_mva
        self._all = _Branches(grid, np.arange(len(grid.branch_from)))

    @cached_property
    def _line(self) -> _Branches:
        return _Branches(self.grid, self.grid.line_branch)

    @cached_property
    def _trafo(self) -> _Branches:
        return _Branches(self.grid, self.grid.trafo_branch)

    @cached_property
    def _line_ka(self) -> np.ndarray:
        """Current [kA] of a line by 1 pu at its from and to side, dims (side, line)."""
        return self._base_ka[:, self.grid.line_branch]

    @cached_property
    def _trafo_percent(self) -> np.ndarray:
        """Loading [%] of a transformer by 1 pu of current at its high and low side, dims (side, trafo)."""
        percent: np.ndarray = self._base_ka[:, self.grid.trafo_branch] * self._trafo_percent_per_ka.T
        return percent

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
            self._trafo3ws(v, found)
        if "loss_mw" in want or "source_p_mw" in want:
            s_from, s_to = self._all.powers(v, self._all.currents(v))
            if "loss_mw" in want:
                found["loss_mw"] = (s_from + s_to).real.sum(axis=1)
            if "source_p_mw" in want:
                found["source_p_mw"] = self._sources(v, s_from, s_to, consumption)
        return {name: found[name] for name in want if name in found}

    def node_injection(self, v: np.ndarray) -> np.ndarray:
        """Power that the branches and shunts take from every node [MVA], complex, dims (time, node)."""
        return self._leaving(v, *self._all.powers(v, self._all.currents(v)))

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
        if not len(self.grid.branch_from):
            branch_free = np.zeros((len(v), len(self.grid.line_branch)))
            found.update({name: branch_free for name in want if name.startswith("line_")})
            return
        i_from, i_to = currents = self._line.currents(v)
        i_ka = np.maximum(np.abs(i_from) * self._line_ka[0], np.abs(i_to) * self._line_ka[1])
        found["line_i_ka"] = i_ka
        found["line_loading_percent"] = i_ka * self._line_percent_per_ka
        if any(name.startswith(("line_p", "line_q", "line_loss")) for name in want):
            s_from, s_to = self._line.powers(v, currents)
            found["line_p_from_mw"], found["line_q_from_mvar"] = s_from.real, s_from.imag
            if "line_loss_mw" in want:
                found["line_loss_mw"] = (s_from + s_to).real

    def _trafos(self, v: np.ndarray, want: Sequence[str], found: dict[str, np.ndarray]) -> None:
        if not len(self.grid.branch_from):
            branch_free = np.zeros((len(v), len(self.grid.trafo_branch)))
            found.update({name: branch_free for name in want if name.startswith("trafo_")})
            return
        i_hv, i_lv = currents = self._trafo.currents(v)
        percent = self._trafo_percent
        found["trafo_loading_percent"] = np.maximum(np.abs(i_hv) * percent[0], np.abs(i_lv) * percent[1])
        if any(name.startswith(("trafo_p", "trafo_q", "trafo_loss")) for name in want):
            s_hv, s_lv = self._trafo.powers(v, currents)
            found["trafo_p_hv_mw"], found["trafo_q_hv_mvar"] = s_hv.real, s_hv.imag
            found["trafo_p_lv_mw"], found["trafo_q_lv_mvar"] = s_lv.real, s_lv.imag
            if "trafo_loss_mw" in want:
                found["trafo_loss_mw"] = (s_hv + s_lv).real

    def _trafo3ws(self, v: np.ndarray, found: dict[str, np.ndarray]) -> None:
        branch = self.grid.trafo3w_branch
        loading, loss = np.zeros((len(v), len(branch))), np.zeros((len(v), len(branch)))
        for winding, side in enumerate((0, 1, 1) if branch.size and len(self.grid.branch_from) else ()):
            windings = _Branches(self.grid, branch[:, winding])
            currents = windings.currents(v)
            percent = self._base_ka[side, branch[:, winding]] * self._trafo3w_percent_per_ka[:, winding]
            loading = np.maximum(loading, np.abs(currents[side]) * percent)
            s_from, s_to = windings.powers(v, currents)
            loss = loss + (s_from + s_to).real
        found["trafo3w_loading_percent"], found["trafo3w_loss_mw"] = loading, loss

    def _sources(self, v: np.ndarray, s_from: np.ndarray, s_to: np.ndarray, consumption: np.ndarray | None) -> np.ndarray:
        """Several sources at one node share its power equally, as in pandapower."""
        node = self.grid.source_node
        total = self._leaving(v, s_from, s_to)[:, node].real
        if consumption is not None:
            total = total + consumption[:, node].real
        return total / (node[:, None] == node[None, :]).sum(axis=0)
