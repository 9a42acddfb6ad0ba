"""Futures on disk while they come: a Zarr group that is filled chunk by chunk, and a marker for every chunk that is whole.

A chunk is on disk when its marker is: its regions are written and synced first. Whatever is killed in between, the next run
reads the markers, makes the other chunks, and writes over what a half-written one left. When the last chunk is there the
group takes its place beside the results, whole, under its own name.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.futures.schema import FORMAT, SIDES, VARIABLES
from twin.domain.problems import BadInput, Problem
from twin.domain.whole_file import write_whole

NAME = "futures.zarr"
_FEWEST_CHUNKS = 8
_MOST_CHUNKS = 100


def chunked(n: int, at_once: int) -> tuple[range, ...]:
    """The numbers of ``n`` futures in chunks; how, depends on nothing but their number.

    At most ``at_once`` to a chunk while that gives no more than a hundred chunks, and at least eight chunks to share among
    workers.
    """
    size = max(1, min(at_once, -(-n // _FEWEST_CHUNKS)), -(-n // _MOST_CHUNKS))
    return tuple(range(first, min(first + size, n)) for first in range(0, n, size))


@dataclass(frozen=True)
class Shape:
    """How large a data set is, and what names its places.

    Attributes:
        times: labels of the quarter hours, datetime64[ns], dims (time,). ``elements``: labels, dims (element,).
        chunks: numbers of the futures of each. ``figures``: names of a played future's figures; none in open loop.
    """

    times: np.ndarray
    elements: Sequence[str]
    chunks: Sequence[range]
    figures: Sequence[str] = ()

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension; no ``figure`` where there are none."""
        found = {
            "side": len(SIDES),
            "future": sum(map(len, self.chunks)),
            "time": len(self.times),
            "chunk": len(self.chunks),
            "element": len(self.elements),
            "hour": len(self.times) // 4,
        }
        return found | ({"figure": len(self.figures)} if self.figures else {})

    def coords(self) -> dict[str, np.ndarray]:
        """Values of each coordinate."""
        sizes = self.sizes
        found = {
            "side": np.array(SIDES),
            "future": np.arange(sizes["future"]),
            "time": self.times,
            "chunk": np.arange(sizes["chunk"]),
            "element": np.array(self.elements, dtype=str),
            "hour": self.times[: 4 * sizes["hour"] : 4],
        }
        return found | ({"figure": np.array(self.figures, dtype=str)} if self.figures else {})


class FutureStore:
    """The data set of one run while it is made, below ``folder``; one process writes.

    Args:
        folder: of the rehearsal. ``asked``: everything that the futures depend on, JSON-able.

    Raises:
        BadInput: when what lies there was asked for differently: it is not written over.
    """

    def __init__(self, folder: Path, asked: Mapping[str, Any]) -> None:
        self.folder = folder
        self.whole = folder / NAME
        self._partial = folder / f".{NAME}.partial"
        self._group = self._partial / NAME
        self._asked = json.dumps(dict(asked), sort_keys=True, indent=1).encode()
        self._refuse_another()

    def _refuse_another(self) -> None:
        wanted = json.loads(self._asked)
        for path in (self.whole, self._partial):
            told = _asked_of(path)
            if told is not None and told != wanted:
                differs = sorted(key for key in {*told, *wanted} if told.get(key) != wanted.get(key))
                value = ", ".join(f"{key} {told.get(key)!r}" for key in differs)
                limit = ", ".join(f"{key} {wanted.get(key)!r}" for key in differs)
                raise BadInput([Problem(str(path), f"holds futures of {value}", limit, "choose another --out, or remove it")])

    @property
    def finished(self) -> bool:
        """Every chunk is there, and the group under its name."""
        return self.whole.exists()

    def open(self, shape: Shape, fixed: Mapping[str, np.ndarray], attrs: Mapping[str, Any]) -> None:
        """Lay the group out, unless an earlier run did.

        Args:
            fixed: variables that depend on no future (prices), by name.
        """
        if (self._partial / "asked.json").exists():
            return
        import zarr

        shutil.rmtree(self._partial, ignore_errors=True)
        self._group.mkdir(parents=True)
        group = zarr.open_group(
            self._group, mode="w", zarr_format=3, attributes={"format": FORMAT, **attrs, "asked": json.loads(self._asked)}
        )
        sizes, chunk = shape.sizes, max(map(len, shape.chunks))
        for name, values in shape.coords().items():
            _coordinate(group, name, values)
        for name, kind in VARIABLES.items():
            if not set(kind.dims) <= set(sizes):
                continue
            group.create_array(
                name,
                shape=tuple(sizes[dim] for dim in kind.dims),
                chunks=tuple({"future": chunk, "chunk": 1}.get(dim, sizes[dim]) for dim in kind.dims),
                dtype=str if kind.dtype.startswith("<U") else kind.dtype,
                fill_value=kind.blank,
                dimension_names=kind.dims,
                attributes={"units": kind.unit, "says": kind.says},
            )
            if name in fixed:
                _array(group, name)[...] = fixed[name]
        (self._partial / "done").mkdir()
        _sync_below(self._partial)
        write_whole(self._partial / "asked.json", self._asked)  # last: what has it is laid out

    def done(self) -> frozenset[int]:
        """Numbers of the chunks that are on disk."""
        return frozenset(int(path.name) for path in (self._partial / "done").glob("[0-9]*"))

    def write(self, number: int, futures: range, values: Mapping[str, np.ndarray]) -> None:
        """A whole chunk; on disk when this returns.

        Raises:
            OSError: when the disk does not take it; the chunk is then not done.
        """
        import zarr

        group = zarr.open_group(self._group, mode="r+")
        place = {"future": slice(futures.start, futures.stop), "chunk": slice(number, number + 1)}
        for name, array in values.items():
            kind = VARIABLES[name]
            there = _array(group, name)
            there[tuple(place.get(dim, slice(None)) for dim in kind.dims)] = array.astype(there.dtype)
        for name in values:
            _sync_chunks(self._group / name, VARIABLES[name].dims, number)
        write_whole(self._partial / "done" / f"{number:06d}", b"")

    def finish(self) -> Path:
        """The group under its own name."""
        self._group.replace(self.whole)
        shutil.rmtree(self._partial)
        return self.whole


def open_futures(path: Path) -> Any:
    """The data set in a ``futures.zarr``, opened lazily, names as plain strings.

    Returns:
        An `xarray.Dataset`, see `scenarios.futures.schema`.

    Raises:
        BadInput: when there is none, or one of another format.
    """
    import xarray as xr

    asked = _asked_of(path)
    if asked is None:
        raise BadInput([Problem(str(path), "no futures", "a whole futures.zarr", "run the scenario with --futures")])
    found = xr.open_zarr(path, consolidated=False, chunks=None)
    if found.attrs.get("format") != FORMAT:
        value = f"format {found.attrs.get('format')!r}"
        raise BadInput([Problem(str(path), value, str(FORMAT), "read it with the version of the régie that wrote it")])
    for name, variable in found.variables.items():
        if variable.dtype.kind == "T":
            plain = np.array(variable.values.tolist(), dtype=str)
            found[name] = (variable.dims, plain, variable.attrs)
    return found


def _asked_of(path: Path) -> dict[str, Any] | None:
    """What the futures at ``path``, whole or in the making, were asked for; None where there are none."""
    try:
        if path.name == NAME:
            asked = json.loads((path / "zarr.json").read_bytes())["attributes"]["asked"]
        else:
            asked = json.loads((path / "asked.json").read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return asked if isinstance(asked, dict) else None


def _array(group: Any, name: str) -> Any:
    """An array of the group; zarr's own types leave open whether a member is one."""
    return group[name]


def _coordinate(group: Any, name: str, values: np.ndarray) -> None:
    attributes: dict[str, Any] = {}
    if values.dtype.kind == "M":
        values = values.astype("datetime64[s]").astype(np.int64)
        attributes = {"units": "seconds since 1970-01-01", "calendar": "proleptic_gregorian"}
    dtype = str if values.dtype.kind == "U" else values.dtype
    array = group.create_array(
        name, shape=values.shape, chunks=values.shape, dtype=dtype, dimension_names=(name,), attributes=attributes
    )
    array[...] = values


def _sync_chunks(array: Path, dims: Sequence[str], number: int) -> None:
    """Bring the files of chunk ``number`` to disk; a file of blanks only is not written at all."""
    at = ["0"] * len(dims)
    for dim in ("future", "chunk"):
        if dim in dims:
            at[dims.index(dim)] = str(number)
    path = array.joinpath("c", *at)
    if path.exists():
        for one in (path, *path.parents[: len(dims) + 1]):
            _sync(one)


def _sync_below(folder: Path) -> None:
    for path in _everything(folder):
        _sync(path)


def _everything(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*"))
    yield folder


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
