"""When an asset may be taken out: hours in which nobody goes dark, nothing exceeds a limit, and N-1 is not needed.

Each hour of the coming week is solved with the asset out and its closure made. An hour is free when

- everybody is supplied, if need be from a mobile set behind a distribution transformer;
- loadings and voltages are no worse beyond their limits than they would be anyway;
- one further failure, after its own permitted closure, leaves no more load dark than the site allows, beyond what it would
  today;
- people work then: working hours and days, holidays and forbidden days as the site file says. Work longer than a working day
  runs through the nights; its beginning lies within working hours.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine, GridLimits, GridModel
from twin.domain.grid import NORMAL
from twin.maintenance.ranking.outage_effects import planned_state, second_failures
from twin.maintenance.ranking.ranked import Excluded, FreeWindow, Said
from twin.maintenance.ranking.week import Week
from twin.site.maintenance import Calendar

FREE = ""
DARK, UNSOLVED, LIMIT, N1 = "dark", "unsolved", "limit", "n1"
NIGHT, WEEKEND, HOLIDAY, FORBIDDEN = "night", "day_off", "holiday", "forbidden"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WATT_MW = 1e-6
_EXCESS = 0.1
"""Percent of loading or voltage beyond the limits that is taken for the same: the taps stand, and powers are estimates."""
_FURTHER = 6
"""Further failures followed through the week: the worst of all at its highest load."""


@dataclass(frozen=True)
class Normal:
    """The week without any outage.

    Attributes:
        excess: beyond limits [sum of %], dims (time,). ``load_mw``: what every load draws that has supply, dims (time, load).
    """

    excess: np.ndarray
    load_mw: np.ndarray


@dataclass(frozen=True)
class OutageHours:
    """The week with one asset out, dims (time,).

    Attributes:
        closure: switch that is closed for it, -1 for none. ``further``: the failure that leaves most load dark.
        dark_mw: load without supply. ``loading_percent``: highest anywhere. ``at_risk_mw``: see module.
        why: why the hour is not free, `FREE` where it is.
    """

    closure: int
    further: str
    dark_mw: np.ndarray
    loading_percent: np.ndarray
    at_risk_mw: np.ndarray
    why: np.ndarray


def normal_week(engine: Engine, week: Week, *, limits: GridLimits) -> Normal:
    """The week as it is; made once for all assets."""
    model = engine.model(NORMAL)
    # a grid that is compiled for an outage knows nothing of the loads that it leaves dark: their power is taken from here
    drawn = week.injections["load_p_mw"].transpose("time", "load").to_numpy() * model.grid.load_scaling
    load_mw = np.where(model.grid.load_node >= 0, drawn, 0.0)
    return Normal(_excess(_solved(model, week.injections), limits)[0], load_mw)


def outage_hours(
    engine: Engine,
    outage: tuple[str, int],
    closure: int,
    week: Week,
    normal: Normal,
    *,
    limits: GridLimits,
    at_risk_limit_mw: float,
    mobile_mw: float,
) -> OutageHours:
    """Every hour of the week with ``outage`` out and ``closure`` made (-1: none).

    Args:
        at_risk_limit_mw: load that one further failure may leave dark, beyond what it would today.
        mobile_mw: what a mobile set carries of the load that goes dark; 0 for none.
    """
    model = engine.model(planned_state(outage, closure))
    flow = _solved(model, week.injections)
    excess, loading = _excess(flow, limits)
    dark_mw = normal.load_mw[:, model.grid.load_node < 0].sum(axis=1)
    further, at_risk = _at_risk(engine, outage, closure, week, limits)
    why = np.full(week.hours, FREE, dtype="U12")
    why[at_risk > at_risk_limit_mw + _WATT_MW] = N1
    why[excess > normal.excess + _EXCESS] = LIMIT
    why[~flow["converged"].to_numpy()] = UNSOLVED
    why[dark_mw > mobile_mw + _WATT_MW] = DARK
    return OutageHours(closure, further, dark_mw, loading, at_risk, why)


def without_grid(hours: int) -> OutageHours:
    """An asset whose outage touches nobody on the grid: a generator, or what stands beside it."""
    nothing = np.zeros(hours)
    return OutageHours(-1, "", nothing, np.full(hours, np.nan), nothing, np.full(hours, FREE, dtype="U12"))


def _solved(model: GridModel, injections: xr.Dataset) -> xr.Dataset:
    tables = [table for table in ("line", "trafo") if len(getattr(model.grid, table))]
    return model.solve(injections, want=("vm_pu", "loss_mw", *(f"{table}_loading_percent" for table in tables)))


def _excess(flow: xr.Dataset, limits: GridLimits) -> tuple[np.ndarray, np.ndarray]:
    """How far limits are exceeded, summed over elements [%], and the highest loading [%], dims (time,)."""
    names = [name for name in ("line_loading_percent", "trafo_loading_percent") if name in flow]
    loading = np.concatenate([np.nan_to_num(flow[name].to_numpy()) for name in names], axis=1)
    vm = flow["vm_pu"].to_numpy()
    outside = np.fmax(np.fmax(limits.vm_min_pu - vm, vm - limits.vm_max_pu), 0.0)
    beyond = np.maximum(loading - limits.loading_percent, 0.0).sum(axis=1) + 100.0 * np.nansum(outside, axis=1)
    return beyond, loading.max(axis=1, initial=0.0)


def _at_risk(engine: Engine, outage: tuple[str, int], closure: int, week: Week, limits: GridLimits) -> tuple[str, np.ndarray]:
    """The worst further failure, and the load that it or another leaves dark beyond what it would today [MW], dims (time,)."""
    grid = engine.model(NORMAL).grid
    everything = [("line", int(i)) for i in grid.line] + [("trafo", int(i)) for i in grid.trafo]
    everything.remove(outage)
    peak = week.injections.isel(time=[int(week.load_mw.argmax())])
    dark = second_failures(engine, outage, closure, peak, everything, limits=limits)
    today = engine.model(NORMAL).contingencies(peak, everything, limits=limits)["unsupplied_after_mw"].to_numpy()[:, 0]
    order = np.argsort(-(dark - today), kind="stable")[:_FURTHER]
    if not order.size or (dark - today)[order[0]] <= _WATT_MW:
        return "", np.zeros(week.hours)
    worst = [everything[i] for i in order]
    now, then = (
        engine.model(topology).contingencies(week.injections, worst, limits=limits)["unsupplied_after_mw"].to_numpy()
        for topology in (NORMAL, planned_state(outage, closure))
    )
    return "{}.{}".format(*worst[0]), np.maximum(then - now, 0.0).max(axis=0)


# ------------------------------------------------------------------------------------------------ people


def working_hours(week: Week, calendar: Calendar, *, timezone: str, country: str, subdivision: str) -> np.ndarray:
    """Why nobody works in an hour, `FREE` where people do, dims (time,)."""
    zone = ZoneInfo(timezone)
    local = [week.at(hour).astimezone(zone) for hour in range(week.hours)]
    off = set() if calendar.holidays else _holidays(local, country, subdivision)
    return np.array([_why_not_at(at, calendar, off) for at in local], dtype="U12")


def _why_not_at(at: datetime, calendar: Calendar, off: set[date]) -> str:
    if any(span.first <= at.date() <= span.last for span in calendar.forbidden):
        return FORBIDDEN
    if at.date() in off:
        return HOLIDAY
    if _DAYS[at.weekday()] not in calendar.days:
        return WEEKEND
    first, last = calendar.hours
    return FREE if first <= at.hour < last else NIGHT


def _holidays(local: list[datetime], country: str, subdivision: str) -> set[date]:
    import holidays

    years = {at.year for at in local}
    known: Any = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
    return {at.date() for at in local if at.date() in known}


# ------------------------------------------------------------------------------------------------ both


def free_window(
    hours: OutageHours, working: np.ndarray, week: Week, calendar: Calendar, *, duration_h: float
) -> tuple[FreeWindow | None, tuple[Excluded, ...]]:
    """The first free window that is long enough, and by reason how many hours are not free."""
    length = int(np.ceil(duration_h))
    overnight = length > calendar.hours[1] - calendar.hours[0]
    # through a night only the grid counts, and what is forbidden stays forbidden
    people = np.where(np.isin(working, (NIGHT, WEEKEND, HOLIDAY)), FREE, working) if overnight else working
    why = np.where(hours.why != FREE, hours.why, people)
    excluded = _excluded(hours, why)
    for first in range(len(why) - length + 1):
        span = slice(first, first + length)
        if working[first] == FREE and (why[span] == FREE).all():
            return _window(hours, week, span), excluded
    return None, excluded


def _window(hours: OutageHours, week: Week, span: slice) -> FreeWindow:
    loading = hours.loading_percent[span]
    start, count = week.at(span.start), span.stop - span.start
    return FreeWindow(
        start=start.isoformat(),
        end=(start + timedelta(hours=count)).isoformat(),
        hours=float(count),
        loading_percent=float(loading.max()) if np.isfinite(loading).all() else None,
        at_risk_mw=float(hours.at_risk_mw[span].max()),
        mobile_mw=float(hours.dark_mw[span].max()),
    )


def _excluded(hours: OutageHours, why: np.ndarray) -> tuple[Excluded, ...]:
    figures: dict[str, dict[str, Any]] = {
        DARK: {"mw": float(hours.dark_mw.max())},
        N1: {"mw": float(hours.at_risk_mw.max()), "element": hours.further},
        LIMIT: {"percent": float(np.nanmax(np.append(hours.loading_percent, 0.0)))},
    }
    counts = Counter(why[why != FREE].tolist())
    return tuple(Excluded(Said(f"not_free.{code}", figures.get(code, {})), count) for code, count in sorted(counts.items()))


def at_any_hour(week: Week, working: np.ndarray, *, duration_h: float) -> FreeWindow | None:
    """The first working hours that are long enough, for work that takes nothing out."""
    nothing = without_grid(week.hours)
    length = min(int(np.ceil(duration_h)), week.hours)
    for first in range(week.hours - length + 1):
        if (working[first : first + length] == FREE).all():
            return _window(nothing, week, slice(first, first + length))
    return None
