"""Weather beside a series: columns found, converted to known units, and brought onto the series' grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from forecasts.data.alignment import align
from forecasts.data.grid import WEATHER_STEPS_S
from forecasts.data.quality import FaultLog, WeatherQuality
from forecasts.data.regular import Regular, regular_rows
from forecasts.data.spec import SeriesSpec
from forecasts.data.stamps import read_stamps
from forecasts.data.table import Table, column_names, paths_of, read_table
from forecasts.data.weather_units import CANONICAL, STATES, convert
from twin.domain.problems import Problems

MOST_AHEAD_S = 10 * 86_400
"""Weather is kept so far beyond the last measurement: a forecast of 48 hours needs two days, its issue time some more."""


@dataclass(frozen=True)
class WeatherColumns:
    """Weather on its own grid, in the file's units.

    Attributes:
        columns: canonical name -> dims (time,). ``source``: canonical name -> column of the file.
    """

    columns: Mapping[str, np.ndarray]
    source: Mapping[str, str]
    start_s: int
    step_s: int
    log: FaultLog = field(default_factory=FaultLog)

    @property
    def end_s(self) -> int:
        """UTC end of the last interval in which anything is known."""
        known = [np.flatnonzero(np.isfinite(column)) for column in self.columns.values()]
        last = max((int(rows[-1]) for rows in known if len(rows)), default=-1)
        return self.start_s + (last + 1) * self.step_s


def weather_of_table(table: Table, regular: Regular, weather_map: Mapping[str, str], problems: Problems) -> WeatherColumns:
    """Mapped columns of a table whose rows are already on a grid."""
    log = FaultLog(table)
    columns = {name: regular.pick(_numbers(table, column, log, problems)) for name, column in weather_map.items()}
    grid = regular.grid
    return WeatherColumns(columns, dict(weather_map), grid.start_s, grid.step_s, log)


def read_weather(spec: SeriesSpec, problems: Problems) -> WeatherColumns | None:
    """The weather file of a series, or None when a fault was noted."""
    paths = paths_of(str(spec.weather_path), problems)
    names = column_names(paths[0], problems) if paths else ()
    if not names:
        return None
    chosen = dict(spec.weather_map) or {name: name for name in CANONICAL if name in names}
    if not chosen:
        remedy = "say which column is what, e.g. --weather-map temp_c=T,ghi_w_m2=G"
        problems.add(paths[0].name, "no column with a canonical name", "at least one of " + ", ".join(CANONICAL), remedy)
        return None
    time_column = spec.weather_time_column or (spec.time_column if spec.time_column in names else None)
    time_column = time_column or _time_column(paths[0], names, problems)
    if time_column is None:
        return None
    table = read_table(paths, [time_column, *chosen.values()], problems, optional=list(spec.where))
    if table is not None:
        where = {column: value for column, value in spec.where.items() if column in table.columns}
        table = choose_rows(table, where, problems)
    # In a zone that does not exist, or with a label that means nothing, rows cannot be placed.
    return None if table is None or problems else _placed(spec, table, chosen, time_column, problems)


def _placed(
    spec: SeriesSpec, table: Table, chosen: Mapping[str, str], time_column: str, problems: Problems
) -> WeatherColumns | None:
    log = FaultLog(table)
    raw = {name: _numbers(table, column, log, problems) for name, column in chosen.items()}
    regular = regular_rows(
        table,
        np.stack(list(raw.values()), axis=1),
        time_column=time_column,
        timezone=spec.weather_timezone or spec.timezone,
        label=spec.weather_label or spec.label,
        steps=WEATHER_STEPS_S,
        log=log,
        problems=problems,
    )
    if regular is None:
        return None
    columns = {name: regular.pick(values) for name, values in raw.items()}
    return WeatherColumns(columns, chosen, regular.grid.start_s, regular.grid.step_s, log)


def choose_rows(table: Table, where: Mapping[str, str], problems: Problems) -> Table | None:
    """Rows whose cells equal the given texts, as numbers where both are; None when no row does, which is noted."""
    kept = np.ones(len(table), dtype=bool)
    for column, value in where.items():
        cells = [_plain(cell) for cell in table.columns[column]]
        kept &= np.array([cell == _plain(value) for cell in cells])
        if not kept.any():
            there = sorted(set(cells))[:12]
            place = f"{', '.join(table.files)}: {column}={value}"
            problems.add(place, "chooses no row", f"one of {', '.join(there)}", "correct it")
            return None
    return table.take(np.flatnonzero(kept)) if where else table


def _plain(cell: object) -> str:
    """A cell as text, the same for 1, 1.0 and "1"."""
    text = str(cell).strip()
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


def onto_grid(
    weather: WeatherColumns, *, start_s: int, step_s: int, rows: int
) -> tuple[dict[str, np.ndarray], tuple[WeatherQuality, ...]]:
    """Columns in canonical units on the series' grid, dims (rows,) each, and what was made of them.

    A column without any value, or without one in the series' span, is left out, and said to be.
    """
    kept: dict[str, np.ndarray] = {}
    said = []
    for name, values in weather.columns.items():
        column = weather.source[name]
        if not np.isfinite(values).any():
            said.append(WeatherQuality(name, column, 1.0, ("holds no value",), dropped=True))
            continue
        converted = convert(name, values, weather.step_s)
        on_grid = align(
            name, converted.values, weather.start_s, weather.step_s, to_start_s=start_s, to_step_s=step_s, rows=rows
        )
        remarks = list(converted.remarks)
        if name not in CANONICAL:
            remarks.append("a name without a known meaning, used as it is")
        if weather.step_s != step_s:
            way = "averaged" if weather.step_s < step_s else "interpolated" if name in STATES else "held"
            remarks.append(f"{way} from {weather.step_s // 60} to {step_s // 60} min")
        missing = float(np.mean(~np.isfinite(on_grid)))
        if missing == 1.0:
            said.append(WeatherQuality(name, column, 1.0, (*remarks, "holds no value in the span of the series"), dropped=True))
            continue
        kept[name] = on_grid
        said.append(WeatherQuality(name, column, missing, tuple(remarks)))
    return kept, tuple(said)


def _numbers(table: Table, column: str, log: FaultLog, problems: Problems) -> np.ndarray:
    values, strange = table.numbers(column)
    if np.count_nonzero(strange) > 0.5 * len(table):
        sample = ", ".join(repr(str(cell)) for cell in table.columns[column][strange][:3])
        place = f"{', '.join(table.files)}: column {column!r}"
        problems.add(place, f"no numbers, such as {sample}", "numbers", "name the column of the quantity")
    log.note("not_a_number", np.flatnonzero(strange))
    return values


def _time_column(path: Path, names: tuple[str, ...], problems: Problems) -> str | None:
    """The first column most of whose first rows read as time."""
    table = read_table([path], names, problems)
    if table is None:
        return None
    head = table.take(np.arange(min(200, len(table))))
    for name in names:
        if np.mean(read_stamps(head.columns[name]).found) > 0.9:
            return name
    problems.add(table.files[0], "no column that reads as time", "a column of stamps", "name it as the weather's time column")
    return None
