"""``regie maintenance evaluate``: how well the watch finds faults in a history of the user's own.

Imports stay inside the command, so that help is there at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register_evaluate(group: typer.Typer) -> None:
    """Add the command to ``regie maintenance``."""
    group.command("evaluate")(evaluate)


def evaluate(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    files: Annotated[list[str], typer.Argument(help="CSV or Parquet files; commas join several files of one export.")],
    time: Annotated[str | None, typer.Option(help="Column with the time stamps. Needed.")] = None,
    asset: Annotated[str | None, typer.Option(help="Column with the asset. Default: each file is one asset.")] = None,
    load: Annotated[str | None, typer.Option(help="Column with the load. Needed.")] = None,
    load_unit: Annotated[str | None, typer.Option(help="percent, pu, A, kA, kVA, MVA, kW or MW. Needed.")] = None,
    reactive: Annotated[str | None, typer.Option(help="Column with the reactive load, kvar beside kW.")] = None,
    rating: Annotated[float | None, typer.Option(help="Rated current in A (load in A, kA) or power in MVA.")] = None,
    rating_column: Annotated[str | None, typer.Option(help="Column with the rating, where assets differ.")] = None,
    ambient: Annotated[str | None, typer.Option(help="Column with the ambient. Without: reduced confidence.")] = None,
    top_oil: Annotated[str | None, typer.Option(help="Column with the measured top-oil temperature. Needed.")] = None,
    tz: Annotated[str | None, typer.Option(help="Clock of the stamps, such as Europe/Zurich or UTC. Needed.")] = None,
    label: Annotated[str | None, typer.Option(help="start or end: what of its interval a stamp marks. Needed.")] = None,
    where: Annotated[list[str] | None, typer.Option(help='Only rows with column=value, such as "site=west".')] = None,
    size: Annotated[str | None, typer.Option(help="distribution or power. Default: distribution, said to be typical.")] = None,
    cooling: Annotated[str | None, typer.Option(help="ONAN, ONAF, OFAF or ODAF. Default: ONAN, said to be typical.")] = None,
    labels: Annotated[str | None, typer.Option(help="File of known faults: asset, start, end, kind.")] = None,
    budget: Annotated[float, typer.Option(help="False alarms per asset-month that thresholds are derived from.")] = 0.1,
    reference_days: Annotated[
        int | None, typer.Option(help="Days learnt from, then frozen. Default: 28; without ambient up to a year.")
    ] = None,
    inject: Annotated[int, typer.Option(help="Faults of each kind put into every asset's own history, by seed.")] = 0,
    seed: Annotated[int, typer.Option(help="Of what is injected.")] = 0,
    report: Annotated[Path | None, typer.Option(help="Write pictures into this HTML file.")] = None,
    lang: Annotated[str, typer.Option(help="fr, de, it or en.")] = "en",
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Watch a history as on air: alarms with proposed causes, and what known or injected faults show of their worth.

    Exit code 0: evaluated. 1: refused input. 3: no asset could be assessed.
    """
    from twin.maintenance.evaluate.command import run
    from twin.maintenance.evaluate.flags import EvaluateFlags

    chosen = dict(part.partition("=")[::2] for part in where or ())
    flags = EvaluateFlags(
        files=tuple(files),
        time_column=time,
        asset_column=asset,
        load_column=load,
        load_unit=load_unit,
        reactive_column=reactive,
        rating=rating,
        rating_column=rating_column,
        ambient_column=ambient,
        top_oil_column=top_oil,
        timezone=tz,
        label=label,
        where=chosen,
        size=size,
        cooling=cooling,
        labels=labels,
        budget=budget,
        reference_days=reference_days,
        inject=inject,
        seed=seed,
        report=report,
        language=lang,
    )
    raise typer.Exit(run(flags, json_line=json_line))
