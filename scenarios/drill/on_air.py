"""A scenario on air with both screens: ``regie live --scenario FILE``. A drill goes on from where its run was."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path

from scenarios.drill.source import drilled
from scenarios.file.read import load_scenario
from scenarios.file.scenario import Scenario
from scenarios.rehearsal.prepare import rehearsals
from scenarios.replay.relived import wired_at
from twin.adapters.ready import Ready
from twin.domain.problems import BadInput, Problem
from twin.live import on_air
from twin.live.options import Options
from twin.live.progress import Progress
from twin.live.show import Show
from twin.site import load_site
from twin.wiring import site_sha256


def main(text: str) -> int:
    """Run what ``regie live --scenario`` was asked for; returns the exit code."""
    return on_air.main(text, scenario_show)


def scenario_show(options: Options, progress: Progress) -> Show:
    """The scenario that the options name, on its one site.

    Raises:
        BadInput: with every fault of it, and for a scenario of several sites.
    """
    scenario = load_scenario(options.scenario or "")
    again = ("scenarios.drill.recheck", options.to_text())
    state = Path(options.state) if options.state is not None else _state(scenario)
    if scenario.drill is not None:
        drill = drilled(scenario, progress.step)
        return Show(drill.ready, drill.window, state, _sha256(scenario, drill.ready), partial(wired_at, drill.moment), again)
    found = rehearsals(scenario, progress=progress.step)
    if len(found) > 1:
        value, remedy = f"{len(found)} sites", "put them on air one by one, each with a scenario of its own"
        raise BadInput([Problem(scenario.place("sites"), value, "one site", remedy)])
    ready = found[0].ready
    return Show(ready, found[0].window, state, _sha256(scenario, ready), recheck=again)


def _sha256(scenario: Scenario, ready: Ready) -> str:
    """Of what the scenario's file and the site's say."""
    said = scenario.model_dump_json(exclude={"file"}) + site_sha256(load_site(ready.site.file))
    return hashlib.sha256(said.encode()).hexdigest()


def _state(scenario: Scenario) -> Path:
    return Path(os.environ.get("REGIE_STATE", "state")) / scenario.name
