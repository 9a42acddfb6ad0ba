"""Devices as the plan sees them: limits, energy and own behaviour from their last telemetered state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.horizon import STEP_HOURS, mean_of_quarters, share_before
from twin.boxes.flexibility.lp.problem import Device
from twin.boxes.flexibility.tick import facts
from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.rights import read_groups, read_plants
from twin.boxes.flexibility.tick.sessions import Session, heard
from twin.boxes.flexibility.tick.settings import Settings
from twin.boxes.flexibility.uncontrolled import charge_on_arrival, local_net_mw, self_consumption
from twin.contracts.devices import Right
from twin.contracts.frame import AsOfView
from twin.domain.time import to_epoch_s

READY_BEFORE_H = 0.5
"""Cars are planned to be full this long before departure where time allows: a car's own charger slows down over the last
tenth, which the plan does not know."""
_FULL_MWH = 1e-6
"""A watt-hour: a car that wants less is full."""


@dataclass(frozen=True)
class Fleet:
    """Devices of one tick.

    Attributes:
        storages, chargers, plants, groups: as planned, in this order.
        unknown: ids whose state is not known; they are left alone.
        departure_h: by car, hours from now. ``sessions``: by car that is here.
    """

    storages: tuple[Storage, ...]
    chargers: tuple[Charger, ...]
    unknown: tuple[str, ...]
    departure_h: Mapping[str, float]
    sessions: Mapping[str, Session]
    plants: tuple[Plant, ...] = ()
    groups: tuple[Programme, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        """All of them."""
        return (*self.storages, *self.chargers, *self.plants, *self.groups)


@dataclass(frozen=True)
class _CarState:
    plugged: bool
    required_mwh: float
    departure_h: float
    soc_mwh: float


def read_fleet(
    view: AsOfView,
    settings: Settings,
    kept: Remembered,
    *,
    zones: Mapping[str, Mapping[str, Any]],
    load: Mapping[str, np.ndarray],
    pv: Mapping[str, np.ndarray],
    mean_price_chf_per_mwh: float,
    available_mw: Callable[[Mapping[str, Any]], np.ndarray],
) -> Fleet:
    """Every movable device from its newest telemetry.

    Args:
        load, pv: median forecast by zone [MW], dims (time,), quarter hours.
        available_mw: what a plant could feed in, dims (step,).
        mean_price_chf_per_mwh: what energy left in a battery at the end is worth, before losses.
    """
    allowed = facts.mandate(view, settings.ids())
    movable = {name: mean_of_quarters(allowed[i].astype(float)) > 1 - 1e-9 for i, name in enumerate(settings.ids())}
    unknown: list[str] = []
    batteries = []
    ids = settings.ids("battery")
    soc, _ = facts.newest(view, "device_soc_percent", ids)
    here, _ = facts.newest(view, "device_available", ids)
    for device, soc_percent, available in zip(_of(settings, "battery"), soc, here, strict=True):
        known = np.isfinite(soc_percent) and np.isfinite(available)
        if not known:
            unknown.append(device["id"])
        zone = _nearest(device["zone"], load, settings)
        net = local_net_mw(
            load_p_mw=mean_of_quarters(load[zone]),
            pv_p_mw=mean_of_quarters(pv[zone]),
            customers=float(zones[zone].get("customers") or 0.0),
            pv_kwp=float(zones[zone].get("pv_kwp") or zones[zone].get("kwp") or 0.0),
            e_max_mwh=device["e_max_mwh"],
            behind=device.get("behind"),
        )
        batteries.append(
            _battery(
                device,
                soc_percent if known else 0.0,
                bool(known and available > 0.5),
                net_p_mw=net,
                movable=movable[device["id"]],
                mean_price=mean_price_chf_per_mwh,
            )
        )
    cars = _cars(view, settings)
    sessions = _sessions(view, settings, kept, cars)
    storages, chargers = list(batteries), []
    for device, car in zip(_of(settings, "ev_charger"), cars, strict=True):
        if car.plugged and not (np.isfinite(car.required_mwh) and np.isfinite(car.departure_h)):
            unknown.append(device["id"])
        if settings.v2g and device["p_min_mw"] < 0.0:
            storages.append(_two_way_car(device, car, movable[device["id"]]))
        else:
            session = sessions.get(device["id"])
            chargers.append(_charger(device, car, session, movable[device["id"]], mean_price_chf_per_mwh))
    away = {d["id"]: c.departure_h for d, c in zip(_of(settings, "ev_charger"), cars, strict=True)}
    plants = read_plants(view, _of(settings, "pv_plant"), movable=movable, available_mw=available_mw)
    groups = read_groups(view, _of(settings, "heat_pumps"), kept, movable=movable)
    return Fleet(tuple(storages), tuple(chargers), tuple(unknown), away, sessions, plants, groups)


def _sessions(view: AsOfView, settings: Settings, kept: Remembered, cars: list[_CarState]) -> dict[str, Session]:
    """Every visit that goes on; one whose car is silent goes on as it was."""
    now = to_epoch_s(view.as_of)
    found = {}
    for device, car in zip(_of(settings, "ev_charger"), cars, strict=True):
        before = kept.sessions.get(device["id"])
        if before is not None:
            before = before.after(device["efficiency"] * device["p_max_mw"] * (now - kept.start_s) / 3600.0)
        known = np.isfinite(car.required_mwh) and np.isfinite(car.departure_h)
        if car.plugged and known:
            departure_s = now + round(3600.0 * car.departure_h)
            found[device["id"]] = heard(before, departure_s=departure_s, required_mwh=car.required_mwh)
        elif car.plugged and before is not None:
            found[device["id"]] = before
    return found


def _of(settings: Settings, kind: str) -> list[Mapping[str, Any]]:
    return [device for device in settings.devices if device["kind"] == kind]


def _nearest(zone: str, load: Mapping[str, np.ndarray], settings: Settings) -> str:
    return zone if zone in load else settings.site_zone


def _battery(
    device: Mapping[str, Any],
    soc_percent: float,
    available: bool,
    *,
    net_p_mw: np.ndarray,
    movable: np.ndarray,
    mean_price: float,
) -> Storage:
    steps = len(STEP_HOURS)
    charge = np.full(steps, device["p_max_mw"] if available else 0.0)
    discharge = np.full(steps, max(-device["p_min_mw"], 0.0) if available else 0.0)
    e_max, eta = device["e_max_mwh"], device["efficiency"]
    e0 = float(np.clip(soc_percent / 100.0, 0.0, 1.0)) * e_max
    own = self_consumption(
        net_p_mw=net_p_mw,
        e0_mwh=e0,
        e_max_mwh=e_max,
        charge_max_mw=charge,
        discharge_max_mw=discharge,
        efficiency=eta,
        hours=STEP_HOURS,
    )
    return Storage(
        id=device["id"],
        efficiency=eta,
        charge_max_mw=charge,
        discharge_max_mw=discharge,
        e0_mwh=e0,
        e_min_mwh=np.zeros(steps),
        e_max_mwh=np.full(steps, e_max),
        own_p_mw=own,
        movable=movable,
        moving_chf_per_mwh=_paid(device),
        wear_chf_per_mwh=1000.0 * device["right_of_use"]["price_chf_per_kwh"] - _paid(device),
        end_value_chf_per_mwh=mean_price * eta,
    )


def _cars(view: AsOfView, settings: Settings) -> list[_CarState]:
    ids = settings.ids("ev_charger")
    plugged, _ = facts.newest(view, "device_available", ids)
    required, _ = facts.newest(view, "device_energy_required_mwh", ids)
    departure, age = facts.newest(view, "device_departure_h", ids)
    soc, _ = facts.newest(view, "device_soc_percent", ids)
    states = []
    for i, device in enumerate(_of(settings, "ev_charger")):
        states.append(
            _CarState(
                plugged=bool(plugged[i] > 0.5),
                required_mwh=float(required[i]),
                departure_h=float(max(departure[i] - age[i], 0.0)) if np.isfinite(departure[i]) else float("nan"),
                soc_mwh=float(soc[i] / 100.0 * device["e_max_mwh"]) if np.isfinite(soc[i]) else 0.0,
            )
        )
    return states


def _paid(device: Mapping[str, Any]) -> float:
    """What the owner earns per shifted MWh [CHF/MWh]; the price of the site's own devices is wear, and paid to nobody."""
    use = device["right_of_use"]
    return 0.0 if use["right"] == Right.OWN else 1000.0 * float(use["price_chf_per_kwh"])


def _charger(
    device: Mapping[str, Any], car: _CarState, session: Session | None, movable: np.ndarray, mean_price: float
) -> Charger:
    p_max, eta, steps = device["p_max_mw"], device["efficiency"], len(STEP_HOURS)
    wanted = car.required_mwh if car.plugged and np.isfinite(car.required_mwh) else 0.0
    wanted = wanted if wanted > _FULL_MWH else 0.0
    known = np.isfinite(car.departure_h)
    # A car that did not say when it leaves charges as it would by itself.
    until = car.departure_h if known else float(sum(STEP_HOURS))
    plugged = p_max * share_before(STEP_HOURS, until) if wanted else np.zeros(steps)
    missing = wanted if session is None else min(session.missing_mwh, wanted)
    own, reference = (
        charge_on_arrival(available_mw=plugged, required_mwh=mwh, efficiency=eta, hours=STEP_HOURS) for mwh in (wanted, missing)
    )
    ready = max(until - READY_BEFORE_H, min(until, 1.05 * wanted / (eta * p_max))) if known else until
    early = p_max * share_before(STEP_HOURS, ready) if wanted else plugged
    return Charger(
        id=device["id"],
        efficiency=eta,
        charge_max_mw=np.maximum(early, own),
        required_mwh=wanted,
        own_p_mw=own,
        movable=movable & known,
        reference_p_mw=reference,
        moving_chf_per_mwh=_paid(device),
        later_max_mwh=min(wanted, eta * p_max * max(until - sum(STEP_HOURS), 0.0)),
        later_chf_per_mwh=mean_price / eta,
    )


def _two_way_car(device: Mapping[str, Any], car: _CarState, movable: np.ndarray) -> Storage:
    known = np.isfinite(car.departure_h) and np.isfinite(car.required_mwh) and car.plugged
    wanted = car.required_mwh if car.plugged and np.isfinite(car.required_mwh) else 0.0
    until = car.departure_h if np.isfinite(car.departure_h) else float(sum(STEP_HOURS))
    here = share_before(STEP_HOURS, until) if car.plugged else np.zeros(len(STEP_HOURS))
    eta, target = device["efficiency"], car.soc_mwh + wanted
    own = charge_on_arrival(available_mw=device["p_max_mw"] * here, required_mwh=wanted, efficiency=eta, hours=STEP_HOURS)
    return Storage(
        id=device["id"],
        efficiency=eta,
        charge_max_mw=device["p_max_mw"] * here,
        discharge_max_mw=-device["p_min_mw"] * here,
        e0_mwh=car.soc_mwh,
        e_min_mwh=np.zeros(len(STEP_HOURS)),
        e_max_mwh=np.full(len(STEP_HOURS), target),
        own_p_mw=own,
        movable=movable & known,
        moving_chf_per_mwh=_paid(device),
        target_mwh=target,
    )
