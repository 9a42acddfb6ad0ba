"""``regie maintenance rank``: what to visit next, by CHF of risk avoided per CHF spent.

Imports stay inside the command, so that help is there at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rank)


def rank(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    state: Annotated[
        Path | None,
        typer.Option(help="State directory of a run: its history is read, ranking.json written below maintenance/."),
    ] = None,
    site: Annotated[
        str | None, typer.Option(help="A packaged site or the path of a site file. Default: the one of --state, else demo.")
    ] = None,
    fleet: Annotated[Path | None, typer.Option(help="CSV of the fleet. Default: the site file's.")] = None,
    gas: Annotated[Path | None, typer.Option(help="CSV of oil samples. Default: the site file's.")] = None,
    failures: Annotated[Path | None, typer.Option(help="CSV of past failures. Default: the site file's.")] = None,
    crew_h: Annotated[float | None, typer.Option(help="Person hours of one plan. Default: the site file's.")] = None,
    budget: Annotated[float | None, typer.Option(help="CHF of one plan. Default: the site file's.")] = None,
    years: Annotated[int, typer.Option(help="Spread the budget over so many years.")] = 1,
    at: Annotated[str | None, typer.Option(help="Instant to rank for without a run, ISO 8601. Default: now.")] = None,
    why: Annotated[str | None, typer.Option(help="Say everything about this asset: why, and why not.")] = None,
    lang: Annotated[str, typer.Option(help="Language of table and report: de, fr, it or en.")] = "en",
    report: Annotated[Path | None, typer.Option(help="Write pictures into this HTML file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the ranking as JSON into this file.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line instead of the table.")] = False,
) -> None:
    """Rank interventions by CHF of risk avoided per CHF spent, with free hours for each, and why not the others.

    Exit code 0: a ranking, with every fault of a row named. 1: the journal cannot be read. 2: refused input.
    """
    from twin.maintenance.ranking.command import Asked, Output
    from twin.maintenance.ranking.command import rank as run
    from twin.maintenance.ranking.gather import Files

    asked = Asked(site, state, Files(fleet, gas, failures), crew_h, budget, years, at)
    raise typer.Exit(run(asked, Output(json_line, report, lang, why, out)))
