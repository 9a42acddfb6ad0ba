"""The states that hosting capacity and remedies are judged by: how a simulated town lives if nobody gives an order.

Loads, panels, heat pumps, cars and batteries do what they do by themselves (the do-nothing side of every comparison). Outages
and switchings of a scenario are not lived through but laid over: every state carries the topology in force, and what everybody
would draw had he supply, so that a remedy which brings it back finds the load there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from twin.adapters.ready import Ready
from twin.domain.grid import Topology
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s
from twin.wiring import Progress

_POWERS = ("load_p_mw", "load_q_mvar", "sgen_p_mw", "storage_p_mw")


@dataclass(frozen=True)
class States:
    """Quarter hours of a town.

    Attributes:
        injections: powers before Q(U) (see `twin.contracts.ports.GridModel.solve`), ``time``: labels, datetime64[ns], UTC.
        topology: in force, objects, dims (time,).
        sun: output of all panels as a share of what their inverters allow, 0..1, dims (time,); 1 where there are none.
    """

    injections: xr.Dataset
    topology: np.ndarray
    sun: np.ndarray

    def __len__(self) -> int:
        return len(self.topology)

    @property
    def time(self) -> np.ndarray:
        """Labels, dims (time,)."""
        return np.asarray(self.injections["time"].to_numpy())

    def at(self, rows: np.ndarray) -> States:
        """Some of them."""
        return States(self.injections.isel(time=rows), self.topology[rows], self.sun[rows])


def states_of(ready: Ready, start: datetime, end: datetime, progress: Progress) -> States:
    """Every quarter hour from ``start`` to ``end``; a week takes a quarter of a second.

    Raises:
        BadInput: for a site without simulated plant: nobody knows what each of its loads draws.
    """
    site = ready.site
    if site.plant is None or site.telemetry.source != "plant":
        remedy = 'use a site with source = "plant", which says what stands behind its loads'
        raise BadInput([Problem(f"site {site.name!r}", "no simulated plant", "one whose life gives every load", remedy)])
    from twin.adapters.changed_outside import ChangedOutside
    from twin.adapters.synthetic_outside import SyntheticOutside
    from twin.plant.plant import SimulatedPlant

    prepared = ready.prepared(progress)
    outside = ChangedOutside.of(site, SyntheticOutside.of(site, prepared))
    undisturbed = site.model_copy(update={"plant": site.plant.model_copy(update={"events": ()})})
    town = SimulatedPlant(undisturbed, prepared, ready.engine, outside, obeys=False)
    parts: list[dict[str, np.ndarray]] = []
    first_s = int(start.timestamp())
    for stretch in town.left_alone(start, end):
        parts.append({name: stretch.truth[name] for name in _POWERS})
        progress("states", (stretch.first_s - first_s) / (end - start).total_seconds())
    powers = {name: np.concatenate([part[name] for part in parts]) for name in _POWERS}
    labels_s = first_s + QUARTER_HOUR_S * np.arange(len(powers["load_p_mw"]))
    schedule = SimulatedPlant(site, prepared, ready.engine, outside, obeys=False)
    # an outage shows in the quarter hour at whose end it is there, as in the plant's own telemetry
    ends = [from_epoch_s(int(label)) + timedelta(seconds=QUARTER_HOUR_S - 1) for label in labels_s]
    topology = np.empty(len(ends), dtype=object)
    topology[:] = [schedule.topology(instant) for instant in ends]
    data = {name: (("time", name.split("_", 1)[0]), values) for name, values in powers.items()}
    labels = labels_s.astype("datetime64[s]").astype("datetime64[ns]")
    return States(xr.Dataset(data, coords={"time": labels}), topology, _sun(ready, powers["sgen_p_mw"]))


def year_of(ready: Ready, progress: Progress) -> tuple[datetime, datetime]:
    """First and last moment of the year that the site's profiles are of."""
    prepared = ready.prepared(progress)
    start = from_epoch_s(prepared.start_s)
    return start, start + len(prepared.profiles["load_p_mw"]) * QUARTER_HOUR


def _sun(ready: Ready, sgen_p_mw: np.ndarray) -> np.ndarray:
    sgen = ready.net.sgen
    panels = (sgen["kind"] == "pv").to_numpy() if "kind" in sgen else np.zeros(len(sgen), dtype=bool)
    if not panels.any():
        return np.ones(len(sgen_p_mw))
    allowed = sgen["max_p_mw"].to_numpy(dtype=float)[panels]
    return np.asarray(np.clip(sgen_p_mw[:, panels].sum(axis=1) / allowed.sum(), 0.0, 1.0))


def topologies_in(states: States) -> dict[Topology, np.ndarray]:
    """Rows of each topology, in the order in which they first appear."""
    rows: dict[Topology, list[int]] = {}
    for row, topology in enumerate(states.topology):
        rows.setdefault(topology, []).append(row)
    return {topology: np.array(at) for topology, at in rows.items()}
