"""Meters and calls from files, for ``regie dispatch verify``."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from twin.domain.problems import BadInput, Problems
from twin.domain.time import from_epoch_s, to_datetime64

if TYPE_CHECKING:
    from twin.boxes.flexibility.verify.events import Event
    from twin.boxes.flexibility.verify.local_days import LocalDays

_FIELDS = ("start", "end", "notice", "called_mw")


@dataclass(frozen=True)
class MeterFile:
    """Customers' meters, and what was found wrong with the file and mended, in sentences.

    Attributes:
        power_mw: [MW], dims (time, customer), UTC starts, NaN = missing.
    """

    power_mw: xr.DataArray
    findings: tuple[str, ...]


def read_meters(path: str, *, time: str, timezone: str, unit: str, problems: Problems) -> MeterFile | None:
    """One column per customer beside the column ``time`` of interval starts; None when a fault was noted."""
    from forecasts.data.columns import read_columns
    from forecasts.data.spec import SeriesSpec
    from forecasts.data.table import column_names, paths_of

    paths = paths_of(path, problems)
    names = column_names(paths[0], problems) if paths else ()
    try:
        read = read_columns(path, time_column=time, timezone=timezone, label="start")
    except BadInput as error:
        problems.found.extend(each for each in error.problems if each not in problems.found)
        return None
    empty = [name for name in names if name != time and name not in read.columns]
    if empty:
        problems.add(f"{path}: columns {', '.join(map(repr, empty))}", "no number in any row", "power", "drop the columns")
        return None
    spec = SeriesSpec(path=path, kind="load", time_column=time, value_column="", unit=unit, label="start", timezone=timezone)
    values = np.stack(list(read.columns.values()), axis=1) * spec.to_mw(read.step_s)
    labels = np.datetime64(read.start_s, "s") + np.arange(len(values)) * np.timedelta64(read.step_s, "s")
    coords = {"time": labels.astype("datetime64[ns]"), "customer": list(read.columns)}
    power = xr.DataArray(values, dims=("time", "customer"), coords=coords, attrs={"units": "MW"})
    return MeterFile(power, tuple(fault.line(name_files=False) for fault in read.faults.values()))


def read_events(path: str, *, timezone: str, called_mw: float | None, problems: Problems) -> list[Event]:
    """Calls from a CSV file with columns start, end and perhaps notice and called_mw, or from ``[[event]]`` tables in TOML.

    Args:
        timezone: of stamps without offset. ``called_mw``: of calls that state none [MW].

    Returns:
        In the order of time; faults are noted, and calls without start or end left out. Where there are faults, those between
        the cells of the other calls are noted, too.
    """
    from twin.adapters.local_stamps import StampReader
    from twin.boxes.flexibility.verify.events import Event

    stamps = StampReader(timezone)
    found = []
    for place, row in _event_rows(path, problems):
        start, end = (_instant(row.get(name), f"{place}: {name}", stamps, problems) for name in ("start", "end"))
        notice = None if _blank(row.get("notice")) else _instant(row["notice"], f"{place}: notice", stamps, problems)
        own_mw = called_mw if _blank(row.get("called_mw")) else _number(row["called_mw"], f"{place}: called_mw", problems)
        if start is not None and end is not None:
            found.append(Event(start, end, notice, own_mw))
    return sorted(found, key=lambda each: each.start)


def check_beside(events: Sequence[Event], meters: MeterFile | None, problems: Problems) -> None:
    """Note what is wrong between calls, and with the meters where they could be read: of what stands beside other faults."""
    from twin.boxes.flexibility.verify.events import check_events

    if not events:
        return
    if meters is None:
        # Meters that would hold all of them, second by second.
        instants = [instant for each in events for instant in (each.start, each.end)]
        check_events(events, np.array([to_datetime64(min(instants)), to_datetime64(max(instants))]), 1, problems)
        return
    labels = meters.power_mw.time.values
    check_events(events, labels, int((labels[1] - labels[0]) / np.timedelta64(1, "s")), problems)


def local_days(timezone: str, country: str, subdivision: str, labels: Sequence[np.ndarray]) -> LocalDays:
    """Local days with the public holidays of the span of ``labels`` (UTC).

    Raises:
        BadInput: for an unknown time zone, country or subdivision.
    """
    from forecasts.calendar import LocalCalendar
    from twin.boxes.flexibility.verify.local_days import LocalDays

    calendar = LocalCalendar(timezone=timezone, country=country, subdivision=subdivision)
    if not labels:
        return LocalDays(timezone)
    span = np.concatenate([each[[0, -1]] for each in labels]).astype("datetime64[D]").astype(np.int64)
    day = np.arange(span.min() - 1, span.max() + 2)
    off = day[calendar.holiday(day)]
    return LocalDays(timezone, frozenset(date.fromordinal(int(each) + date(1970, 1, 1).toordinal()) for each in off))


def _event_rows(path: str, problems: Problems) -> list[tuple[str, Mapping[str, Any]]]:
    from forecasts.data.table import paths_of, read_table

    if path.endswith(".toml"):
        return _toml_rows(Path(path), problems)
    faults = Problems()
    paths = paths_of(path, faults)
    table = read_table(paths, _FIELDS[:2], faults, optional=_FIELDS[2:]) if paths else None
    # A list of calls is no series: a single row is enough.
    rows = {"remedy": "write start,end and below it a row for each call", "limit": "a header and at least one call"}
    problems.found += [replace(each, **rows) if "rows" in each.limit else each for each in faults]
    if table is None:
        return []
    places = [f"{table.files[int(table.file[row])]} row {table.row[row]}" for row in range(len(table))]
    return [(place, {name: cells[row] for name, cells in table.columns.items()}) for row, place in enumerate(places)]


def _toml_rows(path: Path, problems: Problems) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        problems.add(path.name, f"unreadable ({unreadable})", "a TOML file", "correct it")
        return []
    rows = read.get("event")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        problems.add(path.name, "no table [[event]]", "one for each call", "write [[event]], then start = ... and end = ...")
        return []
    for number, row in enumerate(rows, 1):
        for name in set(row) - set(_FIELDS):
            problems.add(f"{path.name} event {number}: {name}", "unknown", ", ".join(_FIELDS), "drop or rename it")
    return [(f"{path.name} event {number}", row) for number, row in enumerate(rows, 1)]


def _instant(cell: object, place: str, stamps: Any, problems: Problems) -> datetime | None:
    from twin.adapters.local_stamps import Doubled

    text = "" if _blank(cell) else cell.isoformat() if isinstance(cell, datetime) else str(cell).strip()
    try:
        seconds = stamps.read(text)
    except ValueError as wrong:
        problems.add(place, str(wrong) if text else "missing", "an instant such as 2024-01-31T18:00", "correct it")
        return None
    if isinstance(seconds, Doubled):
        problems.add(place, f"{text} is shown twice by the clock", "one instant", "give it an offset, such as +01:00")
        return None
    return from_epoch_s(seconds)


def _number(cell: object, place: str, problems: Problems) -> float | None:
    try:
        return float(str(cell))
    except ValueError:
        problems.add(place, repr(cell), "a power in MW", "write it with a decimal point, or leave it empty")
        return None


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or not str(cell).strip()
