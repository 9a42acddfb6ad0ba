"""What the journal says of a window on both sides: the town as it was run, and the one that did nothing.

Both estimated states stand in it, that of doing nothing in float32. Our readings are folded again through the same parts that
were on air, wired on a scratch directory in which nothing runs: they are what forecasts are held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR_S, to_datetime64, to_epoch_s
from twin.regie.parts import Parts
from twin.regie.proof import Limits
from twin.regie.quarter_hour import Interval
from twin.regie.record import grid_state
from twin.regie.side import Side, readings_from_arrays
from twin.site import Site
from twin.wiring import Progress, Window, Wired, wire

STATE = (
    "vm_pu",
    "line_loading_percent",
    "trafo_loading_percent",
    "load_p_mw",
    "sgen_p_mw",
    "storage_p_mw",
    "loss_mw",
)
"""What is kept of both sides, dims (time, element)."""
_THROUGH = ("line_p_from_mw", "trafo_p_hv_mw")
"""What is kept of ours beside it."""


@dataclass(frozen=True)
class Recalled:
    """Both sides of a window, dims (time,): the quarter hours of its regular ticks.

    Attributes:
        ours, alone: `STATE` of the town as it was run, and of the one that did nothing (None where none runs beside it).
        net_mw, alone_net_mw: at the connection, import positive [MW]. ``price_chf_per_kwh``: the market's. NaN where unknown.
        moved_mw: by dispatchable device, what its meter shows less what it shows where nobody moves it, dims (time,).
        topologies: ours, by quarter hour. ``frame``: everything measured, from the window's start to a day after its end.
        cards: of the boxes. ``net``: the site's, in pandapower. ``names``: of elements, "line:66" -> "MV3.101 Line 66".
    """

    site: Site
    parts: Parts
    net: Any
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


def recall(tape: Tape, ready: Ready, progress: Progress) -> Recalled:
    """Both sides of ``tape``.

    Raises:
        BadInput: for a journal of an earlier version, and when the site's grid changed since it was checked.
    """
    if not all("signals" in entry.arrays and "counted" in entry.meta for entry in tape.regular):
        value, limit = "a journal of an earlier version", "one that holds what doing nothing had led to"
        raise BadInput([Problem("journal", value, limit, "choose a later window by --from, or play it again")])
    with TemporaryDirectory(prefix="regie-debrief-") as scratch:
        wired = wire(ready, Window(tape.start, 1), Path(scratch), progress, _unheard)
        try:
            return _recalled(tape, wired)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()


def _recalled(tape: Tape, wired: Wired) -> Recalled:
    parts = wired.parts
    _begin(parts.live, tape)
    for entry in tape.records():
        _fold(parts.live, entry)
    times = np.array([to_datetime64(entry.interval) for entry in tape.regular])
    start_s, values, quality = parts.live.frame_rows()
    frame = Frame(parts.layout, start_s, values, quality)
    at = (times.astype("datetime64[s]").astype(np.int64) - start_s) // QUARTER_HOUR_S
    price = parts.layout.positions("price_chf_per_kwh", ("",))[0]
    beside = parts.baseline is not None
    ours, alone = _signals(tape, "signals"), _signals(tape, "alone.signals") if beside else None
    counted = [tape.counted[to_epoch_s(entry.interval)] for entry in tape.regular]
    return Recalled(
        wired.site,
        parts,
        wired.net,
        wired.limits,
        wired.names,
        times,
        _stacked([_ours(entry, parts) for entry in tape.regular], times),
        _stacked([_alone(entry, parts) for entry in tape.regular], times) if beside else None,
        _net_mw([both[0] for both in counted]),
        _net_mw([both[1] for both in counted]),
        values[at, price],
        {} if alone is None else _moved(ours - alone, parts),
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


class _Journalled:
    """A record's readings, where a side expects its telemetry."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def read(self, as_of: datetime) -> Readings:  # noqa: ARG002 - the readings are of that instant
        return self._readings


def _fold(side: Side, entry: Entry) -> None:
    """Take our readings of a record in."""
    readings = readings_from_arrays(entry.arrays, "live")
    if not entry.regular:
        side.fold(readings, entry.as_of)
        return
    source, side.telemetry = side.telemetry, _Journalled(readings)  # type: ignore[assignment] # only read() is asked
    side.observe(entry.as_of)
    side.telemetry = source


def _net_mw(side: Sequence[Interval | None]) -> np.ndarray:
    """Power at the connection as late meters restated it, dims (time,)."""
    return np.array([np.nan if one is None else one.measured.net_p_mw for one in side])


def _signals(tape: Tape, name: str) -> np.ndarray:
    """Newest frame rows of a side, dims (time, column)."""
    return np.array([entry.arrays[name] for entry in tape.regular], dtype=float)


def _ours(entry: Entry, parts: Parts) -> xr.Dataset:
    return grid_state(entry.arrays, parts.engine.model(entry.topology).grid)[[*STATE, *_THROUGH]]


def _alone(entry: Entry, parts: Parts) -> xr.Dataset:
    """The state that doing nothing had led to; NaN where its estimate did not converge."""
    there = {name.replace("alone.", "grid.", 1): v for name, v in entry.arrays.items() if name.startswith("alone.")}
    found = grid_state(there, parts.engine.model(entry.topology).grid)
    return found[list(STATE)].where(found["converged"])


def _stacked(grids: Sequence[xr.Dataset], times: np.ndarray) -> xr.Dataset:
    """States of the quarter hours, dims (time, element)."""
    first = grids[0]
    data = {
        str(name): (("time", *variable.dims), np.stack([np.asarray(grid[name].values, dtype=float) for grid in grids]))
        for name, variable in first.data_vars.items()
    }
    return xr.Dataset(data, coords={"time": times, **{str(dim): first[dim].values for dim in first.dims}})


def _moved(more_mw: np.ndarray, parts: Parts) -> dict[str, np.ndarray]:
    """By dispatchable device.

    Args:
        more_mw: our signals less those of the town that does nothing, dims (time, column).
    """
    devices = [device.id for device in parts.devices if device.dispatchable]
    places = [parts.layout.index.get(("device_p_mw", device)) for device in devices]
    unknown = np.full(len(more_mw), np.nan)
    return {device: unknown if place is None else more_mw[:, place] for device, place in zip(devices, places, strict=True)}


def _unheard(_event: Mapping[str, Any]) -> None:
    """Nothing runs."""
