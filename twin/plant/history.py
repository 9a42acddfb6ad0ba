"""Nine weeks of telemetry of a past in which nobody steered anything; computed once, then read from the cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.contracts.ports import Readings
from twin.domain.pack import UnpackError, pack, unpack
from twin.plant.life import Life
from twin.plant.sensors import chosen
from twin.plant.state import PlantState

Progress = Callable[[str, float], None]

_READINGS = ("channel", "valid_time_s", "known_time_s", "value")
KEPT_FILES = 12
"""Of 60 MB each in the demo: as many beginnings as a library of scenarios has."""


@dataclass(frozen=True)
class Past:
    """What was known at its end, and the plant's state then (late rows in flight)."""

    readings: Readings
    state: PlantState


def live_past(life: Life, start_s: int, end_s: int, *, buses: int, progress: Progress) -> Past:
    """Live from ``start_s`` to ``end_s`` without orders. Sensors are read over the whole stretch at once."""
    state = life.born(start_s, buses)
    metered = []
    for stretch in life.stretches(state, end_s):
        metered.append(stretch.metered)
        progress("history", (state.position_s - start_s) / (end_s - start_s))
    if not metered:
        return Past(state.in_flight, state)
    readings, state.held = life.sensors.measure(np.concatenate(metered), start_s, state.held)
    state.in_flight = chosen(readings, readings.known_time_s > end_s)
    return Past(chosen(readings, readings.known_time_s <= end_s), state)


def cached_past(folder: Path, identity: str, life: Life, start_s: int, end_s: int, *, buses: int, progress: Progress) -> Past:
    """`live_past`, from ``folder`` when it was computed there before.

    A cache file that cannot be read, or belongs to another plant, is computed anew: it is a cache.
    """
    path = folder / f"past-{identity[:16]}-{start_s}-{end_s}.bin"
    known = _load(path, identity)
    if known is not None:
        return known
    past = live_past(life, start_s, end_s, buses=buses, progress=progress)
    _save(path, identity, past)
    return past


def _load(path: Path, identity: str) -> Past | None:
    try:
        meta, arrays = unpack(path.read_bytes())
        if meta["identity"] != identity:
            return None
        readings = Readings(*(arrays[f"readings.{name}"] for name in _READINGS))
        with suppress(OSError):
            path.touch()  # what was read last is kept longest
        return Past(readings, PlantState.from_arrays(int(meta["position_s"]), arrays))
    except (FileNotFoundError, UnpackError, KeyError):
        return None


def _save(path: Path, identity: str, past: Past) -> None:
    arrays = past.state.arrays() | {f"readings.{name}": getattr(past.readings, name) for name in _READINGS}
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed, so that nobody ever reads half a file; two writers write the same content.
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(pack({"identity": identity, "position_s": past.state.position_s}, arrays))
    part.replace(path)
    files = sorted(path.parent.glob("past-*.bin"), key=lambda file: file.stat().st_mtime)
    for old in files[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
