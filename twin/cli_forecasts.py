"""The forecasts' part of the ``regie`` command: how well series are forecast, and by whom.

Imports stay inside the commands, so that help is there at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

# A library reads these once, when it is loaded: a series has one core, several series have one each.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def register(app: typer.Typer) -> None:
    """Add the commands to ``regie``."""
    app.command("backtest")(backtest)


def backtest(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    files: Annotated[list[str], typer.Argument(help="CSV or Parquet files, a series each; commas join several files of one.")],
    kind: Annotated[str | None, typer.Option(help="load, pv, wind or hydro. Needed.")] = None,
    time: Annotated[str | None, typer.Option(help="Column with the time stamps. Needed.")] = None,
    value: Annotated[list[str] | None, typer.Option(help="Column with the values; again for more series. Needed.")] = None,
    unit: Annotated[str | None, typer.Option(help="W, kW, MW, Wh, kWh or MWh (energy per interval). Needed.")] = None,
    label: Annotated[str | None, typer.Option(help="start or end: what of its interval a stamp marks. Needed.")] = None,
    tz: Annotated[str | None, typer.Option(help="Clock of the stamps, such as Europe/Zurich or UTC. Needed.")] = None,
    status: Annotated[str | None, typer.Option(help="Column that says which of two rows is final (E over F).")] = None,
    shift: Annotated[int, typer.Option(help="Seconds added to every stamp.")] = 0,
    where: Annotated[list[str] | None, typer.Option(help='Only rows with column=value, such as "ZONEID=1".')] = None,
    weather: Annotated[str | None, typer.Option(help="File with the weather. Default: columns of FILE itself.")] = None,
    weather_map: Annotated[str | None, typer.Option(help="What its columns are: temp_c=T,ghi_w_m2=GHI,...")] = None,
    weather_time: Annotated[str | None, typer.Option(help="Its time column, where it is another.")] = None,
    weather_label: Annotated[str | None, typer.Option(help="start or end, where it differs.")] = None,
    weather_tz: Annotated[str | None, typer.Option(help="Its clock, where it differs.")] = None,
    perfect_weather: Annotated[
        bool, typer.Option("--perfect-weather", help="The weather was measured, not forecast: every figure will say so.")
    ] = False,
    lat: Annotated[float | None, typer.Option(help="Latitude in degrees, north positive.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude in degrees, east positive.")] = None,
    country: Annotated[str, typer.Option(help="Country of the public holidays, such as CH.")] = "",
    subdiv: Annotated[str, typer.Option(help="Its canton or state, such as ZH.")] = "",
    capacity_mw: Annotated[float | None, typer.Option(help="Rated power of a plant, where it is known.")] = None,
    train_days: Annotated[int, typer.Option(help="Days that experts learn from, or what there is.")] = 365,
    refit_days: Annotated[int, typer.Option(help="Days between two trainings.")] = 7,
    start: Annotated[str | None, typer.Option("--from", help="First local day that is scored. Default: the last 25 %.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Local day before which the last origin lies.")] = None,
    issue_every: Annotated[str, typer.Option(help="24h at local midnight, or 1h, 15min, ...")] = "24h",
    horizon: Annotated[str | None, typer.Option(help="Reach of a forecast. Default: 48h, pv 24h.")] = None,
    experts: Annotated[str, typer.Option(help="all, or names with commas between.")] = "all",
    peers: Annotated[bool, typer.Option("--peers", help="Also tuned Prophet, MSTL and OpenSTEF on the same origins.")] = False,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    workers: Annotated[int | None, typer.Option(help="Series at a time. Default: one per core.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder of half-done runs. Default: in the cache folder.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write pictures into this HTML file.")] = None,
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Replay series with rolling origins and score every expert; the same command goes on where it was interrupted."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    from forecasts.backtest.command import Output, backtest
    from forecasts.backtest.flags import Flags
    from forecasts.backtest.options import BacktestOptions

    flags = Flags(
        files=tuple(files),
        kind=kind,
        time=time,
        values=tuple(value or ()),
        unit=unit,
        label=label,
        timezone=tz,
        status_column=status,
        shift_s=shift,
        where=tuple(where or ()),
        weather_path=weather,
        weather_map=weather_map,
        weather_time_column=weather_time,
        weather_label=weather_label,
        weather_timezone=weather_tz,
        perfect_weather=perfect_weather,
        latitude=lat,
        longitude=lon,
        country=country,
        subdivision=subdiv,
        capacity_mw=capacity_mw,
    )
    options = BacktestOptions(
        train_days=train_days,
        refit_days=refit_days,
        start=start,
        end=end,
        issue_every=issue_every,
        horizon=horizon,
        experts=experts,
        peers=peers,
        seed=seed,
    )
    raise typer.Exit(backtest(flags, options, Output(json_line, report, workers, state)))
