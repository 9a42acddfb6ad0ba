"""``series.zarr``: every quarter hour of a run, on both sides, a day at a time from the journal to the disk.

Dims: ``side`` ("plan", "do_nothing"), ``time`` (labels, the start of each quarter hour in UTC), ``bus``, ``line``, ``trafo``
(indices of the net), ``zone``, ``device``. What nobody knows is NaN.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from scenarios.play.tape import Side, Tape, side_of
from twin.domain.grid import NORMAL, Grid
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_datetime64
from twin.regie import kpi
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
_ZONES = ("zone_load_p_mw", "zone_pv_p_mw", "zone_hydro_p_mw", "zone_storage_p_mw")
_OUTSIDE = {"price_chf_per_kwh": "CHF/kWh", "import_renewable_share": "1", "import_co2_g_per_kwh": "g/kWh"}


def write_series(tape: Tape, path: Path) -> None:
    """Write the whole group, in place of what an earlier attempt left."""
    shutil.rmtree(path, ignore_errors=True)
    origins = [_Origin(tape) for _ in tape.sides]
    records, setpoints = tape.regular(), dict[str, float]()
    while batch := list(islice(records, _AT_ONCE)):
        sides = [[side_of(record, side) for record in batch] for side in tape.sides]
        block = _Block(tape, batch, sides, setpoints).dataset(origins)
        setpoints = dict(batch[-1].meta["setpoints"])
        if path.exists():
            block.to_zarr(path, append_dim="time", zarr_format=3, consolidated=False)
        else:
            block.to_zarr(path, mode="w", zarr_format=3, consolidated=False, encoding=_encoding(block))


@dataclass
class _Origin:
    """Where a side's electricity comes from, quarter hour by quarter hour: its storages' ledger goes on."""

    tape: Tape
    account: kpi.Account = field(default_factory=kpi.Account)

    def take(self, at: datetime, signals: np.ndarray) -> tuple[float, float]:
        """Renewable share and intensity [g CO2/kWh] of the town's consumption, NaN where unknown."""
        parts = self.tape.wired.parts
        row = dict(zip(parts.layout.columns, signals.tolist(), strict=True))
        interval = kpi.interval_of(at, row, parts.root, parts.devices, 0.0, 0.0)
        self.account, mix, _ = kpi.add(self.account, interval, None, parts.kpi_facts)
        share, co2 = mix.share, mix.co2_g_per_kwh
        return (np.nan if share is None else share), (np.nan if co2 is None else co2)


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

    def dataset(self, origins: Sequence[_Origin]) -> xr.Dataset:
        """Everything of them."""
        parts = self.tape.wired.parts
        names = {"zone": [zone.name for zone in parts.zones], "device": [device.id for device in parts.devices]}
        grid = parts.engine.model(NORMAL).grid
        coords: dict[str, Any] = {"time": [to_datetime64(label) for label in self.labels]}
        # objects: Zarr has no settled type yet for texts of a fixed length
        coords |= {dim: np.array(listed, dtype=object) for dim, listed in {"side": self.tape.sides, **names}.items()}
        coords |= {dim: getattr(grid, dim) for dim in ("bus", "line", "trafo")}
        data = self._grids(grid) | self._signals(names["zone"], names["device"]) | self._mixes(origins)
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

    def _mixes(self, origins: Sequence[_Origin]) -> dict[str, Any]:
        mixes = np.array(
            [
                [origin.take(label, one.signals) for label, one in zip(self.labels, side, strict=True)]
                for origin, side in zip(origins, self.sides, strict=True)
            ]
        )
        dims = ("side", "time")
        return {"renewable_share": (dims, mixes[..., 0], "1"), "co2_g_per_kwh": (dims, mixes[..., 1], "g/kWh")}

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
