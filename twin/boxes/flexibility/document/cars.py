"""Cars of a document: sessions between arrival and departure, alone or pooled."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.devices.charger import CarPool, Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.document import tables
from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.money import Money
from twin.boxes.flexibility.lp.problem import Device
from twin.boxes.flexibility.uncontrolled import charge_on_arrival


def car_of(car: tables.Car, clock: Clock, money: Money) -> Device:
    """One that feeds back is a battery that comes and leaves; one that does not only charges.

    By itself it charges at once with all it can. What still fits between the plan's end and its departure may come later.
    """
    efficiency = car.efficiency_percent / 100.0
    come, leave = clock.hour(car.arrival), clock.hour(car.departure)
    here = clock.present(come, leave)
    charge = 1e-3 * car.charge_kw * here
    wanted = 1e-3 * max(car.target_kwh - car.e0_kwh, 0.0)
    own = charge_on_arrival(available_mw=charge, required_mwh=wanted, efficiency=efficiency, hours=clock.hours)
    later = 1e-3 * car.charge_kw * efficiency * max(leave - clock.end_h, 0.0)
    movable = float(money.movable(car))
    worth = money.mean / efficiency if leave > clock.end_h else 0.0
    taper = car.taper_from_percent / 100.0
    if not car.discharge_kw:
        return Charger(
            id=car.id,
            efficiency=efficiency,
            charge_max_mw=charge,
            required_mwh=wanted,
            own_p_mw=own,
            movable=movable,
            moving_chf_per_mwh=money.moving(car),
            later_max_mwh=min(later, wanted),
            later_chf_per_mwh=worth,
            least_mw=1e-3 * (car.charge_kw if car.channel == "ripple" else car.least_kw) * movable,
            taper_from=taper,
        )
    return Storage(
        id=car.id,
        efficiency=efficiency,
        charge_max_mw=charge,
        discharge_max_mw=1e-3 * car.discharge_kw * here,
        e0_mwh=1e-3 * car.e0_kwh,
        e_min_mwh=1e-3 * car.e_min_kwh,
        e_max_mwh=1e-3 * car.e_max_kwh,
        own_p_mw=own,
        movable=movable,
        moving_chf_per_mwh=money.paid(car),
        wear_chf_per_mwh=money.wear(car),
        end_value_chf_per_mwh=worth * efficiency**2,
        target_mwh=max(1e-3 * car.target_kwh - later, 1e-3 * car.e_min_kwh),
        taper_from=taper,
    )


def pool_of(pool: tables.CarPool, clock: Clock, money: Money) -> CarPool:
    """Between all as late as possible and all at once, which is what they do by themselves."""
    efficiency = pool.efficiency_percent / 100.0
    steps = len(clock.hours)
    charge, least, most = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    for session in pool.session:
        power, energy = 1e-3 * session.count * session.charge_kw, 1e-3 * session.count * session.energy_kwh
        come, leave = clock.hour(session.arrival), clock.hour(session.departure)
        end = clock.edges_h[1:]
        been, left = np.clip(end, max(come, 0.0), leave) - max(come, 0.0), np.maximum(leave - np.maximum(end, come), 0.0)
        most += np.minimum(energy, power * efficiency * been)
        # A session that is too short for what it wants takes what fits.
        fits = min(energy, power * efficiency * (leave - max(come, 0.0)))
        least += np.maximum(fits - power * efficiency * left, 0.0)
        charge += power * clock.present(come, leave)
    own = np.diff(most, prepend=0.0) / (efficiency * np.asarray(clock.hours))
    return CarPool(
        id=pool.id,
        efficiency=efficiency,
        charge_max_mw=charge,
        energy_min_mwh=least,
        energy_max_mwh=most,
        own_p_mw=own,
        movable=float(money.movable(pool)),
        moving_chf_per_mwh=money.moving(pool),
        later_chf_per_mwh=money.mean / efficiency,
    )
