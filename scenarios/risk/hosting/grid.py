"""The grid with one more plant, charger or heat pump at every bus that is asked about; solved for many buses at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from scenarios.risk.held import WANT, Held
from scenarios.risk.states import States
from twin.contracts.ports import Engine, GridLimits
from twin.domain.controls import Controls, Curve
from twin.domain.grid import NORMAL, Topology
from twin.regie.proof import Limits

Kind = Literal["pv", "car", "heat_pump"]
KINDS: tuple[Kind, ...] = ("pv", "car", "heat_pump")
_PASSES = 12
_SETTLED_MVAR = 1e-7
_SLOPE_PU = 1e-4
"""Step over which the slope of a Q(U) curve is taken."""
_LANES = 4096
"""States solved at a time."""


@dataclass(frozen=True)
class Added:
    """What is added at a bus, per MW of it.

    Attributes:
        kind: "pv" feeds in as the sun shines; "car" and "heat_pump" may draw in any quarter hour.
        tan_phi: reactive power drawn per active power. ``q_of_vm``: of an inverter, else None. ``mva_per_mw``: its rating.
    """

    kind: Kind
    tan_phi: float = 0.0
    q_of_vm: Curve | None = None
    mva_per_mw: float = 1.0

    @property
    def table(self) -> str:
        """Table of the net that it belongs to."""
        return "sgen" if self.kind == "pv" else "load"


class HostingGrid:
    """A net that something can be added to.

    Args:
        net: a pandapower net, left unchanged. ``engine``: name of the engine. ``buses``: where something may be added.
        controls: of the inverters that are there.
    """

    def __init__(self, net: Any, engine: str, buses: Sequence[int], added: Added, limits: Limits, controls: Controls | None):
        self.buses, self.added, self.controls = tuple(buses), added, controls
        self.net = _with_one_more(net, buses, added.table)
        self.engine: Engine = _engine(engine, self.net)
        self.grid = self.engine.model(NORMAL).grid
        self.held = Held(self.grid, limits)
        place = {int(bus): at for at, bus in enumerate(self.grid.bus)}
        self._at = np.array([place[bus] for bus in buses], dtype=int)
        self._x = _self_reactance(self.grid, self.grid.bus_node[self._at])

    @property
    def supplied(self) -> np.ndarray:
        """Whether each asked bus has supply in the normal topology, dims (bus,)."""
        return self.grid.bus_node[self._at] >= 0

    def excess(self, states: States, rows: np.ndarray, bus: np.ndarray, mw: np.ndarray) -> np.ndarray:
        """Excess over every limit (`Held.excess`) with ``mw`` more at a bus, one lane for each, dims (lane, limit).

        Args:
            rows: of ``states``; ``bus``: places in ``buses``; ``mw``: rated power added [MW], dims (lane,).
        """
        found = np.empty((len(rows), len(self.held.all)))
        for topology, lanes in _by_topology(states.topology[rows]).items():
            for first in range(0, len(lanes), _LANES):
                part = lanes[first : first + _LANES]
                found[part] = self.held.excess(self._solved(states, rows[part], bus[part], mw[part], topology)[0])
        return found

    def worst_after_outage(
        self, states: States, rows: np.ndarray, bus: np.ndarray, mw: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Highest loading after any single outage and its closure, less 100 % [%], and that outage's name, dims (lane,)."""
        worst, outage = np.full(len(rows), np.inf), np.full(len(rows), "", dtype="U24")
        limits = GridLimits(loading_percent=min(self.held.limits.line_percent, self.held.limits.trafo_percent))
        branches = [(table, int(i)) for table in ("line", "trafo") for i in getattr(self.grid, table)]
        for topology, lanes in _by_topology(states.topology[rows]).items():
            for first in range(0, len(lanes), 256):
                part = lanes[first : first + 256]
                _, given = self._solved(states, rows[part], bus[part], mw[part], topology)
                found = self.engine.model(topology).contingencies(given, branches, limits=limits)
                loading = found["after_loading_percent_max"].to_numpy() - limits.loading_percent
                loading = np.where(np.isfinite(loading), loading, np.inf)
                worst[part] = loading.max(axis=0)
                outage[part] = found["outage"].to_numpy()[loading.argmax(axis=0)]
        return worst, outage

    def injections(self, states: States, rows: np.ndarray, bus: np.ndarray, mw: np.ndarray, q_mvar: np.ndarray) -> xr.Dataset:
        """Element powers of every lane, what is added last in its table; ``q_mvar``: injected by what is added."""
        given = {name: variable.to_numpy()[rows] for name, variable in states.injections.data_vars.items()}
        extra = np.zeros((2, len(rows), len(self.buses)))
        lane = np.arange(len(rows))
        extra[0, lane, bus] = mw * (states.sun[rows] if self.added.kind == "pv" else 1.0)
        extra[1, lane, bus] = q_mvar if self.added.kind == "pv" else -q_mvar
        table = self.added.table
        for quantity, more in zip(("p_mw", "q_mvar"), extra, strict=True):
            name = f"{table}_{quantity}"
            own = given.get(name, np.zeros((len(rows), len(getattr(self.grid, table)) - len(self.buses))))
            given[name] = np.concatenate([own, more], axis=1)
        return xr.Dataset({name: (("time", str(name).split("_", 1)[0]), values) for name, values in given.items()})

    def _solved(
        self, states: States, rows: np.ndarray, bus: np.ndarray, mw: np.ndarray, topology: Topology
    ) -> tuple[xr.Dataset, xr.Dataset]:
        """Results, and the injections that they are of with every inverter settled."""
        model, curve = self.engine.model(topology), self.added.q_of_vm
        q = np.zeros(len(rows)) if curve is not None else -self.added.tan_phi * mw
        rated = mw * self.added.mva_per_mw
        want = (*WANT, "sgen_q_mvar")
        for _ in range(_PASSES):
            given = self.injections(states, rows, bus, mw, q)
            solved = model.solve(given, want=want, controls=self.controls)
            if curve is None:
                break
            # Newton on q = sn c(V(q)), V answering by the reactance up to the bus
            vm = solved["vm_pu"].to_numpy()[np.arange(len(rows)), self._at[bus]]
            slope = (curve.at(vm + _SLOPE_PU) - curve.at(vm - _SLOPE_PU)) / (2.0 * _SLOPE_PU)
            step = (rated * curve.at(vm) - q) / (1.0 - rated * slope * self._x[bus])
            step = np.where(np.isfinite(step), step, 0.0)
            if np.abs(step).max(initial=0.0) < _SETTLED_MVAR:
                break
            q = q + step
        else:
            # what does not settle is no state that anybody could rely on
            solved["converged"] = solved["converged"] & (np.abs(step) < _SETTLED_MVAR)
        return solved, given.assign(sgen_q_mvar=(("time", "sgen"), np.nan_to_num(solved["sgen_q_mvar"].to_numpy())))


def _with_one_more(net: Any, buses: Sequence[int], table: str) -> Any:
    """A copy with an element of no power at every bus, last in its table."""
    from copy import deepcopy

    import pandapower as pp

    copied = deepcopy(net)
    create = pp.create_sgens if table == "sgen" else pp.create_loads
    # pandapower takes an unset flag for True
    flags = {name for name, dtype in copied[table].dtypes.items() if dtype.kind == "b"} - {"in_service", "current_source"}
    names = [f"hosted at bus {bus}" for bus in buses]
    create(copied, list(buses), p_mw=0.0, q_mvar=0.0, name=names, **{str(flag): [False] * len(names) for flag in flags})
    return copied


def _engine(name: str, net: Any) -> Engine:
    from twin.engines import make_engine

    engine: Engine = make_engine(name, net)
    return engine


def _self_reactance(grid: Any, node: np.ndarray) -> np.ndarray:
    """Rise of a node's own voltage per Mvar injected there, at no load [pu/Mvar], dims of ``node``."""
    from twin.engines.control.voltage_response import voltage_response

    distinct, back = np.unique(np.maximum(node, 0), return_inverse=True)
    _, by_q = voltage_response(grid, distinct)
    return np.asarray(np.diag(by_q)[back])


def _by_topology(topology: np.ndarray) -> dict[Topology, np.ndarray]:
    lanes: dict[Topology, list[int]] = {}
    for lane, one in enumerate(topology):
        lanes.setdefault(one, []).append(lane)
    return {one: np.array(at) for one, at in lanes.items()}
