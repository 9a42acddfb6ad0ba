"""The grid kept warm: compiled once per topology, with the powers of the present on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from twin.contracts.devices import Device
from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.time import to_epoch_s
from twin.engines.outages.short_circuit import short_circuit
from twin.engines.outages.wiring import Wiring, read_wiring
from twin.engines.registry import make_engine
from twin.preview.kit import Kit
from twin.preview.present import Present, state_grid
from twin.regie.estimate import StateEstimator
from twin.regie.horizon import after_switching, zone_input

_CURRENTS = 32
"""Topologies whose short-circuit currents are kept: an order's steps, and the present."""


@dataclass(frozen=True)
class Powers:
    """Element powers of one instant [MW], dims (element,), as metered: before the engine's ``scaling``."""

    load_p_mw: np.ndarray
    sgen_p_mw: np.ndarray
    storage_p_mw: np.ndarray


class WarmGrid:
    """One site's grid, ready for any topology; powers and figures of a state come from a `Present`.

    Attributes:
        devices: by id. ``wiring``: what can be separated from what. ``line_switches``: line -> its switches; ``couplers``:
            switch between two buses -> its position in the grid's file.
    """

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.engine = make_engine(kit.engine, kit.net)
        self.wiring: Wiring = read_wiring(kit.net)
        self.devices: Mapping[str, Device] = {device.id: device for device in kit.devices}
        self.estimator = StateEstimator(
            self.grid,
            (),
            kit.zones,
            load_weight=kit.load_weight,
            load_tan_phi=kit.load_tan_phi,
            sgen_kwp=kit.sgen_kwp,
        )
        switch = kit.net["switch"]
        self.line_switches: dict[int, list[int]] = {}
        for index, line in switch.loc[switch["et"] == "l", "element"].items():
            self.line_switches.setdefault(int(line), []).append(int(index))
        self.couplers = {int(i): bool(c) for i, c in switch.loc[switch["et"] == "b", "closed"].items()}
        self._currents: dict[Topology, xr.Dataset] = {}

    @property
    def grid(self) -> Grid:
        """In its normal state."""
        return self.engine.model(NORMAL).grid

    @cached_property
    def outages(self) -> list[tuple[str, int]]:
        """Every line and transformer, as `twin.contracts.ports.GridModel.contingencies` takes them."""
        return [("line", int(i)) for i in self.grid.line] + [("trafo", int(i)) for i in self.grid.trafo]

    def powers(self, present: Present) -> Powers:
        """Estimated powers; where a load is dark, and so not metered, what was last forecast for it."""
        grid = state_grid(present, {dim: getattr(self.grid, dim) for dim in ("load", "sgen", "storage")})
        load, sgen, storage = (grid[name].values for name in ("load_p_mw", "sgen_p_mw", "storage_p_mw"))
        dark = self.engine.model(present.topology).grid.load_node < 0
        if dark.any():
            memory = present.memory
            # what is forecast begins with the tick: of the quarter hour before it, its first value is the nearest
            label = max(to_epoch_s(present.interval), memory.forecast_start_s)
            zones = {
                z.name: zone_input(z, {}, label, memory.forecast, memory.forecast_start_s) for z in self.kit.zones if z.boundary
            }
            shared, _ = self.estimator.share_out(
                {name: np.array([zone.load_p_mw]) for name, zone in zones.items()},
                {name: np.array([zone.pv_p_mw]) for name, zone in zones.items()},
            )
            load = np.where(dark, shared[0], load)
        return Powers(load, sgen, storage)

    def injections(self, powers: Powers) -> xr.Dataset:
        """One step for the engine; loads keep their power factor."""
        labels = {dim: getattr(self.grid, dim) for dim in ("load", "sgen", "storage")}
        data = {f"{dim}_p_mw": ((dim,), getattr(powers, f"{dim}_p_mw")) for dim in labels}
        return after_switching(xr.Dataset(data, coords=labels), self.grid, self.kit.load_tan_phi)

    def moved(self, powers: Powers, table: str, element: int, by_mw: float) -> Powers:
        """One element drawing ``by_mw`` more."""
        name = f"{table}_p_mw"
        values = getattr(powers, name).copy()
        values[getattr(self.grid, table) == element] += -by_mw if table == "sgen" else by_mw
        return replace(powers, **{name: values})

    def currents(self, topology: Topology) -> xr.Dataset:
        """Short-circuit currents at every bus [kA] (`twin.engines.outages.short_circuit`), computed once per topology."""
        found = self._currents.pop(topology, None)
        if found is None:
            found = short_circuit(self.kit.net, [int(bus) for bus in self.wiring.bus], topology)
        self._currents[topology] = found
        while len(self._currents) > _CURRENTS:
            self._currents.pop(next(iter(self._currents)))
        return found
