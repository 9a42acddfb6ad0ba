"""The data-quality report of a series: what was found wrong, how often, in which rows, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from forecasts.data.table import Table
from twin.domain.time import from_epoch_s

SHOWN = 20
"""Rows and stamps that a report names of one kind of fault; the count is of all."""

TEXTS = {
    "no_stamp": "rows without a time were left out",
    "unreadable_stamp": "rows whose time is unreadable were left out",
    "not_a_number": "values are no number and count as missing",
    "placeholder": "values are a placeholder such as -9999 and count as missing",
    "empty_value": "rows hold no value",
    "superseded": "preliminary rows gave way to final ones",
    "preliminary": "values are only preliminary and marked questionable",
    "repeated": "rows repeat another one and count once",
    "contradicting": "rows are contradicted by a later row of the same stamp, which counts, marked questionable",
    "out_of_order": "rows stand later than a row of a later time and were sorted in",
    "clock_absent": "rows carry a time that the local clock leaves out in spring; they were left out",
    "clock_undecided": "rows of the doubled autumn hour could be of either run; they were left out",
    "clock_guessed": "rows of the doubled autumn hour were told apart by the smoothest way through it, marked questionable",
    "stray": "rows lie years away from the others and were left out",
    "nudged": "rows lie seconds off the grid and were moved onto it",
    "off_grid": "rows lie between the steps of the grid and were left out",
    "partly_measured": "intervals are the mean of some of their measurements only, marked estimated",
    "split": "intervals are joined from parts of two that lie across them, marked estimated",
    "impossible_session": "charging sessions end before they begin, last over a week, or have no energy; they were left out",
    "missing": "intervals have no row",
    "above_capacity": "values are above 1.5 times the capacity and count as missing",
    "wrong_unit": "values in a row are out of all proportion to the others, as in another unit; they count as missing",
    "spike": "values depart from their neighbours and from the same time of the days around; they count as missing",
    "zero_run": "values are exactly zero where the load never comes near it; they count as missing",
    "stuck": "values repeat one measurement for hours; they count as missing",
    "negative_generation": "slightly negative values of a plant at rest were set to zero",
}
"""What each kind of fault means, as the second half of a sentence that begins with its count."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        count: how many rows or intervals. ``rows``: the first `SHOWN` as (file, line or row), ``stamps``: their UTC starts.
    """

    kind: str
    count: int
    rows: tuple[tuple[str, int], ...] = ()
    stamps: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a plain dict; ``places`` repeat ``rows`` with the file they are in."""
        return {
            "count": self.count,
            "rows": [row for _, row in self.rows],
            "places": [f"{file}:{row}" for file, row in self.rows],
            "stamps": list(self.stamps),
            "what": TEXTS[self.kind],
        }

    def line(self, *, name_files: bool) -> str:
        """One sentence, with its first rows."""
        if not self.rows:
            where = f" (from {self.stamps[0]})" if self.stamps else ""
            return f"{self.count} {TEXTS[self.kind]}{where}."
        named = ", ".join(f"{file}:{row}" if name_files else str(row) for file, row in self.rows[:6])
        return f"{self.count} {TEXTS[self.kind]} (rows {named}{', ...' if self.count > 6 else ''})."


@dataclass
class FaultLog:
    """Collects faults while a series is read."""

    table: Table | None = None
    faults: dict[str, Fault] = field(default_factory=dict)

    def note(self, kind: str, rows: np.ndarray | Sequence[int], start_s: np.ndarray | Sequence[int] = ()) -> None:
        """Count faults of a kind that `TEXTS` explains; none is no fault.

        Args:
            rows: rows of the table, -1 for an interval that no row stands for. ``start_s``: their intervals' UTC starts.
        """
        if kind not in TEXTS:
            raise KeyError(f"no text explains a fault of kind {kind!r}")
        if not len(rows):
            return
        places: tuple[tuple[str, int], ...] = ()
        if self.table is not None:
            table, shown = self.table, [int(row) for row in rows[:SHOWN] if row >= 0]
            places = tuple((table.files[int(table.file[row])], int(table.row[row])) for row in shown)
        stamps = tuple(from_epoch_s(int(at)).isoformat() for at in start_s[:SHOWN])
        before = self.faults.get(kind, Fault(kind, 0))
        self.faults[kind] = Fault(
            kind, before.count + len(rows), (*before.rows, *places)[:SHOWN], (*before.stamps, *stamps)[:SHOWN]
        )


@dataclass(frozen=True)
class WeatherQuality:
    """One weather column: where it came from, what was converted, how much of it is missing over the series' span."""

    name: str
    column: str
    share_missing: float
    remarks: tuple[str, ...] = ()
    dropped: bool = False


@dataclass(frozen=True)
class DataQuality:
    """What is known of a series' quality before anything is fitted.

    Attributes:
        rows: read. ``start_s``, ``end_s``: of what was measured, UTC. ``step_s``: of the series, ``file_step_s``: of the file.
        share_missing: of the intervals from start to end, after cleaning. ``longest_gap_h``: without a value, in a row.
        notes: what makes the series worse than it should be; any of them makes it ``degraded``.
    """

    files: tuple[str, ...]
    rows: int
    start_s: int
    end_s: int
    step_s: int
    file_step_s: int
    share_missing: float
    longest_gap_h: float
    faults: Mapping[str, Fault]
    weather: tuple[WeatherQuality, ...] = ()
    weather_faults: Mapping[str, Fault] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """True where forecasts of this series are worth less than the method's usual."""
        return bool(self.notes)

    def count(self, kind: str) -> int:
        """How many faults of a kind were found."""
        return self.faults[kind].count if kind in self.faults else 0

    def to_json(self) -> dict[str, Any]:
        """As a plain dict of numbers, texts and lists."""
        return {
            "files": list(self.files),
            "rows": self.rows,
            "from": from_epoch_s(self.start_s).isoformat(),
            "to": from_epoch_s(self.end_s).isoformat(),
            "step_s": self.step_s,
            "file_step_s": self.file_step_s,
            "share_missing": round(self.share_missing, 6),
            "longest_gap_h": self.longest_gap_h,
            "degraded": self.degraded,
            "notes": list(self.notes),
            "faults": {kind: fault.to_json() for kind, fault in self.faults.items()},
            "weather": {
                each.name: {
                    "column": each.column,
                    "share_missing": round(each.share_missing, 6),
                    "remarks": list(each.remarks),
                    "dropped": each.dropped,
                }
                for each in self.weather
            },
            "weather_faults": {kind: fault.to_json() for kind, fault in self.weather_faults.items()},
        }

    def lines(self) -> list[str]:
        """The report in plain English, one sentence a line."""
        start, end = (from_epoch_s(at).strftime("%Y-%m-%d %H:%M") for at in (self.start_s, self.end_s))
        averaged = "" if self.step_s == self.file_step_s else f", averaged from {self.file_step_s // 60} min"
        said = [
            f"{self.rows} rows of {', '.join(self.files)}: {start} to {end} UTC, every {self.step_s // 60} min{averaged}.",
            f"{100 * self.share_missing:.2f} % of the values are missing, at most {self.longest_gap_h:g} h in a row.",
        ]
        several = len(self.files) > 1
        said += [fault.line(name_files=several) for fault in self.faults.values()]
        said += [f"Weather: {fault.line(name_files=True)}" for fault in self.weather_faults.values()]
        for each in self.weather:
            state = "left out" if each.dropped else f"{100 * each.share_missing:.2f} % missing"
            said.append(f"Weather {each.name} from {each.column!r}: {'; '.join([*each.remarks, state])}.")
        return [*said, *(f"Degraded: {note}." for note in self.notes)]
