"""``regie expert``: which experts there are, and whether one keeps the interface."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

expert_app = typer.Typer(help="List the forecast experts, or try every promise of one.", no_args_is_help=True)
JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(expert_app, name="expert")


@expert_app.command("list")
def expert_list(json_line: JsonOption = False) -> None:
    """List the experts of every kind of series; entry points of group regie.experts are among them."""
    from forecasts.experts.registry import experts_for
    from forecasts.series import KINDS

    found = {kind: list(experts_for(kind)) for kind in KINDS}
    if json_line:
        typer.echo(json.dumps(found, separators=(",", ":")))
        return
    for kind, names in found.items():
        typer.echo(f"{kind:<6} {', '.join(names)}")


@expert_app.command("check")
def expert_check(
    expert: Annotated[str, typer.Argument(help="MODULE:CLASS, or the name of an installed expert.")],
    json_line: JsonOption = False,
) -> None:
    """Try every promise of an expert on a synthetic series; exit 1 when one is broken."""
    from forecasts.experts.conformance import check_expert
    from forecasts.experts.registry import expert_named
    from twin.domain.problems import BadInput

    sys.path.insert(0, str(Path.cwd()))  # an expert under work lies where its author is
    try:
        results = check_expert(expert_named(expert))
    except BadInput as error:
        for problem in error.problems:
            typer.echo(f"regie: {problem}", err=True)
        raise typer.Exit(2) from None
    broken = [result for result in results if not result.ok]
    if json_line:
        checks = [vars(result) for result in results]
        typer.echo(json.dumps({"expert": expert, "ok": not broken, "checks": checks}, separators=(",", ":")))
    else:
        for result in results:
            typer.echo(f"{'ok    ' if result.ok else 'BROKEN'} {result.name}{': ' + result.detail if result.detail else ''}")
    if broken:
        raise typer.Exit(1)
