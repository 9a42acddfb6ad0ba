"""The commands of rehearsal: scenarios, runs, futures, replays, what must be true before air and what is learnt after it."""

from __future__ import annotations

import typer

from twin.cli_compare import register as register_compare
from twin.cli_debrief import register as register_debrief
from twin.cli_preflight import register as register_preflight
from twin.cli_replay import register as register_replay
from twin.cli_risk import register as register_risk
from twin.cli_run import register as register_run
from twin.cli_scenario import register as register_scenario


def register(app: typer.Typer) -> None:
    """Add them all."""
    register_scenario(app)
    register_run(app)
    register_compare(app)
    register_risk(app)
    register_replay(app)
    register_preflight(app)
    register_debrief(app)
