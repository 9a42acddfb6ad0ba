"""Where a run's journal lies, and the site that it was written with."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scenarios.elsewhere.elsewhere import elsewhere
from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.results.folder import RESULT, RUN
from twin.adapters.ready import Ready
from twin.check import ready_site
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput, Problem, Problems
from twin.regie.chain import open_readonly, read_meta, read_records
from twin.wiring import Progress, site_sha256


@dataclass(frozen=True)
class Source:
    """A journal and its site.

    Attributes:
        state: the directory that holds ``journal.sqlite``. ``title``: what people call the run, by language.
        start: of the run. ``same_site``: False when the site file has changed since; grid and channels still fit.
        planned: elements whose outage was announced. ``site``, ``scenario``: as the run was named, None where its journal does.
    """

    state: Path
    title: Mapping[str, str]
    ready: Ready
    start: datetime
    same_site: bool
    planned: Collection[str] = ()
    site: str | None = None
    scenario: str | None = None


def source_of(place: Path, site: str | None, progress: Progress) -> Source:
    """The run at ``place``: a state directory of ``regie live``, or a rehearsal's folder of ``regie run``.

    Args:
        site: a site's name or file; None: the one that the journal names.

    Raises:
        BadInput: without a journal, for a folder of several runs, and for a site whose grid or channels are other ones.
    """
    state = _state(place)
    db = open_readonly(state)
    try:
        identity = read_meta(db)["identity"]
    finally:
        db.close()
    start, run = datetime.fromisoformat(identity["start"]), state.parent
    played = None if site is not None else _rehearsed(run, identity["site_sha256"], progress)
    if played is not None:
        name, rehearsal = played
        planned = tuple(outage.element for outage in rehearsal.scenario.planned_outages)
        return Source(state, rehearsal.scenario.about.title.model_dump(), rehearsal.ready, start, True, planned, None, name)
    ready = ready_site(site or identity["site"], progress=progress)
    same = identity["site_sha256"] == site_sha256(ready.site)
    if not same:
        _check_fits(ready, state, place)
    return Source(state, ready.site.about.title.model_dump(), ready, start, same, (), site)


def _rehearsed(run: Path, sha256: str, progress: Progress) -> tuple[str, Rehearsal] | None:
    """Scenario, as it was asked for, and rehearsal whose results lie in ``run``, as the scenario changes the site.

    None for a run of ``regie live``, and when the scenario has changed since or is not there any more.
    """
    asked = run.parent / RUN
    if not (run / RESULT).is_file() or not asked.is_file():
        return None
    told = json.loads(asked.read_text(encoding="utf-8"))
    for name in told.get("scenarios", []):
        with suppress(BadInput):
            grid = None if told.get("grid") is None else elsewhere(told["grid"])
            for rehearsal in rehearsals(load_scenario(name), grid=grid, progress=progress):
                if rehearsal.name == run.name and site_sha256(rehearsal.ready.site) == sha256:
                    return name, rehearsal
    return None


def _state(place: Path) -> Path:
    """The directory of the journal below ``place``."""
    if (place / "journal.sqlite").exists():
        return place
    if (place / "state" / "journal.sqlite").exists():
        return place / "state"
    runs = sorted(
        found.parent.parent for found in place.glob("*/state/journal.sqlite") if not found.parent.parent.name.startswith(".")
    )
    if len(runs) == 1:
        return runs[0] / "state"
    if runs:
        names = ", ".join(run.name for run in runs)
        raise BadInput([Problem(str(place), f"{len(runs)} runs: {names}", "one run", f"give one of them: {runs[0]}")])
    raise BadInput([Problem(str(place), "no journal", "a state directory or a run's folder", "give the --state of a run")])


def _check_fits(ready: Ready, state: Path, place: Path) -> None:
    """A site file that changed since may still name the same grid and channels; if not, nothing would be told rightly.

    Raises:
        BadInput: naming what differs.
    """
    grid, problems = ready.engine.model(NORMAL).grid, Problems()
    db = open_readonly(state)
    try:
        record = next(read_records(db), None)
    finally:
        db.close()
    if record is None:
        return
    sizes = {"vm_pu": "bus", "line_loading_percent": "line", "trafo_loading_percent": "trafo", "load_p_mw": "load"}
    remedy = "give the site file that it was written with by --site"
    for name, table in sizes.items():
        journalled, here = len(record.arrays[f"grid.{name}"]), len(getattr(grid, table))
        if journalled != here:
            problems.add(str(place), f"{journalled} of {table}", f"{here} as in {ready.site.file.name}", remedy)
    channels = int(record.arrays["live.channel"].max(initial=-1)) + 1
    if channels > len(ready.site.channels):
        problems.add(str(place), f"{channels} channels", f"{len(ready.site.channels)} as in {ready.site.file.name}", remedy)
    problems.raise_if_any()
