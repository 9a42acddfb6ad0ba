"""The recalled element powers as an engine takes them, solved again: what the same day would have been with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from scenarios.debrief.recall import Recalled
from twin.domain.grid import Topology
from twin.regie.horizon import ELEMENT_POWERS
from twin.regie.proof import before_scaling

WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "source_p_mw")
Powers = Mapping[str, np.ndarray]
"""``load_p_mw``, ``sgen_p_mw``, ``storage_p_mw`` [MW], dims (time, element)."""


def powers_of(state: xr.Dataset) -> dict[str, np.ndarray]:
    """A side's element powers."""
    return {name: state[name].values.copy() for name in ELEMENT_POWERS}


def by_topology(recalled: Recalled) -> Iterator[tuple[Topology, np.ndarray]]:
    """Topologies of the window with the places of their quarter hours."""
    for topology in dict.fromkeys(recalled.topologies):
        yield topology, np.array([i for i, other in enumerate(recalled.topologies) if other == topology])


def injections(recalled: Recalled, topology: Topology, powers: Powers, steps: np.ndarray) -> xr.Dataset:
    """Some quarter hours as an engine takes them, dims (time, element); reactive power by each load's own ratio."""
    grid = recalled.parts.engine.model(topology).grid
    load, sgen, storage = (
        before_scaling(np.nan_to_num(powers[name][steps]), getattr(grid, f"{table}_scaling"))
        for name, table in zip(ELEMENT_POWERS, ("load", "sgen", "storage"), strict=True)
    )
    return xr.Dataset(
        {
            "load_p_mw": (("time", "load"), load),
            "load_q_mvar": (("time", "load"), load * recalled.parts.estimator.load_tan_phi),
            "sgen_p_mw": (("time", "sgen"), sgen),
            "storage_p_mw": (("time", "storage"), storage),
        },
        coords={"time": recalled.times[steps], "load": grid.load, "sgen": grid.sgen, "storage": grid.storage},
    )


def solved(recalled: Recalled, powers: Powers) -> xr.Dataset:
    """AC power flow of the window with those powers on our own topologies, dims (time, element)."""
    parts = []
    for topology, steps in by_topology(recalled):
        given = injections(recalled, topology, powers, steps)
        parts.append(recalled.parts.engine.model(topology).solve(given, want=WANT)[list(WANT)])
    return xr.concat(parts, dim="time").sortby("time")
