"""``regie dispatch``: plan flexible devices from a problem document, print its schema, measure what calls delivered.

Imports stay inside the commands, so that help is there at once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from twin import cli_dispatch_verify

dispatch_app = typer.Typer(
    help="Plan flexible devices without the loop, and measure what calls delivered.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to ``regie``."""
    app.add_typer(dispatch_app, name="dispatch")


@dispatch_app.command()
def plan(
    problem: Annotated[Path, typer.Argument(help="TOML or JSON document; docs/dispatch.md tells how to write one.")],
    lang: Annotated[str, typer.Option(help="Language of table and report: de, fr, it or en.")] = "en",
    report: Annotated[Path | None, typer.Option(help="Write pictures into this HTML file.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line instead of the table.")] = False,
) -> None:
    """Plan a problem document: cheapest within the limits, proven by AC power flow where it has a grid, with reasons.

    Exit code 0: a plan. 1: the document was refused, with every fault of it. 3: no plan (the deadline or the memory limit was
    reached, the solver failed, or the document contradicts itself), so that simple rules serve, or wires of which no step has a
    solution; the first line says why.
    """
    from twin.dispatch.command import Output
    from twin.dispatch.command import plan as run

    raise typer.Exit(run(problem, Output(json_line, report, lang)))


@dispatch_app.command()
def schema() -> None:
    """Print the JSON schema of problem documents."""
    from twin.boxes.flexibility.document.schema import schema as made

    typer.echo(json.dumps(made(), indent=2))


cli_dispatch_verify.register(dispatch_app)
