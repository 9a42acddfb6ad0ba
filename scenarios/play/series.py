"""``series.zarr``: every quarter hour of a run, on both sides, a day at a time from the journal to the disk.

Dims: ``side`` ("plan", "do_nothing"), ``time`` (labels, the start of each quarter hour in UTC), ``bus``, ``line``, ``trafo``
(indices of the net), ``zone``, ``device``. What nobody knows is NaN.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from scenarios.play.tape import Side, Tape, side_of
from twin.domain.grid import NORMAL, Grid
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_datetime64, to_epoch_s
from twin.regie.chain import Record

_AT_ONCE = 96
_A_MONTH = 31 * 96
_GRID = {
    "vm_pu": ("bus", "pu"),
    "line_loading_percent": ("line", "%"),
    "trafo_loading_percent": ("trafo", "%"),
    "loss_mw": ("", "MW"),
    "unsupplied_mw": ("", "MW"),
}
_ZONES = ("zone_load_p_mw", "zone_pv_p_mw", "zone_hydro_p_mw", "zone_other_p_mw", "zone_storage_p_mw")
_OUTSIDE = {"price_chf_per_kwh": "CHF/kWh", "import_renewable_share": "1", "import_co2_g_per_kwh": "g/kWh"}


def write_series(tape: Tape, path: Path) -> None:
    """Write the whole group, in place of what an earlier attempt left."""
    shutil.rmtree(path, ignore_errors=True)
    records, setpoints = tape.regular(), dict[str, float]()
    while batch := list(islice(records, _AT_ONCE)):
        sides = [[side_of(record, side) for record in batch] for side in tape.sides]
        block = _Block(tape, batch, sides, setpoints).dataset()
        setpoints = dict(batch[-1].meta["setpoints"])
        if path.exists():
            block.to_zarr(path, append_dim="time", zarr_format=3, consolidated=False)
        else:
            block.to_zarr(path, mode="w", zarr_format=3, consolidated=False, encoding=_encoding(block))


@dataclass(frozen=True)
class _Block:
    """Some quarter hours in a row.

    Attributes:
        sides: dims (side, time). ``before``: setpoints of the tick before them, which hold in their first quarter hour.
    """

    tape: Tape
    records: Sequence[Record]
    sides: Sequence[Sequence[Side]]
    before: Mapping[str, float]

    @property
    def labels(self) -> list[datetime]:
        """Starts of the quarter hours."""
        return [from_epoch_s(record.as_of_s) - QUARTER_HOUR for record in self.records]

    def dataset(self) -> xr.Dataset:
        """Everything of them."""
        parts = self.tape.wired.parts
        names = {"zone": [zone.name for zone in parts.zones], "device": [device.id for device in parts.devices]}
        grid = parts.engine.model(NORMAL).grid
        coords: dict[str, Any] = {"time": [to_datetime64(label) for label in self.labels]}
        # objects: Zarr has no settled type yet for texts of a fixed length
        coords |= {dim: np.array(listed, dtype=object) for dim, listed in {"side": self.tape.sides, **names}.items()}
        coords |= {dim: getattr(grid, dim) for dim in ("bus", "line", "trafo")}
        data = self._grids(grid) | self._signals(names["zone"], names["device"]) | self._mixes()
        data["setpoint_p_mw"] = (("time", "device"), self._setpoints(names["device"]), "MW")
        data["coverage"] = (("time",), [record.meta["coverage"] for record in self.records], "1")
        variables = {
            name: (dims, np.asarray(values, dtype=np.float32), {"units": unit}) for name, (dims, values, unit) in data.items()
        }
        return xr.Dataset(variables, coords=coords)

    def _grids(self, grid: Grid) -> dict[str, Any]:
        found = {}
        for name, (dim, unit) in _GRID.items():
            shape = (len(getattr(grid, dim)),) if dim else ()
            nobody_knows = np.full(shape, np.nan)
            values = [[one.grid[name] if one.known else nobody_knows for one in side] for side in self.sides]
            found[name] = (("side", "time", dim) if dim else ("side", "time"), values, unit)
        return found

    def _signals(self, zones: Sequence[str], devices: Sequence[str]) -> dict[str, Any]:
        rows = np.array([[one.signals for one in side] for side in self.sides])

        def columns(signal: str, elements: Sequence[str], otherwise: float) -> np.ndarray:
            places = [self.tape.column.get((signal, element)) for element in elements]
            found = np.full((*rows.shape[:2], len(places)), otherwise)
            for at, place in enumerate(places):
                if place is not None:
                    found[..., at] = rows[..., place]
            return found

        data: dict[str, Any] = {
            # a zone without a river has no hydro, and that is known
            signal: (("side", "time", "zone"), columns(signal, zones, 0.0), "MW")
            for signal in _ZONES
        }
        data["import_p_mw"] = (("side", "time"), columns("zone_net_p_mw", [self.tape.wired.parts.root], np.nan)[..., 0], "MW")
        data["device_p_mw"] = (("side", "time", "device"), columns("device_p_mw", devices, np.nan), "MW")
        return data | {name: (("time",), columns(name, [""], np.nan)[0, :, 0], unit) for name, unit in _OUTSIDE.items()}

    def _mixes(self) -> dict[str, Any]:
        town = self.tape.wired.parts.root
        labels = [to_epoch_s(label) for label in self.labels]
        origins = [
            [anew.get(label, one.origin).zones[town] for label, one in zip(labels, side, strict=True) if one.origin is not None]
            for side, anew in zip(self.sides, (self.tape.restated(name) for name in self.tape.sides), strict=True)
        ]
        dims = ("side", "time")
        share, co2 = ([[getattr(origin, name) for origin in side] for side in origins] for name in ("share", "co2_g_per_kwh"))
        return {"renewable_share": (dims, share, "1"), "co2_g_per_kwh": (dims, co2, "g/kWh")}

    def _setpoints(self, devices: Sequence[str]) -> np.ndarray:
        decided = [self.before, *(record.meta["setpoints"] for record in self.records[:-1])]
        found = [[points.get(device, np.nan) for device in devices] for points in decided]
        return np.array(found, dtype=float).reshape(len(decided), len(devices))


def _encoding(block: xr.Dataset) -> dict[str, dict[str, Any]]:
    """A day a chunk; instants in seconds, so that every day has the same unit."""
    time = {"units": "seconds since 1970-01-01", "dtype": "int64", "chunks": (_A_MONTH,)}
    sizes = {"time": _AT_ONCE}
    chunked = {
        str(name): {"chunks": tuple(sizes.get(str(dim), max(block.sizes[dim], 1)) for dim in variable.dims)}
        for name, variable in block.data_vars.items()
    }
    return {"time": time, **chunked}
