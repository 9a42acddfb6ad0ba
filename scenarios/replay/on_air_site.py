"""The site with which a journal was written: its file, changed by the scenario that was on air, if one was."""

from __future__ import annotations

from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals
from scenarios.replay.journalled import Journalled
from twin.adapters.ready import Ready
from twin.check import ready_site
from twin.domain.problems import BadInput, Problem
from twin.wiring import Progress, site_sha256


def site_on_air(run: Journalled, site: str | None, scenario: str | None, progress: Progress) -> Ready:
    """The site of ``run``, ready.

    Args:
        site: a packaged site or a site file; None: the one that the journal names. ``scenario``: that it was on air with; it
            names its sites itself.

    Raises:
        BadInput: for faults of either, or when the journal was written with another one.
    """
    if scenario is not None:
        if site is not None:
            raise BadInput(
                [Problem("--site", f"{site!r} beside --scenario", "one of them", "a scenario names its sites itself")]
            )
        found = [rehearsal.ready for rehearsal in rehearsals(load_scenario(scenario), progress=progress)]
    else:
        found = [ready_site(site or run.site, progress=progress)]
    for ready in found:
        if site_sha256(ready.site) == run.site_sha256:
            return ready
    value = f"was written with another site than {scenario or site or run.site}"
    remedy = "give its file with --site, or the scenario that was on air with --scenario"
    raise BadInput([Problem(str(run.state), value, "the site that was on air", remedy)])
