"""A scenario ready to be run on one site."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.file.scenario import Scenario
from twin.adapters.ready import Ready
from twin.wiring import Window


@dataclass(frozen=True)
class Rehearsal:
    """Everything that a run needs.

    Attributes:
        name: of its folder below ``--out``: the scenario's, with "@" and the site's where a run has several sites.
        scenario: as its file says.
        ready: the site as the scenario changes it, without fault, with grid and engine.
        window: of the run.
    """

    name: str
    scenario: Scenario
    ready: Ready
    window: Window
