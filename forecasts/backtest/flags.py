"""From the command line's flags to jobs, every fault of them found at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from forecasts.backtest.job import Job
from forecasts.backtest.options import BacktestOptions
from forecasts.data.spec import SeriesSpec
from forecasts.data.table import paths_of
from twin.domain.problems import Problems

_NEEDED = {
    "kind": ("--kind", "load, pv, wind or hydro", "say what the series is"),
    "time": ("--time", "a column", "name the column with the time stamps"),
    "unit": ("--unit", "W, kW, MW, Wh, kWh or MWh", "state the unit; energies are per interval"),
    "label": ("--label", "start or end", "say which end of its interval a stamp marks"),
    "timezone": ("--tz", "an IANA name", "state the clock of the stamps, such as Europe/Zurich or UTC"),
}


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What was typed about the files; None where a flag was left out.

    Attributes:
        files: a series each; commas within one join several files of a series. ``values``: value columns, a series each.
        weather_map, where: as typed, "name=column,..." and "column=value".
    """

    files: tuple[str, ...]
    kind: str | None = None
    time: str | None = None
    values: tuple[str, ...] = ()
    unit: str | None = None
    label: str | None = None
    timezone: str | None = None
    status_column: str | None = None
    shift_s: int = 0
    where: tuple[str, ...] = ()
    weather_path: str | None = None
    weather_map: str | None = None
    weather_time_column: str | None = None
    weather_label: str | None = None
    weather_timezone: str | None = None
    perfect_weather: bool = False
    latitude: float | None = None
    longitude: float | None = None
    country: str = ""
    subdivision: str = ""
    capacity_mw: float | None = None


def jobs_of(flags: Flags, options: BacktestOptions, base: Path, problems: Problems) -> list[Job]:
    """A job for every file and value column; what is wrong with the flags is noted, once each."""
    for name, (flag, limit, remedy) in _NEEDED.items():
        if getattr(flags, name) is None:
            problems.add(flag, "not given", limit, remedy)
    if not flags.values:
        problems.add("--value", "not given", "a column", "name the column with the values")
    if not flags.files:
        problems.add("FILE", "not given", "a CSV or Parquet file", "name a file")
    weather_map = _pairs("--weather-map", flags.weather_map.split(",") if flags.weather_map else [], "temp_c=T", problems)
    where = _pairs("--where", flags.where, "ZONEID=1", problems)
    for path in flags.files:
        paths_of(path, problems)
    options.check(problems)
    jobs = [
        Job(_spec(flags, path, column, weather_map, where), options, base) for path in flags.files for column in flags.values
    ]
    # What is stated is the same for every series; a flag that is left out has its own problem above.
    stated = _spec(flags, "", "", weather_map, where)
    found = Problems()
    stated.check(found)
    missing = {flag for name, (flag, _, _) in _NEEDED.items() if getattr(flags, name) is None}
    missing |= {"site timezone"} if flags.timezone is None else set()
    problems.found.extend(problem for problem in found if problem.place not in missing)
    return jobs


def _spec(flags: Flags, path: str, column: str, weather_map: dict[str, str], where: dict[str, str]) -> SeriesSpec:
    same = {field.name for field in fields(SeriesSpec)} & {field.name for field in fields(Flags)}
    given = {name: getattr(flags, name) for name in same - {"where", "weather_map"}}
    given |= {name: given[name] or "" for name in ("kind", "unit", "label", "timezone")}
    name = f"{Path(path.partition(',')[0]).stem} {column}" if len(flags.values) > 1 else ""
    return SeriesSpec(
        **given,
        path=path,
        time_column=flags.time or "",
        value_column=column,
        weather_map=weather_map,
        where=where,
        name=name,
    )


def _pairs(flag: str, texts: Sequence[str], example: str, problems: Problems) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value):
            problems.add(flag, repr(text), "name=value", f"write it like {example}")
        elif name in found:
            problems.add(flag, f"{name} twice", "each name once", "leave one of them out")
        else:
            found[name] = value
    return found
