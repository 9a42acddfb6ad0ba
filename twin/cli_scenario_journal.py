"""``regie scenario from-journal``: a blind drill of a past hour."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twin.cli_told import told_plainly


def from_journal(
    state: Annotated[Path, typer.Argument(help="State directory of a run; it is only read.")],
    at: Annotated[str, typer.Option(help="First quarter hour to decide, local time unless it has an offset.")],
    hours: Annotated[float, typer.Option(help="How long.")] = 3.0,
    out: Annotated[Path | None, typer.Option(help="The drill's file. Default: here, named after site and hour.")] = None,
    site: Annotated[str | None, typer.Option(help="The run's site file. Default: the site that the journal names.")] = None,
    scenario: Annotated[str | None, typer.Option(help="The scenario that was on air, where one was.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Make a blind drill of a past hour: what led there is told, what was decided and came is sealed."""
    from scenarios.drill.draw import Asked, drawn, flag_problems
    from scenarios.replay.journalled import journalled
    from scenarios.replay.on_air_site import site_on_air
    from twin.domain.problems import BadInput, Problems
    from twin.live.progress import Progress

    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        problems = Problems(flag_problems(at, hours, out))
        run = problems.tried(lambda: journalled(state))
        ready = None if run is None else problems.tried(partial(site_on_air, run, site, scenario, progress.step))
        if run is None or ready is None:
            raise BadInput(problems)
        drill = drawn(Asked(run, ready, site, scenario, at, hours, out))
    if json_line:
        typer.echo(json.dumps({"drill": str(drill), "state": str(state)}, separators=(",", ":")))
    else:
        typer.echo(f"{drill}: put it on air with regie live --scenario {drill}")
