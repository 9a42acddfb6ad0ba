"""``regie worth``: what a box is worth in the three figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli_told import told_plainly

if TYPE_CHECKING:
    from scenarios.replay.rerun import Stretch
    from twin.site import Site
    from twin.wiring import Progress


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worth)


def worth(
    box: Annotated[
        str, typer.Argument(help="A champion, held against its fallback; or a shadow or standby that takes a champion's place.")
    ],
    site: Annotated[
        str | None, typer.Option(help="A packaged site or the path of a site file. Default: the one of --state, else demo.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First quarter hour, ISO 8601, local time unless it has an offset.")] = None,
    ticks: Annotated[int | None, typer.Option(help="Quarter hours to run.")] = None,
    against: Annotated[
        str | None, typer.Option(help="The champion that a shadow or standby replaces. Default: whom it shadows.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="State directory of a run: its window and what people answered there; only read.")
    ] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Run a window with a box and without it: what it earned in CHF, grid and climate, and its pinball."""
    from scenarios.replay.worth import change_of, check_box
    from scenarios.replay.worth import worth as worth_of
    from twin.domain.finite import finite
    from twin.live.progress import Progress

    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        held = partial(check_box, box=box, against=against)
        stretch = (
            _of_a_run(state, site, start, ticks, held, progress.step)
            if state
            else _new(site, start, ticks, held, progress.step)
        )
        figures = worth_of(stretch, change_of(stretch, box, against), progress.step, progress.ticks)
    if json_line:
        typer.echo(json.dumps(finite(figures), separators=(",", ":"), allow_nan=False))
    else:
        for line in lines(figures):
            typer.echo(line)


def _of_a_run(
    state: Path, site: str | None, start: str | None, ticks: int | None, check: Callable[[Site], None], progress: Progress
) -> Stretch:
    """The window of a run, with what people asked for in it.

    Raises:
        BadInput: beside the flags of a window, without a journal, when the site is not the one that was on air, and for what
            ``check`` refuses of it.
    """
    from scenarios.replay.journalled import journalled
    from scenarios.replay.on_air_site import site_on_air
    from scenarios.replay.window import stretch_of
    from twin.domain.problems import BadInput, Problems

    problems = Problems()
    if start is not None or ticks is not None:
        problems.add("--state", "beside --start or --ticks", "one window", "leave those out, or leave --state out")
    run = problems.tried(lambda: journalled(state))
    ready = None if run is None else problems.tried(partial(site_on_air, run, site, None, progress))
    if ready is not None:
        problems.tried(partial(check, ready.site))
    if problems or run is None or ready is None:
        raise BadInput(problems)
    return stretch_of(run, ready, None, None)


def _new(site: str | None, start: str | None, ticks: int | None, check: Callable[[Site], None], progress: Progress) -> Stretch:
    """The window of the flags.

    Raises:
        BadInput: for a window that cannot be run, every fault of the site, and what ``check`` refuses of it.
    """
    from scenarios.replay.rerun import Stretch
    from twin.check import ready_site
    from twin.domain.problems import BadInput, Problems
    from twin.live.options import Options, window_of

    problems = Problems()
    for name, value in (("--start", start), ("--ticks", ticks)):
        if value is None:
            problems.add(name, "missing", "a window", "give --start and --ticks, or the --state of a run")
    here = "127.0.0.1"
    options = Options(site or "demo", start, ticks, "max", False, here, 8050, here, 8080, None, False)
    problems.tried(options.check)
    ready = problems.tried(partial(ready_site, options.site, progress=progress))
    if ready is not None:
        problems.tried(partial(check, ready.site))
    if problems or ready is None:
        raise BadInput(problems)
    window = window_of(options, ready.site, datetime.now(UTC))
    return Stretch(ready, window.start, window.ticks or 0)


def lines(figures: dict[str, Any]) -> list[str]:
    """For people: what the box earned, with both sides."""
    from scenarios.replay.table import table

    def row(group: str, name: str) -> list[float]:
        return [figures["kpis"][group][side][name] for side in ("without_box", "with_box", "difference")]

    said = [f"{figures['box']} against {figures['against']}, {figures['ticks']} ticks from {figures['start']}"]
    said += table(("without it", "with it", "earned"), row)
    pinball = figures["pinball_mw"]
    if "ratio" in pinball:
        sides = [pinball["without_box"], pinball["with_box"]]
        said.append(f"{'pinball .1-.9':<28} " + " ".join(f"{value:>14.5f}" for value in [*sides, sides[1] - sides[0]]) + " MW")
    return [*said, "negative: the box saved it"]
