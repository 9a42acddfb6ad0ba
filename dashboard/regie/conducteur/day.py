"""A local day as the run-of-show draws it: 23, 24 or 25 hours long, and the times of day that people write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboard.regie.work.refusal import Refused
from twin.contracts.work_order import Why

_WRITTEN = re.compile(r"(\d\d?)[:.h](\d\d)(?: ?([+-]\d\d):?00)?")


@dataclass(frozen=True)
class Day:
    """One day of a time zone."""

    date: date
    timezone: str

    @classmethod
    def of(cls, instant: datetime, timezone: str) -> Day:
        """The day on which an instant falls."""
        return cls(instant.astimezone(ZoneInfo(timezone)).date(), timezone)

    @property
    def start(self) -> datetime:
        """Its first instant, UTC."""
        return datetime.combine(self.date, time(), ZoneInfo(self.timezone)).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The first instant of the next day, UTC."""
        return self.beside(1).start

    @property
    def hours(self) -> int:
        """23 in spring, 25 in autumn, else 24."""
        return round((self.end - self.start) / timedelta(hours=1))

    def beside(self, days: int) -> Day:
        """So many days later."""
        return Day(self.date + timedelta(days=days), self.timezone)

    def share(self, instant: datetime) -> float:
        """How much of the day is over at an instant: 0 to 1, clipped."""
        return min(1.0, max(0.0, (instant - self.start) / (self.end - self.start)))

    def touches(self, start: datetime, end: datetime) -> bool:
        """True when a window has a part of this day; an instant belongs to the day in which it falls."""
        return start < self.end and (end > self.start or start >= self.start)

    def instant(self, written: str) -> datetime:
        """The instant of a time of day as people write and screens show it: "18:15", "24:00", "02:30 +01:00".

        Raises:
            Refused: for what is no time of this day, or two.
        """
        found = _WRITTEN.fullmatch(written.strip())
        hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
        if (hour, minute) == (24, 0):
            return self.end
        if found is None or hour > 23 or minute > 59:
            raise Refused([Why(code="time_form", params={"written": written})])
        zone = ZoneInfo(self.timezone)
        naive = datetime.combine(self.date, time(hour, minute))
        readings = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        # What the clock skips comes back from UTC as another time.
        real = sorted(at for at in readings if at.astimezone(zone).replace(tzinfo=None) == naive)
        if found[3]:
            real = [at for at in real if at.astimezone(zone).utcoffset() == timedelta(hours=int(found[3]))]
        if not real:
            raise Refused([Why(code="time_skipped", params={"written": written})])
        if len(real) > 1:
            raise Refused([Why(code="time_twice", params={"written": written})])
        return real[0]
