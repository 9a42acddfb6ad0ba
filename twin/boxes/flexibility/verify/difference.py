"""Difference in differences: what treated customers did in the called hours that a control group did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.boxes.flexibility.verify.baseline import each_hours
from twin.boxes.flexibility.verify.events import Event
from twin.boxes.flexibility.verify.hours import Hours
from twin.boxes.flexibility.verify.intervals import Estimate, difference_of_means
from twin.boxes.flexibility.verify.local_days import LocalDays
from twin.boxes.flexibility.verify.meters import named
from twin.boxes.flexibility.verify.rule import Rule
from twin.domain.problems import Problems

REFERENCE_DAYS = 10
"""Days before the event that both groups are compared on: two weeks of business days, enough to see a trend."""

_NO_WINDOW = Rule(adjustment="none")
"""A difference in differences needs the hours called, and no adjustment before them."""


@dataclass(frozen=True)
class Effect:
    """The effect of calls on the treated customers, all together.

    Attributes:
        events: dims (event,): ``shed_mw``, ``shed_low_mw``, ``shed_high_mw`` [MW, mean over the call] and the same as energy,
            ``shed_mwh``, ...; positive where consumption fell. ``pre_trend_mw_per_day`` is how much faster the treated
            customers' power grew than the control's over the days before, and ``pre_trend_p`` how probable that much is by
            chance: a small one (below 0.05) says that the groups were not parallel, and the effect is not to be trusted.
        total: the same of all calls together, without a dimension.
    """

    events: xr.Dataset
    total: xr.Dataset


@dataclass(frozen=True)
class _Group:
    """Each customer's energy kept from the grid [MWh] and trend before the call [MW/day], dims (customer,)."""

    saved_mwh: np.ndarray
    trend_mw: np.ndarray


def difference_in_differences(
    treated_mw: xr.DataArray,
    control_mw: xr.DataArray,
    events: Sequence[Event],
    *,
    days: LocalDays,
    confidence: float = 0.95,
) -> Effect:
    """The calls' effect by (treated: event's day less days before) less (control: the same).

    Each customer gives one figure, its change in the called hours from the mean of the last `REFERENCE_DAYS` days of the same
    type without an event; the interval is Welch's over customers, so errors may be correlated within a customer as they
    like. Source: M. Bertrand, E. Duflo and S. Mullainathan, "How much should we trust differences-in-differences
    estimates?", Quarterly Journal of Economics 119 (2004) 249-275, who let a group's days collapse into before and after.

    It supposes parallel trends (without the call, the mean change of both groups had been the same, in MW per customer), that
    the control group did not feel the call, and no shock that met one group alone: what all treated customers share and the
    control does not, no interval over customers can see.

    Args:
        treated_mw, control_mw: mean power of each interval [MW], consumption positive, dims (time, customer), on one grid.
        confidence: of the intervals, 0 to 1.

    Raises:
        BadInput: with every fault: of both groups' meters, of the events, a group of less than two customers, customers in
            both groups, customers without enough values.
    """
    problems = Problems()
    if not 0 < confidence < 1:
        problems.add("confidence", f"{confidence:g}", "above 0 and below 1", "0.95 is usual")
    _check_groups(treated_mw, control_mw, problems)
    treated = _groups(treated_mw, "treated", events, days, problems)
    control = _groups(control_mw, "control", events, days, problems)
    problems.raise_if_any()
    size = treated_mw.sizes["customer"]
    pairs = list(zip(treated, control, strict=True))
    single = [_figures([pair], size, [event], confidence) for pair, event in zip(pairs, events, strict=True)]
    coords = {"event": np.arange(len(events))}
    return Effect(
        events=xr.Dataset({name: ("event", [each[name] for each in single]) for name in single[0]}, coords=coords),
        total=xr.Dataset({name: ((), value) for name, value in _figures(pairs, size, events, confidence).items()}),
    )


def comparable_customers(power_mw: xr.DataArray, events: Sequence[Event], *, days: LocalDays) -> xr.DataArray:
    """Which customers have the values that a comparison needs for every event, dims (customer,).

    Raises:
        BadInput: with every fault that is no single customer's.
    """
    problems = Problems()
    wrong = np.zeros(power_mw.sizes["customer"], dtype=bool)
    for _, hours in each_hours(power_mw, events, _NO_WINDOW, days, problems):
        wrong |= _lacking(hours)
    problems.raise_if_any()
    return xr.DataArray(~wrong, dims="customer", coords={"customer": power_mw.customer})


def _check_groups(treated_mw: xr.DataArray, control_mw: xr.DataArray, problems: Problems) -> None:
    for what, power in (("treated", treated_mw), ("control", control_mw)):
        if power.sizes.get("customer", 2) < 2:
            problems.add(f"{what} group", "one customer", "at least two", "a spread needs more customers")
    both = sorted(set(map(str, treated_mw.customer.values)) & set(map(str, control_mw.customer.values)))
    if both:
        problems.add("control group", f"customers {named(both)} are treated too", "other customers", "leave them out of one")


def _groups(power_mw: xr.DataArray, what: str, events: Sequence[Event], days: LocalDays, problems: Problems) -> list[_Group]:
    """One group's figures for every event; faults are noted, with the group's name before them."""
    own = Problems()
    customers = [str(each) for each in power_mw.customer.values]
    found = []
    for event, hours in each_hours(power_mw, events, _NO_WINDOW, days, own):
        group = _group(event, hours, customers, own)
        if group is not None:
            found.append(group)
    for problem in own:
        problems.add(f"{what} group: {problem.place}", problem.value, problem.limit, problem.remedy)
    return found


def _days_before(hours: Hours) -> np.ndarray:
    """The days that the event's is compared with, as indices, dims (day,)."""
    since = hours.day[hours.at] - _NO_WINDOW.lookback_days
    return np.flatnonzero(hours.candidate & (hours.day < hours.day[hours.at]) & (hours.day >= since))[-REFERENCE_DAYS:]


def _lacking(hours: Hours) -> np.ndarray:
    """Customers without a value in some called hour, or on more than half of the days before, dims (customer,)."""
    known = np.isfinite(hours.called_mw[_days_before(hours)]).sum(axis=0)
    return (known < REFERENCE_DAYS / 2) | np.isnan(hours.called_mw[hours.at])


def _group(event: Event, hours: Hours, customers: list[str], problems: Problems) -> _Group | None:
    earlier = _days_before(hours)
    level, own = hours.called_mw[earlier], hours.called_mw[hours.at]
    known = np.isfinite(level)
    wrong = np.flatnonzero(_lacking(hours))
    if len(wrong):
        value = f"customers {named([customers[i] for i in wrong])} lack values"
        limit = f"the event's hours, and {REFERENCE_DAYS // 2} of the {REFERENCE_DAYS} days before it"
        problems.add(event.name, value, limit, "leave these customers out, or give longer or completer meters")
        return None
    count = known.sum(axis=0)
    filled = np.where(known, level, 0.0)
    mean = filled.sum(axis=0) / count
    since = np.where(known, (hours.day[earlier] - hours.day[hours.at])[:, None], 0.0)
    centred = np.where(known, since - since.sum(axis=0) / count, 0.0)
    trend = (centred * filled).sum(axis=0) / (centred**2).sum(axis=0)
    return _Group((mean - own) * event.hours, trend)


def _figures(pairs: Sequence[tuple[_Group, _Group]], size: int, events: Sequence[Event], confidence: float) -> dict[str, float]:
    """Of one event or of several, whose figures are summed for each customer first: it stays one cluster."""
    hours = float(sum(event.hours for event in events))
    saved = difference_of_means(*(sum(each.saved_mwh for each in group) for group in zip(*pairs, strict=True)))
    trend = difference_of_means(*(sum(each.trend_mw for each in group) / len(pairs) for group in zip(*pairs, strict=True)))
    energy = Estimate(saved.value * size, saved.error * size, saved.freedom)
    low, high = energy.interval(confidence)
    return {
        "shed_mw": energy.value / hours,
        "shed_low_mw": low / hours,
        "shed_high_mw": high / hours,
        "shed_mwh": energy.value,
        "shed_low_mwh": low,
        "shed_high_mwh": high,
        "pre_trend_mw_per_day": trend.value * size,
        "pre_trend_p": trend.p_value,
    }
