"""The three figures (economic, grid, climate) since the window began, for us and for the do-nothing twin, and their difference.

Definitions are KPI.md's: losses are inside the import and never added again; internal tariffs cancel, so import and export
both count at the market's price; stored energy is credited; exports carry the traced intensity. A quarter hour in which one of
the three is unknown counts as missing, not as zero; what is known of it still counts, and of a share and of emissions is told
beside them how much of the consumption they are of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from twin.contracts.messages import Kpi
from twin.domain.time import HOURS_PER_STEP
from twin.origin.consumed import Consumed
from twin.regie.quarter_hour import UNSOLVED, Both, Interval, Measured, OfGrid, counting


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
class Account:
    """Sums since the window began; lives in the journal.

    Attributes:
        missing: quarter hours in which a figure is unknown.
        priced: quarter hours whose import and price are known; ``price_sum`` adds those prices up.
        month, peak_kw: the local month and its highest import so far, the part before the window included.
        closed_peaks_kw: sum of the peaks of months that ended within the window.
        losses_chf: losses at the market's price, of quarter hours in which both are known. They are inside the import.
        opening_mwh, deliverable_mwh: what each battery could deliver when the window began and when its meter last spoke.
        consumption_mwh: of quarter hours in which it is known. ``share_known_mwh``, ``co2_known_mwh``: what of it was consumed
            where the renewable share, or the emissions, are known; ``renewable_mwh`` and ``co2_t`` are of that.
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
    share_known_mwh: float = 0.0
    renewable_mwh: float = 0.0
    co2_known_mwh: float = 0.0
    co2_t: float = 0.0
    price_sum: float = 0.0
    opening_mwh: Mapping[str, float] = field(default_factory=dict)
    deliverable_mwh: Mapping[str, float] = field(default_factory=dict)


Accounts = tuple[Account, Account | None]
"""Ours, and the do-nothing twin's where there is one."""


def add(account: Account, interval: Interval, facts: KpiFacts) -> Account:
    """The account after one more quarter hour."""
    account = in_month(account, interval.label, facts.timezone)
    there, consumed = interval.measured, interval.consumed
    traced = math.isfinite(consumed.renewable_mwh) and math.isfinite(consumed.co2_t)
    account = replace(
        account,
        steps=account.steps + 1,
        missing=account.missing + (not (interval.priced and traced and interval.grid.solved)),
        # Whatever the other meters say: in an outage they may say nothing.
        opening_mwh={**there.deliverable_mwh, **account.opening_mwh},
        deliverable_mwh={**account.deliverable_mwh, **there.deliverable_mwh},
        wear_chf=account.wear_chf + there.wear_chf,
        flexibility_chf=account.flexibility_chf + interval.flexibility_chf,
        curtailment_chf=account.curtailment_chf + interval.curtailment_chf,
        curtailed_mwh=account.curtailed_mwh + interval.curtailed_mwh,
        unsupplied_mwh=account.unsupplied_mwh + HOURS_PER_STEP * interval.unsupplied_mw,
    )
    account = _with_consumed(account, consumed)
    if interval.priced:
        account = _with_energy(account, there)
    if interval.grid.solved:
        account = _with_grid(account, interval.grid, there.price_chf_per_kwh)
    return account


def add_both(accounts: Accounts, both: Both, facts: KpiFacts) -> Accounts:
    """Both accounts after one more quarter hour; what one side missed counts on neither."""
    (ours, theirs), (mine, alone) = accounts, counting(both)
    return add(ours, mine, facts), theirs if theirs is None or alone is None else add(theirs, alone, facts)


def _with_consumed(account: Account, consumed: Consumed) -> Account:
    """What is known of it: energy is metered where its origin may be unknown, and a share may be known without emissions."""
    if math.isnan(consumed.mwh):
        return account
    account = replace(account, consumption_mwh=account.consumption_mwh + consumed.mwh)
    if math.isfinite(consumed.renewable_mwh):
        account = replace(
            account,
            share_known_mwh=account.share_known_mwh + consumed.mwh,
            renewable_mwh=account.renewable_mwh + consumed.renewable_mwh,
        )
    if math.isfinite(consumed.co2_t):
        account = replace(
            account,
            co2_known_mwh=account.co2_known_mwh + consumed.mwh,
            co2_t=account.co2_t + consumed.co2_t,
        )
    return account


def _with_energy(account: Account, there: Measured) -> Account:
    h, price = HOURS_PER_STEP, there.price_chf_per_kwh
    imported, exported = max(there.net_p_mw, 0.0), max(-there.net_p_mw, 0.0)
    return replace(
        account,
        priced=account.priced + 1,
        import_mwh=account.import_mwh + h * imported,
        export_mwh=account.export_mwh + h * exported,
        energy_chf=account.energy_chf + 1000.0 * h * price * (imported - exported),
        peak_kw=max(account.peak_kw, 1000.0 * imported),
        price_sum=account.price_sum + price,
    )


def _with_grid(account: Account, grid: OfGrid, price_chf_per_kwh: float) -> Account:
    lost_mwh = HOURS_PER_STEP * grid.loss_mw
    paid_chf = 0.0 if math.isnan(price_chf_per_kwh) else 1000.0 * lost_mwh * price_chf_per_kwh
    return replace(
        account,
        losses_mwh=account.losses_mwh + lost_mwh,
        losses_chf=account.losses_chf + paid_chf,
        voltage_pu_h=account.voltage_pu_h + HOURS_PER_STEP * grid.voltage_pu,
        overload_percent_h=account.overload_percent_h + HOURS_PER_STEP * grid.overload_percent,
        max_loading_percent=max(account.max_loading_percent, grid.max_loading_percent),
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


def continued(account: Account) -> Account:
    """An account that begins where this one stands: with its month's peak and what the batteries hold, all sums at zero."""
    return Account(
        month=account.month,
        peak_kw=account.peak_kw,
        opening_mwh=account.deliverable_mwh,
        deliverable_mwh=account.deliverable_mwh,
    )


def figures(account: Account, facts: KpiFacts) -> dict[str, dict[str, float]]:
    """The three figures of one account; the share is absent while nothing was consumed whose share is known."""
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
    climate = {
        "co2_t": account.co2_t,
        "co2_known_mwh": account.co2_known_mwh,
        "consumption_mwh": account.consumption_mwh,
        "share_known_mwh": account.share_known_mwh,
        "curtailed_mwh": account.curtailed_mwh,
    }
    if account.share_known_mwh > 0.0:
        climate["renewable_share"] = account.renewable_mwh / account.share_known_mwh
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


def of_grid(grid: xr.Dataset, facts: KpiFacts) -> OfGrid:
    """What an estimated grid adds; an unsupplied bus violates no band."""
    if not np.isfinite(grid["loss_mw"].values):
        return UNSOLVED
    vm = grid["vm_pu"].values
    above, below = np.nan_to_num(vm - facts.bus_high_pu), np.nan_to_num(facts.bus_low_pu - vm)
    line, trafo = grid["line_loading_percent"].values, grid["trafo_loading_percent"].values
    overload = np.nansum(np.maximum(line - facts.line_limit_percent, 0.0))
    overload += np.nansum(np.maximum(trafo - facts.trafo_limit_percent, 0.0))
    return OfGrid(
        loss_mw=float(grid["loss_mw"].values),
        voltage_pu=float(np.maximum(above, 0.0).sum() + np.maximum(below, 0.0).sum()),
        overload_percent=float(overload),
        max_loading_percent=max((float(np.nanmax(a)) for a in (line, trafo) if np.isfinite(a).any()), default=0.0),
    )
