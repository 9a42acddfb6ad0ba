"""``regie maintenance``: the commands of the asset manager, one file each."""

from __future__ import annotations

import typer

maintenance_app = typer.Typer(
    help="Health of a fleet: evaluate a history, rank what to visit, hand out work orders.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(maintenance_app, name="maintenance")
