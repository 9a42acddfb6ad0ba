"""A measured series from its files: read, placed in UTC, cleaned, its weather beside it, and a report of all that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from forecasts.data.cleaning import Cleaned, clean, is_reversed
from forecasts.data.findings import degrading_notes, longest_gap
from forecasts.data.grid import STEPS_S, longer_steps, onto_whole_steps
from forecasts.data.number_text import without_placeholders
from forecasts.data.quality import DataQuality, FaultLog
from forecasts.data.regular import Regular, regular_rows
from forecasts.data.spec import SeriesSpec
from forecasts.data.spikes import usual_top
from forecasts.data.table import Table, paths_of, read_table
from forecasts.data.weather import MOST_AHEAD_S, WeatherColumns, choose_rows, onto_grid, read_weather, weather_of_table
from forecasts.past import Place
from forecasts.series import Kind, Series, WeatherSource
from twin.domain.problems import Problems
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

_STATUS = ("status", "Status", "STATUS")
_WHOLE_FILE_ABOVE = 1.5  # times the capacity: where the better days all lie there, it is the unit that is wrong


@dataclass(frozen=True)
class Loaded:
    """A series and how good it is."""

    series: Series
    quality: DataQuality


def read_series(spec: SeriesSpec) -> Loaded:
    """Read one series as ``spec`` states it.

    Values that cannot be true become NaN with the flag INVALID; none is made up. Where the weather reaches beyond the last
    measurement, the series goes on with it, values missing, for up to ten days.

    Raises:
        BadInput: with every fault that forbids to read on: files, columns, units, times that follow no grid, no value or one
            and the same value throughout (no skill can be measured on it), a plant counted as a consumer.
    """
    problems = Problems()
    spec.check(problems)
    paths = paths_of(spec.path, problems)
    weather = read_weather(spec, problems) if spec.weather_path else None
    table = read_table(paths, _wanted(spec), problems, optional=_STATUS) if paths else None
    if table is not None:
        table = choose_rows(table, spec.where, problems)
    if table is None or problems:
        problems.raise_if_any()
    table = _dated(spec, cast(Table, table))
    log = FaultLog(table)
    regular, native = _measured(spec, table, log, problems)
    if spec.weather_map and not spec.weather_path:
        weather = weather_of_table(table, regular, spec.weather_map, problems)
    problems.raise_if_any()
    return _finished(spec, table, regular, native, weather, log, problems)


def _wanted(spec: SeriesSpec) -> list[str]:
    own_weather = [] if spec.weather_path else list(spec.weather_map.values())
    status = [spec.status_column] if spec.status_column else []
    time = [spec.time_column] if spec.starts_at is None else []
    return [*time, spec.value_column, *spec.where, *status, *own_weather]


def _dated(spec: SeriesSpec, table: Table) -> Table:
    """The table with stamps of its rows' starts, where the spec states when the first one begins."""
    if spec.starts_at is None or spec.every_s is None:
        return table
    stamps = to_epoch_s(spec.starts_at) + spec.every_s * np.arange(len(table), dtype=np.int64)
    return replace(table, columns={**table.columns, spec.time_column: stamps})


@dataclass(frozen=True)
class _Native:
    """A series on its file's own grid: mean power [MW] after cleaning and `Quality` flags, dims (time,)."""

    values: np.ndarray
    flags: np.ndarray


def _measured(spec: SeriesSpec, table: Table, log: FaultLog, problems: Problems) -> tuple[Regular, _Native]:
    """The rows on their grid, cleaned.

    Raises:
        BadInput: see `read_series`.
    """
    raw, strange = table.numbers(spec.value_column)
    raw, placeholders = without_placeholders(raw)
    place = f"{', '.join(table.files)}: column {spec.value_column!r}"
    if not np.isfinite(raw).any():
        sample = ", ".join(repr(str(cell)) for cell in table.columns[spec.value_column][strange][:3])
        value = f"no number, such as {sample}" if sample else "no value in any row"
        problems.add(place, value, "numbers", "name the column of the measured quantity")
        problems.raise_if_any()
    named = [spec.status_column] if spec.status_column else [name for name in _STATUS if name in table.columns]
    regular = regular_rows(
        table,
        raw,
        time_column=spec.time_column,
        timezone=spec.timezone,
        label=spec.label if spec.starts_at is None else "start",
        steps=STEPS_S,
        log=log,
        problems=problems,
        shift_s=spec.shift_s,
        status=table.columns[named[0]] if named else None,
    )
    if regular is None:
        problems.raise_if_any()
    regular = cast(Regular, regular)
    log.note("placeholder", np.intersect1d(placeholders, regular.rows))
    log.note("not_a_number", np.intersect1d(np.flatnonzero(strange), regular.rows))
    grid = regular.grid
    values = regular.pick(raw) * spec.to_mw(grid.step_s)
    empty, absent = np.flatnonzero((grid.row >= 0) & np.isnan(values)), np.flatnonzero(grid.row < 0)
    log.note("empty_value", regular.table_rows(empty), grid.start_s + empty * grid.step_s)
    log.note("missing", regular.table_rows(absent), grid.start_s + absent * grid.step_s)
    _refuse_hopeless(spec, values, grid.step_s, place, problems)
    cleaned = clean(values, kind=spec.kind, step_s=grid.step_s, capacity_mw=spec.capacity_mw)
    for kind, at in [*cleaned.taken.items(), ("negative_generation", cleaned.set_to_zero)]:
        log.note(kind, regular.table_rows(at), grid.start_s + at * grid.step_s)
    if not np.isfinite(cleaned.values).any():
        kinds = ", ".join(f"{len(at)} {kind}" for kind, at in cleaned.taken.items())
        problems.add(place, f"nothing is left after cleaning ({kinds})", "values that can be true", "check unit and capacity")
        problems.raise_if_any()
    return regular, _Native(cleaned.values, _flags(cleaned, regular))


def _refuse_hopeless(spec: SeriesSpec, values: np.ndarray, step_s: int, place: str, problems: Problems) -> None:
    """Raises BadInput for what no cleaning helps: one value throughout, a reversed sign, a unit that the capacity excludes."""
    known = values[np.isfinite(values)]
    if not len(known):
        problems.add(place, "no value stands at a readable time", "numbers", "check the rows named by the time column")
    elif known.min() == known.max():
        value = f"constant: {known[0]:g} MW in all {len(known)} rows"
        problems.add(place, value, "a series that varies", "name another column; on a constant every forecast is right")
    elif spec.kind in {"pv", "wind"} and is_reversed(values, step_s):
        value = f"generation is negative, down to {known.min():g} MW"
        problems.add(place, value, "generation counted positive", "turn the sign")
    elif spec.capacity_mw is not None and usual_top(values, step_s) > _WHOLE_FILE_ABOVE * spec.capacity_mw:
        top = usual_top(values, step_s)
        value = f"{top:g} MW on its better days, {top / spec.capacity_mw:.3g} times the capacity of {spec.capacity_mw:g} MW"
        limit = f"at most {_WHOLE_FILE_ABOVE:g} times the capacity"
        problems.add(place, value, limit, f"check --unit {spec.unit} and the capacity")
    problems.raise_if_any()


def _flags(cleaned: Cleaned, regular: Regular) -> np.ndarray:
    flags = np.zeros(len(cleaned.values), dtype=np.uint8)
    flags[regular.grid.doubtful | regular.guessed | regular.preliminary] |= np.uint8(Quality.QUESTIONABLE)
    flags[cleaned.set_to_zero] |= np.uint8(Quality.SUBSTITUTED)
    flags[np.isnan(cleaned.values)] = np.uint8(Quality.INVALID)
    return flags


def _finished(
    spec: SeriesSpec,
    table: Table,
    regular: Regular,
    native: _Native,
    weather: WeatherColumns | None,
    log: FaultLog,
    problems: Problems,
) -> Loaded:
    values, flags, start_s, step_s = _whole_steps(native, regular, log)
    measured = np.flatnonzero(np.isfinite(values))
    if not len(measured):
        value = "too few values in every interval"
        problems.add(", ".join(table.files), value, "half of each at least", "check the file for gaps")
        problems.raise_if_any()
    first, last = int(measured[0]), int(measured[-1])
    values, flags = values[first : last + 1], flags[first : last + 1]
    start_s += first * step_s
    rows = len(values)
    ahead = 0
    if weather is not None:
        ahead_s = min(weather.end_s - (start_s + rows * step_s), MOST_AHEAD_S)
        ahead = max(0, ahead_s // step_s)
    kept, said = ({}, ()) if weather is None else onto_grid(weather, start_s=start_s, step_s=step_s, rows=rows + ahead)
    source: WeatherSource = "none" if not kept else "measured" if spec.perfect_weather else "forecast"
    series = Series(
        name=spec.name or Path(table.files[0]).stem,
        kind=cast(Kind, spec.kind),
        start_s=start_s,
        step_s=step_s,
        values=np.concatenate([values, np.full(ahead, np.nan)]),
        quality=np.concatenate([flags, np.full(ahead, np.uint8(Quality.INVALID))]),
        place=Place(spec.timezone, spec.country, spec.subdivision, spec.latitude, spec.longitude),
        weather=kept,
        weather_source=source,
        capacity_mw=spec.capacity_mw,
    )
    quality = DataQuality(
        files=table.files,
        rows=len(table),
        start_s=start_s,
        end_s=start_s + rows * step_s,
        step_s=step_s,
        file_step_s=regular.grid.step_s,
        share_missing=float(np.mean(np.isnan(values))),
        longest_gap_h=longest_gap(values) * step_s / 3600.0,
        faults=log.faults,
        weather=said,
        weather_faults=weather.log.faults if weather is not None else {},
        notes=degrading_notes(values, step_s, log.faults, said, weather_asked=bool(spec.weather_path or spec.weather_map)),
    )
    return Loaded(series, quality)


def _whole_steps(native: _Native, regular: Regular, log: FaultLog) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Values and flags on whole steps of at least a quarter hour, with the start and the step of the grid."""
    values, flags, grid = native.values, native.flags, regular.grid
    start_s, step_s = grid.start_s, grid.step_s
    if grid.phase_s:
        values = onto_whole_steps(values, grid.phase_s, step_s)[1:-1]
        flags = np.where(np.isnan(values), np.uint8(Quality.INVALID), flags[1:] | flags[:-1] | np.uint8(Quality.ESTIMATED))
        start_s += step_s - grid.phase_s
        log.note("split", np.full(len(values), -1), start_s + np.arange(len(values)) * step_s)
    if step_s >= QUARTER_HOUR_S:
        return values, flags.astype(np.uint8), start_s, step_s
    times, lead = QUARTER_HOUR_S // step_s, start_s % QUARTER_HOUR_S // step_s
    means, partial = longer_steps(values, times, lead)
    start_s -= lead * step_s
    at = np.flatnonzero(partial)
    log.note("partly_measured", np.full(len(at), -1), start_s + at * QUARTER_HOUR_S)
    padded = np.concatenate([np.zeros(lead, np.uint8), flags, np.zeros(-(len(flags) + lead) % times, np.uint8)])
    joined = np.bitwise_or.reduce(padded.reshape(-1, times), axis=1) & ~np.uint8(Quality.INVALID)
    joined[partial] |= np.uint8(Quality.ESTIMATED)
    joined[np.isnan(means)] = np.uint8(Quality.INVALID)
    return means, joined, start_s, QUARTER_HOUR_S
