"""What a worker needs of a site to solve futures: grid, devices, limits, declared events; no profiles, no history, no boxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from scipy import sparse

from twin.contracts.devices import Device
from twin.contracts.ports import Engine, GridLimits
from twin.domain.controls import Controls
from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.time import QUARTER_HOUR_S
from twin.plant.outages import Schedule, schedule
from twin.regie.estimate import StateEstimator
from twin.regie.proof import Limits
from twin.site.rules import PlantEvent

_COMPILED = ("engine", "grid", "device", "bus_of_load", "tightest")


@dataclass(frozen=True)
class Town:
    """Travels to every worker once; whatever is compiled from it stays there.

    Attributes:
        net: the pandapower net with the site's overlay. ``engine_name``: who solves it. ``controls``: the inverters' Q(U).
        estimator: shares zone totals over elements. ``devices``: by id.
        events: outages and switchings that the scenario declares for every future.
    """

    net: Any
    engine_name: str
    controls: Controls | None
    estimator: StateEstimator
    limits: Limits
    devices: tuple[Device, ...]
    events: tuple[PlantEvent, ...]

    def __getstate__(self) -> dict[str, Any]:
        """Without the engine: it is compiled where it solves."""
        return {name: value for name, value in vars(self).items() if name not in _COMPILED}

    @cached_property
    def engine(self) -> Engine:
        """Compiles and keeps a model per topology."""
        from twin.engines import make_engine

        engine: Engine = make_engine(self.engine_name, self.net)
        return engine

    @cached_property
    def grid(self) -> Grid:
        """Of the normal topology."""
        return self.engine.model(NORMAL).grid

    @cached_property
    def bus_of_load(self) -> sparse.csr_matrix:
        """Which bus each load stands at, ones, dims (bus, load)."""
        place = {int(bus): at for at, bus in enumerate(self.grid.bus)}
        at = [place[int(bus)] for bus in self.net.load["bus"]]
        return sparse.csr_matrix((np.ones(len(at)), (at, np.arange(len(at)))), shape=(len(self.grid.bus), len(at)))

    @cached_property
    def device(self) -> dict[str, Device]:
        """Devices by id."""
        return {device.id: device for device in self.devices}

    @cached_property
    def tightest(self) -> GridLimits:
        """The tightest of the site's limits, for what knows one band only."""
        limits = self.limits
        bounded = limits.bus_high_pu[np.isfinite(limits.bus_high_pu)]
        return GridLimits(
            vm_min_pu=float(limits.bus_low_pu.max(initial=0.0)),
            vm_max_pu=float(bounded.min(initial=2.0)),
            loading_percent=min(limits.line_percent, limits.trafo_percent),
        )

    def warm(self) -> None:
        """Compile the normal topology, and everything that solving needs, by solving it once as the grid file has it."""
        model = self.engine.model(NORMAL)
        model.solve(xr.Dataset(), want=("vm_pu", "loss_mw", "source_p_mw"), controls=self.controls)

    def schedule(self, more: list[PlantEvent]) -> Schedule:
        """Declared events and ``more``, in order of time."""
        return schedule(
            [*self.events, *more],
            exists=lambda _table, _element: True,  # the site was checked, and what was drawn is from the net
            open_in_file=frozenset(self.net.switch.index[~self.net.switch["closed"]]),
        )

    def elements(self) -> list[str]:
        """Labels of everything that has a limit, in the order of the data set: lines, transformers, buses."""
        return [f"{table}:{index}" for table in ("line", "trafo", "bus") for index in getattr(self.grid, table)]


def topologies(plan: Schedule, times: np.ndarray) -> list[Topology]:
    """The topology of every quarter hour: that of its middle, so that what happens at 18:10 counts from 18:15 on.

    Args:
        times: labels, datetime64, dims (time,).
    """
    labels_s = times.astype("datetime64[s]").astype(np.int64) + QUARTER_HOUR_S // 2
    return [plan.topology(int(at_s)) for at_s in labels_s]


def by_topology(topology: np.ndarray) -> dict[Topology, np.ndarray]:
    """Rows of each topology, in the order in which topologies appear.

    Args:
        topology: of every row, objects, dims (row,).
    """
    rows: dict[Topology, list[int]] = {}
    for row, one in enumerate(topology):
        rows.setdefault(one, []).append(row)
    return {one: np.array(at) for one, at in rows.items()}
