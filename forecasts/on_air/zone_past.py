"""One zone's past out of an as-of view: cleaned power of whole local days, weather behind and ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from forecasts.calendar import LocalCalendar
from forecasts.data.cleaning import clean
from forecasts.on_air.history import ahead, measured
from forecasts.on_air.stand_in import stand_in
from forecasts.past import Past, Place
from twin.contracts.frame import AsOfView
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_epoch_s

_DAY_S = 86_400


@dataclass(frozen=True)
class ZoneFacts:
    """What is fixed about a zone's series.

    Attributes:
        signal: of its power. ``weather``: signals that its experts read.
        minus: zones that are taken off: what is forecast is the rest.
    """

    kind: str
    signal: str
    zone: str
    place: Place
    weather: tuple[str, ...]
    capacity_mw: float | None
    planes: tuple[tuple[float, float, float], ...]
    minus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Now:
    """A view as a forecast needs it.

    Attributes:
        past: up to the last local midnight, from the first day with a value on. ``today``: power since, dims (time,).
        unsure: weather whose forecast did not come -> standard deviation of what stands in for it, dims (time ahead,).
    """

    past: Past
    today: np.ndarray
    unsure: Mapping[str, np.ndarray]


def now_of(view: AsOfView, facts: ZoneFacts, history: timedelta, steps: int) -> Now:
    """Everything that is known at ``view.as_of``, weather ``steps`` quarter hours ahead."""
    calendar = facts.place.calendar
    issue = floor_quarter(view.as_of)
    today = calendar.midnight(calendar.day_of(issue))
    start = calendar.midnight(calendar.day_of(issue) - history.days)

    def cleaned(zone: str) -> np.ndarray:
        values = measured(view, facts.signal, zone, start, issue)
        return np.asarray(clean(values, kind=facts.kind, step_s=QUARTER_HOUR_S, capacity_mw=facts.capacity_mw).values)

    # Each meter on its own: a rest that stays at nothing is no dead meter.
    power = cleaned(facts.zone)
    for part in facts.minus:
        power = power - cleaned(part)
    first = _first_midnight(power, start, today, calendar)
    start, power = first, power[(first - start) // QUARTER_HOUR :]
    rows = (today - start) // QUARTER_HOUR
    weather, unsure = {}, {}
    for name in facts.weather:
        behind, coming = measured(view, name, "", start, issue), ahead(view, name, steps)
        # A plant's experts know how to do without; tomorrow's clouds are not today's.
        if facts.kind == "load" and steps and not np.isfinite(coming).any() and np.isfinite(behind).any():
            coming, error = stand_in(behind, steps, _DAY_S // QUARTER_HOUR_S)
            unsure[name] = np.concatenate([np.zeros(len(power) - rows), error])
        weather[name] = np.concatenate([behind, coming])
    past = Past(
        facts.kind, to_epoch_s(start), QUARTER_HOUR_S, power[:rows], weather, facts.place, facts.capacity_mw, facts.planes
    )
    return Now(past, power[rows:], unsure)


def _first_midnight(power: np.ndarray, start: datetime, today: datetime, calendar: LocalCalendar) -> datetime:
    """Days before the first value teach nothing: the midnight of the first day that has one, today's at the latest."""
    known = np.flatnonzero(np.isfinite(power))
    if not known.size:
        return today
    return min(today, calendar.midnight(calendar.day_of(start + int(known[0]) * QUARTER_HOUR)))
