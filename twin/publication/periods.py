"""Months and years of the town's own clock, bounded in UTC: a month of a clock change has an hour more or less."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR

_NAME = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True)
class Period:
    """A local month ("2016-01") or year ("2016"). ``start`` <= label < ``end`` [UTC] are its quarter hours."""

    name: str
    start: datetime
    end: datetime

    @classmethod
    def of(cls, name: str, timezone: str) -> Period:
        """The period of that name.

        Raises:
            BadInput: for a name that is neither a month nor a year.
        """
        found = _NAME.fullmatch(name)
        if found is None or not 1 <= int(found[1]) < 9999:
            raise BadInput([Problem("period", repr(name), "a month or a year", "write 2016-01 or 2016")])
        year, month = int(found[1]), int(found[2] or 1)
        following = (year + 1, 1) if found[2] is None or month == 12 else (year, month + 1)
        zone = ZoneInfo(timezone)
        start, end = (datetime(*each, 1, tzinfo=zone).astimezone(UTC) for each in ((year, month), following))
        return cls(name, start, end)

    @property
    def is_year(self) -> bool:
        """Whether it is a year."""
        return "-" not in self.name

    @property
    def quarters(self) -> int:
        """Quarter hours in it: 2976 in January, 2972 in a March with the change to summer time."""
        return (self.end - self.start) // QUARTER_HOUR


def months_between(first: datetime, last: datetime, timezone: str) -> list[Period]:
    """Every month from that of ``first`` to that of ``last``, both included."""
    zone = ZoneInfo(timezone)
    begin, end = first.astimezone(zone), last.astimezone(zone)
    count = 12 * (end.year - begin.year) + end.month - begin.month + 1
    numbers = (12 * begin.year + begin.month - 1 + offset for offset in range(count))
    return [Period.of(f"{number // 12:04d}-{number % 12 + 1:02d}", timezone) for number in numbers]
