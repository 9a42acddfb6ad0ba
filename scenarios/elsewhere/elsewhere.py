"""A site, and a scenario on it, put on another grid; everything that does not fit is listed at once."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scenarios.elsewhere.correspondence import correspondence
from scenarios.elsewhere.moves import Moves
from scenarios.elsewhere.scenario import moved_scenario
from scenarios.elsewhere.site import moved_overlay, moved_tables
from scenarios.file.compose import with_tables
from scenarios.file.scenario import Scenario
from twin.adapters.grid_file import read_grid_file
from twin.adapters.grid_simbench import Progress, read_simbench
from twin.adapters.site_check import check_on_grid
from twin.domain.problems import BadInput, Problem
from twin.site import Site
from twin.site.read import Draft
from twin.site.tables import GridTable, Overlay

_FLAG = "--grid"


@dataclass(frozen=True)
class Elsewhere:
    """Another grid. ``code``: of SimBench; None where ``file`` is a pandapower JSON."""

    code: str | None = None
    file: Path | None = None

    def __call__(self, scenario: Scenario, draft: Draft, progress: Progress) -> tuple[Scenario, Draft]:
        """``scenario`` and its site there; places stay those of their files, and a site's own grid changes nothing.

        Args:
            draft: of a site that could be read as a whole.

        Raises:
            BadInput: with every fault of the site at home, or every element that the other grid does not have.
        """
        site = draft.site
        if site.telemetry.source != "plant":
            limit, remedy = "a simulated plant: what was measured was measured at home", "choose another site, or its own grid"
            raise BadInput([Problem(draft.places("telemetry", "source"), f'"{site.telemetry.source}"', limit, remedy)])
        if self.code is not None and site.grid.code == self.code:
            return scenario, draft
        home = check_on_grid(draft, progress=progress, rows=False)
        if home.problems:
            raise BadInput(home.problems)
        progress("grid", 0.1)
        moves = Moves(site, correspondence(site, home.net, self._net, there=self._called))
        tables = moved_tables(site, moves, draft.places)
        tables["grid"] = self._grid(site, moved_overlay(site.grid.overlay, moves, draft.places))
        scenario = moved_scenario(scenario, moves)
        if moves.problems:
            raise BadInput(moves.problems)
        return scenario, Draft(with_tables(site, tables), draft.places, draft.problems)

    def _grid(self, site: Site, overlay: Overlay) -> GridTable:
        if self.code is not None:
            return GridTable(source="simbench", code=self.code, overlay=overlay)
        file = os.path.relpath(self.file or "", site.file.parent.resolve())  # as a site file names it: from its own folder
        return GridTable(source="pandapower", file=file, profiles=site.grid.code or site.grid.profiles, overlay=overlay)

    @property
    def _called(self) -> str:
        return self.code or str(self.file and self.file.name)

    @cached_property
    def _net(self) -> Any:
        """As published, before any overlay; it is only read."""
        if self.code is not None:
            return read_simbench(self.code, place=_FLAG)
        return read_grid_file(self.file or "")


def elsewhere(text: str) -> Elsewhere:
    """The grid that ``--grid`` names: a SimBench code, or a pandapower JSON by its suffix.

    Raises:
        BadInput: for a code that nobody knows.
    """
    if Path(text).suffix.lower() == ".json":
        return Elsewhere(file=Path(text).resolve())
    import simbench

    codes = simbench.collect_all_simbench_codes()
    if text not in codes:
        close = ", ".join(difflib.get_close_matches(text, codes, n=3))
        remedy = f"write one such as {close}" if close else "correct the name"
        raise BadInput([Problem(_FLAG, repr(text), "a SimBench code, or a pandapower JSON (.json)", remedy)])
    return Elsewhere(code=text)
