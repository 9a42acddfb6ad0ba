"""What a journal holds, as labelled arrays: measured rows, the estimated grid, and what was forecast. It is only read.

Everything is as it was known on air: a reading that came late is in the journal, not in these rows.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.desk_ports import Unavailable
from twin.contracts.history_facts import HistoryFacts, Provided
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s, quarter_hours, to_datetime64, to_epoch_s
from twin.regie.chain import Record, open_readonly, read_moments, read_records

LONGEST = timedelta(days=7)
"""One reading: 672 records of some 3 ms each, beside a screen that must not wait for them."""
_AT_ONCE = 16
"""Records of one reading transaction: a writer's log is never held for longer than some ms."""
ESTIMATED: Mapping[str, tuple[str, str, str]] = {
    "estimated_vm_pu": ("vm_pu", "bus", "pu"),
    "estimated_va_degree": ("va_degree", "bus", "deg"),
    "estimated_line_loading_percent": ("line_loading_percent", "line", "%"),
    "estimated_line_p_from_mw": ("line_p_from_mw", "line", "MW"),
    "estimated_trafo_loading_percent": ("trafo_loading_percent", "trafo", "%"),
    "estimated_trafo_p_hv_mw": ("trafo_p_hv_mw", "trafo", "MW"),
    "estimated_load_p_mw": ("load_p_mw", "load", "MW"),
    "estimated_sgen_p_mw": ("sgen_p_mw", "sgen", "MW"),
    "estimated_storage_p_mw": ("storage_p_mw", "storage", "MW"),
    "estimated_loss_mw": ("loss_mw", "", "MW"),
    "estimated_unsupplied_mw": ("unsupplied_mw", "", "MW"),
}
"""Signal -> (array of the estimated grid, table, unit). Their dimension is "<table>_index": indices of the grid file."""


def signals_of(facts: HistoryFacts) -> dict[str, dict[str, Any]]:
    """Every signal's name -> its unit, dims, elements and meaning."""
    found: dict[str, dict[str, Any]] = {}
    for signal, elements in _measured(facts).items():
        about = SIGNALS[signal]
        found[signal] = _about(about.unit, about.dim, elements if about.dim else (), about.meaning)
    for name, (array, table, unit) in ESTIMATED.items():
        labels = tuple(map(str, facts.indices[table])) if table else ()
        found[name] = _about(unit, f"{table}_index" if table else "", labels, f"{array} of the estimated grid")
    return found


def read(state: Path, facts: HistoryFacts, start: datetime, end: datetime, signals: Sequence[str]) -> xr.Dataset:
    """See `twin.contracts.desk_ports.History.read`."""
    _check(facts, start, end, signals)
    records = _records(state, start + QUARTER_HOUR, end + QUARTER_HOUR)
    times, rows = _axis(records), _rows(records)
    quality = np.full(len(times), int(Quality.INVALID), np.uint8)
    quality[rows] = [int(record.meta["quality"]) for record in records]
    shared = _elements_by_dim(facts, signals)
    data: dict[str, Any] = {"quality": ("time", quality, _flags())}
    for signal in signals:
        dim, unit, meaning, values = _values(facts, signal, records, shared)
        whole = np.full((len(times), *values.shape[1:]), np.nan)
        whole[rows] = values
        data[signal] = (("time", dim) if dim else ("time",), whole, {"units": unit, "long_name": meaning})
    coords: dict[str, Any] = {"time": ("time", times, {"long_name": "start of the quarter hour, UTC"})}
    coords |= {dim: (dim, list(labels)) for dim, labels in shared.items()}
    return xr.Dataset(data, coords=coords, attrs={"title": "Régie history, as known on air", "timezone": "UTC"})


def read_forecasts(state: Path, facts: HistoryFacts, start: datetime, end: datetime, instance: str) -> xr.Dataset:
    """See `twin.contracts.desk_ports.History.forecasts`."""
    if instance not in facts.provided:
        known = ", ".join(sorted(facts.provided))
        raise BadInput([Problem("instance", repr(instance[:80]), f"one of {known}", "name a box of this site")])
    _check(facts, start, end, ())
    records = [
        record for record in _records(state, start, end) if record.meta["boxes"].get(instance, {}).get("service") == "fresh"
    ]
    issued = np.array([to_datetime64(from_epoch_s(record.as_of_s)) for record in records], "datetime64[ns]")
    found = [
        _forecast(signal, provided, f"box.{instance}.{signal}", records)
        for signal, provided in facts.provided[instance].items()
    ]
    known_ones = [one for one in found if one is not None]
    whole = xr.merge(known_ones, join="outer") if known_ones else xr.Dataset()
    attrs = {"title": f"Forecasts of {instance}", "timezone": "UTC"}
    return whole.assign_coords(issued_at=("issued_at", issued)).assign_attrs(attrs)


# ------------------------------------------------------------------------------------------------ inside


def _check(facts: HistoryFacts, start: datetime, end: datetime, signals: Sequence[str]) -> None:
    problems, known = Problems(), signals_of(facts)
    if not start < end:
        problems.add("end", end.isoformat(), f"after start, {start.isoformat()}", "give a later end")
    elif end - start > LONGEST:
        problems.add("end", f"{end - start} after start", f"at most {LONGEST.days} days", "ask for several windows")
    for signal in signals:
        if signal not in known:
            problems.add("signals", repr(signal[:80]), "a signal of this journal", "see the list of signals")
    problems.raise_if_any()


def _records(state: Path, first: datetime, behind: datetime) -> list[Record]:
    """Regular ticks with ``first <= as_of < behind``."""
    lowest, highest = to_epoch_s(first), to_epoch_s(behind)
    try:
        with closing(open_readonly(state)) as db:
            wanted = [s for s, kind, as_of in read_moments(db) if kind == "regular" and lowest <= as_of < highest]
        return [record for record in _batches(state, wanted) if record.kind == "regular"]
    except (BadInput, sqlite3.Error) as error:
        raise Unavailable(f"the journal cannot be read: {error}") from error


def _batches(state: Path, wanted: Sequence[int]) -> Iterator[Record]:
    if not wanted:
        return
    for first in range(wanted[0], wanted[-1] + 1, _AT_ONCE):
        with closing(open_readonly(state)) as db:
            found = list(itertools.islice(read_records(db, first), min(_AT_ONCE, wanted[-1] + 1 - first)))
        yield from found


def _values(
    facts: HistoryFacts, signal: str, records: Sequence[Record], shared: Mapping[str, Sequence[str]]
) -> tuple[str, str, str, np.ndarray]:
    """``(dimension, unit, meaning, values)``, values with dims (record, element)."""
    if signal in ESTIMATED:
        array, table, unit = ESTIMATED[signal]
        size = len(facts.indices[table]) if table else None
        values = _stacked([record.arrays.get(f"grid.{array}") for record in records], size)
        return f"{table}_index" if table else "", unit, f"{array} of the estimated grid", values
    about = SIGNALS[signal]
    rows = _stacked([record.arrays.get("signals") for record in records], len(facts.columns))
    at = {element: i for i, (name, element) in enumerate(facts.columns) if name == signal}
    if not about.dim:
        return "", about.unit, about.meaning, rows[:, at[""]]
    values = np.full((len(rows), len(shared[about.dim])), np.nan)
    for position, element in enumerate(shared[about.dim]):
        if element in at:
            values[:, position] = rows[:, at[element]]
    return about.dim, about.unit, about.meaning, values


def _about(unit: str, dim: str, elements: Sequence[str], meaning: str) -> dict[str, Any]:
    return {"unit": unit, "dims": ["time", dim] if dim else ["time"], "elements": list(elements), "meaning": meaning}


def _measured(facts: HistoryFacts) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for signal, element in facts.columns:
        found[signal] = (*found.get(signal, ()), element)
    return found


def _elements_by_dim(facts: HistoryFacts, signals: Sequence[str]) -> dict[str, list[str]]:
    """Of each dimension every label that one of the signals has, in the journal's order."""
    measured = _measured(facts)
    found: dict[str, dict[str, None]] = {}
    for signal in signals:
        if signal in ESTIMATED:
            table = ESTIMATED[signal][1]
            dim, labels = f"{table}_index", tuple(map(str, facts.indices.get(table, ())))
        else:
            dim, labels = SIGNALS[signal].dim, measured[signal]
        if labels != ("",) and labels:
            found.setdefault(dim, {}).update(dict.fromkeys(labels))
    return {dim: list(labels) for dim, labels in found.items()}


def _axis(records: Sequence[Record]) -> np.ndarray:
    """Labels from the first record's quarter hour to the last one's, none left out."""
    if not records:
        return np.empty(0, "datetime64[ns]")
    return quarter_hours(from_epoch_s(records[0].as_of_s) - QUARTER_HOUR, int(_rows(records)[-1]) + 1)


def _rows(records: Sequence[Record]) -> list[int]:
    return [(record.as_of_s - records[0].as_of_s) // QUARTER_HOUR_S for record in records]


def _stacked(rows: Sequence[np.ndarray | None], size: int | None) -> np.ndarray:
    """Rows of one size; NaN for a record that does not hold it, or holds another site's."""
    shape = () if size is None else (size,)
    whole = np.full((len(rows), *shape), np.nan)
    for number, row in enumerate(rows):
        if row is not None and row.shape == shape:
            whole[number] = row
    return whole


def _flags() -> dict[str, Any]:
    """The flags' names, as the CF conventions write them."""
    flags = [flag for flag in Quality if flag]
    meanings = " ".join(flag.name.lower() for flag in flags if flag.name)
    return {"long_name": "quality of the state", "flag_masks": [int(flag) for flag in flags], "flag_meanings": meanings}


def _forecast(signal: str, provided: Provided, array: str, records: Sequence[Record]) -> xr.Dataset | None:
    found = [record.arrays.get(array) for record in records]
    shapes = {row.shape for row in found if row is not None}
    if len(shapes) != 1:
        return None
    shape = shapes.pop()
    values = np.stack([np.full(shape, np.nan, np.float32) if row is None else row for row in found])
    about = SIGNALS[signal]
    dims, coords = ["issued_at", "lead"], {"lead": ("lead", np.arange(shape[0]) * provided.step_s, {"units": "s"})}
    if provided.quantiles:
        dims.append("quantile")
        coords["quantile"] = ("quantile", np.array(provided.quantiles), {"units": "1"})
    if about.dim and provided.elements:
        dims.append(about.dim)
        coords[about.dim] = (about.dim, np.array(provided.elements), {})
    if values.shape != (len(records), *(len(coords[dim][1]) for dim in dims[1:])):
        return None
    attrs = {"units": about.unit, "long_name": about.meaning}
    return xr.Dataset({signal: (tuple(dims), values, attrs)}, coords=coords)
