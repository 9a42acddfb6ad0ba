"""What ``regie hosting`` and ``regie remedies`` are asked about: a scenario, or a site for a whole year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scenarios.file.parts import library
from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.risk.states import year_of
from twin.adapters.ready import Ready
from twin.check import ready_site
from twin.domain.problems import BadInput, Problem
from twin.site.files import read_toml
from twin.wiring import Progress


@dataclass(frozen=True)
class Target:
    """A site with the time that is looked at.

    Attributes:
        name: of the scenario, or the site. ``rehearsal``: of the scenario; None for a site, of which the year's worst states
            count.
    """

    name: str
    ready: Ready
    start: datetime
    end: datetime
    rehearsal: Rehearsal | None = None

    @property
    def whole_year(self) -> bool:
        """Whether it is a site, for its whole year."""
        return self.rehearsal is None


def targets_of(name_or_path: str, progress: Progress) -> tuple[Target, ...]:
    """One for each site of a scenario, or one for a site.

    Raises:
        BadInput: with every fault of the scenario or the site.
    """
    if name_or_path in library() or _is_scenario(Path(name_or_path)):
        scenario = load_scenario(name_or_path)
        window = scenario.window
        return tuple(
            Target(one.name, one.ready, window.start, window.end, one) for one in rehearsals(scenario, progress=progress)
        )
    ready = ready_site(name_or_path, progress=progress)
    if ready.site.telemetry.source != "plant":
        remedy = 'use a site with source = "plant", which says what stands behind its loads'
        raise BadInput([Problem(f"site {ready.site.name!r}", "no simulated plant", "one whose life gives every load", remedy)])
    start, end = year_of(ready, progress)
    return (Target(ready.site.name, ready, start, end),)


def _is_scenario(path: Path) -> bool:
    """Whether a file has the table that makes it a scenario; what cannot be read is named by whoever reads it next."""
    try:
        _, content = read_toml(path)
    except BadInput:
        return False
    return "scenario" in content
