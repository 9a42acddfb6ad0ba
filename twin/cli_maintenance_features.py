"""``regie maintenance features``: what a raw vibration record says.

Imports stay inside the command, so that help is there at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register_features(group: typer.Typer) -> None:
    """Add the command to ``regie maintenance``."""
    group.command("features")(features)


def features(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with a column of acceleration, or WAV.")],
    unit: Annotated[str | None, typer.Option(help="m/s2, g or mm/s2. Needed.")] = None,
    column: Annotated[str | None, typer.Option(help="Column with the acceleration; of a WAV, its channel from 0.")] = None,
    sample_hz: Annotated[float | None, typer.Option(help="Sampling frequency. Default: the file's own.")] = None,
    full_scale: Annotated[float | None, typer.Option(help="Largest sample of an integer WAV, in the unit.")] = None,
    speed_rpm: Annotated[float | None, typer.Option(help="Speed of the shaft, for its orders and the bearing's lines.")] = None,
    bearing: Annotated[str | None, typer.Option(help="Elements, their and the pitch diameter in mm, contact angle.")] = None,
    blades: Annotated[int | None, typer.Option(help="Blades of the runner or impeller.")] = None,
    machine_class: Annotated[str | None, typer.Option("--class", help="Class of machine, for its zone A to D.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Velocity r.m.s. and zone, shock, orders of the shaft, lines of the bearing.

    Exit code 0: told. 1: refused input.
    """
    from twin.maintenance.vibration.command import run

    code = run(
        file,
        unit=unit,
        column=column,
        sample_hz=sample_hz,
        full_scale=full_scale,
        speed_rpm=speed_rpm,
        bearing=bearing,
        blades=blades,
        machine_class=machine_class,
        json_line=json_line,
    )
    raise typer.Exit(code)
