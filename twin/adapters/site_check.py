"""Checking a site file against everything it names, without leaving a trace: what ``regie site check`` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.adapters.csv_rows import folder_problems, read_rows
from twin.adapters.grid_simbench import Progress
from twin.adapters.prepared import build, cached
from twin.adapters.zone_members import resolve_zones
from twin.domain.grid import NORMAL, Grid
from twin.domain.problems import BadInput, Problem
from twin.engines import make_engine
from twin.site import Site, site_path
from twin.site.declared import declared_problems
from twin.site.locate import Places
from twin.site.on_grid import grid_problems, supply_problems
from twin.site.read import read_site


def check_site(
    name_or_path: str | Path, *, progress: Progress = lambda _step, _share: None, rows: bool = True
) -> tuple[Site | None, tuple[Problem, ...]]:
    """What `check_on_grid` finds, without the grid; boxes need `twin.wiring.check_whole_site`."""
    site, _, problems = check_on_grid(name_or_path, progress=progress, rows=rows)
    return site, problems


def check_on_grid(
    name_or_path: str | Path, *, progress: Progress = lambda _step, _share: None, rows: bool = True
) -> tuple[Site | None, Grid | None, tuple[Problem, ...]]:
    """The site, its grid in the normal topology and every fault of its file, its grid and its CSV folder; nothing is written.

    A grid that was prepared before comes from the cache; a new SimBench grid takes its 10 to 17 s.

    Args:
        rows: report bad rows of CSV files too. A run leaves them out instead: one bad reading must not keep a site off the air.
    """
    try:
        path = site_path(name_or_path)
        site, problems = read_site(path)
    except BadInput as refused:
        return None, None, refused.problems
    if site is None:
        return None, None, tuple(problems)
    places, grid = Places.of(path), None
    problems += declared_problems(site, places)
    try:
        grid, found = _against_grid(site, places, progress)
        problems += found
    except BadInput as refused:
        problems += refused.problems
    problems += _telemetry(site, rows=rows)
    return site, grid, tuple(dict.fromkeys(problems))


def _against_grid(site: Site, places: Places, progress: Progress) -> tuple[Grid | None, list[Problem]]:
    prepared = cached(site)
    net: Any = build(site, progress=progress).net if prepared is None else prepared.net()
    problems = list(grid_problems(site, net, places))
    grid = None
    try:
        resolve_zones(site.zones, site.trafos, net, file=site.file.name)
        engine = make_engine(site.about.engine, net)
        grid = engine.model(NORMAL).grid
        problems += supply_problems(site, engine, places)
    except BadInput as refused:
        problems += refused.problems
    return grid, problems


def _telemetry(site: Site, *, rows: bool) -> tuple[Problem, ...]:
    """Faults of a CSV folder; a missing folder is a fault of the site file and reported there."""
    folder = site.beside(site.telemetry.folder or "")
    if site.telemetry.source != "csv" or not folder.is_dir():
        return ()
    found = folder_problems(folder)
    if found or not rows:
        return found
    names = [name for group in site.telemetry.channels for name in site.channel_names(group)]
    return read_rows(folder, {name: i for i, name in enumerate(names)}, site.telemetry.timezone)[1]
