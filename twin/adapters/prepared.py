"""A site's grid and profiles, built once and cached: the second start maps arrays instead of loading SimBench for 15 s.

A cache entry is a folder named after the site and a hash of all that its content depends on. It is written
beside and renamed,
so that a folder under its final name is complete; one whose files have another size than noted is built anew.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from twin.adapters.grid_file import build_from_file
from twin.adapters.grid_simbench import STAMPS, BuiltGrid, Progress, build_simbench
from twin.adapters.net_store import net_from_bytes, net_to_bytes
from twin.adapters.zone_members import resolve_zones
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, to_epoch_s
from twin.domain.zones import OtherPlant, PvGroup, Zone
from twin.site import Site
from twin.site.files import cache_folder, read_bytes

FORMAT = 3
"""Raised whenever the same site file would give other content."""

WRAP_STEPS = 52 * 7 * 96
"""Quarter hours in 52 weeks: the year wraps by whole weeks, so that a weekday never meets a Sunday's profile."""


@dataclass(frozen=True)
class Prepared:
    """A site's grid and profiles, ready to use. Arrays are read-only maps of the cache.

    Attributes:
        profiles: ``load_p_mw(time, load)``, ``load_q_mvar(time, load)``, ``sgen_available_p_mw(time, sgen)``
            before the
            inverter's limit [MW, Mvar], float32, in the net's order; empty for a grid without profiles.
        start_s: label of row 0, epoch seconds. ``zones``: the site's zones with their net elements.
        load, sgen, storage: the net's indices, dims (element,).
    """

    folder: Path
    profiles: Mapping[str, np.ndarray]
    start_s: int
    zones: tuple[Zone, ...]
    load: np.ndarray
    sgen: np.ndarray
    storage: np.ndarray

    def net(self) -> Any:
        """The pandapower net with the site's overlay; a new one at every call, free to be changed."""
        return net_from_bytes(self._net_bytes)

    @cached_property
    def _net_bytes(self) -> bytes:
        return (self.folder / "net.bin").read_bytes()

    def rows(self, epoch_s: np.ndarray) -> np.ndarray:
        """The profiles' rows for the sun: for the quarter hours that hold ``epoch_s``, dims (time,).

        Within the profiles' year a row is the quarter hour itself. Outside, the instant moves by whole 52 weeks until it
        lies within, which keeps weekday and time of day in UTC and shifts the date by one or two days per year.

        Raises:
            ValueError: when the grid has no profiles.
        """
        steps, weeks = self._wrapped(epoch_s)
        return steps + weeks * WRAP_STEPS

    def stamped_rows(self, epoch_s: np.ndarray) -> np.ndarray:
        """The profiles' rows for people: `rows`, but outside the year the *local* time of day is kept.

        The year outside changes its clocks on other dates than the profiles' year: between them the same hour in UTC is
        another hour on the wall, and loads live by the wall.

        Raises:
            ValueError: when the grid has no profiles.
        """
        steps, weeks = self._wrapped(epoch_s)
        rows = steps + weeks * WRAP_STEPS
        for i in np.flatnonzero(weeks):
            wall = from_epoch_s(self.start_s + int(steps[i]) * QUARTER_HOUR_S).astimezone(STAMPS)
            moved = (wall + int(weeks[i]) * timedelta(weeks=52)).replace(fold=wall.fold)  # of the wall, whatever its offset
            rows[i] = (to_epoch_s(moved) - self.start_s) // QUARTER_HOUR_S
        return rows

    def _wrapped(self, epoch_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Quarter hours since row 0, and by how many times 52 weeks they must move to lie within the profiles' year."""
        if not self.profiles:
            raise ValueError(f"the grid in {self.folder} has no profiles; its powers come from telemetry alone")
        last = len(next(iter(self.profiles.values()))) - 1
        steps = (np.asarray(epoch_s, dtype=np.int64) - self.start_s) // QUARTER_HOUR_S
        before, behind = -(steps // WRAP_STEPS), -(-(steps - last) // WRAP_STEPS)
        return steps, np.where(steps < 0, before, -np.maximum(0, behind))


def prepare(site: Site, *, progress: Progress = lambda _step, _share: None, built: BuiltGrid | None = None) -> Prepared:
    """The site's grid and profiles, from the cache or built now.

    Args:
        progress: called with a step's name and the share done, 0..1: "simbench_load" (most of the time),
            "grid", "profiles",
            "zones", "store", "ready".
        built: the grid as `build` made it just now, for who did that already.

    Raises:
        BadInput: when the grid cannot be built as the site file says.
    """
    folder = _folder(site)
    prepared = _open(folder)
    if prepared is None:
        built = built or build(site, progress=progress)
        progress("zones", 0.90)
        zones = resolve_zones(site.zones, site.trafos, built.net)
        progress("store", 0.92)
        _store(folder, built, zones)
        prepared = _open(folder)
        if prepared is None:
            raise OSError(f"cache folder {folder} cannot be read back; check the disk, or set REGIE_CACHE elsewhere")
    progress("ready", 1.0)
    return prepared


def cached(site: Site) -> Prepared | None:
    """The site's grid if it was prepared before, else None."""
    return _open(_folder(site))


def build(site: Site, *, progress: Progress = lambda _step, _share: None) -> BuiltGrid:
    """The site's grid with its overlay, without the cache.

    Raises:
        BadInput: see `prepare`.
    """
    if site.grid.source == "simbench":
        return build_simbench(site.grid, site.devices, file=site.file.name, progress=progress)
    return build_from_file(site.grid, site.beside(site.grid.file or ""), site.devices, file=site.file.name)


def _folder(site: Site) -> Path:
    return cache_folder() / f"{site.name}-{cache_key(site)[:16]}"


def cache_key(site: Site) -> str:
    """SHA-256 (hex) of all that the prepared content depends on."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "grid": site.grid.model_dump(mode="json"),
        "batteries": [[d.id, d.bus, d.p_min_mw, d.p_max_mw, d.e_max_mwh] for d in site.devices if d.kind == "battery"],
        "zones": [zone.model_dump(mode="json") for zone in site.zones],
        "trafos": [[trafo.name, trafo.zone] for trafo in site.trafos],
        "versions": [importlib.metadata.version(name) for name in ("pandapower", "simbench")],
    }
    if site.grid.file:
        content["file"] = _content_of(site.beside(site.grid.file))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _content_of(path: Path) -> dict[str, str] | None:
    """SHA-256 (hex) of a file, or of every file in a folder (a CGMES set may be one); None where there is none."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    if not all(file.is_file() for file in files):
        return None
    return {file.name: hashlib.sha256(read_bytes(file)).hexdigest() for file in files}


def _store(folder: Path, built: BuiltGrid, zones: tuple[Zone, ...]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (beside / "net.bin").write_bytes(net_to_bytes(built.net))
        for name, array in built.profiles.items():
            np.save(beside / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        note = {
            "start_s": built.start_s,
            "zones": [_zone_note(zone) for zone in zones],
            "elements": {table: [int(i) for i in built.net[table].index] for table in ("load", "sgen", "storage")},
            "profiles": sorted(built.profiles),
            "sizes": {path.name: path.stat().st_size for path in sorted(beside.iterdir())},
        }
        (beside / "note.json").write_text(json.dumps(note), encoding="utf-8")
        if _open(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)  # a damaged entry
            beside.rename(folder)
    except OSError:
        # another process that prepared the same site at the same time may have won the rename
        if _open(folder) is None:
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _open(folder: Path) -> Prepared | None:
    """The entry in ``folder``, or None when it is absent or damaged."""
    try:
        note = json.loads((folder / "note.json").read_text(encoding="utf-8"))
        if any((folder / name).stat().st_size != size for name, size in note["sizes"].items()):
            return None
        profiles = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in note["profiles"]}
        elements = {table: np.array(index, dtype=np.int64) for table, index in note["elements"].items()}
        zones = tuple(_zone(entry) for entry in note["zones"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, cut short or of another format: it is built anew
    return Prepared(folder, profiles, note["start_s"], zones, elements["load"], elements["sgen"], elements["storage"])


def _zone_note(zone: Zone) -> dict[str, Any]:
    note = dict(vars(zone))
    note["title"] = dict(zone.title)
    note["loads"], note["pv_sgens"] = ([int(i) for i in part] for part in (zone.loads, zone.pv_sgens))
    note["others"] = [[plant.channel, plant.carrier, plant.kw, plant.co2_g_per_kwh] for plant in zone.others]
    note["pv_groups"] = [[group.tilt_deg, group.azimuth_deg, group.kwp] for group in zone.pv_groups]
    return note


def _zone(note: Mapping[str, Any]) -> Zone:
    pairs = {key: tuple((channel, number) for channel, number in note[key]) for key in ("boundary", "pv_references")}
    plain = {key: tuple(note[key]) for key in ("hydro", "storage", "loads", "pv_sgens", "trafos")}
    groups = tuple(PvGroup(*group) for group in note["pv_groups"])
    others = tuple(OtherPlant(*plant) for plant in note["others"])
    return Zone(**{**note, **pairs, **plain, "pv_groups": groups, "others": others})
