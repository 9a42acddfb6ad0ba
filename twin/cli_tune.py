"""``regie tune`` and ``regie forecast explain``: a better configuration, and why a forecast looks as it does.

Both take the series flags of ``regie backtest``, read off that command so that they cannot drift apart.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from twin.cli_forecasts import backtest

if TYPE_CHECKING:
    from forecasts.backtest.flags import Flags

forecast_app = typer.Typer(help="Say why a forecast looks as it does.", no_args_is_help=True)

# A library reads these once, when it is loaded.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

# Flag of `regie backtest` that states a series -> field of `forecasts.backtest.flags.Flags`.
_SERIES = {
    "files": "files",
    "kind": "kind",
    "time": "time",
    "value": "values",
    "unit": "unit",
    "label": "label",
    "tz": "timezone",
    "status": "status_column",
    "shift": "shift_s",
    "where": "where",
    "weather": "weather_path",
    "weather_map": "weather_map",
    "weather_time": "weather_time_column",
    "weather_label": "weather_label",
    "weather_tz": "weather_timezone",
    "perfect_weather": "perfect_weather",
    "lat": "latitude",
    "lon": "longitude",
    "country": "country",
    "subdiv": "subdivision",
    "capacity_mw": "capacity_mw",
}
_LISTS = ("files", "values", "where")


def register(app: typer.Typer) -> None:
    """Add the commands to ``regie``."""
    app.command("tune")(with_series(tune))
    forecast_app.command("explain")(with_series(explain))
    app.add_typer(forecast_app, name="forecast")


@forecast_app.callback()
def forecast() -> None:
    """Forecasts, explained."""


def tune(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    flags: Flags,
    minutes: Annotated[float, typer.Option(help="Wall time of the search; judging what it found comes after.")] = 10.0,
    site: Annotated[Path | None, typer.Option(help="Site file that gets the proposal as a shadow box.")] = None,
    box: Annotated[str | None, typer.Option(help="The champion in it that the shadow is compared with.")] = None,
    study: Annotated[Path | None, typer.Option(help="Folder of trials. Default: in the cache folder.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="First local day that the search must not see. Default: the last 28 days.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Local day before which the last of them lies.")] = None,
    horizon: Annotated[str | None, typer.Option(help="Reach of a forecast. Default: 48h, pv 24h.")] = None,
    train_days: Annotated[int, typer.Option(help="Days that experts learn from, to begin with.")] = 365,
    refit_days: Annotated[int, typer.Option(help="Days between two trainings.")] = 28,
    experts: Annotated[str, typer.Option(help="all, or names with commas between, to begin with.")] = "all",
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Search for a better configuration and propose it as a shadow box; the same command goes on where it was interrupted."""
    from forecasts.backtest.options import BacktestOptions
    from forecasts.tune.command import Asked
    from forecasts.tune.command import tune as run

    options = BacktestOptions(
        train_days=train_days, refit_days=refit_days, start=start, end=end, horizon=horizon, experts=experts, seed=seed
    )
    raise typer.Exit(run(flags, options, Asked(minutes=minutes, site=site, box=box, study=study, json_line=json_line)))


def explain(
    flags: Flags,
    at: Annotated[
        str | None, typer.Option(help="When it was issued, ISO 8601; the series' clock without an offset. Needed.")
    ] = None,
    lead: Annotated[str, typer.Option(help="How far ahead of that the interval to explain begins: 0h, 15min, 24h.")] = "12h",
    train_days: Annotated[int, typer.Option(help="Days that experts learn from, or what there is.")] = 365,
    experts: Annotated[str, typer.Option(help="all, or names with commas between.")] = "all",
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Forecast as of an instant and take one interval apart: experts and weights, what drove them, similar days."""
    from forecasts.backtest.options import BacktestOptions
    from forecasts.explain.command import explain as run

    options = BacktestOptions(train_days=train_days, experts=experts, seed=seed)
    raise typer.Exit(run(flags, options, at=at, lead=lead, json_line=json_line))


def with_series(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the series flags of ``regie backtest`` before its own."""
    hints, own_hints = (get_type_hints(one, globalns=_names(one), include_extras=True) for one in (backtest, command))
    series = [
        each.replace(annotation=hints[name]) for name, each in inspect.signature(backtest).parameters.items() if name in _SERIES
    ]
    own = [each.replace(annotation=own_hints[name]) for name, each in list(inspect.signature(command).parameters.items())[1:]]

    def run(**given: Any) -> None:
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        from forecasts.backtest.flags import Flags

        stated = {field: given.pop(flag) for flag, field in _SERIES.items()}
        command(Flags(**stated | {field: tuple(stated[field] or ()) for field in _LISTS}), **given)

    run.__doc__ = command.__doc__
    run.__signature__ = inspect.Signature([*series, *own])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*series, *own)}
    return run


def _names(command: Callable[..., None]) -> dict[str, Any]:
    # The type of the first argument is only there for type checkers, so that help costs no import of the forecasts.
    return {**command.__globals__, "Flags": object}
