"""Zone paths of futures become element powers: loads and panels by the estimate's shares, devices alone and as planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from scenarios.futures.start import Start
from scenarios.futures.town import Town
from twin.domain.grid import Grid
from twin.regie.proof import before_scaling


@dataclass(frozen=True)
class Powers:
    """Element powers as metered, after scaling [MW, Mvar], dims (row, element); a row is a quarter hour of a future."""

    load_p_mw: np.ndarray
    load_q_mvar: np.ndarray
    sgen_p_mw: np.ndarray
    storage_p_mw: np.ndarray

    def rows(self, at: np.ndarray) -> Powers:
        """Some of the rows."""
        return Powers(*(values[at] for values in vars(self).values()))

    def differs(self, other: Powers) -> np.ndarray:
        """Rows in which anything is another power, dims (row,)."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return np.logical_or.reduce([(mine != theirs).any(axis=1) for mine, theirs in pairs if mine is not theirs])

    def injections(self, grid: Grid) -> xr.Dataset:
        """As an engine takes them (see `twin.contracts.ports.GridModel.solve`)."""
        load, q = before_scaling(self.load_p_mw, grid.load_scaling), before_scaling(self.load_q_mvar, grid.load_scaling)
        sgen = before_scaling(self.sgen_p_mw, grid.sgen_scaling)
        storage = before_scaling(self.storage_p_mw, grid.storage_scaling)
        return xr.Dataset(
            {
                "load_p_mw": (("time", "load"), load),
                "load_q_mvar": (("time", "load"), q),
                "sgen_p_mw": (("time", "sgen"), sgen),
                "storage_p_mw": (("time", "storage"), storage),
            }
        )


def left_alone(town: Town, start: Start, paths: np.ndarray) -> Powers:
    """Everybody does what he does by himself.

    Args:
        paths: [MW], dims (future, series, time); rows are futures after each other.
    """
    futures, _, steps = paths.shape
    grid, estimator = town.grid, town.estimator
    rows = {one: np.ascontiguousarray(paths[:, i]).ravel() for i, one in enumerate(start.series)}
    nothing = np.zeros(futures * steps)
    zones = [zone for kind, zone in start.series if kind == "load"]
    load, sgen = estimator.share_out(
        {zone: rows["load", zone] for zone in zones}, {zone: rows.get(("pv", zone), nothing) for zone in zones}
    )
    for index, path in start.fixed_sgen_p_mw.items():
        sgen[:, np.flatnonzero(grid.sgen == index)] = np.tile(path, futures)[:, None]
    storage = np.zeros((futures * steps, len(grid.storage)))
    for name, alone in zip(start.devices, start.device_alone_mw, strict=True):
        device = town.device[name]
        if device.table == "storage":
            storage[:, np.flatnonzero(grid.storage == device.element)] = np.tile(alone, futures)[:, None]
    return Powers(load, load * estimator.load_tan_phi, sgen, storage)


def as_planned(town: Town, start: Start, alone: Powers, obeys: Sequence[np.ndarray]) -> Powers:
    """The same futures with every device that obeys moved as decided (as `twin.regie.proof` moves it).

    A plant of which less is there than is curtailed stands still; one that feeds in nothing cannot be curtailed.

    Args:
        obeys: by future, whether each device obeys, dims (device,).
    """
    grid, steps = town.grid, start.steps
    load, sgen, storage = alone.load_p_mw.copy(), alone.sgen_p_mw.copy(), alone.storage_p_mw.copy()
    moved = start.device_planned_mw - start.device_alone_mw
    for row, name in enumerate(start.devices):
        if not moved[row].any():
            continue
        device = town.device[name]
        move = np.concatenate([moved[row] if obeying[row] else np.zeros(steps) for obeying in obeys])[:, None]
        for element, share in device.places:
            at = np.flatnonzero(getattr(grid, device.table) == element)
            if device.table == "sgen":
                curtailed = np.maximum(sgen[:, at] - share * move, 0.0)
                sgen[:, at] = np.where(move == 0.0, sgen[:, at], curtailed)
            elif device.table == "load":
                load[:, at] += share * move
            else:
                storage[:, at] += share * move
    return Powers(load, alone.load_q_mvar, sgen, storage)
