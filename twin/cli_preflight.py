"""``regie preflight``: go or no-go before air."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli_told import told_plainly

if TYPE_CHECKING:
    from scenarios.preflight.flight import Flight


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preflight)


def preflight(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    site: Annotated[str, typer.Option(help="A packaged site (demo) or the path of a site file.")] = "demo",
    state: Annotated[
        str | None, typer.Option(help="State directory to go on air with. Default: the one that regie live would take.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First quarter hour, ISO 8601. Default: where the state ends, else as regie live begins.")
    ] = None,
    web: Annotated[bool, typer.Option("--web/--no-web", help="Look at the ports of the two screens.")] = True,
    host: Annotated[str, typer.Option(help="Address of the régie.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the régie.")] = 8050,
    public_host: Annotated[str, typer.Option(help="Address of the citizens' page.")] = "127.0.0.1",
    public_port: Annotated[int, typer.Option(help="Port of the citizens' page.")] = 8080,
    send_test: Annotated[bool, typer.Option("--send-test", help="Send a message to the recipients of [mail].")] = False,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Say go or no-go before air: data, boxes, fallbacks, engine, disk, clock, load, ports, mail; exit 1 on a no-go."""
    from scenarios.preflight.flight import preflight as look
    from scenarios.preflight.line import Verdict
    from twin.live.options import Options
    from twin.live.progress import Progress

    options = Options(site, start, None, "max", web, host, port, public_host, public_port, state, json_line)
    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        found = look(options, datetime.now(UTC), send_test=send_test, progress=progress.step)
    if json_line:
        lines = [vars(line) for line in found.lines]
        told = {"site": found.site, "state": str(found.state), "start": found.start.isoformat()}
        typer.echo(json.dumps({**told, "verdict": found.verdict, "lines": lines}, separators=(",", ":")))
    else:
        for text in said(found):
            typer.echo(text)
    if found.verdict is Verdict.NO_GO:
        raise typer.Exit(1)


def said(found: Flight) -> list[str]:
    """For people: a line each, with limit and remedy where it is no go; the verdict last."""
    texts = []
    for line in found.lines:
        text = f"{line.verdict:<8} {line.name:<28} {line.value}"
        if line.remedy:
            text += f"; expected {line.limit}; {line.remedy}"
        texts.append(text)
    count = {verdict: sum(line.verdict == verdict for line in found.lines) for verdict in ("no-go", "caution")}
    texts.append(
        f"{found.verdict.upper()}: {found.site}, {count['no-go']} no-go, {count['caution']} to mind, {len(found.lines)} lines"
    )
    return texts
