"""Seeded batteries, cars, heat pumps and roofs as a rolling simulation moves them on: devices now, and what is left afterwards.

Sizes and habits are those of the demo town (DEMO_TOWN.md); which house has what is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.problem import Device, Problem, steps_of
from twin.boxes.flexibility.uncontrolled import charge_on_arrival, self_consumption

QUARTER_H = 0.25
EFFICIENCY = 0.95
CAR_EFFICIENCY = 0.9
TIME_CONSTANT_H = 60.0
"""Of a house: insulated, heavy."""
THERMOSTAT_C, COLDEST_C, WARMEST_C = 20.5, 19.5, 22.5
LOT_MWH = 0.0104
"""What a car wants a day (DEMO_TOWN.md)."""


@dataclass(frozen=True)
class Session:
    """One stay of a car, in quarter hours since the simulation's start; ``mwh``: wanted in it."""

    arrive: int
    leave: int
    mwh: float


@dataclass(frozen=True, kw_only=True)
class Place:
    """A device at a bus. ``size``: of a battery [MWh], of a house the heat that it loses [MW/K]."""

    id: str
    bus: int
    p_max_mw: float
    size: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Everything that may be moved.

    Attributes:
        batteries: ``size`` in MWh. ``cars``. ``pumps``: ``size`` is UA [MW/K]. ``roofs``: ``p_max_mw`` is the peak.
        stays: of every car, ascending, never overlapping.
        owned_chf_per_mwh: what every owner earns per shifted MWh. ``curtailed_chf_per_mwh``: of a roof. ``stored_chf_per_mwh``:
            worth of what is left in a battery.
    """

    batteries: tuple[Place, ...] = ()
    cars: tuple[Place, ...] = ()
    pumps: tuple[Place, ...] = ()
    roofs: tuple[Place, ...] = ()
    stays: Mapping[str, tuple[Session, ...]] = field(default_factory=dict)
    owned_chf_per_mwh: float = 20.0
    curtailed_chf_per_mwh: float = 60.0
    stored_chf_per_mwh: float = 100.0

    @property
    def places(self) -> tuple[Place, ...]:
        """All, in the order of the problem's devices."""
        return (*self.batteries, *self.cars, *self.pumps, *self.roofs)

    def start(self) -> dict[str, float]:
        """State at the beginning: half of every battery [MWh], houses at their thermostat [°C], what cars got [MWh]."""
        state = {battery.id: 0.5 * battery.size for battery in self.batteries}
        state |= {pump.id: THERMOSTAT_C for pump in self.pumps}
        return state | {car.id: 0.0 for car in self.cars}

    def devices(
        self,
        state: Mapping[str, float],
        now: int,
        hours: tuple[float, ...],
        *,
        temp_c: np.ndarray,
        sun: np.ndarray,
        behind_mw: Mapping[str, np.ndarray] | None = None,
    ) -> tuple[Device, ...]:
        """The fleet as a plan from quarter hour ``now`` sees it; cars that are away have no power and want nothing.

        Args:
            temp_c: outdoors, dims (step,). ``sun``: share of the roofs' peak, dims (step,) or (roof, step).
            behind_mw: net power at a battery's own meter, by battery, dims (step,); idle by itself where it is not given.
        """
        light = np.broadcast_to(sun, (len(self.roofs), len(hours)))
        stored = [self._battery(b, state[b.id], hours, (behind_mw or {}).get(b.id)) for b in self.batteries]
        cars = [self._car(car, state[car.id], now, hours) for car in self.cars]
        pumps = [self._pump(pump, state[pump.id], temp_c) for pump in self.pumps]
        roofs = [self._roof(roof, light[at] * roof.p_max_mw) for at, roof in enumerate(self.roofs)]
        return (*stored, *cars, *pumps, *roofs)

    def here(self, car: str, now: int) -> Session | None:
        """Its stay at a quarter hour."""
        return next((stay for stay in self.stays[car] if stay.arrive <= now < stay.leave), None)

    def after(self, state: Mapping[str, float], now: int, levels: Mapping[str, float], quarters: int) -> dict[str, float]:
        """State ``quarters`` later, from the levels that `advanced` gives; a car begins every stay with nothing."""
        found = {**state, **levels}
        for car in self.cars:
            was, comes = self.here(car.id, now), self.here(car.id, now + quarters)
            found[car.id] = state[car.id] + levels[car.id] if was is not None and was is comes else 0.0
        return found

    def on_arrival_mw(self, quarters: int) -> dict[str, np.ndarray]:
        """What every car draws that nobody moves [MW], dims (quarter,)."""
        found = {car.id: np.zeros(quarters) for car in self.cars}
        for car in self.cars:
            for stay in self.stays[car.id]:
                length = min(stay.leave, quarters) - stay.arrive
                if length > 0:
                    found[car.id][stay.arrive : stay.arrive + length] = charge_on_arrival(
                        available_mw=np.full(length, car.p_max_mw), required_mwh=stay.mwh, efficiency=CAR_EFFICIENCY,
                        hours=(QUARTER_H,) * length,
                    )  # fmt: skip
        return found

    def _battery(self, place: Place, level: float, hours: tuple[float, ...], behind_mw: np.ndarray | None) -> Storage:
        limit, idle = np.full(len(hours), place.p_max_mw), np.zeros(len(hours))
        own = idle if behind_mw is None else self_consumption(
            net_p_mw=behind_mw, e0_mwh=level, e_max_mwh=place.size, charge_max_mw=limit, discharge_max_mw=limit,
            efficiency=EFFICIENCY, hours=hours,
        )  # fmt: skip
        return Storage(
            id=place.id, efficiency=EFFICIENCY, charge_max_mw=limit, discharge_max_mw=limit,
            e0_mwh=float(np.clip(level, 0.0, place.size)), e_max_mwh=place.size, own_p_mw=own,
            moving_chf_per_mwh=self.owned_chf_per_mwh, end_value_chf_per_mwh=self.stored_chf_per_mwh,
        )  # fmt: skip

    def _car(self, place: Place, got: float, now: int, hours: tuple[float, ...]) -> Charger:
        stay = self.here(place.id, now)
        steps = len(hours)
        if stay is None:
            return Charger(id=place.id, efficiency=CAR_EFFICIENCY, charge_max_mw=np.zeros(steps), required_mwh=0.0)
        ends = np.cumsum(hours)
        here = np.clip((QUARTER_H * (stay.leave - now) - (ends - hours)) / np.asarray(hours), 0.0, 1.0) * place.p_max_mw
        wanted = max(stay.mwh - got, 0.0)
        # Beyond the plan's end the rest still fits in; what it may not leave for later must be in before.
        later = max(QUARTER_H * (stay.leave - now) - float(ends[-1]), 0.0) * place.p_max_mw * CAR_EFFICIENCY
        return Charger(
            id=place.id, efficiency=CAR_EFFICIENCY, charge_max_mw=here, required_mwh=wanted,
            own_p_mw=charge_on_arrival(available_mw=here, required_mwh=wanted, efficiency=CAR_EFFICIENCY, hours=hours),
            moving_chf_per_mwh=self.owned_chf_per_mwh, later_max_mwh=min(later, wanted),
            later_chf_per_mwh=self.stored_chf_per_mwh,
        )  # fmt: skip

    def _pump(self, place: Place, temp0_c: float, temp_c: np.ndarray) -> HeatPump:
        cop = np.clip(2.6 + 0.08 * (temp_c + 8.0), 2.2, 4.6)  # DEMO_TOWN.md
        return HeatPump(
            id=place.id, p_max_mw=place.p_max_mw, cop=cop, outdoor_temp_c=temp_c, ua_mw_per_k=place.size,
            capacity_mwh_per_k=TIME_CONSTANT_H * place.size, temp0_c=temp0_c, temp_min_c=COLDEST_C, temp_max_c=WARMEST_C,
            thermostat_c=THERMOSTAT_C, moving_chf_per_mwh=self.owned_chf_per_mwh,
            later_chf_per_mwh=self.stored_chf_per_mwh / float(cop.mean()),
        )  # fmt: skip

    def _roof(self, place: Place, available_mw: np.ndarray) -> Plant:
        return Plant(id=place.id, available_mw=available_mw, curtailed_chf_per_mwh=self.curtailed_chf_per_mwh)


def advanced(problem: Problem, p_mw: np.ndarray, steps: int) -> dict[str, float]:
    """Level of every store after the first ``steps`` steps of a plan, by the stores' own equation.

    Args:
        p_mw: dims (unit, step).
    """
    parts, count = problem.parts, len(problem.hours)
    units, stores = problem.unit_of, {store.id: at for at, store in enumerate(parts.stores)}
    level = np.array([store.level0 for store in parts.stores])
    keep = np.array([steps_of(store.keep, count)[:steps] for store in parts.stores])
    inflow = np.array([steps_of(store.inflow, count)[:steps] for store in parts.stores])
    for k in range(steps):
        level = keep[:, k] * level + inflow[:, k]
        for link in parts.links:
            power = float(p_mw[units[link.unit], k])
            gain = link.per_draw if power >= 0.0 else link.per_feed
            level[stores[link.store]] += float(steps_of(gain, count)[k]) * problem.hours[k] * abs(power)
    return {store.id: float(level[at]) for at, store in enumerate(parts.stores)}


def drawn_fleet(
    buses: Sequence[int],
    *,
    batteries: int,
    cars: int,
    pumps: int,
    roofs: Sequence[Place] = (),
    days: int,
    seed: int,
    prices: Mapping[str, float] | None = None,
) -> Fleet:
    """So many devices at ``buses``, every bus served before one gets a second device of a kind.

    Args:
        days: for which the cars' stays are drawn. ``prices``: `Fleet`'s.
    """
    rng = np.random.default_rng(seed)

    def at(count: int) -> list[int]:
        rounds = [rng.permutation(buses) for _ in range(-(-count // len(buses)))]
        return [int(bus) for bus in np.concatenate([*rounds, []])[:count]]

    stored = tuple(
        Place(id=f"battery_{k}", bus=bus, p_max_mw=0.5 * size, size=size)
        for k, (bus, size) in enumerate(zip(at(batteries), rng.uniform(0.008, 0.014, batteries), strict=True))
    )
    plugs = tuple(
        Place(id=f"car_{k}", bus=bus, p_max_mw=p_mw)
        for k, (bus, p_mw) in enumerate(zip(at(cars), rng.choice([0.011, 0.0037], cars, p=[0.64, 0.36]), strict=True))
    )
    houses = tuple(
        Place(id=f"pump_{k}", bus=bus, p_max_mw=0.003 * s, size=1.6e-4 * s)
        for k, (bus, s) in enumerate(zip(at(pumps), rng.uniform(0.8, 1.4, pumps), strict=True))
    )
    stays = {car.id: tuple(_stays(car.p_max_mw, days, rng)) for car in plugs}
    return Fleet(batteries=stored, cars=plugs, pumps=houses, roofs=tuple(roofs), stays=stays, **(prices or {}))


def _stays(p_max_mw: float, days: int, rng: np.random.Generator) -> list[Session]:
    """Evening until morning, on 55 % of the days (DEMO_TOWN.md; two lots at once, as who plugs in every second day wants)."""
    found: list[Session] = []
    for day in range(-1, days):
        arrive = round(4 * (24 * day + float(np.clip(rng.normal(18.0, 2.5), 12.0, 23.0))))
        leave = round(4 * (24 * (day + 1) + float(np.clip(rng.normal(7.25, 0.8), 5.0, 10.0))))
        plugged, wanted = rng.random() < 0.55, LOT_MWH * rng.uniform(1.0, 2.5)
        most = 0.95 * CAR_EFFICIENCY * p_max_mw * QUARTER_H * (leave - max(arrive, 0))
        if plugged and leave > 0:
            found.append(Session(max(arrive, 0), leave, float(min(wanted, most))))
    return found
