"""``regie worth``: what a forecast was worth after dispatch, in the three figures."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from twin.adapters.ready import Ready
    from twin.live.worth import Asked

_ROWS = (
    ("economic", "total_chf", "cost", "CHF", 2),
    ("grid", "overload_percent_h", "overload", "% h", 2),
    ("grid", "voltage_violation_pu_h", "voltage outside its band", "pu h", 4),
    ("grid", "energy_not_served_mwh", "energy not served", "MWh", 4),
    ("climate", "co2_t", "emissions", "t CO2", 4),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worth)


def worth(
    box: Annotated[str, typer.Argument(help="The instance that takes a champion's place: a shadow, or a standby.")],
    site: Annotated[
        str | None, typer.Option(help="A packaged site or the path of a site file. Default: the one of --state, else demo.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="First quarter hour, ISO 8601, local time unless it has an offset.")] = None,
    ticks: Annotated[int | None, typer.Option(help="Quarter hours to run.")] = None,
    against: Annotated[str | None, typer.Option(help="The champion that it replaces. Default: whom it shadows.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="State directory of a run: its window and what people answered there; only read.")
    ] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Run a window twice, as it is and with a box in its champion's place: CHF, violations, t CO2, pinball."""
    from twin.check import ready_site
    from twin.domain.finite import finite
    from twin.domain.problems import BadInput
    from twin.live.progress import Progress
    from twin.live.worth import in_place, site_of
    from twin.live.worth import worth as worth_of
    from twin.regie.journal import JournalUnavailable

    progress = Progress(sys.stderr)
    try:
        site = site or ("demo" if state is None else site_of(state))
        ready = ready_site(site, progress=progress.step)
        in_place(ready.site, box, against)
        asked = _asked(ready, site, start, ticks, state)
        figures = worth_of(asked, box, against, progress.step, progress.ticks)
    except BadInput as error:
        for problem in error.problems:
            typer.echo(f"regie: {problem}", err=True)
        raise typer.Exit(error.exit_code) from None
    except JournalUnavailable as error:
        typer.echo(f"regie: {error}", err=True)
        raise typer.Exit(1) from None
    finally:
        progress.close()
    if json_line:
        typer.echo(json.dumps(finite(figures), separators=(",", ":"), allow_nan=False))
    else:
        for line in lines(figures):
            typer.echo(line)


def _asked(ready: Ready, site: str, start: str | None, ticks: int | None, state: Path | None) -> Asked:
    """The window to replay: a run's own, or the one of the flags.

    Raises:
        BadInput: for both, neither, or a window that cannot be run.
    """
    from twin.domain.problems import Problems
    from twin.live.options import Options, window_of
    from twin.live.worth import Asked, journalled

    problems = Problems()
    if state is not None:
        if start is not None or ticks is not None:
            problems.add("--state", "beside --start or --ticks", "one window", "leave those out, or leave --state out")
            problems.raise_if_any()
        return journalled(state, ready)
    for name, value in (("--start", start), ("--ticks", ticks)):
        if value is None:
            problems.add(name, "missing", "a window", "give --start and --ticks, or the --state of a run")
    problems.raise_if_any()
    here = "127.0.0.1"
    options = Options(site, start, ticks, "max", False, here, 8050, here, 8080, None, False)
    options.check()
    return Asked(ready, window_of(options, ready.site, datetime.now(UTC)))


def lines(figures: dict[str, Any]) -> list[str]:
    """For people: what differs, with both sides."""
    said = [
        f"{figures['box']} in the place of {figures['against']}, {figures['ticks']} ticks from {figures['start']}",
        f"{'':<28} {'as it is':>14} {'with it':>14} {'difference':>14}",
    ]
    for triple, name, label, unit, digits in _ROWS:
        sides = [figures["kpis"][triple][side][name] for side in ("as_it_is", "with_box", "difference")]
        said.append(f"{label:<28} " + " ".join(f"{value:>14.{digits}f}" for value in sides) + f" {unit}")
    pinball = figures["pinball_mw"]
    if "ratio" in pinball:
        sides = [pinball["as_it_is"], pinball["with_box"]]
        said.append(f"{'pinball .1-.9':<28} " + " ".join(f"{value:>14.5f}" for value in [*sides, sides[1] - sides[0]]) + " MW")
    return said
