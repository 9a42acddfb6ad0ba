"""The clock on the kitchen wall: people, cars and thermostats live by local time, the plant reckons in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

DAY_S = 86_400


@lru_cache(maxsize=50_000)
def _offset_s(hour: int, timezone: str) -> int:
    offset = datetime.fromtimestamp(hour * 3600, tz=UTC).astimezone(ZoneInfo(timezone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


@dataclass(frozen=True)
class LocalClock:
    """Local days and hours of UTC instants (offsets change on whole UTC hours)."""

    timezone: str

    def local_s(self, utc_s: np.ndarray) -> np.ndarray:
        """Seconds since 1970-01-01 as a local clock shows them, same dims as ``utc_s``."""
        seconds = np.asarray(utc_s, dtype=np.int64)
        hours, place = np.unique(seconds // 3600, return_inverse=True)
        offsets = np.array([_offset_s(int(hour), self.timezone) for hour in hours], dtype=np.int64)
        return seconds + offsets[place].reshape(seconds.shape)

    def day(self, utc_s: int) -> int:
        """The local calendar day, as days since 1970-01-01."""
        return (utc_s + _offset_s(utc_s // 3600, self.timezone)) // DAY_S

    def noon_offset_s(self, day: int) -> int:
        """Seconds that local time is ahead of UTC at noon of local ``day``, past any clock change of that day."""
        return _offset_s((day * DAY_S + DAY_S // 2) // 3600, self.timezone)


def is_weekend(day: np.ndarray | int) -> np.ndarray:
    """True on Saturdays and Sundays; 1970-01-01 was a Thursday."""
    return (np.asarray(day) + 3) % 7 >= 5


def year_fraction(day: np.ndarray | int) -> np.ndarray:
    """Share of the mean solar year that has passed since 1 January, 0..1 (365.2425 days, 1970 as origin)."""
    return (np.asarray(day, dtype=float) / 365.2425) % 1.0
