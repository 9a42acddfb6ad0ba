"""The coming week's injections, hour by hour: the last week of the journal, else the grid's published year, else one hour.

No forecast looks a week ahead. The same hours of the week before stand in, and the ranking says so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.adapters.grid_members import load_tan_phi_of
from twin.adapters.prepared import Prepared
from twin.domain.time import from_epoch_s, to_epoch_s
from twin.regie.chain import read_moments, read_records

HOURS = 168
HOUR_S = 3600
_TABLES = ("load", "sgen", "storage")


@dataclass(frozen=True)
class Week:
    """Injections of the hours ahead.

    Attributes:
        start: of hour 0, a full hour. ``injections``: see `twin.contracts.ports.GridModel`, one step an hour.
        source: "last_week", "last_days" (repeated), "profiles" or "grid_file". ``known_h``: hours that were truly seen.
    """

    start: datetime
    injections: xr.Dataset
    source: str
    known_h: int

    @property
    def hours(self) -> int:
        """How many hours."""
        return int(self.injections.sizes["time"])

    def at(self, hour: int) -> datetime:
        """The instant at which an hour begins."""
        return self.start + timedelta(hours=hour)

    @property
    def load_mw(self) -> np.ndarray:
        """All loads together [MW], dims (time,)."""
        return np.nansum(self.injections["load_p_mw"].to_numpy(), axis=1)

    def typical_hours(self, count: int) -> np.ndarray:
        """Hours that stand for the week: quantiles of the total load, the highest among them, ascending."""
        order = np.argsort(self.load_mw, kind="stable")
        ranks = np.unique(np.linspace(0, len(order) - 1, count).round().astype(int))
        return np.sort(order[ranks])


def next_hour(as_of: datetime) -> datetime:
    """The first full hour that is not over at ``as_of``."""
    return from_epoch_s(-(-to_epoch_s(as_of) // HOUR_S) * HOUR_S)


def week_of_journal(db: sqlite3.Connection, net: Any) -> Week | None:
    """The last seven days of a run, moved seven days on; hours that it did not see come from the latest same hour of a day.

    Of every hour the quarter with the highest load counts: an outage must hold in all four. None without a tick.
    """
    regular = [(seq, as_of_s) for seq, kind, as_of_s in read_moments(db) if kind == "regular"]
    if not regular:
        return None
    end_s = regular[-1][1]
    start_s = to_epoch_s(next_hour(from_epoch_s(end_s)))
    first = next((seq for seq, as_of_s in regular if as_of_s > start_s - HOURS * HOUR_S), regular[-1][0])
    seen: dict[int, Mapping[str, np.ndarray]] = {}
    for record in read_records(db, first):
        # a tick at 10:15 describes the quarter hour from 10:00: its hour is 10
        hour = (record.as_of_s - 1 - (start_s - HOURS * HOUR_S)) // HOUR_S
        powers = {table: record.arrays[f"grid.{table}_p_mw"] for table in _TABLES if f"grid.{table}_p_mw" in record.arrays}
        if record.kind != "regular" or not np.isfinite(powers.get("load", np.array([np.nan]))).all():
            continue
        if hour not in seen or powers["load"].sum() > seen[hour]["load"].sum():
            seen[hour] = powers
    if not seen:
        return None
    rows = [seen.get(hour) or _same_hour(seen, hour) for hour in range(HOURS)]
    source = "last_week" if len(seen) >= HOURS else "last_days"
    return Week(from_epoch_s(start_s), _injections(net, rows), source, len(seen))


def _same_hour(seen: Mapping[int, Mapping[str, np.ndarray]], hour: int) -> Mapping[str, np.ndarray]:
    """The latest hour of the same time of day; without one the hour with the highest load: what is unknown counts as worst."""
    alike = [other for other in seen if (other - hour) % 24 == 0]
    return seen[max(alike)] if alike else max(seen.values(), key=lambda powers: float(powers["load"].sum()))


def _injections(net: Any, rows: list[Mapping[str, np.ndarray]]) -> xr.Dataset:
    data = {f"{table}_p_mw": (("time", table), np.array([row[table] for row in rows])) for table in _TABLES if table in rows[0]}
    data["load_q_mvar"] = (("time", "load"), data["load_p_mw"][1] * load_tan_phi_of(net))
    return xr.Dataset(data, coords={table: net[table].index.to_numpy() for table in _TABLES if f"{table}_p_mw" in data})


def week_of_profiles(prepared: Prepared, net: Any, as_of: datetime) -> Week | None:
    """The grid's published year at the coming week; None for a grid without profiles."""
    if not prepared.profiles:
        return None
    start = next_hour(as_of)
    labels = to_epoch_s(start) + HOUR_S * np.arange(HOURS)
    people, sun = prepared.stamped_rows(labels), prepared.rows(labels)
    data = {
        "load_p_mw": (("time", "load"), prepared.profiles["load_p_mw"][people].astype(float)),
        "load_q_mvar": (("time", "load"), prepared.profiles["load_q_mvar"][people].astype(float)),
        "sgen_p_mw": (("time", "sgen"), prepared.profiles["sgen_available_p_mw"][sun].astype(float)),
        "storage_p_mw": (("time", "storage"), np.zeros((HOURS, len(net.storage)))),
    }
    coords = {"load": prepared.load, "sgen": prepared.sgen, "storage": net.storage.index.to_numpy()}
    return Week(start, xr.Dataset(data, coords=coords), "profiles", HOURS)


def week_of_grid_file(net: Any, as_of: datetime) -> Week:
    """One hour with the powers of the grid file: it tells how hard an outage hits, and nothing of when it hits least."""
    data = {
        f"{table}_{quantity}": (("time", table), net[table][quantity].to_numpy(float)[None, :])
        for table in ("load", "sgen")
        for quantity in ("p_mw", "q_mvar")
    }
    coords = {table: net[table].index.to_numpy() for table in ("load", "sgen")}
    return Week(next_hour(as_of), xr.Dataset(data, coords=coords), "grid_file", 1)
