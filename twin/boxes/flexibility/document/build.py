"""From a checked document to a planning problem in MW, MWh and CHF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.connection import Peak
from twin.boxes.flexibility.document.devices import Around, device_of
from twin.boxes.flexibility.document.document import DEVICE_TABLES, Document
from twin.boxes.flexibility.document.money import Money
from twin.boxes.flexibility.document.own import heat_worth_chf_per_mwh, own_heat_mw
from twin.boxes.flexibility.lp.parts import Budget, Parts, Unit
from twin.boxes.flexibility.lp.problem import NOT_PRICED_MW, Device, Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow


@dataclass(frozen=True)
class Entry:
    """A device of the document: its table, its id, and whether it may be moved (else why not: "none" or "opt_out")."""

    table: str
    id: str
    right: str
    movable: bool
    opted_out: bool


@dataclass(frozen=True)
class Built:
    """A problem with what its words need.

    Attributes:
        entries: of every device with a power of its own, in the order of the problem's units.
        units, budgets: of the problem, at the prices that are really paid (see `Money.reluctance`).
    """

    document: Document
    clock: Clock
    problem: Problem
    entries: tuple[Entry, ...]
    units: tuple[Unit, ...]
    budgets: tuple[Budget, ...]


def build(document: Document, *, base_mw: np.ndarray | None = None) -> Built:
    """The problem of a document whose values are resolved.

    Args:
        base_mw: net import of what is not planned, from the grid's own loads and generators, dims (step,); None: [net] says.
    """
    clock = Clock.of(document.start, document.timezone, document.hours)
    money = _money(document, clock)
    site = _site(document, clock, money, base_mw)
    entries = tuple(
        Entry(table, entry.id, str(entry.right), money.movable(entry), entry.opt_out) for table, _, entry in document.devices()
    )
    devices = _devices(document, clock, money)
    paid = Parts.join([device.parts(clock.hours) for device in _devices(document, clock, replace(money, reluctance=0.0))])
    bare = Problem(hours=clock.hours, devices=devices, site=site, penalties=money.penalties)
    return Built(document, clock, replace(bare, rows=_limits(document, bare)), entries, paid.units, paid.budgets)


def _devices(document: Document, clock: Clock, money: Money) -> tuple[Device, ...]:
    heat = {buffer.id: heat_worth_chf_per_mwh(buffer, document, money.mean) for buffer in document.buffer}
    around = Around(clock, money, own_heat_mw(document, clock), heat)
    return tuple(device_of(table, entry, around) for table in DEVICE_TABLES for entry in getattr(document, table))


def _money(document: Document, clock: Clock) -> Money:
    steps, prices = len(clock.hours), document.prices
    co2 = np.zeros(steps) if prices.co2 is None else 1e-3 * prices.co2.chf_per_t * np.asarray(prices.co2.import_g_per_kwh)
    bought, sold = (
        1000.0 * np.broadcast_to(np.asarray(price, dtype=float), (steps,))
        for price in (prices.import_chf_per_kwh, prices.export_chf_per_kwh)
    )
    bought = bought + co2
    per_mw = 1000.0 * prices.peak.chf_per_kw_month if prices.peak is not None else 0.0
    # The dearest MWh that money can save: a step of the month's peak, or ten times the highest price of energy.
    dearest = max(per_mw / min(clock.hours), 10.0 * float(np.max(np.abs([bought, sold]))), 1.0)
    penalties = Penalties.above(dearest)
    return Money(
        bought=bought,
        sold=sold,
        mean=float(bought @ np.asarray(clock.hours)) / clock.end_h,
        co2_chf_per_t=0.0 if prices.co2 is None else prices.co2.chf_per_t,
        penalties=penalties,
        reluctance=penalties.contract,
    )


def _site(document: Document, clock: Clock, money: Money, base_mw: np.ndarray | None) -> Site:
    steps, net = len(clock.hours), document.net
    if base_mw is None:
        base_mw = np.zeros(steps)
        if net is not None:
            base_mw = base_mw + 1e-3 * (np.asarray(net.load_kw) - np.asarray(net.generation_kw))
    peak = document.prices.peak
    if peak is None:
        return Site(net_p_mw=base_mw, import_chf_per_mwh=money.bought, export_chf_per_mwh=money.sold)
    intervals, lift = _intervals(clock, peak)
    return Site(
        net_p_mw=base_mw,
        import_chf_per_mwh=money.bought,
        export_chf_per_mwh=money.sold,
        peak_chf_per_mw=1000.0 * peak.chf_per_kw_month,
        peak_so_far_mw=1e-3 * peak.so_far_kw,
        interval_steps=intervals,
        peak_lift_mw=lift,
    )


def _intervals(clock: Clock, peak: Peak) -> tuple[tuple[tuple[tuple[int, float], ...], ...], np.ndarray]:
    """Tariff intervals that end within the plan as (step, share) pairs, and what was metered in the running one [MW].

    Those within one step are one: its mean is all that is known of them. Those of the next month cost nothing this month.
    """
    length = peak.interval_minutes / 60.0
    past = (clock.start.minute / 60.0 + clock.start.second / 3600.0) % length
    local = clock.start.astimezone(ZoneInfo(clock.timezone))
    found: dict[tuple[tuple[int, float], ...], float] = {}
    for number in range(int(np.floor((clock.end_h + past) / length + 1e-9))):
        begin = number * length - past
        share = clock.present(begin, begin + length) * np.asarray(clock.hours) / length
        pairs = tuple((int(k), round(float(share[k]), 9)) for k in np.flatnonzero(share > 1e-9))
        metered = 1e-3 * peak.metered_kwh / length if begin < 0.0 else 0.0
        found[pairs] = metered if _same_month(local, clock, begin) else NOT_PRICED_MW
    return tuple(found), np.array(list(found.values()))


def _same_month(local: datetime, clock: Clock, begin_h: float) -> bool:
    at = (clock.start + timedelta(hours=max(begin_h, 0.0))).astimezone(ZoneInfo(clock.timezone))
    return (at.year, at.month) == (local.year, local.month)


def _limits(document: Document, problem: Problem) -> tuple[GridRow, ...]:
    """Limits of the connection as rows over all electric units."""
    rows, net = [], problem.site.net_p_mw
    every = {unit.id: 1.0 for unit in problem.parts.units if unit.electric}
    for name, sign, limit in (("import", 1.0, document.limits.import_kw), ("export", -1.0, document.limits.export_kw)):
        if limit is not None:
            rows.append(
                GridRow(
                    name=f"{name}:site",
                    kind="site",
                    element=name,
                    limit=limit,
                    unit="kW",
                    by_p=sign * problem.slopes(every),
                    room_mw=1e-3 * limit - sign * net,
                    unit_per_mw=1000.0,
                )
            )
    return tuple(rows)
