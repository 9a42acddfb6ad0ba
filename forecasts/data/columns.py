"""Tables that are no power of one plant or feeder: shares by source, prices, impacts, daily energies, reservoir levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.data.grid import WEATHER_STEPS_S
from forecasts.data.quality import Fault, FaultLog
from forecasts.data.regular import regular_rows
from forecasts.data.table import Table, column_names, paths_of, read_table
from forecasts.data.weather import choose_rows
from twin.domain.problems import Problems

_DAY_S = 86_400
_STEPS_S = (*WEATHER_STEPS_S, _DAY_S, 7 * _DAY_S)


@dataclass(frozen=True)
class Columns:
    """Several quantities on one grid, in the file's own units.

    Attributes:
        start_s: UTC start of row 0; of daily and weekly tables the date itself, as if it were UTC.
        columns: name -> dims (time,), NaN = missing.
    """

    start_s: int
    step_s: int
    columns: Mapping[str, np.ndarray]
    faults: Mapping[str, Fault]


def read_columns(
    path: str,
    *,
    time_column: str,
    timezone: str,
    label: str,
    columns: Sequence[str] | None = None,
    by: str | None = None,
    status_column: str | None = None,
) -> Columns:
    """Columns of one or more files (see `forecasts.data.spec.SeriesSpec.path`) on the files' own grid.

    Args:
        timezone: of stamps without offset; dates alone stay dates whatever it says.
        label: which end of an interval a stamp marks.
        columns: None reads all that hold numbers.
        by: a column whose words part the rows into series of one value column; they become the names.
        status_column: says which of two rows of one time is final.

    Raises:
        BadInput: with every fault found.
    """
    problems = Problems()
    paths = paths_of(path, problems)
    names = column_names(paths[0], problems) if paths else ()
    problems.raise_if_any()
    wanted = list(columns) if columns is not None else [name for name in names if name not in {time_column, by, status_column}]
    table = read_table(paths, [time_column, *wanted, *(name for name in (by, status_column) if name)], problems)
    problems.raise_if_any()
    assert table is not None  # else a fault was noted
    if by is None:
        read = _on_grid(table, wanted, time_column, timezone, label, problems, status_column)
        problems.raise_if_any()
        assert read is not None
        return read
    parts = {}
    for word in sorted({str(cell).strip() for cell in table.columns[by]} - {""}):
        rows = choose_rows(table, {by: word}, problems)
        part = None if rows is None else _on_grid(rows, wanted[:1], time_column, timezone, label, problems)
        if part is not None:
            parts[word] = part
    problems.raise_if_any()
    return _joined(parts, wanted[0])


def _on_grid(
    table: Table,
    wanted: Sequence[str],
    time_column: str,
    timezone: str,
    label: str,
    problems: Problems,
    status_column: str | None = None,
) -> Columns | None:
    log = FaultLog(table)
    read = {name: table.numbers(name) for name in wanted}
    raw = {name: values for name, (values, strange) in read.items() if np.isfinite(values).any() and not strange.all()}
    if not raw:
        problems.add(", ".join(table.files), "no column of numbers", "at least one", "name the columns to read")
        return None
    regular = regular_rows(
        table,
        np.stack(list(raw.values()), axis=1),
        time_column=time_column,
        timezone=timezone if _has_hours(table, time_column) else "UTC",
        label=label,
        steps=_STEPS_S,
        log=log,
        problems=problems,
        status=table.columns[status_column] if status_column else None,
    )
    if regular is None:
        return None
    columns = {name: regular.pick(values) for name, values in raw.items()}
    return Columns(regular.grid.start_s, regular.grid.step_s, columns, log.faults)


def _has_hours(table: Table, time_column: str) -> bool:
    """Whether the stamps say more than a date."""
    return any(":" in str(cell) for cell in table.columns[time_column][:100])


def _joined(parts: Mapping[str, Columns], column: str) -> Columns:
    """Series of equal step side by side, from the first start to the last end."""
    step = next(iter(parts.values())).step_s
    start = min(part.start_s for part in parts.values())
    end = max(part.start_s + len(part.columns[column]) * step for part in parts.values())
    columns = {}
    for word, part in parts.items():
        columns[word] = np.full((end - start) // step, np.nan)
        first = (part.start_s - start) // step
        columns[word][first : first + len(part.columns[column])] = part.columns[column]
    faults = {f"{word}: {kind}": fault for word, part in parts.items() for kind, fault in part.faults.items()}
    return Columns(start, step, columns, faults)
