"""``regie maintenance``: the commands of the asset manager, one file each."""

from __future__ import annotations

import typer

from twin.cli_maintenance_evaluate import register_evaluate
from twin.cli_maintenance_features import register_features
from twin.cli_maintenance_orders import register as register_orders
from twin.cli_maintenance_rank import register as register_rank

maintenance_app = typer.Typer(
    help="Health of a fleet: evaluate a history, rank what to visit, hand out work orders.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    register_evaluate(maintenance_app)
    register_features(maintenance_app)
    register_rank(maintenance_app)
    register_orders(maintenance_app)
    app.add_typer(maintenance_app, name="maintenance")
