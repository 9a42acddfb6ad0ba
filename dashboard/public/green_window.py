"""Which of the coming hours to recommend and which to avoid: the best run, the greenest hour and the least green one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twin.contracts.public_snapshot import GreenHour

HOUR = timedelta(hours=1)
SHOWN_HOURS = 12


@dataclass(frozen=True)
class Window:
    """Consecutive green hours. ``start`` inclusive, ``end`` exclusive, UTC; ``share``: mean of the hours, 0..1."""

    start: datetime
    end: datetime
    share: float


def coming(hours: Sequence[GreenHour], as_of: datetime) -> tuple[GreenHour, ...]:
    """The hours that have not ended at ``as_of``, in order."""
    return tuple(sorted((hour for hour in hours if hour.start + HOUR > as_of), key=lambda hour: hour.start))


def best_window(hours: Sequence[GreenHour]) -> Window | None:
    """The run of green hours that offers most: length times mean share; the earlier of two equal ones.

    A single peak hour would be the greenest, but few people can use exactly one hour. None without a green hour.
    """
    runs: list[list[GreenHour]] = []
    for hour in hours:
        if not hour.green or hour.share is None:
            continue
        if runs and runs[-1][-1].start + HOUR == hour.start:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    best = max(runs, key=_offer, default=None)
    if best is None:
        return None
    return Window(best[0].start, best[-1].start + HOUR, _offer(best) / len(best))


def greenest_hour(hours: Sequence[GreenHour]) -> GreenHour | None:
    """The greenest of the given hours; None when none is known."""
    return max(_known(hours), key=_share, default=None)


def hour_to_avoid(hours: Sequence[GreenHour]) -> GreenHour | None:
    """The least green of the given hours; None when none is known."""
    return min(_known(hours), key=_share, default=None)


def _known(hours: Sequence[GreenHour]) -> list[GreenHour]:
    return [hour for hour in hours if hour.share is not None]


def _share(hour: GreenHour) -> float:
    return hour.share or 0.0


def _offer(run: Sequence[GreenHour]) -> float:
    return sum(map(_share, run))
