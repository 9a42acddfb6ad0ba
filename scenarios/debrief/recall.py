"""What the journal's readings say of a window on both sides: the town as it was run, and the one that did nothing.

A journal holds the estimated state of our side and the raw readings of both. They are folded and estimated again through the
same parts that were on air, wired on a scratch directory in which nothing runs: what doing nothing would have been is thereby
the same to the last bit as what the loop saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import xarray as xr

from scenarios.debrief.tape import Entry, Tape
from twin.adapters.ready import Ready
from twin.contracts.box import BoxCard
from twin.contracts.frame import Frame
from twin.contracts.ports import Readings
from twin.domain.grid import Topology
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_datetime64, to_epoch_s
from twin.regie.horizon import zone_input
from twin.regie.parts import Parts
from twin.regie.proof import Limits
from twin.regie.record import grid_state
from twin.regie.side import Side, readings_from_arrays
from twin.site import Site
from twin.wiring import Progress, Window, wire

STATE = (
    "vm_pu",
    "line_loading_percent",
    "trafo_loading_percent",
    "line_p_from_mw",
    "trafo_p_hv_mw",
    "load_p_mw",
    "sgen_p_mw",
    "storage_p_mw",
    "loss_mw",
)
"""What is kept of a side, dims (time, element)."""


@dataclass(frozen=True)
class Recalled:
    """Both sides of a window, dims (time,): the quarter hours of its regular ticks.

    Attributes:
        ours, alone: `STATE` of the town as it was run, and of the one that did nothing (None where none runs beside it).
        net_mw, alone_net_mw: at the connection, import positive [MW]. ``price_chf_per_kwh``: the market's. NaN where unknown.
        moved_mw: by dispatchable device, what its meter shows less what it shows where nobody moves it, dims (time,).
        topologies: ours, by quarter hour. ``frame``: everything measured, from the window's start to a day after its end.
        cards: of the boxes. ``names``: of elements, "line:66" -> "MV3.101 Line 66".
    """

    site: Site
    parts: Parts
    limits: Limits
    names: Mapping[str, str]
    times: np.ndarray
    ours: xr.Dataset
    alone: xr.Dataset | None
    net_mw: np.ndarray
    alone_net_mw: np.ndarray
    price_chf_per_kwh: np.ndarray
    moved_mw: Mapping[str, np.ndarray]
    topologies: Sequence[Topology]
    frame: Frame
    cards: Mapping[str, BoxCard]

    def name(self, key: str) -> str:
        """What people call an element, or its key."""
        return self.names.get(key, key.replace(":", " "))


@dataclass
class _Side:
    """One side while it is recalled."""

    side: Side
    prefix: str
    column: int
    net_mw: list[float] = field(default_factory=list)
    device_mw: list[list[float]] = field(default_factory=list)
    grids: list[xr.Dataset] = field(default_factory=list)


def recall(tape: Tape, ready: Ready, progress: Progress) -> Recalled:
    """Both sides of ``tape``.

    Raises:
        BadInput: when the site's grid changed since it was checked.
    """
    with TemporaryDirectory(prefix="regie-debrief-") as scratch:
        wired = wire(ready, Window(tape.start, 1), Path(scratch), progress, _unheard)
        try:
            return _recalled(tape, wired.site, wired.parts, wired.limits, wired.names)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()


def _recalled(tape: Tape, site: Site, parts: Parts, limits: Limits, names: Mapping[str, str]) -> Recalled:
    column = parts.layout.positions("zone_net_p_mw", (parts.root,))[0]
    ours = _Side(parts.live, "live", column)
    sides = [ours] if parts.baseline is None else [ours, _Side(parts.baseline, "baseline", column)]
    for one in sides:
        _begin(one.side, tape)
    wanted = {entry.record.seq for entry in tape.regular}
    forecast: tuple[int, dict[str, Sequence[float]]] = (0, {})
    for entry in tape.records():
        row = _fold(sides, entry)
        if entry.record.seq in wanted and row is not None:
            _estimate(sides, entry, row, parts, forecast)
        forecast = _foretold(entry, parts) or forecast
    times = np.array([to_datetime64(entry.interval) for entry in tape.regular])
    start_s, values, quality = parts.live.frame_rows()
    frame = Frame(parts.layout, start_s, values, quality)
    at = (times.astype("datetime64[s]").astype(np.int64) - start_s) // QUARTER_HOUR_S
    price = parts.layout.positions("price_chf_per_kwh", ("",))[0]
    return Recalled(
        site,
        parts,
        limits,
        names,
        times,
        _stacked([_ours(entry, parts) for entry in tape.regular], times),
        _stacked(sides[1].grids, times) if len(sides) > 1 else None,
        np.array(ours.net_mw),
        np.array(sides[1].net_mw) if len(sides) > 1 else np.full(len(times), np.nan),
        values[at, price],
        _moved(sides, [device.id for device in site.dispatchable]),
        [entry.topology for entry in tape.regular],
        frame,
        parts.runner.cards,
    )


def _begin(side: Side, tape: Tape) -> None:
    """An empty table that starts with what the first record tells of."""
    none = np.zeros(0)
    start = tape.start if tape.before is None else tape.before.interval
    empty = Readings(none.astype(np.int32), none.astype(np.int64), none.astype(np.int64), none)
    side.preload(empty, start, start)


@dataclass(frozen=True)
class _Row:
    """A side's newest quarter hour after substitution."""

    raw: np.ndarray
    quality: np.ndarray
    signals: Mapping[tuple[str, str], float]


class _Journalled:
    """A record's readings, where a side expects its telemetry."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def read(self, as_of: datetime) -> Readings:  # noqa: ARG002 - the readings are of that instant
        return self._readings


def _fold(sides: Sequence[_Side], entry: Entry) -> list[_Row | None] | None:
    """Take a record's readings in; the newest row of each side at a regular tick."""
    rows: list[_Row | None] = []
    for one in sides:
        if f"{one.prefix}.channel" not in entry.arrays:  # the do-nothing twin is not asked at events
            rows.append(None)
            continue
        readings = readings_from_arrays(entry.arrays, one.prefix)
        if not entry.regular:
            one.side.fold(readings, entry.as_of)
            rows.append(None)
            continue
        source, one.side.telemetry = one.side.telemetry, _Journalled(readings)  # type: ignore[assignment] # only read() is asked
        seen = one.side.observe(entry.as_of)
        one.side.telemetry = source
        rows.append(_Row(seen.raw, seen.raw_quality, seen.signals))
    return rows if entry.regular else None


def _estimate(
    sides: Sequence[_Side],
    entry: Entry,
    rows: Sequence[_Row | None],
    parts: Parts,
    forecast: tuple[int, Mapping[str, Sequence[float]]],
) -> None:
    """Net power of both sides; the state of the one whose journal keeps readings only."""
    for one, row in zip(sides, rows, strict=True):
        one.net_mw.append(float("nan") if row is None else row.signals["zone_net_p_mw", parts.root])
        powers = {} if row is None else row.signals
        one.device_mw.append([powers.get(("device_p_mw", d.id), float("nan")) for d in parts.devices if d.dispatchable])
    if len(sides) == 1:
        return
    alone, row = sides[1], rows[1]
    model = parts.engine.model(alone.side.telemetry.topology(entry.as_of))
    if row is None:
        alone.grids.append(_unknown(parts))
        return
    label, (start_s, paths) = to_epoch_s(floor_quarter(entry.as_of) - QUARTER_HOUR), forecast
    zones = {z.name: zone_input(z, row.signals, label, paths, start_s) for z in parts.zones if z.boundary}
    found = parts.estimator.estimate(model, row.raw, row.quality, zones)
    alone.grids.append(found[list(STATE)] if bool(found["converged"]) else _unknown(parts))


def _foretold(entry: Entry, parts: Parts) -> tuple[int, dict[str, Sequence[float]]] | None:
    """Medians of the zones' forecasts in a record, by "load:<zone>": what stands in for zones without telemetry."""
    found: dict[str, Sequence[float]] = {}
    for kind, signal in (("load", "load_forecast_p_mw"), ("pv", "pv_forecast_p_mw")):
        for name, card in parts.runner.cards.items():
            path = entry.arrays.get(f"box.{name}.{signal}")
            provide = next((p for p in card.provides if p.signal == signal), None)
            if path is None or provide is None:
                continue
            for at, zone in enumerate(provide.elements):
                median = path[:, path.shape[1] // 2, at] if path.ndim == 3 else path[:, at]
                found.setdefault(f"{kind}:{zone}", median.tolist())
    return (to_epoch_s(floor_quarter(entry.as_of)), found) if found else None


def _ours(entry: Entry, parts: Parts) -> xr.Dataset:
    return grid_state(entry.arrays, parts.engine.model(entry.topology).grid)[list(STATE)]


def _unknown(parts: Parts) -> xr.Dataset:
    grid = parts.engine.model(Topology()).grid
    sizes = {"vm_pu": "bus", "line_loading_percent": "line", "trafo_loading_percent": "trafo"}
    sizes |= {"line_p_from_mw": "line", "trafo_p_hv_mw": "trafo"}
    sizes |= {f"{table}_p_mw": table for table in ("load", "sgen", "storage")}
    data: dict[str, Any] = {name: (dim, np.full(len(getattr(grid, dim)), np.nan)) for name, dim in sizes.items()}
    coords = {dim: getattr(grid, dim) for dim in dict.fromkeys(sizes.values())}
    return xr.Dataset({**data, "loss_mw": ((), np.nan)}, coords=coords)


def _stacked(grids: Sequence[xr.Dataset], times: np.ndarray) -> xr.Dataset:
    """States of the quarter hours, dims (time, element)."""
    first = grids[0]
    data = {
        str(name): (("time", *variable.dims), np.stack([np.asarray(grid[name].values, dtype=float) for grid in grids]))
        for name, variable in first.data_vars.items()
    }
    return xr.Dataset(data, coords={"time": times, **{str(dim): first[dim].values for dim in first.dims}})


def _moved(sides: Sequence[_Side], devices: Sequence[str]) -> dict[str, np.ndarray]:
    if len(sides) == 1 or not devices:
        return {}
    ours, alone = (np.array(one.device_mw) for one in sides)
    return dict(zip(devices, (ours - alone).T, strict=True))


def _unheard(_event: Mapping[str, Any]) -> None:
    """Nothing runs."""
