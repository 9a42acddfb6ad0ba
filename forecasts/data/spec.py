"""What is stated about a measured series before it is read: columns, unit, what a label marks, clock and place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forecasts.calendar import LocalCalendar
from forecasts.series import KINDS
from twin.domain.problems import BadInput, Problems

UNITS = ("W", "kW", "MW", "Wh", "kWh", "MWh")
LABELS = ("start", "end")

_MEGA = {"W": 1e-6, "k": 1e-3, "M": 1.0}


@dataclass(frozen=True, kw_only=True)
class SeriesSpec:
    """One series in one or more files, as `regie backtest FILE ...` states it.

    Attributes:
        path: a CSV or Parquet file, a glob, or several of them with commas between.
        kind: load, pv, wind or hydro. Loads count consumption positive, the others generation.
        unit: one of `UNITS`; energies are per interval of the file, and become the interval's mean power.
        label: whether a stamp marks the "start" or the "end" of its interval.
        timezone: IANA name, of stamps without offset; an offset or Z in the file wins over it.
        where: column -> value, to choose rows. Applied to the weather file as far as it has these columns.
        status_column: says which of two rows is final; without it, a column named "status" is used where there is one.
        starts_at, every_s: of a file without dates: when its first row begins, and how long each row lasts [s]. ``time_column``
            and ``label`` then say nothing.
        shift_s: added to every stamp [s]; -900 for bins that begin a quarter hour before what their label says.
        weather_path: None reads the mapped columns from the series' own file.
        weather_map: canonical name -> column. Empty takes the columns of the weather file that bear a canonical name.
        weather_time_column: None looks for ``time_column``, then for the first column that reads as time.
        weather_label, weather_timezone: None = as the series.
        perfect_weather: the weather was measured, not forecast; every figure made with it says so.
        latitude, longitude: [deg]. ``country``, ``subdivision``: as the package ``holidays`` names them.
        capacity_mw: of a plant. ``name``: of the series; empty = the first file's.
    """

    path: str
    kind: str
    time_column: str
    value_column: str
    unit: str
    label: str
    timezone: str
    where: Mapping[str, str] = field(default_factory=dict)
    status_column: str | None = None
    starts_at: datetime | None = None
    every_s: int | None = None
    shift_s: int = 0
    weather_path: str | None = None
    weather_map: Mapping[str, str] = field(default_factory=dict)
    weather_time_column: str | None = None
    weather_label: str | None = None
    weather_timezone: str | None = None
    perfect_weather: bool = False
    latitude: float | None = None
    longitude: float | None = None
    country: str = ""
    subdivision: str = ""
    capacity_mw: float | None = None
    name: str = ""

    @property
    def is_energy(self) -> bool:
        """True for Wh, kWh and MWh."""
        return self.unit.endswith("h")

    def to_mw(self, step_s: int) -> float:
        """Factor from the file's figure of an interval of ``step_s`` seconds to mean power [MW]."""
        return _MEGA[self.unit[0]] * (3600.0 / step_s if self.is_energy else 1.0)

    def check(self, problems: Problems) -> None:
        """Note every stated fact that cannot be true, whatever the file holds."""
        _one_of("--kind", self.kind, KINDS, problems)
        _one_of("--unit", self.unit, UNITS, problems)
        _one_of("--label", self.label, LABELS, problems)
        if self.weather_label is not None:
            _one_of("weather label", self.weather_label, LABELS, problems)
        if (self.starts_at is None) != (self.every_s is None):
            problems.add("starts_at/every_s", f"{self.starts_at}/{self.every_s}", "both or none", "state the other one too")
        if self.starts_at is not None and self.starts_at.tzinfo is None:
            problems.add("starts_at", self.starts_at.isoformat(), "an offset", "write it like 2016-08-01T00:00+02:00")
        self._check_place(problems)
        if self.capacity_mw is not None and not self.capacity_mw > 0:
            problems.add("capacity_mw", self.capacity_mw, "above 0 MW", "state the plant's rated power, or leave it out")

    def _check_place(self, problems: Problems) -> None:
        try:
            LocalCalendar(timezone=self.timezone, country=self.country, subdivision=self.subdivision)
        except BadInput as refused:
            problems.found.extend(refused.problems)
        if self.weather_timezone is not None:
            try:
                ZoneInfo(self.weather_timezone)
            except (ZoneInfoNotFoundError, ValueError):
                problems.add("weather timezone", repr(self.weather_timezone), "an IANA name", "write it like 'Europe/Zurich'")
        for place, value, limit in (("--lat", self.latitude, 90.0), ("--lon", self.longitude, 180.0)):
            if value is not None and not abs(value) <= limit:
                problems.add(place, value, f"-{limit:g} to {limit:g} degrees", "give it in degrees, north and east positive")
        if (self.latitude is None) != (self.longitude is None):
            problems.add("--lat/--lon", f"{self.latitude}/{self.longitude}", "both or none", "give the other one too")


def closest(text: str, known: tuple[str, ...]) -> str:
    """A remedy that names what was probably meant."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(text.lower(), list(by_lower), n=1, cutoff=0.5)
    return f"did you mean {by_lower[found[0]]!r}?" if found else "name one of them"


def _one_of(place: str, value: str, known: tuple[str, ...], problems: Problems) -> None:
    if value not in known:
        problems.add(place, repr(value), "one of " + ", ".join(known), closest(value, known))
