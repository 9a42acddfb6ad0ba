"""What was known at an instant, for one series: the only thing that an expert ever sees.

Rows of the future are not in it, so they cannot be read; asking for them by number is an error that names who asked too far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from forecasts.calendar import LocalCalendar
from twin.contracts.frame import FutureReadError
from twin.domain.time import from_epoch_s

T = TypeVar("T")
_DAY_S = 86_400


@dataclass(frozen=True)
class Place:
    """Where a series was measured.

    Attributes:
        timezone: IANA name. ``country``, ``subdivision``: as the package ``holidays`` names them; empty = no holidays.
        latitude, longitude: [deg], None where unknown.
    """

    timezone: str
    country: str = ""
    subdivision: str = ""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def calendar(self) -> LocalCalendar:
        """The place's local calendar.

        Raises:
            BadInput: for an unknown time zone, country or subdivision.
        """
        return LocalCalendar(timezone=self.timezone, country=self.country, subdivision=self.subdivision)


@dataclass(frozen=True)
class Past:
    """Everything known of a series at the end of its last row.

    Attributes:
        start_s: label of row 0, epoch seconds. ``step_s``: length of an interval.
        values: mean power [MW] of complete intervals, dims (time,), NaN = missing.
        weather: name -> values, dims (time + reach,): measured or forecast up to now, forecast beyond.
        planes: of a photovoltaic plant where they are declared: (tilt [deg], azimuth [deg, 180 = south], peak power [MW]).
    """

    kind: str
    start_s: int
    step_s: int
    values: np.ndarray
    weather: Mapping[str, np.ndarray]
    place: Place
    capacity_mw: float | None = None
    planes: tuple[tuple[float, float, float], ...] = ()
    _memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def rows(self) -> int:
        """Complete intervals; also the row that begins at as-of."""
        return len(self.values)

    @property
    def slots_per_day(self) -> int:
        """Intervals of a day without clock change."""
        return _DAY_S // self.step_s

    def labels(self, first: int, end: int) -> np.ndarray:
        """UTC labels of rows ``first .. end``, ``datetime64[ns]``; they may lie in the future, a label gives nothing away."""
        seconds = self.start_s + np.arange(first, end, dtype=np.int64) * self.step_s
        return seconds.astype("datetime64[s]").astype("datetime64[ns]")

    def days_and_slots(self, first: int, end: int) -> tuple[np.ndarray, np.ndarray]:
        """Local day (days since 1970-01-01) and wall-clock slot of rows ``first .. end``, both dims (time,), read-only."""
        start_s = self.start_s + first * self.step_s
        return self.place.calendar.days_and_slots(start_s, end - first, step_s=self.step_s)

    def read(self, first: int, end: int) -> np.ndarray:
        """Values of rows ``first .. end``, dims (time,).

        Raises:
            FutureReadError: when ``end`` lies after as-of.
        """
        if end > self.rows or first < 0:
            as_of, asked = from_epoch_s(self.start_s + self.rows * self.step_s), from_epoch_s(self.start_s + end * self.step_s)
            raise FutureReadError(f"rows {first}..{end} asked, up to {asked.isoformat()}; known until {as_of.isoformat()}")
        return self.values[first:end]

    def ahead(self, name: str, steps: int) -> np.ndarray:
        """Weather of the ``steps`` intervals from as-of on, dims (time,); NaN where nothing is known."""
        column = self.weather.get(name, np.empty(0))[self.rows : self.rows + steps]
        return np.concatenate([column, np.full(steps - len(column), np.nan)])

    def until(self, row: int) -> Past:
        """The same series as known at an earlier row; weather ahead keeps its reach."""
        if row > self.rows:
            raise FutureReadError(f"row {row} is after the last of {self.rows} known rows")
        back = self.rows - row
        weather = {name: column[: len(column) - back].copy() for name, column in self.weather.items()}
        return Past(
            self.kind, self.start_s, self.step_s, self.values[:row].copy(), weather, self.place, self.capacity_mw, self.planes
        )

    def shared(self, key: str, make: Callable[[], T]) -> T:
        """Work that several experts need of this past, done once."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]
