"""The clock of a scenario's moments: with offset, without one (the sites' local time), or a time of day alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BeforeValidator, ValidationInfo

from twin.domain.time import QUARTER_HOUR_S


@dataclass(frozen=True)
class Clock:
    """What a moment without offset is read by.

    Attributes:
        timezone: of the sites; None while it is not known. ``start``: of the window; None while it is not known.
    """

    timezone: ZoneInfo | None
    start: datetime | None = None

    def instant(self, moment: date | time, *, after: datetime | None = None) -> datetime:
        """The UTC instant that ``moment`` means.

        Args:
            moment: a date is its first moment, a time of day the first such moment from ``after`` (exclusive) on, or, without
                it, from the window's start (inclusive) on.

        Raises:
            ValueError: saying what it should be: the clocks skip it or show it twice, or nobody knows which clock.
        """
        if isinstance(moment, time):
            return self._time_of_day(moment, after)
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        return moment.astimezone(UTC) if moment.tzinfo is not None else _once(moment, self._zone())

    def _time_of_day(self, moment: time, after: datetime | None) -> datetime:
        zone = self._zone()
        if self.start is None:
            raise ValueError("a moment with its day, because the window has no start")
        day = (after or self.start).astimezone(zone).date()
        found = _once(datetime.combine(day, moment), zone)
        too_early = found < self.start if after is None else found <= after
        return _once(datetime.combine(day + timedelta(days=1), moment), zone) if too_early else found

    def _zone(self) -> ZoneInfo:
        if self.timezone is None:
            raise ValueError("a moment with its offset, as 2016-01-25T18:10+01:00: its sites have no clock in common")
        return self.timezone


def _once(naive: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the local clock shows ``naive``, if it does so exactly once."""
    early, late = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    ahead = [each.utcoffset() or timedelta(0) for each in (early, late)]
    if ahead[0] < ahead[1]:
        raise ValueError(f"a moment that exists: in {zone.key} clocks go forward over {naive}")
    if ahead[0] > ahead[1]:
        raise ValueError(f"a moment with its offset: in {zone.key} clocks go back over {naive}, which happens twice")
    return early.astimezone(UTC)


def _read(value: Any, info: ValidationInfo) -> Any:
    moment = _parsed(value) if isinstance(value, str) else value
    if not isinstance(moment, (date, time)):
        raise ValueError("a date and time as 2016-01-25T18:10:00, or a time of day as 18:10:00")
    clock = (info.context or {}).get("clock", Clock(None))
    return clock.instant(moment, after=info.data.get("at") if info.field_name == "until" else None)


def _parsed(text: str) -> date | time | str:
    for kind in (datetime, time):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    return text


def whole_quarter(instant: datetime) -> datetime:
    """A window's start, refused unless it is on a quarter hour of a year that a simulated town has."""
    if instant.timestamp() % QUARTER_HOUR_S:
        raise ValueError("a whole quarter hour: minutes 00, 15, 30 or 45")
    if not 2000 <= instant.year <= 2100:
        raise ValueError("a year from 2000 to 2100")
    return instant


Instant = Annotated[AwareDatetime, BeforeValidator(_read)]
"""A moment, in UTC once it is read with a `Clock` as the validation's context; an ``until`` follows the ``at`` beside it."""
