"""Faults of [maintenance] that show without the grid: classes and skills that are named and not there.

Its files are read by `regie maintenance rank` alone, which names what is wrong with them: no run needs them.
"""

from __future__ import annotations

from twin.domain.problems import Problems
from twin.site.locate import Places
from twin.site.site import Site


def maintenance(site: Site, places: Places, problems: Problems) -> None:
    """Classes and skills of the actions."""
    table = site.maintenance
    if table is None:
        return
    for i, action in enumerate(table.actions):
        undeclared = sorted(set(action.kinds) - set(table.classes))
        if undeclared:
            limit, remedy = f"kinds with a table in classes: {', '.join(sorted(table.classes))}", "declare it, or leave it out"
            problems.add(places("maintenance", "actions", i, "kinds"), ", ".join(undeclared), limit, remedy)
        if action.skill not in table.crew.hours:
            limit = f"one of maintenance.crew.hours: {', '.join(sorted(table.crew.hours))}"
            problems.add(places("maintenance", "actions", i, "skill"), repr(action.skill), limit, "add it there, or correct it")
