"""Values of a document, however they are written, as one number per step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.kinds import Column
from twin.boxes.flexibility.document.ranges import Range
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import to_epoch_s

Value = float | list[float] | Column
_ROUNDING = -1e-6
"""Profiles hold tiny negatives where nothing was meant."""
_FACTORS = {
    "W": 1e-3,
    "kW": 1.0,
    "MW": 1e3,
    "CHF/kWh": 1.0,
    "CHF/MWh": 1e-3,
    "Rp/kWh": 1e-2,
    "degC": 1.0,
    "g/kWh": 1.0,
    "1": 1.0,
}
_ENERGIES = {"Wh": 1e-3, "kWh": 1.0, "MWh": 1e3}


@dataclass(frozen=True)
class Profile:
    """A column on its own grid: ``values`` of intervals of ``step_s`` from ``start_s`` (UTC) on, NaN = missing.

    Attributes:
        strange: cells that hold something else than a number, "row 7: 'n/a'", the first few.
    """

    start_s: int
    step_s: int
    values: np.ndarray
    strange: tuple[str, ...] = ()


class ReadProfile(Protocol):
    """Reads a column of a file; the outside world hands it in."""

    def __call__(self, path: Path, column: str, *, time: str, timezone: str) -> Profile:
        """Raise `BadInput` for a file or column that cannot be read."""


def no_files(path: Path, column: str, *, time: str, timezone: str) -> Profile:  # noqa: ARG001 - a `ReadProfile`
    """For documents that refer to no file.

    Raises:
        BadInput: always.
    """
    raise BadInput([Problem(str(path), f"column {column}", "values in the document itself", "write them there")])


@dataclass
class Series:
    """Turns values into arrays over the steps; what is wrong with them is noted.

    Attributes:
        folder: of the document. ``found``: faults.
    """

    clock: Clock
    folder: Path
    read: ReadProfile
    found: Problems = field(default_factory=Problems)

    def steps(self, value: Value, place: str, *, least: float | None = 0.0, plausible: Range | None = None) -> np.ndarray:
        """``value`` as means over the steps, dims (step,), in the document's unit; NaN where a fault was noted.

        Args:
            least: smallest value that makes sense, None for any. ``plausible``: what columns may hold; the document's own
                figures were checked as they were read.
        """
        if isinstance(value, Column):
            array = self._column(value, place)
            self._plausible(array, value, place, plausible)
        elif isinstance(value, list):
            array = self._list(value, place)
        else:
            array = np.full(len(self.clock.hours), float(value))
        if least is not None and np.isfinite(array).all() and (array < least + _ROUNDING).any():
            step = int(np.argmax(array < least + _ROUNDING))
            where = "" if isinstance(value, float) else f" in step {step}"
            self.found.add(place, f"{array[step]:g}{where}", f"at least {least:g}", "check its sign and unit")
        return array if least is None else np.maximum(array, least)

    def _plausible(self, array: np.ndarray, column: Column, place: str, plausible: Range | None) -> None:
        beyond = np.zeros(len(array), dtype=bool) if plausible is None else (array < plausible.low) | (array > plausible.high)
        if beyond.any():
            step = int(np.argmax(beyond))
            self.found.add(
                place, f"{array[step]:g} in step {step}", str(plausible), f"check {column.file} and the unit it is read in"
            )

    def _list(self, values: list[float], place: str) -> np.ndarray:
        steps, hours = len(self.clock.hours), self.clock.end_h
        if len(values) == steps:
            return np.asarray(values, dtype=float)
        if len(values) == int(np.ceil(hours - 1e-9)):
            return self._means(Profile(to_epoch_s(self.clock.start), 3600, np.asarray(values, dtype=float)))
        limit = f"{steps} values (one per step) or {int(np.ceil(hours - 1e-9))} (one per hour)"
        self.found.add(place, f"{len(values)} values", limit, "add or leave out values")
        return np.full(steps, np.nan)

    def _column(self, column: Column, place: str) -> np.ndarray:
        try:
            profile = self.read(self.folder / column.file, column.column, time=column.time, timezone=self.clock.timezone)
        except BadInput as error:
            self.found.found += [Problem(f"{place}: {p.place}", p.value, p.limit, p.remedy) for p in error.problems]
            return np.full(len(self.clock.hours), np.nan)
        unit = getattr(column, "unit", "1")
        factor = _ENERGIES[unit] * 3600.0 / profile.step_s if unit in _ENERGIES else _FACTORS.get(unit, 1.0)
        array = factor * self._means(profile)
        if np.isnan(array).any():
            at = self.clock.starts[int(np.argmax(np.isnan(array)))].astimezone(ZoneInfo(self.clock.timezone))
            value = f"no value from {at:%Y-%m-%d %H:%M} ({self.clock.timezone}) on" + "".join(
                f", {cell}" for cell in profile.strange
            )
            self.found.add(place, value, "values for the whole plan", f"complete {column.file}")
        return array

    def _means(self, profile: Profile) -> np.ndarray:
        """Time-weighted means over the steps; NaN where a part of a step has no value."""
        edges = to_epoch_s(self.clock.start) + 3600.0 * self.clock.edges_h
        count = len(profile.values)
        marks = profile.start_s + profile.step_s * np.arange(count + 1)
        missing = np.isnan(profile.values)
        area, gap = (
            np.concatenate([[0.0], np.cumsum(part)]) * profile.step_s for part in (np.nan_to_num(profile.values), missing * 1.0)
        )
        means = np.diff(np.interp(edges, marks, area)) / np.diff(edges)
        outside = (edges[:-1] < marks[0] - 1e-6) | (edges[1:] > marks[-1] + 1e-6)
        holes = np.diff(np.interp(edges, marks, gap)) > 1e-6
        return np.where(outside | holes, np.nan, means)
