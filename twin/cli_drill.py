"""``regie drill``: how a past hour was decided, beside what the plan alone, a known future and nobody would have made."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from twin.cli_told import told_plainly


def drill(
    file: Annotated[str, typer.Argument(help="A drill's file, as regie scenario from-journal writes it.")],
    played: Annotated[
        Path | None, typer.Option(help="State directory of your run of it (regie live --scenario). Default: as on air.")
    ] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Open a drill's seal: own figures beside the plan's, perfect hindsight's and do-nothing's, and what made the gaps."""
    from scenarios.drill.sides import sides
    from scenarios.drill.source import drilled
    from scenarios.drill.told import lines, told
    from scenarios.file.read import load_scenario
    from scenarios.replay.journalled import journalled
    from twin.domain.finite import finite
    from twin.domain.problems import BadInput, Problems
    from twin.live.progress import Progress

    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        problems = Problems()
        prepared = problems.tried(lambda: drilled(load_scenario(file), progress.step))
        if played is not None:
            problems.tried(partial(journalled, played))
        if problems or prepared is None:
            raise BadInput(problems)
        found = sides(prepared, played, progress.step, progress.ticks)
        figures = told(prepared, found, own="on_air" if played is None else "played")
    if json_line:
        typer.echo(json.dumps(finite(figures), separators=(",", ":"), allow_nan=False))
    else:
        for line in lines(figures):
            typer.echo(line)
