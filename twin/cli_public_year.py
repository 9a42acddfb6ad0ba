"""``regie public year``: a real year of a town that replays published files, as pages, a table of hours and figures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from twin.cli_told import told_plainly


def register(public_app: typer.Typer) -> None:
    """Add the command."""
    public_app.command("year")(public_year)


def public_year(
    *,
    site: Annotated[str, typer.Option(help="A packaged site that replays published files (zurich), or its file.")] = "zurich",
    year: Annotated[int, typer.Option(help="Calendar year, by the site's clock.")],
    out: Annotated[str, typer.Option(metavar="PATH", help="Folder for the pages, the hours as CSV and the figures as JSON.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the published files. Default: $REGIE_DATA.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Tell how renewable a real year was, hour by hour with bounds, and hold it against published daily totals."""
    from scenarios.results.writable import folder_problems
    from twin.domain.problems import Problems
    from twin.live.figures import one_line
    from twin.national.folder import lines, write_year
    from twin.national.telemetry import DATA
    from twin.site import load_site

    with told_plainly():
        problems = Problems(folder_problems("--out", out))
        folder = data or (Path(os.environ[DATA]) if os.environ.get(DATA) else None)
        if folder is None:
            problems.add("--data", "missing", "the folder of the published files", f"pass --data DIR, or set ${DATA}")
        town = problems.tried(lambda: load_site(site))
        problems.raise_if_any()
        assert folder is not None and town is not None  # noqa: PT018 - else a fault was noted
        told = write_year(town, folder, year, Path(out))
    if json_line:
        typer.echo(one_line(told))
        return
    for line in lines(told):
        typer.echo(line)
