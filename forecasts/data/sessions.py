"""Charging sessions to a load curve: each session's energy at constant power from arrival to departure."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forecasts.data.clock import place_rows
from forecasts.data.findings import degrading_notes, longest_gap
from forecasts.data.quality import DataQuality, FaultLog
from forecasts.data.reading import Loaded
from forecasts.data.spec import SeriesSpec
from forecasts.data.stamps import read_stamps
from forecasts.data.table import Table, paths_of, read_table
from forecasts.past import Place
from forecasts.series import Series
from twin.domain.problems import Problems
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S

_MINUTE_S = 60
_LONGEST_S = 7 * 86_400


def read_sessions(spec: SeriesSpec, *, departure_column: str) -> Loaded:
    """Quarter-hourly load of all sessions of a file, zero where nobody charges.

    A session lasts to the end of the minute of its departure. The true course of power within a session is another (fast
    charging falls off as the battery fills); its energy and its hour are right.

    Args:
        spec: ``time_column`` is the arrival, ``value_column`` the energy, ``unit`` Wh, kWh or MWh.

    Raises:
        BadInput: with every fault found; sessions that end before they begin, last over a week or have negative energy are left
            out and counted, unless they are more than one in twenty.
    """
    problems = Problems()
    spec.check(problems)
    if not spec.is_energy:
        problems.add("--unit", repr(spec.unit), "Wh, kWh or MWh", "a session has an energy")
    paths = paths_of(spec.path, problems)
    table = read_table(paths, [spec.time_column, departure_column, spec.value_column], problems) if paths else None
    problems.raise_if_any()
    assert table is not None  # else a fault was noted
    log = FaultLog(table)
    begin, begin_known = _instants(table, spec.time_column, spec.timezone, log)
    end, end_known = _instants(table, departure_column, spec.timezone, log)
    end = end + _MINUTE_S
    energy = table.numbers(spec.value_column)[0] * spec.to_mw(3600)  # MWh
    good = begin_known & end_known & (energy >= 0) & (end > begin) & (end - begin <= _LONGEST_S)
    bad = np.flatnonzero(~good)
    if 20 * len(bad) > len(table) or not good.any():
        limit = "departures after arrivals within a week, energies of 0 or more"
        problems.add(table.places(bad), f"{len(bad)} of {len(table)} sessions cannot be", limit, "check columns and unit")
        problems.raise_if_any()
    log.note("impossible_session", bad)
    start, values = _curve(begin[good], end[good], energy[good])
    series = Series(
        name=spec.name or Path(table.files[0]).stem,
        kind="load",
        start_s=start,
        step_s=QUARTER_HOUR_S,
        values=values,
        quality=np.full(len(values), np.uint8(Quality.ESTIMATED)),
        place=Place(spec.timezone, spec.country, spec.subdivision, spec.latitude, spec.longitude),
    )
    quality = DataQuality(
        files=table.files,
        rows=len(table),
        start_s=start,
        end_s=start + len(values) * QUARTER_HOUR_S,
        step_s=QUARTER_HOUR_S,
        file_step_s=QUARTER_HOUR_S,
        share_missing=0.0,
        longest_gap_h=longest_gap(values) * QUARTER_HOUR_S / 3600.0,
        faults=log.faults,
        notes=degrading_notes(values, QUARTER_HOUR_S, log.faults, (), weather_asked=False),
    )
    return Loaded(series, quality)


def _instants(table: Table, column: str, timezone: str, log: FaultLog) -> tuple[np.ndarray, np.ndarray]:
    """UTC seconds of a column of stamps, and where they are known; a stamp of the doubled autumn hour is an hour uncertain."""
    stamps = read_stamps(table.columns[column])
    rows = np.flatnonzero(stamps.found & ~stamps.zoned)
    instants, known = stamps.seconds.copy(), stamps.found.copy()
    log.note("unreadable_stamp", np.flatnonzero(~stamps.found))
    if len(rows):
        _, first_of = np.unique(stamps.seconds[rows], return_index=True)  # two cars may come in one minute
        rows_once = rows[np.sort(first_of)]
        wall = stamps.seconds[rows_once]
        placed = place_rows(wall, np.zeros(len(wall)), zone=timezone, step_s=_MINUTE_S, label_end=False)
        lost = np.concatenate([placed.absent, placed.undecided])
        log.note("clock_absent", rows_once[placed.absent])
        log.note("clock_undecided", rows_once[placed.undecided])
        order = np.argsort(wall)
        at = order[np.searchsorted(wall[order], stamps.seconds[rows])]
        instants[rows] = placed.start_s[at]
        known[rows] = ~np.isin(at, lost)
    return instants, known


def _curve(begin_s: np.ndarray, end_s: np.ndarray, energy_mwh: np.ndarray) -> tuple[int, np.ndarray]:
    """Start of the first quarter hour and mean power [MW] of all, from sessions of constant power, by the minute."""
    start = int(begin_s.min()) // QUARTER_HOUR_S * QUARTER_HOUR_S
    quarters = -(-(int(end_s.max()) - start) // QUARTER_HOUR_S)
    changes = np.zeros(quarters * QUARTER_HOUR_S // _MINUTE_S + 1)
    power = energy_mwh / ((end_s - begin_s) / 3600.0)
    np.add.at(changes, (begin_s - start) // _MINUTE_S, power)
    np.add.at(changes, (end_s - start) // _MINUTE_S, -power)
    by_minute = np.cumsum(changes[:-1])
    means = by_minute.reshape(quarters, -1).mean(axis=1)
    return start, np.where(means > 1e-12, means, 0.0)  # the sum of many changes comes back to zero but for rounding
