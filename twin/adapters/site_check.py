"""Holding a site file against everything that it names, without leaving a trace: its grid and its telemetry folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from twin.adapters.csv_rows import folder_problems, read_rows
from twin.adapters.grid_simbench import BuiltGrid, Progress
from twin.adapters.net_store import net_from_bytes, net_to_bytes
from twin.adapters.prepared import build, cache_key, cached
from twin.adapters.telemetry_csv import impossible_positions, tap_ranges
from twin.adapters.zone_members import meshed_zones, misplaced_devices
from twin.contracts.ports import Engine
from twin.domain.grid import NORMAL, Grid
from twin.domain.problems import BadInput, Problem
from twin.engines import make_engine
from twin.site import Site
from twin.site.declared import declared_problems
from twin.site.locate import Places
from twin.site.on_grid import grid_problems, supply_problems
from twin.site.read import Draft
from twin.site.site import Unread


@dataclass(frozen=True)
class OnGrid:
    """A site file beside its grid, as far as both could be read.

    Attributes:
        site: may be partly unread (`Site.partly`). ``net``: None where the grid cannot be built.
        built: what ``net`` came from; None where it came from the cache. ``key``: of that content in the cache; None while the
            site does not say enough.
        engine: None where none takes the net.
    """

    site: Site
    places: Places
    net: Any
    built: BuiltGrid | None
    key: str | None
    engine: Engine | None
    problems: tuple[Problem, ...]

    @property
    def grid(self) -> Grid | None:
        """The grid of the normal topology."""
        return None if self.engine is None else self.engine.model(NORMAL).grid


def check_on_grid(draft: Draft, *, progress: Progress, rows: bool) -> OnGrid:
    """Every fault of a site, of its grid and of its CSV folder; nothing is written.

    A grid that was prepared before comes from the cache; a new SimBench grid takes its 10 to 17 s.

    Args:
        draft: the site as far as it can be read.
        rows: report bad rows of CSV files too. A run leaves them out instead: one bad reading must not keep a site off the air.
    """
    site, places = draft.site, draft.places
    key = _key(site)  # before the grid is read: a file that changes meanwhile has another one afterwards
    net, built, problems = _net(site, progress)
    engine = None
    if net is not None:
        problems += grid_problems(site, net, places)
        with suppress(Unread):
            problems += meshed_zones(site, net, places) + misplaced_devices(site, net, places)
        with suppress(Unread):
            engine, found = _supplied(site, net, places)
            problems += found
    with suppress(Unread):
        problems += _telemetry(site, net, rows=rows)
    return OnGrid(site, places, net, built, key, engine, (*draft.problems, *declared_problems(site, places), *problems))


def _key(site: Site) -> str | None:
    with suppress(Unread):
        return cache_key(site)
    return None


def _net(site: Site, progress: Progress) -> tuple[Any, BuiltGrid | None, tuple[Problem, ...]]:
    """The net and what was built for it, or why there is none; without the devices only its own faults show."""
    try:
        with suppress(Unread):  # the cache's key is made of more tables than the grid
            if (prepared := cached(site)) is not None:
                return prepared.net(), None, ()
        with suppress(Unread):
            built = build(site, progress=progress)
            return net_from_bytes(net_to_bytes(built.net)), built, ()  # the net that the next start will read from the cache
        with suppress(Unread):
            build(site.model_copy(update={"device_groups": ()}), progress=progress)
    except BadInput as refused:
        return None, None, refused.problems
    return None, None, ()


def _supplied(site: Site, net: Any, places: Places) -> tuple[Engine | None, tuple[Problem, ...]]:
    try:
        engine = make_engine(site.about.engine, net)
        engine.model(NORMAL)
        return engine, supply_problems(site, engine, places)
    except BadInput as refused:
        return None, refused.problems


def _telemetry(site: Site, net: Any, *, rows: bool) -> tuple[Problem, ...]:
    """Faults of a CSV folder; a missing folder is a fault of the site file and reported there."""
    folder = site.beside(site.telemetry.folder or "")
    if site.telemetry.source != "csv" or not folder.is_dir():
        return ()
    found = folder_problems(folder)
    if found or not rows:
        return found
    names = site.measured
    readings, found = read_rows(folder, {name: i for i, name in enumerate(names)}, site.telemetry.timezone)
    if net is not None:
        with suppress(ValueError):  # a channel that nobody knows is a fault of the site file
            found += tuple(impossible_positions(readings, site.channels, tap_ranges(net)).values())
    return found
