"""From ranked interventions to work orders: which, where, when, and with which switching."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twin.adapters.prepared import prepare
from twin.contracts.ports import Engine
from twin.contracts.work_order import Place, Step, Switching, Why, Window, WorkOrder
from twin.domain.problems import Problems
from twin.engines import make_engine
from twin.maintenance.ranking.ranked import FreeWindow, Item, Ranked, Said
from twin.maintenance.ranking.week import HOURS, Week, week_of_grid_file, week_of_journal, week_of_profiles
from twin.maintenance.work_orders.switching import Names, switching
from twin.regie.chain import open_readonly
from twin.site import Site

_WITHOUT_OUTAGE = ("report", "work", "report_back")


@dataclass(frozen=True)
class Ground:
    """What orders are checked on. ``mobile_mw``: what the site's mobile supply carries; ``week``: hours ahead."""

    net: Any
    engine: Engine
    week: Week
    mobile_mw: float


def ground_of(site: Site, state: Path, as_of: datetime) -> Ground:
    """Grid, engine and the week ahead of a run.

    Raises:
        BadInput: when the state directory holds no journal, or no engine takes the grid.
    """
    prepared = prepare(site)
    net = prepared.net()
    with closing(open_readonly(state)) as db:
        week = week_of_journal(db, net) or week_of_profiles(prepared, net, as_of) or week_of_grid_file(net, as_of)
    mobile_mw = 0.0 if site.maintenance is None else site.maintenance.calendar.mobile_supply_mw
    return Ground(net, make_engine(site.about.engine, net), week, mobile_mw)


def chosen_items(ranked: Ranked, assets: Sequence[str], top: int | None) -> tuple[Item, ...]:
    """What orders are made of: the best intervention of each named asset, or the ``top`` chosen ones.

    Args:
        assets: names of assets, or of interventions ("trafo_2:oil_sample"), which may be left out by the ranking.

    Raises:
        BadInput: naming every asset that the ranking does not know.
    """
    if not assets:
        return ranked.chosen[:top]
    problems, found = Problems(), []
    known = sorted({item.asset for item in ranked.items})
    for name in assets:
        mine = [item for item in ranked.items if name in (item.asset, item.id)]
        if not mine:
            limit = f"one of {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}" if known else "a ranking with items"
            problems.add("ASSET", name, limit, "name an asset or intervention of the ranking, or rank again")
            continue
        found.append(min(mine, key=lambda item: (item.status != "chosen", item.rank)))
    problems.raise_if_any()
    return tuple(found)


def draft(item: Item, ranked: Ranked, ground: Ground, *, by: str, now: datetime) -> WorkOrder:
    """The order of one intervention, still without its id; ``now``: when it is issued, ``by``: by whom."""
    as_of = datetime.fromisoformat(ranked.as_of)
    window = None if item.window is None else _window(item.window)
    return WorkOrder(
        intervention=item.id,
        site=ranked.site,
        site_title={language: title for language, title in ranked.title.items() if title},
        timezone=ranked.timezone,
        asset=item.asset,
        title=item.title or item.asset,
        titles=ranked.titles.get(item.asset, {}),
        kind=item.kind,
        element=item.element,
        place=place_of(ground.net, item.element, item.place),
        action=item.action,
        cause=_why(item.cause),
        evidence=tuple(map(_why, item.evidence)),
        unknown=item.unknown,
        confidence=item.confidence,
        health=item.health,
        pof_per_year=item.pof_per_year,
        switching=_switching(item, ground),
        needs_outage=item.needs_outage,
        parts=item.parts,
        skill=item.skill,
        crew_h=item.crew_h,
        duration_h=item.duration_h,
        window=window,
        cost_chf=item.cost_chf,
        risk_avoided_chf=item.risk_avoided_chf,
        horizon_years=ranked.horizon_years,
        as_of=as_of,
        issued_at=now,
        issued_by=by,
        # the calendar looked at the hours of one week
        valid_until=window.end if window is not None else as_of + timedelta(hours=HOURS),
    )


def place_of(net: Any, element: str, address: str) -> Place:
    """Where an element stands: the register's address, the grid file's station, buses and coordinates."""
    table, _, index = element.partition(".")
    columns = {"line": ("from_bus", "to_bus"), "trafo": ("hv_bus", "lv_bus"), "bus": ()}.get(table, ("bus",))
    if not element or table not in net or int(index) not in net[table].index:
        return Place(address=address)
    buses = [int(net[table].at[int(index), column]) for column in columns] or [int(index)]
    row = net["bus"].loc[buses[0]]
    latitude, longitude = _coordinates(row.get("geo"))
    station = row.get("substation")
    return Place(
        address=address,
        station=station if isinstance(station, str) else "",
        buses=tuple(Names(net).of("bus", bus) for bus in buses),
        latitude=latitude,
        longitude=longitude,
    )


def _coordinates(geo: object) -> tuple[float | None, float | None]:
    """Latitude and longitude of a GeoJSON point (RFC 7946: longitude first), if it has some on Earth."""
    try:
        longitude, latitude = (float(value) for value in json.loads(str(geo))["coordinates"][:2])
    except (ValueError, KeyError, TypeError):
        return None, None
    return (latitude, longitude) if abs(latitude) <= 90.0 and abs(longitude) <= 180.0 else (None, None)


def _switching(item: Item, ground: Ground) -> Switching:
    if not item.needs_outage:
        return Switching(steps=tuple(Step(code=code) for code in _WITHOUT_OUTAGE), proven=True)
    hour = _hardest_hour(item.window, ground.week)
    closures = [step.switch for step in item.switching if step.closes and step.switch is not None]
    return switching(
        ground.net,
        item.element,
        engine=ground.engine,
        injections=ground.week.injections.isel(time=[hour]),
        at=None if ground.week.source == "grid_file" else ground.week.at(hour),
        mobile_mw=ground.mobile_mw,
        closures=closures,
    )


def _hardest_hour(window: FreeWindow | None, week: Week) -> int:
    """The hour of the highest load within the window; of the whole week where the window does not lie in it."""
    hours: Sequence[int] = range(week.hours)
    load_mw = week.load_mw
    if window is not None:
        start, end = datetime.fromisoformat(window.start), datetime.fromisoformat(window.end)
        hours = [hour for hour in hours if start <= week.at(hour) < end] or hours
    return max(hours, key=lambda hour: (load_mw[hour], -hour))


def _window(found: FreeWindow) -> Window:
    return Window(
        start=datetime.fromisoformat(found.start),
        end=datetime.fromisoformat(found.end),
        loading_percent=found.loading_percent,
        at_risk_mw=found.at_risk_mw,
        mobile_mw=found.mobile_mw,
    )


def _why(said: Said) -> Why:
    return Why(code=said.code, params=dict(said.params))
