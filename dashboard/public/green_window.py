"""Which of the coming hours to recommend and which to avoid: the best run, the greenest hour and the least green one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twin.contracts.public_snapshot import ComingHour

HOUR = timedelta(hours=1)
SHOWN_HOURS = 12
ADVISED_HOURS = 24
"""Hours within which a household can plan a washing machine or a car."""
ABOUT_AS_MUCH = 0.95  # less than what an hour's forecast is uncertain by


@dataclass(frozen=True)
class Window:
    """Consecutive green hours. ``start`` inclusive, ``end`` exclusive, UTC; ``share``: mean of the hours, 0..1."""

    start: datetime
    end: datetime
    share: float


def coming(hours: Sequence[ComingHour], as_of: datetime) -> tuple[ComingHour, ...]:
    """The hours that have not ended at ``as_of``, in order."""
    return tuple(sorted((hour for hour in hours if hour.start + HOUR > as_of), key=lambda hour: hour.start))


def best_window(hours: Sequence[ComingHour]) -> Window | None:
    """The run of green hours that offers most: length times mean share; the earliest of those that offer about as much.

    A single peak hour would be the greenest, but few people can use exactly one hour. And nobody should wait until tomorrow for
    a percent more than now. None without a green hour.
    """
    runs = green_windows(hours)
    most = max(map(_offer, runs), default=0.0)
    best = next((run for run in runs if _offer(run) >= ABOUT_AS_MUCH * most), None)
    if best is None:
        return None
    return Window(best[0].start, best[-1].start + HOUR, _offer(best) / len(best))


def green_windows(hours: Sequence[ComingHour]) -> list[list[ComingHour]]:
    """The runs of consecutive green hours, in order."""
    runs: list[list[ComingHour]] = []
    for hour in hours:
        if not hour.green or hour.share is None:
            continue
        if runs and runs[-1][-1].start + HOUR == hour.start:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return runs


def greenest_hour(hours: Sequence[ComingHour]) -> ComingHour | None:
    """The greenest of the given hours; None when none is known."""
    return max(_known(hours), key=_share, default=None)


def hour_to_avoid(hours: Sequence[ComingHour]) -> ComingHour | None:
    """The least green of the given hours; None when none is known."""
    return min(_known(hours), key=_share, default=None)


def _known(hours: Sequence[ComingHour]) -> list[ComingHour]:
    return [hour for hour in hours if hour.share is not None]


def _share(hour: ComingHour) -> float:
    return hour.share or 0.0


def _offer(run: Sequence[ComingHour]) -> float:
    return sum(map(_share, run))
