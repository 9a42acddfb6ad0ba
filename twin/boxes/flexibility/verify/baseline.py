"""Customer baselines: what each customer would have drawn without the call, by 'high X of Y' and the day's own hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.boxes.flexibility.verify.events import Event, check_events
from twin.boxes.flexibility.verify.hours import Hours, Meters, hours_of
from twin.boxes.flexibility.verify.local_days import LocalDays
from twin.boxes.flexibility.verify.meters import check_meters, named
from twin.boxes.flexibility.verify.rule import Rule
from twin.domain.problems import Problem, Problems
from twin.domain.time import to_epoch_s


@dataclass(frozen=True)
class Baseline:
    """One event's baseline.

    Attributes:
        profile: ``baseline_mw``, ``unadjusted_mw`` and ``metered_mw`` [MW], dims (time, customer), from the start of the call
            to the end of the rebound's hours; the coordinate ``called`` (time) tells the two apart.
        chosen: the days whose mean it is, dims (rank, customer), as local dates; the highest first.
    """

    event: Event
    profile: xr.Dataset
    chosen: xr.DataArray


def baselines(power_mw: xr.DataArray, events: Sequence[Event], *, rule: Rule, days: LocalDays) -> list[Baseline]:
    """The baseline of each event for each customer.

    Args:
        power_mw: mean power of each interval [MW], consumption positive, dims (time, customer); ``time`` holds UTC starts.

    A day with a missing value in the hours before, during or after the call is not chosen, neither is one with an event.

    Raises:
        BadInput: with every fault: of the meters, of the events, of the rule; customers without a value on the event's day,
            or with fewer than ``rule.of`` days to choose from; a ratio to a baseline that is not positive.
    """
    problems = Problems()
    found = [baseline_of(event, hours, power_mw, rule) for event, hours in sound_hours(power_mw, events, rule, days, problems)]
    problems.raise_if_any()
    return found


def complete_customers(power_mw: xr.DataArray, events: Sequence[Event], *, rule: Rule, days: LocalDays) -> xr.DataArray:
    """Which customers have every value that the baselines of all events need, dims (customer,).

    Raises:
        BadInput: with every fault that is no single customer's.
    """
    problems = Problems()
    customers = [str(each) for each in power_mw.customer.values]
    wrong = np.zeros(len(customers), dtype=bool)
    for event, hours in each_hours(power_mw, events, rule, days, problems):
        for _, mask in _customer_faults(event, hours, customers, rule):
            wrong |= mask
    problems.raise_if_any()
    return xr.DataArray(~wrong, dims="customer", coords={"customer": power_mw.customer})


def sound_hours(
    power_mw: xr.DataArray, events: Sequence[Event], rule: Rule, days: LocalDays, problems: Problems
) -> Iterator[tuple[Event, Hours]]:
    """One event after the other, where every customer has what its baseline needs; of the others the faults are noted.

    One at a time, because the hours of many customers on half a year of days are large.
    """
    customers = [str(each) for each in power_mw.customer.values]
    for event, hours in each_hours(power_mw, events, rule, days, problems):
        faults = [problem for problem, _ in _customer_faults(event, hours, customers, rule)]
        problems.found.extend(faults)
        if not faults:
            yield event, hours


def each_hours(
    power_mw: xr.DataArray, events: Sequence[Event], rule: Rule, days: LocalDays, problems: Problems
) -> Iterator[tuple[Event, Hours]]:
    """Hours of every event that has some; none where faults of the meters, the events or the rule let nobody go on."""
    rule.check(problems)
    step_s = check_meters(power_mw, "meters", problems)
    if step_s is not None:
        check_events(events, power_mw.time.values, step_s, problems)
    if step_s is None or problems:
        return
    meters = as_meters(power_mw, events, step_s, days)
    for event in events:
        hours = hours_of(event, events, meters, rule=rule, days=days, problems=problems)
        if hours is not None:
            yield event, hours


def as_meters(power_mw: xr.DataArray, events: Sequence[Event], step_s: int, days: LocalDays) -> Meters:
    """Checked meters as plain arrays."""
    labels = power_mw.time.values
    seconds = labels.astype("datetime64[s]").astype(np.int64)
    called = np.zeros(len(seconds), dtype=bool)
    for event in events:
        called |= (seconds >= to_epoch_s(event.start)) & (seconds < to_epoch_s(event.end))
    values = power_mw.transpose("time", "customer").values.astype(float)
    return Meters(values, int(seconds[0]), step_s, days.wall_s(labels), called)


def choose(hours: Hours, at: int, rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """The days to take the mean of for the day ``at``.

    Returns:
        Indices of days, dims (rank, customer), the highest first; and how many days there were to choose from, up to
        ``rule.of``, dims (customer,). Where there were fewer, the indices mean nothing.
    """
    recent = np.flatnonzero(hours.candidate & (hours.day < hours.day[at]) & (hours.day >= hours.day[at] - rule.lookback_days))
    recent = recent[::-1]
    customers = hours.whole.shape[1]
    if len(recent) < rule.of:
        return np.zeros((rule.highest, customers), dtype=np.int64), hours.whole[recent].sum(axis=0)
    whole = hours.whole[recent]
    among = whole & (np.cumsum(whole, axis=0) <= rule.of)
    level = np.where(among, hours.called_mw[recent], -np.inf)
    # Stable, so that of two equal days the later one is taken.
    order = np.argsort(-level, axis=0, kind="stable")[: rule.highest]
    return recent[order], among.sum(axis=0)


def adjusted(
    unadjusted: np.ndarray, *, called: np.ndarray, before: np.ndarray, metered_before: np.ndarray, rule: Rule
) -> np.ndarray:
    """A baseline moved by the day's own hours, in any windows: they move together.

    Additive b + a with a = m - b_before, within the cap times |b_called|; multiplicative b f with f = m / b_before, within
    1 plus and minus the cap.

    Args:
        unadjusted: [MW], dims (slot, customer). ``called``, ``before``: its means over the hours called and over those of the
            adjustment [MW], dims (customer,). ``metered_before``: what was drawn in the latter [MW], dims (customer,).
    """
    if rule.adjustment == "none":
        return unadjusted
    if rule.adjustment == "additive":
        most = rule.cap * np.abs(called) if np.isfinite(rule.cap) else np.inf
        return unadjusted + np.clip(metered_before - before, -most, most)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(before > 0, metered_before / before, np.nan)
    return unadjusted * np.clip(factor, 1.0 - rule.cap, 1.0 + rule.cap)


def mean_of_days(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Mean over each customer's own days of ``values``, dims (day, ..., customer); gives dims (..., customer)."""
    customer = np.arange(values.shape[-1])
    return np.mean([values[rank, ..., customer] for rank in chosen], axis=0).T


def baseline_of(event: Event, hours: Hours, power_mw: xr.DataArray, rule: Rule) -> Baseline:
    """The baseline of one event, all of whose customers are complete."""
    chosen, _ = choose(hours, hours.at, rule)
    mean = mean_of_days(hours.power_mw, chosen)
    metered = hours.power_mw[hours.at]
    before = hours.before
    moved = adjusted(
        mean,
        called=mean_of_days(hours.called_mw, chosen),
        before=mean_of_days(hours.before_mw, chosen),
        metered_before=hours.before_mw[hours.at],
        rule=rule,
    )
    dims, shown = ("time", "customer"), ~before
    mw = {"units": "MW"}
    profile = xr.Dataset(
        {
            "baseline_mw": (dims, moved[shown], mw),
            "unadjusted_mw": (dims, mean[shown], mw),
            "metered_mw": (dims, metered[shown], mw),
        },
        coords={
            "time": power_mw.time.values[hours.row[shown]],
            "customer": power_mw.customer.values,
            "called": ("time", hours.called[shown]),
        },
    )
    dates = hours.day[chosen].astype("datetime64[D]").astype("datetime64[ns]")
    named_days = xr.DataArray(dates, dims=("rank", "customer"), coords={"customer": power_mw.customer.values})
    return Baseline(event, profile, named_days)


def _customer_faults(event: Event, hours: Hours, customers: list[str], rule: Rule) -> list[tuple[Problem, np.ndarray]]:
    """Faults of single customers, and whose they are, dims (customer,)."""
    missing = ~hours.whole[hours.at]
    chosen, found = choose(hours, hours.at, rule)
    few = found < rule.of
    every = {
        "no value in some hour on the event's day": (missing, "a value in every interval"),
        f"{_range(found[few])} days to choose from": (few, f"{rule.of} days of the same type within {rule.lookback_days} days"),
    }
    if rule.adjustment == "multiplicative":
        before = mean_of_days(hours.before_mw, chosen)
        every["a baseline before the call that is not positive"] = (~few & ~(before > 0), "above 0, to take a ratio to")
    remedy = "leave these customers out, complete their meters, or change the rule"
    return [
        (Problem(f"{event.name}: customers {named([customers[i] for i in np.flatnonzero(mask)])}", value, limit, remedy), mask)
        for value, (mask, limit) in every.items()
        if mask.any()
    ]


def _range(counts: np.ndarray) -> str:
    if not len(counts):
        return "0"
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"
