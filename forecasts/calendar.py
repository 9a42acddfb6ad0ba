"""The site's local calendar: which day, which quarter hour of the clock, and which type of day a UTC label belongs to.

People live by the local clock, so a load profile is indexed by wall-clock quarter hour. On the day the
clocks go forward four slots do not exist; on the day they go back four slots happen twice. Labels stay UTC,
so no forecast has a gap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR_S

SLOTS_PER_DAY = 96
WORKDAY, SATURDAY, OFF_DAY = 0, 1, 2
DAY_TYPES = ("workday", "saturday", "off_day")

_NS_PER_DAY = 86_400_000_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class LocalCalendar:
    """Local days, slots and day types of one site.

    Args:
        timezone: IANA name. ``country``, ``subdivision``: as the ``holidays`` package names them ("CH",
            "ZH"); an empty country means that no public holidays are known.

    Raises:
        BadInput: for an unknown time zone, country or subdivision, all at once.
    """

    def __init__(self, *, timezone: str, country: str, subdivision: str) -> None:
        problems = Problems()
        try:
            self.zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError):
            problems.add("site timezone", repr(timezone), "an IANA name", "write it like 'Europe/Zurich'")
        self._country, self._subdivision = country, subdivision
        try:
            _holidays_of_year(country, subdivision, 2016)
        except NotImplementedError:
            problems.add(
                "site country/subdivision",
                f"{country!r}/{subdivision!r}",
                "codes known to the package 'holidays'",
                "use an ISO 3166 country code and one of its subdivisions, or an empty text for none",
            )
        problems.raise_if_any()

    def locate(self, labels: np.ndarray, *, step_s: int = QUARTER_HOUR_S) -> tuple[np.ndarray, np.ndarray]:
        """Local day (days since 1970-01-01) and wall-clock slot (quarter hour 0..95) of each UTC label, both dims (time,)."""
        wall = self.wall_clock(labels).astype(np.int64)
        return wall // _NS_PER_DAY, wall % _NS_PER_DAY // (step_s * 1_000_000_000)

    def days_and_slots(self, start_s: int, rows: int, *, step_s: int) -> tuple[np.ndarray, np.ndarray]:
        """What `locate` says of ``rows`` intervals from ``start_s`` (epoch seconds) on; remembered, so read-only."""
        return _days_and_slots(self.zone.key, int(start_s), int(rows), int(step_s))

    def wall_clock(self, labels: np.ndarray) -> np.ndarray:
        """What the clock on the wall shows at each UTC label, ``datetime64[ns]`` without zone, dims (time,)."""
        local = pd.DatetimeIndex(labels).tz_localize("UTC").tz_convert(self.zone).tz_localize(None)
        return local.to_numpy().astype("datetime64[ns]")

    def day_of(self, instant: datetime) -> int:
        """Local day of an instant, in days since 1970-01-01."""
        return instant.astimezone(self.zone).date().toordinal() - _EPOCH_ORDINAL

    def midnight(self, day: int) -> datetime:
        """The UTC instant at which a local day begins."""
        start = date.fromordinal(int(day) + _EPOCH_ORDINAL)
        return datetime(start.year, start.month, start.day, tzinfo=self.zone).astimezone(UTC)

    def day_type(self, day: np.ndarray) -> np.ndarray:
        """`WORKDAY`, `SATURDAY` or `OFF_DAY` (Sundays and public holidays) of each local day, dims (day,)."""
        weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
        types = np.where(weekday == 6, OFF_DAY, np.where(weekday == 5, SATURDAY, WORKDAY))
        return np.where(self.holiday(day), OFF_DAY, types)

    def holiday(self, day: np.ndarray) -> np.ndarray:
        """True where a local day is a public holiday, dims (day,)."""
        if not len(day):
            return np.zeros(0, dtype=bool)
        first, last = (date.fromordinal(int(d) + _EPOCH_ORDINAL).year for d in (day.min(), day.max()))
        known: list[int] = []
        for year in range(first, last + 1):
            known += _holidays_of_year(self._country, self._subdivision, year)
        return np.isin(day, np.array(known, dtype=np.int64))


@lru_cache(maxsize=64)
def _days_and_slots(timezone: str, start_s: int, rows: int, step_s: int) -> tuple[np.ndarray, np.ndarray]:
    seconds = start_s + np.arange(rows, dtype=np.int64) * step_s
    calendar = LocalCalendar(timezone=timezone, country="", subdivision="")
    found = calendar.locate(seconds.astype("datetime64[s]").astype("datetime64[ns]"), step_s=step_s)
    for part in found:
        part.flags.writeable = False
    return found


@lru_cache(maxsize=64)
def _holidays_of_year(country: str, subdivision: str, year: int) -> tuple[int, ...]:
    if not country:
        return ()
    import holidays

    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    return tuple(sorted(day.toordinal() - _EPOCH_ORDINAL for day in found))
