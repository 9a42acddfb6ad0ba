"""From a view to a planning problem: forecasts, tariff, limits and devices put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.horizon import QUARTERS, STEP_HOURS, highest_of_quarters, lowest_of_quarters, mean_of_quarters
from twin.boxes.flexibility.lp.problem import NOT_PRICED_MW, Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.tick import facts
from twin.boxes.flexibility.tick.arrivals import to_come_mw
from twin.boxes.flexibility.tick.fleet import Fleet, read_fleet
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.settings import Settings
from twin.boxes.flexibility.tick.tariff import calendar, published_or
from twin.boxes.flexibility.tick.wires import Totals, Wires
from twin.contracts.box import BoxContext
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.contracts.running_on import running_on

USUAL_DAYS = 14
USUAL_PEAK_DAYS = timedelta(days=28)
USUAL_PEAK_SHARE = 0.9
MARGIN_LEVEL = 0.9
"""Quantile whose distance from the median is held back on the limit rows."""
PEAK_LEVEL = 0.75
"""Quantile of the load on which the month's peak is planned: on the median the battery is empty every second evening."""


@dataclass(frozen=True)
class Paths:
    """How the forecasts may turn out, as distances from the median [MW], dims (quantile, step).

    Attributes:
        load, pv: by zone.
    """

    load: Mapping[str, np.ndarray]
    pv: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Tick:
    """A planning problem with what its explanation needs.

    Attributes:
        zone_net_mw: net of each zone without the planned devices, dims (step,).
        case: the grid, None where it is not known.
        published: True when day-ahead prices were used.
    """

    problem: Problem
    fleet: Fleet
    paths: Paths
    zone_net_mw: Mapping[str, np.ndarray]
    published: bool
    case: Case | None = None

    @property
    def stores(self) -> tuple[Storage | Charger, ...]:
        """Batteries and cars: the first devices of the problem, in its order."""
        return (*self.fleet.storages, *self.fleet.chargers)


def assemble(view: AsOfView, settings: Settings, context: BoxContext, kept: Remembered, wires: Wires | None = None) -> Tick:
    """The problem at ``view.as_of``, on ``wires`` where the grid is known; else within its transformer's rating alone.

    Args:
        kept: what the box remembers of the tick before.

    Raises:
        MissingSignalError: when a zone's load forecast is missing.
    """
    load = {zone: facts.forecast(view, "load_forecast_p_mw", zone) for zone in settings.zones}
    pv = {zone: _pv(view, zone) for zone in settings.zones}
    price, export, published = _prices(view, context)
    import_price = mean_of_quarters(price)
    available = _available(settings, context, pv, wires)
    fleet = read_fleet(
        view,
        settings,
        kept,
        zones=context.zones,
        load={zone: f.median for zone, f in load.items()},
        pv={zone: f.median for zone, f in pv.items()},
        mean_price_chf_per_mwh=float(import_price @ np.asarray(STEP_HOURS)) / sum(STEP_HOURS),
        available_mw=lambda device: mean_of_quarters(available[device["id"]]),
    )
    drawn = {zone: load[zone].median + _cars_otherwise(view, settings, zone) for zone in settings.zones}
    running = dict(zip(settings.zones, running_on(view, settings.zones).tolist(), strict=True))
    # A plant that is planned is no part of the net: its unit feeds in.
    apart = {zone: _inside_sum(available, zone, settings) for zone in settings.zones}
    nets = {zone: drawn[zone] - pv[zone].median + apart[zone] - running[zone] for zone in settings.zones}
    site = _site(
        view,
        settings,
        context,
        net=nets[settings.site_zone],
        margin=mean_of_quarters(load[settings.site_zone].above_median(PEAK_LEVEL)),
        import_price=import_price,
        export_price=mean_of_quarters(export),
    )
    bare = Problem(hours=STEP_HOURS, devices=fleet.devices, site=site, penalties=_penalties(context.tariff, site))
    case = None if wires is None else _case(wires, bare, load=load, pv=pv, drawn=drawn, running=running[settings.site_zone])
    rows = _trafo_rows(view, settings, context, bare, load=load, pv=pv, nets=nets) if wires is None else ()
    return Tick(
        replace(bare, rows=rows),
        fleet,
        Paths(
            {zone: mean_of_quarters(f.paths) for zone, f in load.items()},
            {zone: mean_of_quarters(f.paths) for zone, f in pv.items()},
        ),
        {zone: mean_of_quarters(net) for zone, net in nets.items()},
        published,
        case,
    )


def _available(
    settings: Settings, context: BoxContext, pv: Mapping[str, facts.Forecast], wires: Wires | None
) -> dict[str, np.ndarray]:
    """What every planned plant could feed in [MW], dims (time,): its share of its zone's own forecast."""
    found = {}
    for device in settings.devices:
        if device["kind"] != "pv_plant":
            continue
        if wires is not None:
            zone, share = wires.pv_share(int(device["element"]))
        else:
            zone = device["zone"] if device["zone"] in pv else settings.site_zone
            share = float(device["panels"]["kwp"]) / float(context.zones[zone].get("pv_kwp") or np.inf)
        inner = pv[str(settings.limited_zone)].median if zone == settings.site_zone and settings.limited_zone else 0.0
        # A share of the zone's forecast may pass what the plant can feed in; the rest stays in the zone's net.
        found[device["id"]] = np.minimum(share * np.maximum(pv[zone].median - inner, 0.0), max(-device["p_min_mw"], 0.0))
    return found


def _inside_sum(power_mw: Mapping[str, np.ndarray], zone: str, settings: Settings) -> np.ndarray:
    """Sum over the devices within a zone, dims (time,)."""
    inside = [d["id"] for d in settings.devices if d["id"] in power_mw and _inside(d["zone"], zone, settings)]
    return sum((power_mw[name] for name in inside), np.zeros(QUARTERS))


def _pv(view: AsOfView, zone: str) -> facts.Forecast:
    try:
        found = facts.forecast(view, "pv_forecast_p_mw", zone)
    except MissingSignalError:
        # A zone without panels has no forecast of them; a missing one counts as no sun, the safe side of an import limit.
        return facts.Forecast(np.array([0.5]), np.zeros((1, QUARTERS)))
    return facts.Forecast(found.levels, np.maximum(found.values, 0.0))


def _prices(view: AsOfView, context: BoxContext) -> tuple[np.ndarray, np.ndarray, bool]:
    """Price of energy at the connection, in and out [CHF/MWh], dims (time,), and whether day-ahead prices were published.

    What the site's customers pay each other for using its own grid is no cost of the site (KPI.md: internal tariffs cancel).
    """
    tariff, day_ahead = context.tariff, facts.ahead(view, "price_chf_per_kwh")
    energy, feed_in = (
        published_or(day_ahead, np.full(QUARTERS, float(tariff[key]))) for key in ("energy_chf_per_kwh", "feed_in_chf_per_kwh")
    )
    published = day_ahead is not None and bool(np.isfinite(day_ahead).any())
    return 1000.0 * energy, 1000.0 * feed_in, published


def _case(
    wires: Wires,
    problem: Problem,
    *,
    load: Mapping[str, facts.Forecast],
    pv: Mapping[str, facts.Forecast],
    drawn: Mapping[str, np.ndarray],
    running: float,
) -> Case:
    """The grid around the plan: the median, and its margins at a heavy and at a light outer quantile of load and sun."""
    flow = np.full(len(problem.hours), running)

    def totals(of: Callable[[np.ndarray], np.ndarray], sun: Callable[[np.ndarray], np.ndarray], level: float) -> Totals:
        loads = {zone: of(drawn[zone] + load[zone].at(level) - load[zone].median) for zone in drawn}
        return Totals(loads, {zone: sun(pv[zone].at(1.0 - level)) for zone in drawn}, flow)

    heavy = totals(highest_of_quarters, lowest_of_quarters, MARGIN_LEVEL)
    light = totals(lowest_of_quarters, highest_of_quarters, 1.0 - MARGIN_LEVEL)
    units = [unit.id for unit in problem.parts.units]
    return wires.case(units, totals(mean_of_quarters, mean_of_quarters, 0.5), (heavy, light))


def _cars_otherwise(view: AsOfView, settings: Settings, zone: str) -> np.ndarray:
    """What cars that are not here yet will draw, less what all cars drew of late [MW], dims (time,).

    Cars are part of the measured load, so a load forecast holds them as they were charged of late, orders included: all of that
    is taken out. Those here now are planned; those to come draw as they would by themselves.
    """
    cars = [d for d in settings.devices if d["kind"] == "ev_charger" and _inside(d["zone"], zone, settings)]
    names = [car["id"] for car in cars]
    usual = facts.usual_sum(view, "device_p_mw", names, USUAL_DAYS)
    p_max, efficiency = (np.array([car[key] for car in cars]) for key in ("p_max_mw", "efficiency"))
    return to_come_mw(view, names, p_max_mw=p_max, efficiency=efficiency, days=USUAL_DAYS) - usual


def _inside(device_zone: str, zone: str, settings: Settings) -> bool:
    return zone in (settings.site_zone, device_zone)


def _site(
    view: AsOfView,
    settings: Settings,
    context: BoxContext,
    *,
    net: np.ndarray,
    margin: np.ndarray,
    import_price: np.ndarray,
    export_price: np.ndarray,
) -> Site:
    clock = calendar(view.as_of, QUARTERS, context.timezone)
    lift = highest_of_quarters(net) - mean_of_quarters(net) + margin
    # The next month's peak starts from zero and is not priced within this plan. In the first days of a month its peak is still
    # to come: what lies well below the last four weeks' peak would be shaved in vain.
    usual_peak = facts.highest_since(view, "zone_net_p_mw", settings.site_zone, view.as_of - USUAL_PEAK_DAYS)
    month_peak = facts.highest_since(view, "zone_net_p_mw", settings.site_zone, clock.month_start)
    priced = mean_of_quarters(clock.this_month.astype(float)) > 0.0
    return Site(
        net_p_mw=mean_of_quarters(net),
        import_chf_per_mwh=import_price,
        export_chf_per_mwh=export_price,
        peak_chf_per_mw=1000.0 * float(context.tariff["peak_chf_per_kw_month"]),
        peak_so_far_mw=max(month_peak, USUAL_PEAK_SHARE * usual_peak, 0.0),
        peak_lift_mw=np.where(priced, lift, NOT_PRICED_MW),
    )


def _trafo_rows(
    view: AsOfView,
    settings: Settings,
    context: BoxContext,
    problem: Problem,
    *,
    load: Mapping[str, facts.Forecast],
    pv: Mapping[str, facts.Forecast],
    nets: Mapping[str, np.ndarray],
) -> tuple[GridRow, ...]:
    """Both directions of the transformer that feeds the limited zone, as limits on the zone's active power."""
    zone = settings.limited_zone
    if zone is None or not settings.trafos:
        return ()
    name = "+".join(settings.trafos)
    sn_mva = sum(float(context.trafos[trafo]["sn_mva"]) for trafo in settings.trafos)
    limit = settings.trafo_limit_percent
    limit_mw = limit / 100.0 * sn_mva * active_share(view, settings, zone, sn_mva)
    inside = [d["id"] for d in settings.devices if _inside(d["zone"], zone, settings)]
    rows = []
    for direction, sign, margin, paths in (
        ("import", 1.0, load[zone].above_median(MARGIN_LEVEL), load[zone].paths),
        ("export", -1.0, pv[zone].above_median(MARGIN_LEVEL), pv[zone].paths),
    ):
        held = highest_of_quarters(margin)
        rows.append(
            GridRow(
                name=f"{direction}:trafo:{name}",
                kind="trafo",
                element=name,
                limit=limit,
                unit="%",
                by_p=problem.slopes(dict.fromkeys(inside, sign)),
                room_mw=limit_mw - highest_of_quarters(sign * nets[zone]) - held,
                margin_mw=held,
                unit_per_mw=limit / limit_mw,
                paths_mw=mean_of_quarters(paths),
            )
        )
    return tuple(rows)


def active_share(view: AsOfView, settings: Settings, zone: str, sn_mva: float) -> float:
    """Active over apparent power of the limited zone's transformer, from its last loading; 0.85 to 1.

    Below 30 % loading magnetising and charging currents hide the load's own reactive power: the configured share serves.
    """
    loading, _ = facts.newest(view, "trafo_loading_percent", settings.trafos)
    net, _ = facts.newest(view, "zone_net_p_mw", [zone])
    percent = float(np.max(loading)) if len(loading) else float("nan")
    if not (np.isfinite(percent) and np.isfinite(net[0])) or percent < 30.0:
        return settings.cos_phi
    return float(np.clip(abs(float(net[0])) / (percent / 100.0 * sn_mva), 0.85, 1.0))


def _penalties(tariff: Mapping[str, Any], site: Site) -> Penalties:
    # The dearest MWh that money can save: a quarter hour of the month's peak, or ten times the highest energy price.
    peak = site.peak_chf_per_mw / min(STEP_HOURS)
    return Penalties.above(max(peak, 10.0 * 1000.0 * float(tariff["energy_chf_per_kwh"])))
