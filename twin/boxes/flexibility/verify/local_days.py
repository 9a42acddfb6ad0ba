"""The customers' calendar: which local day and clock time a UTC label is, and which days are alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

DAY_S = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class LocalDays:
    """Local days and their two types: business days, and weekends with public holidays.

    Attributes:
        timezone: IANA name. ``holidays``: local dates that count as a Sunday.
    """

    timezone: str
    holidays: frozenset[date] = frozenset()

    def wall_s(self, labels: np.ndarray) -> np.ndarray:
        """What the clock on the wall shows at UTC ``labels``, as seconds since 1970-01-01 of that clock, dims (time,)."""
        import pandas as pd

        local = pd.DatetimeIndex(labels).tz_localize("UTC").tz_convert(self.timezone).tz_localize(None)
        return local.to_numpy().astype("datetime64[s]").astype(np.int64)

    def day_of(self, instant: datetime) -> int:
        """Local day of an instant, in days since 1970-01-01."""
        return instant.astimezone(ZoneInfo(self.timezone)).date().toordinal() - _EPOCH_ORDINAL

    def is_business(self, day: np.ndarray) -> np.ndarray:
        """Whether local days (since 1970-01-01) run from Monday to Friday and are no holiday, dims as ``day``."""
        off = np.array([each.toordinal() - _EPOCH_ORDINAL for each in self.holidays], dtype=np.int64)
        # 1970-01-01 was a Thursday, the day 3 of a week that begins on Monday.
        return ((np.asarray(day) + 3) % 7 < 5) & ~np.isin(day, off)
