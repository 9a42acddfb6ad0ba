"""``regie hosting`` and ``regie remedies``: what the grid can still take, and what would help most.

Imports stay inside the commands, so that help is there at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli_told import told_plainly

JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line instead of the table.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(hosting)
    app.command()(remedies)


def hosting(
    target: Annotated[str, typer.Argument(help="A scenario, or a site for its whole year: packaged names or paths of files.")],
    kind: Annotated[str, typer.Option(help="What is added: pv, car or heat_pump.")] = "pv",
    bus: Annotated[list[int] | None, typer.Option(help="Only at this bus; may be given several times.")] = None,
    zone: Annotated[str | None, typer.Option(help="Only at the buses of this zone's loads.")] = None,
    n1: Annotated[bool, typer.Option("--n1", help="Limits must hold after any single outage and its closure too.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write JSON and CSV into this folder.")] = None,
    json_line: JsonOption = False,
) -> None:
    """Find the largest additional power at every bus such that all limits hold, and what stops more.

    Exit code 0: found. 2: refused input, with every fault of it.
    """
    from scenarios.risk.hosting.command import Asked
    from scenarios.risk.hosting.command import hosting as run

    with told_plainly():
        run(Asked(target, kind, tuple(bus or ()), zone, n1, out, json_line))


def remedies(
    scenario: Annotated[str, typer.Argument(help="A packaged scenario, or the path of a scenario file.")],
    futures: Annotated[
        int | None, typer.Option(help="Judge by the worst twentieth of so many drawn futures, not by the window as it is.")
    ] = None,
    battery_kw: Annotated[float, typer.Option(help="Power of the battery that is tried at every bus.")] = 100.0,
    battery_kwh: Annotated[float, typer.Option(help="Its energy.")] = 200.0,
    out: Annotated[Path | None, typer.Option(help="Write JSON into this folder.")] = None,
    json_line: JsonOption = False,
) -> None:
    """Rank what would help most: switchings, taps, a battery, curtailment, a second line or transformer, each tried by AC.

    Exit code 0: tried. 2: refused input, with every fault of it.
    """
    from scenarios.risk.remedies.command import Asked
    from scenarios.risk.remedies.command import remedies as run

    with told_plainly():
        run(Asked(scenario, futures, battery_kw, battery_kwh, out, json_line))
