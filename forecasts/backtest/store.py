"""Blocks of a rehearsal on disk, so that a run that was stopped or killed goes on where it was.

A run has a folder named after everything that its figures depend on: series, plan, seed and code. A block is one file,
whole or absent: its SHA-256, then its bytes. A file that does not hash to what it says was torn, and its block is run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import Block
from forecasts.series import Series
from twin.domain.pack import UnpackError, digest, pack, unpack

KEPT_RUNS = 64
"""Folders of runs that are kept; older ones go when a new one comes."""

_HASH_BYTES = 32
_SUFFIX = ".block"
_LIBRARIES = ("numpy", "scipy", "lightgbm", "prophet", "pvlib", "holidays")


def run_key(series: Series, plan: Plan, seed: int) -> str:
    """Name of the run's folder: SHA-256 of what its figures depend on."""
    meta = {
        "series": [series.name, series.kind, series.start_s, series.step_s, series.weather_source, series.capacity_mw],
        "place": asdict(series.place),
        "plan": asdict(plan),
        "seed": seed,
        "code": code_version(),
    }
    return digest(
        meta, {"values": series.values, "quality": series.quality, **{f"w_{n}": c for n, c in series.weather.items()}}
    )


@lru_cache(maxsize=1)
def code_version() -> str:
    """SHA-256 of the forecasts' sources and of the versions of what they compute with."""
    root = Path(__file__).resolve().parents[1]
    found = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    libraries: Sequence[str] = [f"{name} {version(name)}" for name in _LIBRARIES]
    found.update(json.dumps([platform.python_version(), platform.machine(), *libraries]).encode())
    return found.hexdigest()


class Store:
    """The folder of one run.

    Args:
        base: folder of all runs. ``key``: of `run_key`.
    """

    def __init__(self, base: Path, key: str) -> None:
        self.folder = base / key[:24]
        self.folder.mkdir(parents=True, exist_ok=True)
        os.utime(self.folder)
        _forget_old(base, keep=self.folder)

    def blocks(self) -> Mapping[int, Block]:
        """Every block that is whole; torn ones are removed."""
        found = {}
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            data = path.read_bytes()
            try:
                if hashlib.sha256(data[_HASH_BYTES:]).digest() != data[:_HASH_BYTES]:
                    raise UnpackError(f"{path.name} is torn")
                found[int(path.stem)] = Block.from_arrays(*unpack(data[_HASH_BYTES:]))
            except (UnpackError, ValueError, KeyError):
                path.unlink()
        return found

    def keep(self, index: int, block: Block) -> None:
        """Write a block; it is on disk when this returns.

        Raises:
            OSError: when the disk takes no more.
        """
        data = pack(*block.to_arrays())
        path = self.folder / f"{index:06d}{_SUFFIX}"
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        with temporary.open("wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _forget_old(base: Path, *, keep: Path) -> None:
    runs = sorted((path for path in base.iterdir() if path.is_dir() and path != keep), key=lambda path: path.stat().st_mtime)
    for path in runs[: max(0, len(runs) + 1 - KEPT_RUNS)]:
        shutil.rmtree(path, ignore_errors=True)
