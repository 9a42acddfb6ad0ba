"""Text stamps to UTC. In autumn the clock shows an hour twice, and only a stamp's neighbours can tell which one it means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from twin.domain.time import QUARTER_HOUR_S, to_epoch_s


@dataclass(frozen=True)
class Doubled:
    """A stamp that the clock shows twice on ``day``: the first time at ``early_s``, the second at ``late_s`` [epoch s]."""

    day: date
    early_s: int
    late_s: int


@dataclass
class StampReader:
    """Reads ISO 8601. ``timezone``: of stamps without offset, or None when there must be none."""

    timezone: str | None
    _known: dict[str, int | Doubled] = field(default_factory=dict)

    def read(self, text: str) -> int | Doubled:
        """Seconds since 1970, or both possibilities.

        Raises:
            ValueError: saying what is wrong with the stamp.
        """
        if text not in self._known:
            self._known[text] = self._read(text)
        return self._known[text]

    def _read(self, text: str) -> int | Doubled:
        stamp = datetime.fromisoformat(text)
        if not 1970 <= stamp.year <= 2200:  # the ends of the calendar overflow in another time zone
            raise ValueError(f"{text} is not of the years 1970 to 2200")
        if stamp.tzinfo is not None:
            return to_epoch_s(stamp)
        if self.timezone is None:
            raise ValueError("has no offset, and the site file states no telemetry timezone")
        early, late = (stamp.replace(tzinfo=ZoneInfo(self.timezone), fold=fold) for fold in (0, 1))
        ahead = [each.utcoffset() or timedelta(0) for each in (early, late)]
        if ahead[0] < ahead[1]:
            raise ValueError(f"{text} does not exist: clocks go forward over it")
        return to_epoch_s(early) if ahead[0] == ahead[1] else Doubled(stamp.date(), to_epoch_s(early), to_epoch_s(late))


def settle(stamps: Sequence[int | Doubled]) -> list[int | None]:
    """Seconds since 1970 of one channel's stamps in a file's order; None for a doubled one that could be either.

    Doubled stamps are told apart only where the channel runs through the whole hour twice, quarter hour by quarter hour.
    Anything else (one half missing, rows repeated, another order) leaves it open which is which, and a guess would be an
    hour off.
    """
    places: defaultdict[date, list[int]] = defaultdict(list)
    for place, stamp in enumerate(stamps):
        if isinstance(stamp, Doubled):
            places[stamp.day].append(place)
    settled = [None if isinstance(stamp, Doubled) else stamp for stamp in stamps]
    for at in places.values():
        doubled = [stamp for stamp in stamps[at[0] : at[-1] + 1] if isinstance(stamp, Doubled)]
        steps = (doubled[0].late_s - doubled[0].early_s) // QUARTER_HOUR_S
        hour = [doubled[0].early_s + QUARTER_HOUR_S * step for step in range(steps)]
        if [stamp.early_s for stamp in doubled] == 2 * hour and at[-1] - at[0] + 1 == len(at):
            for place, stamp in zip(at, doubled[:steps], strict=False):
                settled[place], settled[place + steps] = stamp.early_s, stamp.late_s
    return settled
