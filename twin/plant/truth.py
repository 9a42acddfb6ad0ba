"""The grid's true state: AC power flow of the true injections, inverters on their Q(U) curve, on the topology in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine, SourceFailed
from twin.domain.grid import Topology
from twin.domain.time import QUARTER_HOUR_S
from twin.plant.demand import Day
from twin.plant.devices import DeviceTrace, Supply
from twin.plant.town import Town

WANT = (
    "vm_pu",
    "line_p_from_mw",
    "line_q_from_mvar",
    "line_i_ka",
    "line_loading_percent",
    "trafo_p_hv_mw",
    "trafo_q_hv_mvar",
    "trafo_loading_percent",
    "sgen_q_mvar",
    "loss_mw",
    "source_p_mw",
)

Truth = Mapping[str, np.ndarray]
"""True values, dims (time, element): `WANT` and load_p_mw, load_q_mvar, sgen_p_mw, storage_p_mw, unserved_mw."""


class DivergedError(SourceFailed):
    """The true power flow has no solution: the declared town cannot exist in that quarter hour."""


class TrueGrid:
    """Solves the town on any topology."""

    def __init__(self, engine: Engine, town: Town) -> None:
        self._engine = engine
        self._town = town
        self._supplies: dict[Topology, Supply] = {}

    def supply(self, topology: Topology) -> Supply:
        """Who has voltage under ``topology``."""
        if topology not in self._supplies:
            grid = self._engine.model(topology).grid
            nodes = (grid.load_node, grid.sgen_node, grid.storage_node)
            self._supplies[topology] = Supply(*((node >= 0).astype(float) for node in nodes))
        return self._supplies[topology]

    def solve(self, labels_s: np.ndarray, days: Sequence[Day], trace: DeviceTrace, topology: Topology) -> Truth:
        """The truth of quarter hours that share one topology.

        Args:
            labels_s: consecutive labels, dims (time,). ``days``: the UTC days they fall in, in order, each label's own day.
            trace: what the devices did, dims (time, device).

        Raises:
            DivergedError: naming the first quarter hour without a solution.
        """
        town, supply = self._town, self.supply(topology)
        wanted_p = _rows(labels_s, days, "load_p_mw")
        np.add.at(wanted_p.T, town.car_load, trace.car_mw.T)
        heat = _rows(labels_s, days, "heat_p_mw")
        moved_p = town.groups.load_change_mw(heat, trace.group_share, trace.group_extra_mw)
        wanted_p += moved_p
        wanted_q = _rows(labels_s, days, "load_q_mvar") + moved_p * town.heat_pump_tan_phi
        made = _rows(labels_s, days, "sgen_p_mw")
        made[:, town.plants.sgen] = -trace.plant_mw
        storage = np.zeros((len(labels_s), len(supply.storage)))
        storage[:, town.battery_storage] = trace.battery_mw
        known = {
            "load_p_mw": wanted_p * supply.load,
            "load_q_mvar": wanted_q * supply.load,
            "sgen_p_mw": made * supply.sgen,
            "storage_p_mw": storage * supply.storage,
        }
        dims = {name: ("time", name.split("_")[0]) for name in known}
        injections = xr.Dataset({name: (dims[name], values) for name, values in known.items()})
        result = self._engine.model(topology).solve(injections, want=WANT, controls=town.controls)
        converged = result["converged"].values
        if not converged.all():
            when = np.datetime64(int(labels_s[np.flatnonzero(~converged)[0]]), "s")
            changed = {name: what for name, what in topology.to_meta().items() if what}
            under = f"with {changed}" if changed else "in the normal topology"
            raise DivergedError(f"plant: no AC solution at {when}Z {under}; lower the site's loads or its outages")
        solved = {name: result[name].values for name in WANT}
        return {**solved, **known, "unserved_mw": (wanted_p - known["load_p_mw"]).sum(axis=1)}


def _rows(labels_s: np.ndarray, days: Sequence[Day], name: str) -> np.ndarray:
    parts = []
    for day in days:
        at = (labels_s - day.start_s) // QUARTER_HOUR_S
        mine = at[(at >= 0) & (at < len(day.load_p_mw))]
        parts.append(getattr(day, name)[mine[0] : mine[-1] + 1])
    return np.concatenate(parts)
