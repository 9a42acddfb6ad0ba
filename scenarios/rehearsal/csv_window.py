"""A window that is held against measured telemetry: outside of it nothing is known."""

from __future__ import annotations

from scenarios.file.scenario import Scenario
from twin.adapters.csv_rows import read_rows
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR, from_epoch_s
from twin.site import Site


def csv_window_problems(scenario: Scenario, site: Site) -> tuple[Problem, ...]:
    """Whether the window lies within the rows of the site's CSV folder; faults of these are the site's own."""
    if site.telemetry.source != "csv":
        return ()
    channels = {name: i for i, name in enumerate(site.measured)}
    try:
        rows, _ = read_rows(site.beside(site.telemetry.folder or ""), channels, site.telemetry.timezone)
    except BadInput:
        return ()
    if not rows:
        return ()
    first = from_epoch_s(min(row.valid_time_s for row in rows))
    end = from_epoch_s(max(row.valid_time_s for row in rows)) + QUARTER_HOUR
    window = scenario.window
    if first <= window.start and window.end <= end:
        return ()
    value = f"{window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}"
    limit = f"within the telemetry of {site.name!r}, {first:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ}"
    return (Problem(scenario.place("window"), value, limit, "move the window, or add telemetry"),)
