"""An event's hours, those before and those after it, on the event's day and at the same clock on every other day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from twin.boxes.flexibility.verify.events import Event
from twin.boxes.flexibility.verify.local_days import DAY_S, LocalDays
from twin.boxes.flexibility.verify.rule import Rule
from twin.domain.problems import Problems
from twin.domain.time import to_epoch_s

REACH_DAYS = 90
"""How far from the event a day may lie on which the baseline is tried: within a season, customers stay the same."""


@dataclass(frozen=True)
class Meters:
    """Meters as plain arrays, taken once.

    Attributes:
        power_mw: dims (time, customer), NaN = missing. ``start_s``: UTC start of the first interval.
        wall_s: clock of each interval, dims (time,), see `LocalDays.wall_s`.
        called: intervals of any event, dims (time,).
    """

    power_mw: np.ndarray
    start_s: int
    step_s: int
    wall_s: np.ndarray
    called: np.ndarray

    def rows(self, first_s: int, end_s: int) -> np.ndarray:
        """Intervals that lie within two UTC instants [s]; those beyond the ends of the meters are missing."""
        first = -(-(first_s - self.start_s) // self.step_s)
        end = (end_s - self.start_s) // self.step_s
        return np.arange(max(first, 0), max(min(end, len(self.power_mw)), 0))


@dataclass(frozen=True)
class Hours:
    """One event's hours on every day around it.

    On other days they are found by the local clock, because people live by it: an hour that spring leaves out is missing, of
    one that autumn shows twice the first run counts. On the event's own day they are the instants themselves.

    Attributes:
        row: the intervals on the event's own day, dims (slot,): before, called, after.
        before, called, after: masks, dims (slot,).
        day: local days, since 1970-01-01, dims (day,). ``at``: which of them is the event's.
        power_mw: dims (day, slot, customer); NaN where missing, and in any event's hours on other days.
        candidate: days of the event day's type without an event, dims (day,).
        whole: no value missing in any slot, dims (day, customer).
        step_h: length of a slot [h].
    """

    row: np.ndarray
    before: np.ndarray
    called: np.ndarray
    after: np.ndarray
    day: np.ndarray
    at: int
    power_mw: np.ndarray
    candidate: np.ndarray
    whole: np.ndarray
    step_h: float

    @cached_property
    def before_mw(self) -> np.ndarray:
        """Mean power over the hours of the adjustment [MW], dims (day, customer); NaN where there are none."""
        return self._mean(self.before)

    @cached_property
    def called_mw(self) -> np.ndarray:
        """Mean power over the called hours [MW], dims (day, customer)."""
        return self._mean(self.called)

    @cached_property
    def after_mw(self) -> np.ndarray:
        """Mean power over the hours of the rebound [MW], dims (day, customer); NaN where there are none."""
        return self._mean(self.after)

    def _mean(self, slots: np.ndarray) -> np.ndarray:
        if not slots.any():
            return np.full(self.whole.shape, np.nan)
        return np.asarray(self.power_mw[:, slots].mean(axis=1))


def hours_of(
    event: Event, events: Sequence[Event], meters: Meters, *, rule: Rule, days: LocalDays, problems: Problems
) -> Hours | None:
    """The hours of one of ``events``, or None when a fault was noted: a window before it without intervals or with a call."""
    rows = _windows(event, events, meters, rule, days, problems)
    if rows is None:
        return None
    row = np.concatenate(rows)
    own_day = days.day_of(event.start)
    slot_s = meters.wall_s[row] - own_day * DAY_S
    first = max(own_day - REACH_DAYS - rule.lookback_days, int(meters.wall_s[0]) // DAY_S)
    day = np.arange(first, min(own_day + REACH_DAYS, int(meters.wall_s[-1]) // DAY_S) + 1)
    at = own_day - first
    power = _same_clock(meters, day, slot_s)
    power[at] = meters.power_mw[row]
    which = np.repeat(np.arange(3), [len(each) for each in rows])
    # A rebound past midnight is read on the next day too, but it takes no day from those to choose from.
    touched = np.unique(slot_s[which < 2] // DAY_S)
    taken = np.isin(day[:, None] + touched, _event_days(events, days)).any(axis=1)
    business = days.is_business(day)
    return Hours(
        row=row,
        before=which == 0,
        called=which == 1,
        after=which == 2,
        day=day,
        at=at,
        power_mw=power,
        candidate=~taken & (business == business[at]),
        whole=np.isfinite(power).all(axis=1),
        step_h=meters.step_s / 3600.0,
    )


def anchor_of(event: Event, days: LocalDays) -> datetime:
    """What the adjustment's window is counted from: the notice, where it came on the event's own day, else the start."""
    notice = event.notice
    return notice if notice is not None and days.day_of(notice) == days.day_of(event.start) else event.start


def _windows(
    event: Event, events: Sequence[Event], meters: Meters, rule: Rule, days: LocalDays, problems: Problems
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    start_s, end_s = to_epoch_s(event.start), to_epoch_s(event.end)
    called = meters.rows(start_s, end_s)
    later = [to_epoch_s(other.start) for other in events if other.start >= event.end]
    rebound_s = int(timedelta(hours=rule.rebound_h).total_seconds())
    after = meters.rows(end_s, min([end_s + rebound_s, *later]))
    if rule.adjustment == "none":
        return called[:0], called, after
    anchor_s = to_epoch_s(anchor_of(event, days))
    first_s, last_s = (anchor_s - round(hours * 3600.0) for hours in (rule.from_h, rule.to_h))
    before = meters.rows(first_s, last_s)
    place = f"{event.name}: window from {rule.from_h:g} h to {rule.to_h:g} h before the notice"
    if not len(before) or first_s < meters.start_s:
        value = "no whole interval" if first_s >= meters.start_s else "begins before the meters"
        problems.add(place, value, "at least one interval", "choose another window, or no adjustment")
        return None
    if meters.called[before].any():
        problems.add(place, "holds another call", "hours without a call", "choose another window, or no adjustment")
        return None
    return before, called, after


def _same_clock(meters: Meters, day: np.ndarray, slot_s: np.ndarray) -> np.ndarray:
    """Power at the same clock on other days [MW], dims (day, slot, customer)."""
    order = np.argsort(meters.wall_s, kind="stable")
    sorted_s = meters.wall_s[order]
    wanted = day[:, None] * DAY_S + slot_s
    place = np.minimum(np.searchsorted(sorted_s, wanted), len(order) - 1)
    row = order[place]
    power = meters.power_mw[row]
    power[(sorted_s[place] != wanted) | meters.called[row]] = np.nan
    return power


def _event_days(events: Sequence[Event], days: LocalDays) -> np.ndarray:
    spans = [(days.day_of(each.start), days.day_of(each.end - timedelta(seconds=1))) for each in events]
    return np.unique(np.concatenate([np.arange(first, last + 1) for first, last in spans]))
