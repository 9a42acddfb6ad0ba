"""Faults of [maintenance] that show without the grid: files, classes and skills that are named and not there."""

from __future__ import annotations

from twin.domain.problems import Problems
from twin.site.locate import Places
from twin.site.site import Site


def maintenance(site: Site, places: Places, problems: Problems) -> None:
    """Files beside the site file, classes and skills of the actions."""
    table = site.maintenance
    if table is None:
        return
    for key in ("fleet", "gas", "failures"):
        name = getattr(table, key)
        if name is not None and not site.beside(name).is_file():
            limit, remedy = "a CSV file", "correct the path (relative to the site file)"
            problems.add(places("maintenance", key), str(site.beside(name)), limit, remedy)
    for i, action in enumerate(table.actions):
        undeclared = sorted(set(action.kinds) - set(table.classes))
        if undeclared:
            limit, remedy = f"kinds with a table in classes: {', '.join(sorted(table.classes))}", "declare it, or leave it out"
            problems.add(places("maintenance", "actions", i, "kinds"), ", ".join(undeclared), limit, remedy)
        if action.skill not in table.crew.hours:
            limit = f"one of maintenance.crew.hours: {', '.join(sorted(table.crew.hours))}"
            problems.add(places("maintenance", "actions", i, "skill"), repr(action.skill), limit, "add it there, or correct it")
