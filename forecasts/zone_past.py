"""One zone's past out of an as-of view: cleaned power of whole local days, weather behind and ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from forecasts.calendar import LocalCalendar
from forecasts.data.cleaning import clean
from forecasts.history import ahead, measured
from forecasts.past import Past, Place
from twin.contracts.frame import AsOfView
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_epoch_s

_DAY_S = 86_400


@dataclass(frozen=True)
class ZoneFacts:
    """What is fixed about a zone's series.

    Attributes:
        signal: of its power. ``weather``: signals that its experts read.
    """

    kind: str
    signal: str
    zone: str
    place: Place
    weather: tuple[str, ...]
    capacity_mw: float | None
    planes: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Now:
    """A view as a forecast needs it.

    Attributes:
        past: up to the last local midnight, from the first day with a value on. ``today``: power since, dims (time,).
        known: share of the last day's quarter hours that were measured, 0..1.
    """

    past: Past
    today: np.ndarray
    known: float


def now_of(view: AsOfView, facts: ZoneFacts, history: timedelta, steps: int) -> Now:
    """Everything that is known at ``view.as_of``, weather ``steps`` quarter hours ahead."""
    calendar = facts.place.calendar
    issue = floor_quarter(view.as_of)
    today = calendar.midnight(calendar.day_of(issue))
    start = calendar.midnight(calendar.day_of(issue) - history.days)
    power = measured(view, facts.signal, facts.zone, start, issue)
    power = clean(power, kind=facts.kind, step_s=QUARTER_HOUR_S, capacity_mw=facts.capacity_mw).values
    first = _first_midnight(power, start, today, calendar)
    start, power = first, power[(first - start) // QUARTER_HOUR :]
    rows = (today - start) // QUARTER_HOUR
    weather = {}
    for name in facts.weather:
        behind = measured(view, name, "", start, issue)
        weather[name] = np.concatenate([behind, ahead(view, name, steps)])
    past = Past(
        facts.kind, to_epoch_s(start), QUARTER_HOUR_S, power[:rows], weather, facts.place, facts.capacity_mw, facts.planes
    )
    last = power[-_DAY_S // QUARTER_HOUR_S :]
    return Now(past, power[rows:], float(np.isfinite(last).mean()) if len(last) else 0.0)


def _first_midnight(power: np.ndarray, start: datetime, today: datetime, calendar: LocalCalendar) -> datetime:
    """Days before the first value teach nothing: the midnight of the first day that has one, today's at the latest."""
    known = np.flatnonzero(np.isfinite(power))
    if not known.size:
        return today
    return min(today, calendar.midnight(calendar.day_of(start + int(known[0]) * QUARTER_HOUR)))
