"""The grids that every engine is measured on, with a year of element powers, kept in the user's cache folder.

SimBench needs 4 to 14 s per grid, so a net is built once. A year of powers is kept as it is made: a few profiles, and for every
element its profile and its factor. 5,373 loads of MVLV rural-all are 43 columns instead of 3 GB.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from twin.adapters.net_store import net_from_bytes, net_to_bytes
from twin.adapters.prepared import cache_folder, prepare
from twin.engines.topology import mend_taps
from twin.site import load_site

FORMAT = 1
"""Raised whenever the same grid would get other content."""

STEPS = 35_136
"""Quarter hours of a leap year, as many as SimBench's profiles have."""

SIMBENCH = {
    "LV rural1": "1-LV-rural1--0-sw",
    "LV urban6": "1-LV-urban6--0-sw",
    "MV rural": "1-MV-rural--0-sw",
    "MV urban": "1-MV-urban--0-sw",
    "MVLV rural-all": "1-MVLV-rural-all-0-sw",
}
GRIDS = ("LV rural1", "LV urban6", "MV rural", "MV urban", "demo", "mv_oberrhein", "MVLV rural-all")
"""Names of the grids, small ones first."""


@dataclass(frozen=True)
class Profiles:
    """Powers of one column of elements: ``base[:, column] * factor``, dims (time, element).

    Attributes:
        base: profiles, dims (time, profile). ``column``, ``factor``: of each element, dims (element,).
    """

    base: np.ndarray
    column: np.ndarray
    factor: np.ndarray

    def rows(self, rows: slice | np.ndarray) -> np.ndarray:
        """Powers of those steps [MW or Mvar], float64, dims (time, element), C-contiguous, as element arrays come."""
        # column by column numpy gives them one column after the other
        values = np.ascontiguousarray(self.base[rows].astype(np.float64)[:, self.column])
        values *= self.factor
        return values


@dataclass(frozen=True)
class Case:
    """One grid and its year, before ``scaling``.

    Attributes:
        net: a pandapower net; taps mended. Engines get it as it is and do not change it.
        profiles: "load_p_mw" -> its year; what is missing keeps the net's own value.
    """

    name: str
    net: Any
    profiles: dict[str, Profiles]

    def injections(self, rows: slice | np.ndarray) -> xr.Dataset:
        """Element powers of those ascending steps as arrays, dims (time, load|sgen|storage)."""
        columns = {name: ((_TIME, _table(name)), own.rows(rows), _units(name)) for name, own in self.profiles.items()}
        return xr.Dataset(columns, coords={_TIME: _labels()[rows]})

    def lazy_year(self) -> xr.Dataset:
        """The whole year, made only where somebody reads it: what a year on disk is to an engine that streams."""
        columns = {
            name: ((_TIME, _table(name)), indexing.LazilyIndexedArray(_Made(own)), _units(name))
            for name, own in self.profiles.items()
        }
        return xr.Dataset(columns, coords={_TIME: _labels()})


_TIME = "time"


def _labels() -> np.ndarray:
    """Labels of all steps, UTC, dims (time,)."""
    return np.datetime64("2015-12-31T23:00", "ns") + np.arange(STEPS) * np.timedelta64(15, "m")


def _table(name: str) -> str:
    return name.split("_", 1)[0]


def _units(name: str) -> dict[str, str]:
    return {"units": "MW" if name.endswith("p_mw") else "Mvar"}


class _Made(BackendArray):  # type: ignore[misc]  # xarray gives its backend class no types
    """An array of xarray's whose values are made when they are read."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self.shape = (len(profiles.base), len(profiles.column))
        self.dtype = np.dtype(np.float64)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        return self._profiles.rows(key[0])[..., key[1]] if isinstance(key[0], slice) else self._one(*key)

    def _one(self, row: int, element: Any) -> np.ndarray:
        return self._profiles.rows(slice(row, row + 1))[0, element]


def load_case(name: str) -> Case:
    """That grid from the cache, or built now.

    Raises:
        ValueError: for a name that is none of `GRIDS`.
    """
    if name not in GRIDS:
        raise ValueError(f"grid {name!r} is unknown; write one of {', '.join(GRIDS)}")
    if name == "demo":
        return _demo()
    folder = cache_folder() / f"bench-{name.replace(' ', '-')}-{_key()}"
    if not (folder / "note.json").is_file():
        net, profiles = _mv_oberrhein() if name == "mv_oberrhein" else _simbench(SIMBENCH[name])
        _store(folder, net, profiles)
    return _open(name, folder)


def _key() -> str:
    content = [FORMAT, *(importlib.metadata.version(package) for package in ("pandapower", "simbench"))]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


def _store(folder: Path, net: Any, profiles: dict[str, Profiles]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net.bin").write_bytes(net_to_bytes(net))
    for name, own in profiles.items():
        for part in ("base", "column", "factor"):
            np.save(folder / f"{name}.{part}.npy", getattr(own, part), allow_pickle=False)
    (folder / "note.json").write_text(json.dumps(sorted(profiles)), encoding="utf-8")  # last: it says that all is there


def _open(name: str, folder: Path) -> Case:
    def part(column: str, which: str) -> np.ndarray:
        return np.load(folder / f"{column}.{which}.npy", allow_pickle=False)

    columns = json.loads((folder / "note.json").read_text(encoding="utf-8"))
    profiles = {c: Profiles(part(c, "base"), part(c, "column"), part(c, "factor")) for c in columns}
    return Case(name, net_from_bytes((folder / "net.bin").read_bytes()), profiles)


def _simbench(code: str) -> tuple[Any, dict[str, Profiles]]:
    import simbench

    net = simbench.get_simbench_net(code)
    mend_taps(net)
    if len(net.storage):
        raise ValueError(f"{code} has storages: their profiles are not read here; take a grid of scenario 0")
    _as_floats(net)
    loads, generation = net.profiles["load"], net.profiles["renewables"]
    profiles = {
        "load_p_mw": _by_name(loads, net.load["profile"] + "_pload", net.load["p_mw"]),
        "load_q_mvar": _by_name(loads, net.load["profile"] + "_qload", net.load["q_mvar"]),
        "sgen_p_mw": _by_name(generation, net.sgen["profile"], net.sgen["p_mw"]),
    }
    net.profiles = {}
    return net, profiles


def _by_name(frame: Any, names: Any, factor: Any) -> Profiles:
    used, column = np.unique(names.to_numpy(dtype=str), return_inverse=True)
    return Profiles(frame[list(used)].to_numpy(dtype=np.float64), column, factor.to_numpy(dtype=np.float64))


def _mv_oberrhein() -> tuple[Any, dict[str, Profiles]]:
    """pandapower's grid has no profiles: every element gets one of 24 days that wander over the year (seed 0)."""
    import pandapower.networks

    net = pandapower.networks.mv_oberrhein()
    mend_taps(net)
    _as_floats(net)
    random = np.random.default_rng(0)
    hour = np.arange(STEPS) / 4.0
    base = np.empty((STEPS, 24))
    for k in range(base.shape[1]):
        evening = 17.0 + 4.0 * random.random()
        day = np.exp(-(((hour % 24.0) - evening) ** 2) / 18.0)
        season = np.cos(2.0 * np.pi * hour / 8784.0)
        base[:, k] = 0.45 + 0.4 * day + 0.15 * season + 0.05 * random.standard_normal(STEPS)
    tables = (("load", "p_mw"), ("load", "q_mvar"), ("sgen", "p_mw"))
    column = {table: random.integers(base.shape[1], size=len(net[table])) for table in ("load", "sgen")}
    return net, {f"{t}_{c}": Profiles(base, column[t], net[t][c].to_numpy(dtype=np.float64)) for t, c in tables}


def _demo() -> Case:
    """The demo site as the twin itself prepares it; its panels capped, its batteries charged at noon."""
    prepared = prepare(load_site("demo"))
    net = prepared.net()
    cap = np.where(net.sgen["kind"].eq("pv"), net.sgen["max_p_mw"].to_numpy(dtype=float), np.inf)
    year = {name: np.asarray(values) for name, values in prepared.profiles.items()}
    noon = np.cos(2.0 * np.pi * (np.arange(len(year["load_p_mw"])) / 96.0 - 0.5))[:, None]

    def each(base: np.ndarray) -> Profiles:
        return Profiles(base, np.arange(base.shape[1]), np.ones(base.shape[1]))

    batteries = net.storage["max_p_mw"].to_numpy(dtype=float)
    profiles = {
        "load_p_mw": each(year["load_p_mw"]),
        "load_q_mvar": each(year["load_q_mvar"]),
        "sgen_p_mw": each(np.minimum(year["sgen_available_p_mw"], cap.astype(np.float32))),
        "storage_p_mw": Profiles(noon, np.zeros(len(batteries), dtype=int), 0.5 * batteries),
    }
    return Case("demo", net, profiles)


def _as_floats(net: Any) -> None:
    """An integer column would truncate a later power in MW to zero."""
    for table in ("load", "sgen", "storage"):
        net[table][["p_mw", "q_mvar"]] = net[table][["p_mw", "q_mvar"]].astype(float)
