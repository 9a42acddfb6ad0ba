"""``regie replay``: journalled hours again, with another box or another setting of one; ``regie drill`` beside it."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli_drill import drill
from twin.cli_told import told_plainly


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(replay)
    app.command()(drill)


def replay(
    state: Annotated[Path, typer.Option(help="State directory of a run; it is only read.")],
    swap: Annotated[
        list[str] | None,
        typer.Option(help="box=module:Class, box=NAME or box.setting=value; may be repeated. box.setting= for its default."),
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="Start of the first quarter hour, local time unless it has an offset.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End of the last quarter hour. Default: the journal's.")] = None,
    site: Annotated[
        str | None, typer.Option(help="A packaged site or the path of a site file. Default: the one the journal names.")
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="The scenario that was on air, where one was.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Run journalled hours twice, as they were and with other boxes, and compare figures, forecasts, orders, violations."""
    from scenarios.replay.journalled import journalled
    from scenarios.replay.on_air_site import site_on_air
    from scenarios.replay.replay import asked
    from scenarios.replay.replay import replay as replayed
    from scenarios.replay.swap import form_problems
    from scenarios.replay.window import ends_problems
    from twin.domain.finite import finite
    from twin.domain.problems import BadInput, Problems
    from twin.live.progress import Progress

    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        problems = Problems([*ends_problems(begin, end), *form_problems(swap or ())])
        run = problems.tried(lambda: journalled(state))
        ready = None if run is None else problems.tried(partial(site_on_air, run, site, scenario, progress.step))
        if run is None or ready is None:
            raise BadInput(problems)
        stretch, other = asked(run, ready, begin, end, swap or ())
        figures = replayed(stretch, other, progress.step, progress.ticks)
    for use in figures["untrusted"]:
        typer.echo(f"regie: box {use} is not on the site's boxes_allowed: it was used because you asked for it", err=True)
    if json_line:
        typer.echo(json.dumps(finite({"state": str(state), "swaps": swap, **figures}), separators=(",", ":"), allow_nan=False))
    else:
        for line in lines(figures):
            typer.echo(line)


def lines(figures: dict[str, Any]) -> list[str]:
    """For people: what differs, with both sides."""
    from scenarios.replay.table import table

    mine, theirs, apart = figures["as_is"], figures["swapped"], figures["difference"]

    def row(group: str, name: str) -> list[float]:
        return [mine["kpis"][group]["value"][name], theirs["kpis"][group]["value"][name], apart["kpis"][group][name]]

    said = [f"{', '.join(figures['swapped_boxes'])} swapped, {figures['ticks']} quarter hours from {figures['from']}"]
    said += [figures["expunged"]] if figures["expunged"] else []
    said += table(("as it is", "swapped", "difference"), row)
    for name, mw in apart["pinball_mw"].items():
        both = (mine["pinball_mw"][name], theirs["pinball_mw"][name], mw)
        said.append(f"{'pinball ' + name:<28} " + " ".join(f"{value:>14.5f}" for value in both) + " MW")
    for label, values in (
        ("orders sent", (mine["orders"]["sent"], theirs["orders"]["sent"], apart["orders"]["sent"])),
        ("violations", (len(mine["violations"]), len(theirs["violations"]), apart["violations"])),
    ):
        said.append(f"{label:<28} " + " ".join(f"{value:>14}" for value in values))
    said.append(f"decided otherwise in {apart['quarter_hours_decided_otherwise']} quarter hours")
    said.append(f"as it is, decided as on air in {figures['quarter_hours_as_on_air']} of {figures['ticks']}")
    if not figures["counterfactual"]:
        said.append("telemetry is replayed as it was known: other decisions would have changed it, how cannot be known")
    return said
