"""``regie forecast split``: consumption and generation where only their difference is measured.

It joins the commands of `twin.cli_tune` and takes the series flags of ``regie backtest``, as they do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli_tune import forecast_app, with_series

if TYPE_CHECKING:
    from forecasts.backtest.flags import Flags


def register() -> None:
    """Add the command to ``regie forecast``."""
    forecast_app.command("split")(with_series(split))


def split(
    flags: Flags,
    out: Annotated[Path | None, typer.Option(help="CSV file to write: time, load_mw, pv_mw, quality.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Split a net load (import positive) into what was consumed and what panels behind the meter made; kind is load."""
    from forecasts.net.command import split as run

    raise typer.Exit(run(flags, out=out, json_line=json_line))
