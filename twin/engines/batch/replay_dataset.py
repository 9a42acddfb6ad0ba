"""What a replay found, under the net's own indices: statistics per bus, line and transformer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import GridModel
from twin.domain.grid import Grid
from twin.domain.problems import Problems
from twin.engines.batch.replay import Replayed
from twin.engines.batch.statistics import Statistics


def step_hours(time: np.ndarray | None, step_h: float | None) -> float:
    """Length of a step [h]: stated, or the even spacing of the time axis.

    Raises:
        BadInput: when neither tells it.
    """
    problems = Problems()
    remedy = "give step_h, the length of a step in hours"
    if step_h is not None:
        if not (np.isfinite(step_h) and step_h > 0.0):
            problems.add("replay, step_h", step_h, "hours above 0", remedy)
        problems.raise_if_any()
        return step_h
    spacing = np.zeros(0) if time is None or time.dtype.kind != "M" else np.diff(time) / np.timedelta64(1, "h")
    if not len(spacing):
        problems.add("injections, time", "no axis of two instants or more", "evenly spaced instants", remedy)
    elif not np.allclose(spacing, spacing[0]):
        at = int(np.flatnonzero(~np.isclose(spacing, spacing[0]))[0])
        problems.add(f"injections, time, row {at + 1}", f"{spacing[at]:g} h later", f"{spacing[0]:g} h, like the first", remedy)
    problems.raise_if_any()
    return float(spacing[0])


def check_replay(chunk: int | None, quantiles: Sequence[float]) -> None:
    """Refuse a chunk without steps and shares that are none.

    Raises:
        BadInput: all of them at once.
    """
    problems = Problems()
    if chunk is not None and (chunk < 1 or chunk != int(chunk)):
        problems.add("replay, chunk", chunk, "a whole number of steps, at least 1", "leave it out")
    for share in quantiles:
        if not 0.0 <= share <= 1.0:
            problems.add("replay, quantiles", share, "shares from 0 to 1", "correct the list")
    problems.raise_if_any()


def to_dataset(
    grid: Grid,
    found: Replayed,
    slot: np.ndarray,
    time: np.ndarray | None,
    *,
    hours: float,
    quantiles: Sequence[float],
    attrs: dict[str, Any],
) -> xr.Dataset:
    """Statistics under the net's own indices.

    Args:
        slot: where each node stands in ``found.node``, dims (node,).
    """
    labels = np.arange(found.solved + len(found.unsolved)) if time is None else time
    if not found.solved:  # nothing is known, which is not nothing
        hours = np.nan
    data: dict[str, Any] = {}
    nodes = np.where(grid.bus_node >= 0, slot[grid.bus_node], -1)
    frame = _Frame(labels, found.solved, quantiles)
    data |= frame.figures("vm_pu", "bus", "pu", found.node, nodes)
    supplied = grid.bus_node >= 0
    for name, steps in (("under", found.node.under), ("over", found.node.over)):
        data[f"bus_hours_{name}"] = ("bus", np.where(supplied, steps[nodes] * hours, np.nan), {"units": "h"})
    for table, place, parts in _tables(grid):
        data |= frame.figures(f"{table}_loading_percent", table, "%", found.branch, place)
        over = np.where(place >= 0, found.branch.over[place], 0.0)
        loss = np.where(parts >= 0, found.branch.loss[parts], 0.0).sum(axis=1)
        data[f"{table}_hours_over"] = (table, over * hours, {"units": "h"})
        data[f"{table}_loss_mwh"] = (table, loss * grid.base_mva * hours, {"units": "MWh"})
    coords = {"bus": grid.bus, "line": grid.line, "trafo": grid.trafo, "quantile": list(quantiles)}
    coords |= {f"{table}_name": (table, list(grid.names[table])) for table in ("bus", "line", "trafo") if table in grid.names}
    if len(grid.trafo3w):
        coords["trafo3w"] = grid.trafo3w
    data["loss_mwh"] = ((), (float(found.branch.loss.sum()) + found.other_loss) * grid.base_mva * hours, {"units": "MWh"})
    data["unsolved_time"] = ("unsolved", labels[found.unsolved])
    return xr.Dataset(data, coords=coords, attrs=attrs)


def _tables(grid: Grid) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Of each table: where its elements' loading stands in `Replayed.branch` (-1 out), and the branches they consist of."""
    for table in ("line", "trafo"):
        branch = getattr(grid, f"{table}_branch")
        yield table, branch, branch[:, None]
    if len(grid.trafo3w):
        on = (grid.trafo3w_branch >= 0).all(axis=1)
        yield "trafo3w", np.where(on, len(grid.branch_from) + np.cumsum(on) - 1, -1), grid.trafo3w_branch


@dataclass(frozen=True)
class _Frame:
    """What all statistics of a replay share: labels of its steps, how many count, and the quantiles asked for."""

    labels: np.ndarray
    solved: int
    quantiles: Sequence[float]

    def _labels_at(self, steps: np.ndarray) -> np.ndarray:
        """Labels of those steps; missing (NaT, or NaN among numbers) where there is none (-1)."""
        labels = self.labels if self.labels.dtype.kind == "M" else self.labels.astype(float)
        missing = np.array("NaT" if labels.dtype.kind == "M" else np.nan, dtype=labels.dtype)
        return np.append(labels, missing)[steps]

    def figures(self, name: str, dim: str, units: str, statistics: Statistics, at: np.ndarray) -> dict[str, Any]:
        """Lowest, highest, mean, quantiles and when: at ``at``, -1 = no supply (voltages) or out of service (loading 0)."""
        there = at >= 0
        idle = np.nan if units == "pu" or not self.solved else 0.0
        data: dict[str, Any] = {}
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {"min": statistics.low, "max": statistics.high, "mean": statistics.total / self.solved}
        for kind, values in found.items():
            data[f"{name}_{kind}"] = (dim, np.where(there & bool(self.solved), values[at], idle), {"units": units})
        for kind, steps in (("min", statistics.low_at), ("max", statistics.high_at)):
            when = self._labels_at(np.where(there & bool(self.solved), steps[at], -1))
            data[f"{name}_{kind}_time"] = (dim, when)
        if self.quantiles:
            values = np.stack([np.where(there, statistics.quantile(q)[at], idle) for q in self.quantiles])
            data[f"{name}_quantile"] = (("quantile", dim), values, {"units": units})
        return data


def served_by(model: GridModel) -> dict[str, str]:
    """Who served, and why."""
    return {"engine": model.engine, "engine_version": model.engine_version, "reason": model.reason}


def attrs_of(model: GridModel, found: Replayed, steps: int) -> dict[str, Any]:
    """Who served, why, and how it went."""
    return {
        **served_by(model),
        "steps": steps,
        "solved": found.solved,
        "newton": found.newton,
        "iterations_mean": found.iterations / max(steps, 1),
    }
