"""``regie forecast split`` from flags to exit code: 0 done, 1 stopped, 2 refused."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from forecasts.backtest.flags import Flags, jobs_of
from forecasts.backtest.job import Job
from forecasts.backtest.options import BacktestOptions
from forecasts.data.quality import DataQuality
from forecasts.data.reading import read_series
from forecasts.net.load import NetSplit, split_net_load
from forecasts.report.words import figure, unit_for
from forecasts.series import Series
from twin.domain.problems import BadInput, Problems
from twin.domain.quality import words
from twin.domain.time import from_epoch_s
from twin.site.files import cache_folder

DONE, STOPPED = 0, 1
_WEATHER = {
    "none": "without weather",
    "forecast": "with forecast weather, where measured irradiance would tell more",
    "measured": "with measured weather",
}


def split(flags: Flags, *, out: Path | None, json_line: bool) -> int:
    """Read, split, write, tell. Words on the way go to standard error. Returns the exit code."""
    try:
        loaded = read_series(_asked(flags, out).spec)
        series = _measured(loaded.series)
        found = split_net_load(
            series.values,
            start_s=series.start_s,
            step_s=series.step_s,
            place=series.place,
            ghi_w_m2=series.weather.get("ghi_w_m2"),
            temp_c=series.weather.get("temp_c"),
        )
        for line in loaded.quality.lines():
            _say(line)
        if out is not None:
            _write(series, found, out)
    except BadInput as error:
        for problem in error.problems:
            _say(str(problem))
        return error.exit_code
    except OSError as error:
        _say(f"{out} was not written: {error}")
        return STOPPED
    except KeyboardInterrupt:
        _say("stopped")
        return STOPPED
    if json_line:
        told = _as_json(series, found, loaded.quality)
        sys.stdout.write(json.dumps(told, separators=(",", ":"), allow_nan=False) + "\n")
    else:
        sys.stdout.write(_as_text(series, found))
    return DONE


def _asked(flags: Flags, out: Path | None) -> Job:
    """The one series that is to be split.

    Raises:
        BadInput: with every fault of the flags.
    """
    problems = Problems()
    jobs = jobs_of(replace(flags, kind=flags.kind or "load"), BacktestOptions(), cache_folder(), problems)
    if flags.kind not in (None, "load"):
        problems.add("--kind", flags.kind, "load", "leave it out: what a meter takes in is a load, be it negative at noon")
    if len(jobs) > 1:
        problems.add("FILE/--value", f"{len(jobs)} series", "one series", "split one after the other")
    if out is not None and not out.parent.is_dir():
        problems.add("--out", str(out), "a file in a folder that exists", "make the folder, or name another")
    problems.raise_if_any()
    return jobs[0]


def _measured(series: Series) -> Series:
    """Without the rows after the last measurement, for which only weather is known."""
    rows = int(np.flatnonzero(np.isfinite(series.values))[-1]) + 1
    weather = {name: column[:rows] for name, column in series.weather.items()}
    return replace(series, values=series.values[:rows], quality=series.quality[:rows], weather=weather)


def _write(series: Series, found: NetSplit, path: Path) -> None:
    """All rows, UTC starts of intervals; missing is empty. The file is there whole or not at all."""
    stamps = (series.start_s + np.arange(len(series.values)) * series.step_s).astype("datetime64[s]").astype(str)
    # What was doubtful as it was read stays so.
    flags = found.quality | series.quality
    said = {int(flag): " ".join(words(int(flag))) for flag in np.unique(flags)}
    rows = (
        f"{stamp}Z,{_cell(load)},{_cell(pv)},{said[int(flag)]}\n"
        for stamp, load, pv, flag in zip(stamps, found.load_mw, found.pv_mw, flags, strict=True)
    )
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text("time,load_mw,pv_mw,quality\n" + "".join(rows), encoding="utf-8")
    partial.replace(path)


def _cell(value: float) -> str:
    return f"{value:.9g}" if math.isfinite(value) else ""


def _as_text(series: Series, found: NetSplit) -> str:
    """All of it, in a unit that suits the series."""
    unit = unit_for(series.values)
    begin, end = (f"{instant:%Y-%m-%d %H:%M}" for instant in _span(series))
    lines = [f"{series.name}, {begin} to {end} UTC, {_WEATHER[series.weather_source]}"]
    if found.told:
        capacity, std = (figure(value * unit.per_mw) for value in (found.capacity_mw, found.capacity_std_mw))
        lines.append(f"behind the meter: {capacity} {unit.name}, standard error {std} {unit.name}, in full sun on the panels")
        if found.tilt_deg is not None and found.azimuth_deg is not None:
            lines.append(f"they fit best at {found.tilt_deg:.0f}° tilt and {found.azimuth_deg:.0f}° azimuth (180 is south)")
        lines.append(f"told from: {found.reason}")
    else:
        lines.append("load and generation cannot be told apart; what was fed in counts as generation, and no more")
        lines.append(f"why not: {found.reason}")
    energy = {name: f"{figure(value * unit.per_mw)} {unit.name}h" for name, value in _energies(series, found).items()}
    lines.append(f"consumed {energy['load']}, made {energy['pv']}, net {energy['net']}")
    return "\n".join(lines) + "\n"


def _as_json(series: Series, found: NetSplit, quality: DataQuality) -> dict[str, Any]:
    begin, end = (instant.isoformat() for instant in _span(series))
    return {
        "series": series.name,
        "kind": series.kind,
        "unit": "MW",
        "step_s": series.step_s,
        "weather": series.weather_source,
        "from": begin,
        "to": end,
        "told": found.told,
        "reason": found.reason,
        "capacity_mw": found.capacity_mw,
        "capacity_std_mw": found.capacity_std_mw if math.isfinite(found.capacity_std_mw) else None,
        "tilt_deg": found.tilt_deg,
        "azimuth_deg": found.azimuth_deg,
        "energy_mwh": _energies(series, found),
        "quality": quality.to_json(),
    }


def _span(series: Series) -> tuple[Any, Any]:
    """Begin of the first interval and end of the last, UTC."""
    return from_epoch_s(series.start_s), from_epoch_s(series.start_s + len(series.values) * series.step_s)


def _energies(series: Series, found: NetSplit) -> dict[str, float]:
    """Energy [MWh] over the intervals that are known."""
    hours = series.step_s / 3600.0
    parts = {"load": found.load_mw, "pv": found.pv_mw, "net": series.values}
    return {name: float(np.nansum(values)) * hours for name, values in parts.items()}


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
