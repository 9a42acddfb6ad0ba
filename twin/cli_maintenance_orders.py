"""``regie maintenance orders``: work orders handed out, and what came back.

Imports stay inside the commands, so that help is there at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

orders_app = typer.Typer(help="Hand out work orders, show them, take back what crews report.", no_args_is_help=True)

StateOption = Annotated[Path, typer.Option(help="State directory of a run; orders lie in its work_orders/.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line instead of words.")]
OrderArgument = Annotated[str, typer.Argument(help="Id of an order, as `orders list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(orders_app, name="orders")


@orders_app.command()
def issue(
    state: StateOption,
    by: Annotated[str, typer.Option(help="Who issues them.")],
    assets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ASSET]...", help="Assets or interventions of the ranking. Default: the chosen."),
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Without assets: only the best so many of the chosen.")] = None,
    site: Annotated[str | None, typer.Option(help="Site or path of its file. Default: the one of the run.")] = None,
    json_line: JsonOption = False,
) -> None:
    """Issue orders for interventions of the last `regie maintenance rank --state DIR`, with switching checked by the engine.

    Work that has an open order keeps it. Exit code 0: issued. 1: the store failed. 2: refused input.
    """
    from twin.maintenance.work_orders import command

    raise typer.Exit(command.issue(state, assets or [], top=top, by=by, site=site, json_line=json_line))


@orders_app.command("list")
def list_orders(state: StateOption, json_line: JsonOption = False) -> None:
    """List every order and where it stands."""
    from twin.maintenance.work_orders import command

    raise typer.Exit(command.listed(state, json_line=json_line))


@orders_app.command()
def show(
    order: OrderArgument,
    state: StateOption,
    html: Annotated[Path | None, typer.Option(help="Write it as one HTML file that a phone shows without a network.")] = None,
    lang: Annotated[str, typer.Option(help="Language: de, fr, it or en.")] = "en",
    json_line: JsonOption = False,
) -> None:
    """Show an order with its steps and everything that was reported."""
    from twin.maintenance.work_orders import command

    raise typer.Exit(command.show(state, order, html=html, language=lang, json_line=json_line))


@orders_app.command()
def report(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    order: OrderArgument,
    state: StateOption,
    by: Annotated[str, typer.Option(help="Who reports.")],
    accepted: Annotated[bool, typer.Option("--accepted", help="The crew takes it.")] = False,
    started: Annotated[bool, typer.Option("--started", help="The work has begun.")] = False,
    done: Annotated[bool, typer.Option("--done", help="The work is done.")] = False,
    not_done: Annotated[bool, typer.Option("--not-done", help="It was not done; --note says why.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="The report was read; the order is closed.")] = False,
    note: Annotated[str, typer.Option(help="Anything; the motive where the work was not done.")] = "",
    found: Annotated[str, typer.Option(help="The finding, in a line.")] = "",
    score: Annotated[int | None, typer.Option(min=1, max=5, help="Condition found: 1 as new to 5 close to failure.")] = None,
    photo: Annotated[list[Path] | None, typer.Option(help="A JPEG, PNG or WebP file; may be repeated.")] = None,
    json_line: JsonOption = False,
) -> None:
    """Report how far an order is, with finding and photos; the same report twice has no further effect."""
    from twin.maintenance.work_orders import command

    flags = {"accepted": accepted, "started": started, "done": done, "not_done": not_done, "closed": closed}
    given = [name for name, is_set in flags.items() if is_set]
    if len(given) != 1:
        raise typer.BadParameter("give exactly one of --accepted, --started, --done, --not-done, --closed")
    told = command.Report(given[0], by, note, found, score, tuple(photo or ()))
    raise typer.Exit(command.report(state, order, told, json_line=json_line))


@orders_app.command()
def results(state: StateOption, json_line: JsonOption = False) -> None:
    """List what crews found: the register's next inspections."""
    from twin.maintenance.work_orders import command

    raise typer.Exit(command.results(state, json_line=json_line))
