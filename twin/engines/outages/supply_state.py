"""How a switching state serves the customers: who is dark, and how the rest is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.contracts.ports import Engine
from twin.domain.grid import Grid, Topology
from twin.domain.problems import BadInput, Problem
from twin.engines.compile import own_injections
from twin.engines.injections import read_profiles
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.wiring import Wiring

_BAND = {"min_vm_pu": 0.9, "max_vm_pu": 1.1}
"""Voltage band where net.bus gives none: EN 50160, 10 % about nominal."""
_RATED_PERCENT = 100.0
_RANK_DECIMALS = 6
"""Ranks tell watts and millionths apart; what is closer is equal, so that rounding never decides."""


@dataclass(frozen=True)
class SupplyFigures:
    """One switching state; NaN where no power flow describes it.

    Attributes:
        unsupplied_mw: load without supply that had supply before the fault [MW]. ``dark_buses``: buses, likewise.
        loading_percent: highest of all lines and transformers. ``vm_pu``: lowest of all supplied buses.
        overload_percent: sum over elements of what exceeds 100 %. ``vm_violation_pu``: sum over buses outside net.bus's band.
        loss_mw: losses.
    """

    unsupplied_mw: float
    dark_buses: int
    loading_percent: float
    vm_pu: float
    overload_percent: float
    vm_violation_pu: float
    loss_mw: float

    @property
    def converged(self) -> bool:
        """Whether a power flow describes the state."""
        return bool(np.isfinite(self.loss_mw))

    @property
    def rank(self) -> tuple[float, ...]:
        """Smaller is better: unsupplied power, overload, voltage violation, losses."""
        figures = (self.unsupplied_mw, self.overload_percent, self.vm_violation_pu, self.loss_mw)
        return tuple(round(figure, _RANK_DECIMALS) for figure in figures)


class SupplyState:
    """Figures of any switching state after a fault, against the supply before it.

    Attributes:
        engine, injections: power flow, and the one step that it is asked for.
    """

    def __init__(self, net: Any, wiring: Wiring, before: Topology, engine: Engine, injections: xr.Dataset) -> None:
        steps = injections.sizes.get("time", 1)
        if steps != 1:
            raise BadInput([Problem("injections, time", f"{steps} steps", "one step", "select the moment of the fault")])
        self.engine, self.injections = engine, injections
        self._wiring = wiring
        self._served = SupplyGraph(wiring, before).supplied[: len(wiring.bus)]
        self._load_mw, self._has_load = _loads(net, engine.model(before).grid, wiring.bus, injections)
        self._band = [
            pd.to_numeric(net["bus"][name], errors="coerce").fillna(value).to_numpy()
            if name in net["bus"]
            else np.full(len(wiring.bus), value)
            for name, value in _BAND.items()
        ]
        self._element = {
            table: np.array([wiring.node[table, int(index)] for index in net[table].index], dtype=int)
            for table in ("line", "trafo", "trafo3w")
            if len(net[table])
        }
        self._want = ("vm_pu", "loss_mw", *(f"{table}_loading_percent" for table in self._element))

    def figures(self, topology: Topology, lost: frozenset[int], zone: frozenset[int]) -> SupplyFigures:
        """The state under ``topology``; ``lost``: sources (nodes) that are off, ``zone``: nodes dead with the fault."""
        on = self._on(SupplyGraph(self._wiring, topology, lost_sources=lost), zone)
        dark = self._served & ~on[: len(self._served)]
        mw = float(self._load_mw[dark].sum())
        unknown = SupplyFigures(mw, int(dark.sum()), *[float("nan")] * 5)
        # a power flow knows no infeed that is switched off: as long as one would feed more than the zone, there is none
        if lost - zone or not on.any():
            return unknown
        flow = self.engine.model(topology).solve(self.injections, want=self._want).isel(time=0)
        if not bool(flow["converged"]):
            return unknown
        vm = flow["vm_pu"].to_numpy()
        low, high = self._band
        live = on[: len(vm)]
        outside = np.maximum(low - vm, vm - high)[live]
        loading = np.concatenate(
            [np.zeros(0), *(flow[f"{t}_loading_percent"].to_numpy()[on[nodes]] for t, nodes in self._element.items())]
        )
        return SupplyFigures(
            unsupplied_mw=mw,
            dark_buses=int(dark.sum()),
            loading_percent=float(loading.max(initial=0.0)),
            vm_pu=float(vm[live].min()),
            overload_percent=float(np.maximum(loading - _RATED_PERCENT, 0.0).sum()),
            vm_violation_pu=float(np.maximum(outside, 0.0).sum()),
            loss_mw=float(flow["loss_mw"]),
        )

    def dark_parts(self, topology: Topology, lost: frozenset[int], zone: frozenset[int]) -> list[tuple[list[int], float]]:
        """Connected parts with customers who had supply: their buses, and the load [MW], the largest load first."""
        graph = SupplyGraph(self._wiring, topology, lost_sources=lost)
        dark = self._served & ~self._on(graph, zone)[: len(self._served)]
        part = graph.sections()[: len(dark)]
        found = []
        for label in np.unique(part[dark]):
            inside = dark & (part == label)
            if self._has_load[inside].any():
                found.append((self._wiring.bus[inside].tolist(), float(self._load_mw[inside].sum())))
        return sorted(found, key=lambda item: (-round(item[1], _RANK_DECIMALS), item[0]))

    @staticmethod
    def _on(graph: SupplyGraph, zone: frozenset[int]) -> np.ndarray:
        on = graph.supplied.copy()
        on[list(zone)] = False
        return on


def _loads(net: Any, grid: Grid, bus: np.ndarray, injections: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Load at every bus [MW] after scaling, and whether a load in service stands there, dims (bus,)."""
    load = net["load"]
    profiles = read_profiles(grid, own_injections(net), injections)
    p_mw = {**profiles.fixed, **{name: values[0] for name, values in profiles.chunk(0, 1).items()}}["load_p_mw"]
    active = load["in_service"].to_numpy(dtype=bool)
    at = pd.Index(bus).get_indexer(load["bus"])[active]
    total, has = np.zeros(len(bus)), np.zeros(len(bus), dtype=bool)
    np.add.at(total, at, (p_mw * load["scaling"].to_numpy(dtype=float))[active])
    has[at] = True
    return total, has
