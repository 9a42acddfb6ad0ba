"""From tables of a document to devices of the model: kW to MW, percent to shares, rights to prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.flexibility.devices.heat import CombinedHeatPower, HeatBuffer, Heater
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.hydro import Hydro
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.document import tables
from twin.boxes.flexibility.document.cars import car_of, pool_of
from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.money import Money
from twin.boxes.flexibility.document.processes import process_of
from twin.boxes.flexibility.document.units import mw, reactive_of
from twin.boxes.flexibility.lp.problem import Device
from twin.contracts.devices import Right


@dataclass(frozen=True)
class Around:
    """What a device's table does not say itself.

    Attributes:
        own_mw: what heaters do by themselves, by id. ``heat_chf_per_mwh``: worth of heat left in a buffer at the end, by id.
    """

    clock: Clock
    money: Money
    own_mw: Mapping[str, np.ndarray]
    heat_chf_per_mwh: Mapping[str, float]


def device_of(table: str, entry: Any, around: Around) -> Device:
    """The device of one entry of a table."""
    return _MAKERS[table](entry, around)


def _battery(entry: tables.Battery, money: Money) -> Storage:
    efficiency = entry.efficiency_percent / 100.0
    worth = entry.end_value_chf_per_kwh
    return Storage(
        id=entry.id,
        efficiency=efficiency,
        charge_max_mw=mw(entry.charge_kw),
        discharge_max_mw=mw(entry.discharge_kw),
        e0_mwh=1e-3 * entry.e0_kwh,
        e_min_mwh=1e-3 * entry.e_min_kwh,
        e_max_mwh=1e-3 * entry.e_max_kwh,
        own_p_mw=mw(entry.own_kw),
        movable=float(money.movable(entry)),
        moving_chf_per_mwh=money.paid(entry),
        wear_chf_per_mwh=money.wear(entry),
        end_value_chf_per_mwh=efficiency * money.mean if worth is None else 1000.0 * worth,
        loss_per_h=entry.loss_percent_per_h / 100.0,
        taper_from=entry.taper_from_percent / 100.0,
        reactive=reactive_of(entry),
    )


def _heat_pump(entry: tables.HeatPump, money: Money) -> HeatPump:
    movable = float(money.movable(entry))
    worth = entry.later_chf_per_kwh
    cop = np.asarray(entry.cop, dtype=float)
    return HeatPump(
        id=entry.id,
        p_max_mw=1e-3 * entry.p_max_kw,
        cop=cop,
        outdoor_temp_c=np.asarray(entry.outdoor_c, dtype=float),
        ua_mw_per_k=1e-3 * entry.ua_kw_per_k,
        capacity_mwh_per_k=1e-3 * entry.capacity_kwh_per_k,
        temp0_c=entry.temp0_c,
        temp_min_c=np.asarray(entry.temp_min_c, dtype=float),
        temp_max_c=np.asarray(entry.temp_max_c, dtype=float),
        thermostat_c=entry.thermostat_c,
        gains_mw=mw(entry.gains_kw),
        least_mw=1e-3 * (entry.p_max_kw if entry.channel == "ripple" else entry.least_kw) * movable,
        movable=movable,
        moving_chf_per_mwh=money.moving(entry),
        later_chf_per_mwh=money.mean / float(np.mean(cop)) if worth is None else 1000.0 * worth,
    )


def _buffer(entry: tables.Buffer, heat_chf_per_mwh: float) -> HeatBuffer:
    worth, dump = entry.end_value_chf_per_kwh, entry.dump_chf_per_kwh
    return HeatBuffer(
        id=entry.id,
        capacity_mwh=1e-3 * entry.capacity_kwh,
        e0_mwh=1e-3 * entry.e0_kwh,
        demand_mw=mw(entry.demand_kw),
        e_min_mwh=1e-3 * entry.e_min_kwh,
        loss_per_h=entry.loss_percent_per_h / 100.0,
        dump_chf_per_mwh=None if dump is None else 1000.0 * dump,
        end_value_chf_per_mwh=heat_chf_per_mwh if worth is None else 1000.0 * worth,
    )


def _heater(entry: tables.Heater, money: Money, own_mw: np.ndarray | float) -> Heater:
    movable, most = float(money.movable(entry)), mw(entry.p_max_kw)
    fuel = entry.fuel_chf_per_kwh
    return Heater(
        id=entry.id,
        into=entry.into,
        p_max_mw=most,
        efficiency=np.asarray(entry.cop, dtype=float),
        fuel_chf_per_mwh=None if fuel is None else money.fuel(fuel, entry.fuel_g_co2_per_kwh),
        own_p_mw=own_mw,
        movable=movable,
        moving_chf_per_mwh=money.moving(entry),
        least_mw=(float(np.max(most)) if entry.channel == "ripple" else 1e-3 * entry.least_kw) * movable,
    )


def _chp(entry: tables.Chp, money: Money) -> CombinedHeatPower:
    movable, electric = float(money.movable(entry)), entry.electric_percent / 100.0
    # Its wear or its owner's price is paid by the electric MWh; the model asks by the MWh of fuel.
    fuel = money.fuel(entry.fuel_chf_per_kwh, entry.fuel_g_co2_per_kwh)
    return CombinedHeatPower(
        id=entry.id,
        into=entry.into,
        p_max_mw=mw(entry.p_max_kw),
        electric_efficiency=electric,
        heat_efficiency=entry.heat_percent / 100.0,
        fuel_chf_per_mwh=fuel + money.moving(entry) * electric,
        own_p_mw=-mw(entry.own_kw),
        movable=movable,
        least_mw=1e-3 * entry.least_kw * movable,
        start_chf=entry.start_chf * movable,
        was_on=entry.was_on,
    )


def _programme(entry: tables.Programme, money: Money) -> Programme:
    most = entry.rebound_max_kw
    return Programme(
        id=entry.id,
        base_mw=mw(entry.base_kw),
        shed_share=entry.shed_percent / 100.0,
        shed_chf_per_mwh=money.moving(entry),
        rebound_share=entry.rebound_percent / 100.0,
        rebound_within_h=entry.rebound_within_h,
        rebound_max_mw=None if most is None else 1e-3 * most,
        all_or_nothing=entry.channel == "ripple",
        calls_max=entry.calls_max,
        longest_h=entry.longest_h,
        rest_h=entry.rest_h,
        notice_h=entry.notice_h,
        called=entry.called,
        owed_mwh=1e-3 * entry.owed_kwh,
        movable=float(money.movable(entry)),
    )


def _plant(entry: tables.Plant, money: Money) -> Plant:
    return Plant(
        id=entry.id,
        available_mw=mw(entry.available_kw),
        free_mwh=1e-3 * entry.free_kwh if entry.right is Right.GUARANTEED else 0.0,
        curtailed_chf_per_mwh=money.paid(entry),
        feed_chf_per_mwh=money.wear(entry),
        movable=float(money.movable(entry)),
        reactive=reactive_of(entry),
    )


def _hydro(entry: tables.Hydro, money: Money) -> Hydro:
    return Hydro(
        id=entry.id,
        turbine_max_mw=mw(entry.turbine_kw),
        turbine_efficiency=entry.turbine_percent / 100.0,
        turbine_min_mw=1e-3 * entry.turbine_least_kw,
        pump_max_mw=None if entry.pump_kw is None else mw(entry.pump_kw),
        pump_efficiency=entry.pump_percent / 100.0,
        e0_mwh=1e-3 * entry.e0_kwh,
        e_min_mwh=1e-3 * entry.e_min_kwh,
        e_max_mwh=1e-3 * entry.e_max_kwh,
        inflow_mw=mw(entry.inflow_kw),
        water_chf_per_mwh=1000.0 * entry.water_chf_per_kwh,
        spill_chf_per_mwh=0.0 if entry.spill else None,
        own_p_mw=mw(entry.own_kw),
        movable=float(money.movable(entry)),
        use_chf_per_mwh=money.moving(entry),
        reactive=reactive_of(entry),
    )


_MAKERS: Mapping[str, Callable[[Any, Around], Device]] = {
    "battery": lambda entry, around: _battery(entry, around.money),
    "car": lambda entry, around: car_of(entry, around.clock, around.money),
    "car_pool": lambda entry, around: pool_of(entry, around.clock, around.money),
    "heat_pump": lambda entry, around: _heat_pump(entry, around.money),
    "buffer": lambda entry, around: _buffer(entry, around.heat_chf_per_mwh[entry.id]),
    "heater": lambda entry, around: _heater(entry, around.money, around.own_mw[entry.id]),
    "chp": lambda entry, around: _chp(entry, around.money),
    "programme": lambda entry, around: _programme(entry, around.money),
    "process": lambda entry, around: process_of(entry, around.clock, around.money),
    "plant": lambda entry, around: _plant(entry, around.money),
    "hydro": lambda entry, around: _hydro(entry, around.money),
}
