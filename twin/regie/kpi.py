"""The three figures (economic, grid, climate) since the window began, for us and for the do-nothing twin, and their difference.

Definitions are KPI.md's: losses are inside the import and never added again; internal tariffs cancel, so import and export
both count at the market's price; stored energy is credited; exports carry the traced intensity. A quarter hour in which one of
the three is unknown counts as missing, not as zero; what is known of it still counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from twin.contracts.devices import Device, Right
from twin.contracts.messages import Kpi
from twin.domain.time import HOURS_PER_STEP
from twin.origin.consumed import Consumed


@dataclass(frozen=True)
class KpiFacts:
    """What the figures need of the site.

    Attributes:
        timezone: IANA name; a peak belongs to a local month.
        peak_chf_per_kw_month, value_of_lost_load_chf_per_kwh: prices.
        bus_low_pu, bus_high_pu: band per bus, dims (bus,).
        line_limit_percent, trafo_limit_percent: seasonal ratings in percent of the rating.
        reinforcement_chf_per_kw_year: annuity of what the grid above is reinforced with per kW of peak; None: not stated.
    """

    timezone: str
    peak_chf_per_kw_month: float
    value_of_lost_load_chf_per_kwh: float
    bus_low_pu: np.ndarray
    bus_high_pu: np.ndarray
    line_limit_percent: float
    trafo_limit_percent: float
    reinforcement_chf_per_kw_year: float | None = None


@dataclass(frozen=True)
class Interval:
    """What one quarter hour contributed: powers [MW], price, energy [MWh]; ``label``: its start.

    Attributes:
        deliverable_mwh: what the grid would get of what each battery holds whose meter speaks.
        wear_chf: of the site's own batteries. ``flexibility_chf``: owed to other owners for orders that were obeyed.
        curtailment_chf: likewise for curtailment beyond what is guaranteed unpaid. ``curtailed_mwh``: all of it, by reference.
    """

    label: datetime
    net_p_mw: float
    pv_p_mw: float
    hydro_p_mw: float
    other_p_mw: float
    storage_p_mw: float
    price_chf_per_kwh: float
    deliverable_mwh: Mapping[str, float]
    wear_chf: float
    flexibility_chf: float
    unsupplied_mw: float
    curtailment_chf: float = 0.0
    curtailed_mwh: float = 0.0


@dataclass(frozen=True)
class Account:
    """Sums since the window began; lives in the journal.

    Attributes:
        missing: quarter hours in which a figure is unknown.
        priced: quarter hours whose import and price are known; ``price_sum`` adds those prices up.
        month, peak_kw: the local month and its highest import so far, the part before the window included.
        closed_peaks_kw: sum of the peaks of months that ended within the window.
        losses_chf: losses at the market's price, of quarter hours in which both are known. They are inside the import.
        opening_mwh, deliverable_mwh: what each battery could deliver when the window began and when its meter last spoke.
        consumption_mwh, renewable_mwh, co2_t: of quarter hours whose origin is known; late meters restate them.
    """

    steps: int = 0
    missing: int = 0
    priced: int = 0
    import_mwh: float = 0.0
    export_mwh: float = 0.0
    energy_chf: float = 0.0
    wear_chf: float = 0.0
    flexibility_chf: float = 0.0
    curtailment_chf: float = 0.0
    curtailed_mwh: float = 0.0
    unsupplied_mwh: float = 0.0
    month: str = ""
    peak_kw: float = 0.0
    closed_peaks_kw: float = 0.0
    losses_mwh: float = 0.0
    losses_chf: float = 0.0
    voltage_pu_h: float = 0.0
    overload_percent_h: float = 0.0
    max_loading_percent: float = 0.0
    consumption_mwh: float = 0.0
    renewable_mwh: float = 0.0
    co2_t: float = 0.0
    price_sum: float = 0.0
    opening_mwh: Mapping[str, float] = field(default_factory=dict)
    deliverable_mwh: Mapping[str, float] = field(default_factory=dict)


def add(account: Account, interval: Interval, grid: xr.Dataset | None, facts: KpiFacts, *, traced: bool) -> Account:
    """The account after one more quarter hour, what was consumed in it excepted (`with_consumed`).

    Args:
        traced: whether the origin of what was consumed is known.
    """
    account = in_month(account, interval.label, facts.timezone)
    priced = not math.isnan(interval.net_p_mw) and not math.isnan(interval.price_chf_per_kwh)
    solved = grid is not None and bool(np.isfinite(grid["loss_mw"].values))
    account = replace(
        account,
        steps=account.steps + 1,
        missing=account.missing + (not (priced and traced and solved)),
        # Whatever the other meters say: in an outage they may say nothing.
        opening_mwh={**interval.deliverable_mwh, **account.opening_mwh},
        deliverable_mwh={**account.deliverable_mwh, **interval.deliverable_mwh},
        wear_chf=account.wear_chf + interval.wear_chf,
        flexibility_chf=account.flexibility_chf + interval.flexibility_chf,
        curtailment_chf=account.curtailment_chf + interval.curtailment_chf,
        curtailed_mwh=account.curtailed_mwh + interval.curtailed_mwh,
        unsupplied_mwh=account.unsupplied_mwh + HOURS_PER_STEP * interval.unsupplied_mw,
    )
    if priced:
        account = _with_energy(account, interval)
    if grid is not None and solved:
        account = _with_grid(account, grid, facts, interval.price_chf_per_kwh)
    return account


def with_consumed(account: Account, change: Consumed) -> Account:
    """The account with what a quarter hour adds to consumption, or by how much late meters change it."""
    return replace(
        account,
        consumption_mwh=account.consumption_mwh + change.mwh,
        renewable_mwh=account.renewable_mwh + change.renewable_mwh,
        co2_t=account.co2_t + change.co2_t,
    )


def _with_energy(account: Account, interval: Interval) -> Account:
    h, price = HOURS_PER_STEP, interval.price_chf_per_kwh
    imported, exported = max(interval.net_p_mw, 0.0), max(-interval.net_p_mw, 0.0)
    return replace(
        account,
        priced=account.priced + 1,
        import_mwh=account.import_mwh + h * imported,
        export_mwh=account.export_mwh + h * exported,
        energy_chf=account.energy_chf + 1000.0 * h * price * (imported - exported),
        peak_kw=max(account.peak_kw, 1000.0 * imported),
        price_sum=account.price_sum + price,
    )


def _with_grid(account: Account, grid: xr.Dataset, facts: KpiFacts, price_chf_per_kwh: float) -> Account:
    voltage, overload, worst = _violations(grid, facts)
    lost_mwh = HOURS_PER_STEP * float(grid["loss_mw"].values)
    paid_chf = 0.0 if math.isnan(price_chf_per_kwh) else 1000.0 * lost_mwh * price_chf_per_kwh
    return replace(
        account,
        losses_mwh=account.losses_mwh + lost_mwh,
        losses_chf=account.losses_chf + paid_chf,
        voltage_pu_h=account.voltage_pu_h + HOURS_PER_STEP * voltage,
        overload_percent_h=account.overload_percent_h + HOURS_PER_STEP * overload,
        max_loading_percent=max(account.max_loading_percent, worst),
    )


def in_month(account: Account, label: datetime, timezone: str) -> Account:
    """The account with the peak of its local month; a month that ended keeps its peak as closed."""
    month = label.astimezone(ZoneInfo(timezone)).strftime("%Y-%m")
    if month == account.month:
        return account
    return replace(account, month=month, peak_kw=0.0, closed_peaks_kw=account.closed_peaks_kw + account.peak_kw)


def opened(first: datetime, labels: Sequence[datetime], net_p_mw: Sequence[float], timezone: str) -> Account:
    """The account at the window's start, with the peak that its month has seen already.

    Args:
        first: label of the window's first quarter hour. ``labels``, ``net_p_mw``: the past, NaN where unknown.
    """
    account = in_month(Account(), first, timezone)
    zone = ZoneInfo(timezone)
    past = [
        1000.0 * p
        for label, p in zip(labels, net_p_mw, strict=True)
        if not math.isnan(p) and label.astimezone(zone).strftime("%Y-%m") == account.month
    ]
    return replace(account, peak_kw=max([0.0, *past]))


def figures(account: Account, facts: KpiFacts) -> dict[str, dict[str, float]]:
    """The three figures of one account; shares are absent while nothing was consumed."""
    mean_price = account.price_sum / account.priced if account.priced else 0.0
    gained = math.fsum(account.deliverable_mwh[name] - opening for name, opening in account.opening_mwh.items())
    economic = {
        "energy_chf": account.energy_chf,
        "peak_chf": (account.closed_peaks_kw + account.peak_kw) * facts.peak_chf_per_kw_month,
        "flexibility_chf": account.flexibility_chf,
        "curtailment_chf": account.curtailment_chf,
        "wear_chf": account.wear_chf,
        "energy_not_served_chf": 1000.0 * account.unsupplied_mwh * facts.value_of_lost_load_chf_per_kwh,
        "stored_energy_chf": -1000.0 * gained * mean_price,
    }
    economic["total_chf"] = sum(economic.values())
    grid = {
        "losses_mwh": account.losses_mwh,
        "voltage_violation_pu_h": account.voltage_pu_h,
        "overload_percent_h": account.overload_percent_h,
        "energy_not_served_mwh": account.unsupplied_mwh,
        "max_loading_percent": account.max_loading_percent,
        "peak_import_kw": account.peak_kw,
    }
    climate = {"co2_t": account.co2_t, "consumption_mwh": account.consumption_mwh, "curtailed_mwh": account.curtailed_mwh}
    if account.consumption_mwh > 0.0:
        climate["renewable_share"] = account.renewable_mwh / account.consumption_mwh
    return {"economic": economic, "grid": grid, "climate": climate}


def kpis(ours: Account, baseline: Account | None, facts: KpiFacts) -> dict[str, Kpi]:
    """Ours, do-nothing's and the difference; negative CHF is a saving."""
    mine = figures(ours, facts)
    theirs = None if baseline is None else figures(baseline, facts)
    result = {}
    for name, values in mine.items():
        other = None if theirs is None else theirs[name]
        difference = None if other is None else {k: v - other[k] for k, v in values.items() if k in other}
        result[name] = Kpi(values, other, difference)
    return result


def _violations(grid: xr.Dataset, facts: KpiFacts) -> tuple[float, float, float]:
    """Sum over buses outside their band [pu], sum over elements above their limit [%], highest loading [%]."""
    vm = grid["vm_pu"].values
    above, below = np.nan_to_num(vm - facts.bus_high_pu), np.nan_to_num(facts.bus_low_pu - vm)
    line, trafo = grid["line_loading_percent"].values, grid["trafo_loading_percent"].values
    overload = np.nansum(np.maximum(line - facts.line_limit_percent, 0.0))
    overload += np.nansum(np.maximum(trafo - facts.trafo_limit_percent, 0.0))
    worst = max((float(np.nanmax(a)) for a in (line, trafo) if np.isfinite(a).any()), default=0.0)
    return float(np.maximum(above, 0.0).sum() + np.maximum(below, 0.0).sum()), float(overload), worst


def interval_of(
    label: datetime,
    signals: Mapping[tuple[str, str], float],
    zone: str,
    devices: Sequence[Device],
    flexibility_chf: float,
    unsupplied_mw: float,
) -> Interval:
    """One quarter hour's figures from the frame's newest row; what the site lacks counts as zero, what is missing as NaN.

    Args:
        zone: the site's root zone, whose boundary is its connection.
    """

    def of(signal: str, element: str, default: float) -> float:
        return signals.get((signal, element), default)

    nan = float("nan")
    batteries = [device for device in devices if device.kind == "battery"]
    content = {d.id: of("device_soc_percent", d.id, nan) / 100.0 * d.e_max_mwh for d in batteries}
    content = {name: mwh for name, mwh in content.items() if not math.isnan(mwh)}
    return Interval(
        label=label,
        net_p_mw=of("zone_net_p_mw", zone, nan),
        pv_p_mw=of("zone_pv_p_mw", zone, 0.0),
        hydro_p_mw=of("zone_hydro_p_mw", zone, 0.0),
        other_p_mw=of("zone_other_p_mw", zone, 0.0),
        storage_p_mw=of("zone_storage_p_mw", zone, 0.0),
        price_chf_per_kwh=of("price_chf_per_kwh", "", nan),
        deliverable_mwh={d.id: d.efficiency * content[d.id] for d in batteries if d.id in content},
        wear_chf=sum(_wear_chf(d, of("device_p_mw", d.id, nan)) for d in batteries),
        flexibility_chf=flexibility_chf,
        unsupplied_mw=unsupplied_mw,
    )


def paired(ours: Interval, theirs: Interval) -> tuple[Interval, Interval]:
    """Both known or both unknown: a quarter hour that one side's meters missed is no difference between the two."""
    known = [all(map(math.isfinite, _powers_mw(side))) for side in (ours, theirs)]
    if known[0] == known[1]:
        return ours, theirs
    return replace(ours, net_p_mw=math.nan), replace(theirs, net_p_mw=math.nan)


def _powers_mw(interval: Interval) -> tuple[float, ...]:
    return interval.net_p_mw, interval.pv_p_mw, interval.hydro_p_mw, interval.other_p_mw, interval.storage_p_mw


def _wear_chf(device: Device, p_mw: float) -> float:
    """Wear of one of the site's own batteries: half of its price for each kWh in, half for each kWh out."""
    if device.right_of_use.right is not Right.OWN or math.isnan(p_mw):
        return 0.0
    return 0.5 * 1000.0 * HOURS_PER_STEP * abs(p_mw) * device.right_of_use.price_chf_per_kwh
