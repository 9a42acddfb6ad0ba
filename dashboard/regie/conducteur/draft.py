"""The draft of a day's run-of-show: what the snapshot foresees, what was decided, what is planned, when markets close."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from dashboard.regie.conducteur.closings import closings
from dashboard.regie.conducteur.cue import Cue
from dashboard.regie.conducteur.day import Day
from twin.contracts.diagram import DiagramFacts
from twin.contracts.preview import LookAheadAnswer
from twin.contracts.snapshot import BoxCardView, Horizon, Snapshot
from twin.contracts.work_order import Kept

SEVERE_PERCENT = 120.0
"""Above this an overload is P1, as in the loop's alarms (`twin.regie.watch`)."""
_ALARMS = 40
"""Alarms on a run-of-show."""


@dataclass(frozen=True)
class Planned:
    """A switching order with a planned start, as the run-of-show needs it."""

    id: str
    title: str
    start: datetime
    end: datetime


def draft(
    day: Day,
    snapshot: Snapshot,
    facts: DiagramFacts | None,
    work: Iterable[Kept] = (),
    orders: Iterable[Planned] = (),
    ahead: LookAheadAnswer | None = None,
) -> tuple[Cue, ...]:
    """All that is known of a day, in order of time.

    Args:
        facts: limits of the grid; without them no critical window is told. ``work``: work orders. ``orders``: switching orders.
        ahead: the look-ahead, where one is at hand: it alone knows N-1.
    """
    found = [
        *(_critical(snapshot.horizon, facts) if snapshot.horizon is not None and facts is not None else ()),
        *(_unsecured(ahead) if ahead is not None else ()),
        *_alarms(snapshot),
        *(peak for card in snapshot.boxes if (peak := _peak(card, snapshot, day)) is not None),
        *_recommendations(snapshot),
        *_orders(snapshot),
        *_switchings(orders),
        *_maintenance(work),
        *_markets(day),
    ]
    return tuple(sorted((cue for cue in found if day.touches(cue.start, cue.end)), key=lambda cue: (cue.start, cue.id)))


def _cue(kind: str, ref: str, code: str, start: datetime, end: datetime, priority: int | None = None, **params: Any) -> Cue:
    return Cue(f"{code}:{ref}:{start:%Y%m%dT%H%M}", kind, ref, code, params, start, end, priority)


# --------------------------------------------------------------------------------------------- the grid ahead


def _critical(horizon: Horizon, facts: DiagramFacts) -> Iterator[Cue]:
    """Windows beyond a limit in spite of the plan, and windows that the plan relieves."""
    limits = {f"line {edge.index}": edge.limit_percent for edge in facts.lines}
    limits |= {f"trafo {edge.index}": edge.limit_percent for edge in facts.trafos}
    worst = horizon.worst_element
    after, before = horizon.loading_after_percent, horizon.loading_before_percent

    def limit(step: int) -> float:
        return limits.get(worst[step], 100.0) if step < len(worst) else 100.0

    for steps in _runs(len(after), lambda i: _above(after[i], limit(i))):
        peak = max(steps, key=lambda i: after[i] or 0.0)
        loading = after[peak] or 0.0
        ref = worst[peak].replace(" ", ":") if peak < len(worst) else ""
        severe = loading > SEVERE_PERCENT
        yield _window(horizon, steps, ref, "overload", 1 if severe else 2, loading_percent=loading, limit_percent=limit(peak))
    for steps in _runs(
        len(after), lambda i: i < len(before) and _above(before[i], limit(i)) and not _above(after[i], limit(i))
    ):
        peak = max(steps, key=lambda i: before[i] or 0.0)
        told = {"without_percent": before[peak], "with_percent": after[peak]}
        yield _window(horizon, steps, worst[peak].replace(" ", ":") if peak < len(worst) else "", "relieved", None, **told)
    # The horizon tells the extremes without their bus: only what is beyond the widest band is beyond its own for certain.
    low, high = min((bus.low_pu for bus in facts.buses), default=0.0), max((bus.high_pu for bus in facts.buses), default=9.0)
    for steps in _runs(len(horizon.vm_min_pu), lambda i: _above(low, horizon.vm_min_pu[i])):
        lowest = min(v for i in steps if (v := horizon.vm_min_pu[i]) is not None)
        yield _window(horizon, steps, "", "voltage_low", 2, vm_pu=lowest, limit_pu=low)
    for steps in _runs(len(horizon.vm_max_pu), lambda i: _above(horizon.vm_max_pu[i], high)):
        highest = max(v for i in steps if (v := horizon.vm_max_pu[i]) is not None)
        yield _window(horizon, steps, "", "voltage_high", 2, vm_pu=highest, limit_pu=high)


def _unsecured(ahead: LookAheadAnswer) -> Iterator[Cue]:
    """Windows in which the worst single outage would overload something, whatever is closed after it."""
    margin, step = ahead.n1_margin_percent, timedelta(seconds=ahead.step_s)
    for steps in _runs(len(margin), lambda i: _above(0.0, margin[i])):
        worst = min(steps, key=lambda i: margin[i] or 0.0)
        told = {"loading_percent": 100.0 - (margin[worst] or 0.0)}
        ref = ahead.n1_worst_outage[worst].replace(" ", ":")
        yield _cue("critical", ref, "unsecured", ahead.start + steps[0] * step, ahead.start + (steps[-1] + 1) * step, 3, **told)


def _above(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value > limit


def _runs(count: int, holds: Callable[[int], bool]) -> Iterator[list[int]]:
    """Unbroken stretches of steps of which something holds."""
    for true, steps in groupby(range(count), key=holds):
        if true:
            yield list(steps)


def _window(horizon: Horizon, steps: Sequence[int], ref: str, code: str, priority: int | None, **params: Any) -> Cue:
    step = timedelta(seconds=horizon.step_s)
    kind = "action" if code == "relieved" else "critical"
    return _cue(kind, ref, code, horizon.start + steps[0] * step, horizon.start + (steps[-1] + 1) * step, priority, **params)


def _peak(card: BoxCardView, snapshot: Snapshot, day: Day) -> Cue | None:
    """The day's highest quarter hour of a forecast, where past and forecast together tell the whole day."""
    box = snapshot.site.boxes.get(card.instance)
    if box is None or box.kind not in ("load", "pv") or box.role != "champion" or card.forecast is None:
        return None
    known: dict[datetime, float] = {}
    if card.past is not None:
        known |= _by_time(card.past.start, card.past.step_s, card.past.values)
    known |= _by_time(card.forecast.start, card.forecast.step_s, card.forecast.median)
    today = {at: value for at, value in known.items() if day.start <= at < day.end}
    step = timedelta(seconds=card.forecast.step_s)
    if not today or min(today) > day.start or max(today) + step < day.end or max(today.values()) <= 0.0:
        return None
    at = max(today, key=lambda moment: today[moment])
    return _cue("peak", f"box:{card.instance}", f"peak_{box.kind}", at, at + step, p_mw=today[at])


def _by_time(start: datetime, step_s: int, values: Sequence[float | None]) -> dict[datetime, float]:
    return {start + timedelta(seconds=step_s * i): value for i, value in enumerate(values) if value is not None}


# --------------------------------------------------------------------------------------------- what is to be done


def _alarms(snapshot: Snapshot) -> Iterator[Cue]:
    """By when an active alarm wants something done; children go with their root, P4 is journal level.

    The most urgent ones, as the loop orders them: a flood is read in the alarm list, and a day has no room for more.
    """
    wanting = (a for a in snapshot.alarms if a.cleared_at is None and a.parent is None and a.shelved_until is None)
    for alarm in islice(wanting, _ALARMS):
        if alarm.priority < 4:
            told = {"alarm": alarm.code, "element": alarm.element, "alarm_params": dict(alarm.params)}
            yield _cue("alarm", alarm.key, "act_before", alarm.act_before, alarm.act_before, alarm.priority, **told)


def _recommendations(snapshot: Snapshot) -> Iterator[Cue]:
    for each in snapshot.recommendations:
        told: dict[str, Any] = {"group": each.group, "p_mw": each.p_mw_now}
        if each.state == "open":
            yield _cue("action", each.id, "decide_before", each.decide_before, each.decide_before, **told)
        elif each.state == "accepted":
            yield _cue("action", each.id, "accepted", min(each.decide_before, each.until), each.until, **told)


def _orders(snapshot: Snapshot) -> Iterator[Cue]:
    """Orders on their way or confirmed, by group of devices."""
    going = [order for order in snapshot.orders if order.state in ("accepted", "sent", "confirmed")]
    keyed = sorted(going, key=lambda order: (snapshot.site.devices.get(order.device, ""), order.start))
    for (group, start), orders in groupby(keyed, key=lambda order: (snapshot.site.devices.get(order.device, ""), order.start)):
        several = list(orders)
        end, p_mw = max(order.expires for order in several), sum(order.p_mw for order in several)
        yield _cue("action", f"group:{group}", "ordered", start, end, group=group, p_mw=p_mw, devices=len(several))


def _switchings(orders: Iterable[Planned]) -> Iterator[Cue]:
    for order in orders:
        yield _cue("action", order.id, "switching", order.start, order.end, title=order.title)


def _maintenance(work: Iterable[Kept]) -> Iterator[Cue]:
    for kept in work:
        if kept.is_open and kept.order.window is not None:
            window, order = kept.order.window, kept.order
            told: dict[str, Any] = {
                "titles": dict(order.titles),
                "title": order.title,
                "action": order.action,
                "outage": order.needs_outage,
            }
            yield _cue("maintenance", order.id, "work", window.start, window.end, **told)


def _markets(day: Day) -> Iterator[Cue]:
    for closing in closings():
        at = day.instant(closing.at)
        yield _cue("market", closing.code, f"closing_{closing.code}", at, at)
