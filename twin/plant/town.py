"""The simulated town's fixed facts, gathered once from its site file and its prepared grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from twin.contracts.devices import Device
from twin.domain import chance
from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.zones import Zone
from twin.plant.batteries import Batteries
from twin.plant.cars import Cars
from twin.plant.clock import LocalClock
from twin.plant.pv_plants import PvPlants
from twin.plant.ripple_groups import RippleGroups
from twin.plant.world import World
from twin.site import Site
from twin.site.rules import PlantTable

# How far a load strays from its published profile (one standard deviation): many customers behind a substation average out.
LUMPED_WANDER, SINGLE_WANDER = 0.02, 0.10

# A lumped load stands for a whole SimBench low-voltage grid; these are its loads with a household profile.
HOUSEHOLDS_OF_GRID = {
    "lv_rural1": 3, "lv_rural2": 92, "lv_rural3": 113, "lv_semiurb4": 32, "lv_semiurb5": 92, "lv_urban6": 102
}  # fmt: skip
HOUSEHOLD_PREFIX = "H0"


class Prepared(Protocol):
    """A site's grid and profiles, ready to use."""

    @property
    def folder(self) -> Path:
        """Its folder in the cache; what the plant computes once lies below it."""
        ...

    @property
    def profiles(self) -> Mapping[str, np.ndarray]:
        """``load_p_mw``, ``load_q_mvar``, ``sgen_available_p_mw``, dims (time, element) in the net's order."""
        ...

    def net(self) -> Any:
        """The pandapower net with the site's overlay."""
        ...

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The site's zones with their net elements."""
        ...

    @property
    def start_s(self) -> int:
        """Label of the profiles' first row, epoch seconds."""
        ...

    def rows(self, epoch_s: np.ndarray) -> np.ndarray:
        """The profiles' rows where the sun stands as at quarter-hour labels [epoch s]; the year wraps."""
        ...

    def stamped_rows(self, epoch_s: np.ndarray) -> np.ndarray:
        """The profiles' rows where the clock shows what it shows at quarter-hour labels [epoch s]; the year wraps."""
        ...


@dataclass(frozen=True)
class Town:
    """Facts by element, in the net's order.

    Attributes:
        load_wander: relative deviation from the profile, dims (load,). ``load_chance``, ...: streams of chance.
        lumped_heat_pump_mw, single_heat_pump_mw: rated electric power behind each load. ``lumped_cars``: number of cars.
        pv: which sgens are photovoltaic, dims (sgen,). ``sgen_cap_mw``: inverter limit or rating, inf where there is none.
        car_load: position of each car's load. ``battery_storage``: position of each battery's storage.
        near_load, near_sgen: 1 where an element shares the battery's bus, dims (battery, load) and (battery, sgen).
        devices: name -> position, cars first, then batteries, plants, ripple groups. ``car_efficiency``: grid to car.
        world: how demand and generation differ from the published ones.
    """

    seed: int
    clock: LocalClock
    world: World
    load_wander: np.ndarray
    load_chance: np.ndarray
    sgen_chance: np.ndarray
    heat_pump_chance: np.ndarray
    lumped_heat_pump_mw: np.ndarray
    single_heat_pump_mw: np.ndarray
    heat_pump_tan_phi: float
    lumped_cars: np.ndarray
    lumped_car_mw: float
    pv: np.ndarray
    sgen_cap_mw: np.ndarray
    controls: Controls | None
    cars: Cars
    car_load: np.ndarray
    car_efficiency: np.ndarray
    batteries: Batteries
    battery_storage: np.ndarray
    near_load: np.ndarray
    near_sgen: np.ndarray
    plants: PvPlants
    groups: RippleGroups
    devices: Mapping[str, int]


def town_of(site: Site, plant: PlantTable, net: Any, zones: Sequence[Zone] = ()) -> Town:
    """The town that a site file declares on its prepared net.

    Args:
        plant: the site's ``[plant]`` table. ``net``: the prepared pandapower net, which is only read.
        zones: with their net elements; a town that only stands to be looked at needs none.
    """
    clock = LocalClock(site.timezone)
    load, sgen, storage = (np.array(net[table].index, dtype=int) for table in ("load", "sgen", "storage"))
    at = {int(index): position for position, index in enumerate(load)}
    profile = net.load["profile"].astype(str)
    lumped = profile.isin(HOUSEHOLDS_OF_GRID.keys()).to_numpy()
    medium_voltage = net.bus["vn_kv"].reindex(net.load["bus"]).to_numpy() > 1.0
    single = np.zeros(len(load))
    for pump in plant.heat_pumps:
        single[at[pump.load]] += pump.kw / 1000.0
    households = _households(plant.households, profile) * lumped
    cars = [device for device in site.devices if device.kind == "ev_charger"]
    batteries, plants, groups = (
        [device for device in site.devices if device.kind == kind] for kind in ("battery", "pv_plant", "heat_pumps")
    )
    world = World.of(plant.world, zones, load=load, sgen=sgen)
    place = {int(index): position for position, index in enumerate(storage)}
    battery_storage = np.array([place[device.element] for device in batteries], dtype=int)
    battery_bus = net.storage["bus"].to_numpy()[battery_storage]
    pv, cap, controls = _inverters(site, net, sgen)
    return Town(
        seed=site.seed,
        clock=clock,
        world=world,
        load_wander=np.where(lumped | medium_voltage, LUMPED_WANDER, SINGLE_WANDER),
        load_chance=chance.streams(site.seed, "load", tuple(map(str, load))),
        sgen_chance=chance.streams(site.seed, "sgen", tuple(map(str, sgen))),
        heat_pump_chance=chance.streams(site.seed, "heat pump", tuple(map(str, load))),
        lumped_heat_pump_mw=households * plant.heat_pumps_per_household * plant.heat_pump_kw / 1000.0,
        single_heat_pump_mw=single,
        heat_pump_tan_phi=float(np.tan(np.arccos(plant.heat_pump_cos_phi))),
        lumped_cars=households * plant.cars_per_household,
        lumped_car_mw=plant.car_kw / 1000.0,
        pv=pv,
        sgen_cap_mw=cap,
        controls=controls,
        cars=Cars(site.seed, clock, tuple(d.id for d in cars), _each(cars, "p_max_mw"), world),
        car_load=np.array([at[device.element] for device in cars], dtype=int),
        car_efficiency=_each(cars, "efficiency"),
        batteries=Batteries(*(_each(batteries, name) for name in ("p_min_mw", "p_max_mw", "e_max_mwh", "efficiency"))),
        battery_storage=battery_storage,
        near_load=(net.load["bus"].to_numpy()[None, :] == battery_bus[:, None]).astype(float),
        near_sgen=(net.sgen["bus"].to_numpy()[None, :] == battery_bus[:, None]).astype(float),
        plants=_plants(plants, sgen),
        groups=_groups(groups, at, single),
        devices={device.id: position for position, device in enumerate(cars + batteries + plants + groups)},
    )


def _each(devices: list[Device], name: str) -> np.ndarray:
    return np.array([getattr(device, name) for device in devices], dtype=float)


def _plants(devices: list[Device], sgen: np.ndarray) -> PvPlants:
    at = {int(index): position for position, index in enumerate(sgen)}
    return PvPlants(np.array([at[device.element] for device in devices], dtype=int), -_each(devices, "p_min_mw"))


def _groups(devices: list[Device], at: Mapping[int, int], pump_mw: np.ndarray) -> RippleGroups:
    """Ripple groups over loads; ``at``: position by load, ``pump_mw``: rated power behind each, dims (load,)."""
    member = np.zeros((len(devices), len(pump_mw)))
    for row, device in enumerate(devices):
        member[row, [at[load] for load, _ in device.places]] = 1.0
    rated = member * pump_mw
    agreed = [device.ripple for device in devices if device.ripple is not None]
    names = ("longest_block_h", "calls_per_day", "rest_h", "rebound_share", "rebound_h")
    return RippleGroups(
        member,
        rated / rated.sum(axis=1, keepdims=True),
        _each(devices, "p_max_mw"),
        **{name: np.array([getattr(ripple, name) for ripple in agreed], dtype=float) for name in names},
    )


def _households(total: int, profile: pd.Series) -> np.ndarray:
    """Households behind each load, dims (load,): as many as the published low-voltage grid has, together ``total``."""
    lumped = profile.map(HOUSEHOLDS_OF_GRID).fillna(0.0).to_numpy(dtype=float)
    published = lumped + profile.str.startswith(HOUSEHOLD_PREFIX).to_numpy(dtype=float)
    return published * (total / published.sum()) if published.any() else published


def _inverters(site: Site, net: Any, sgen: np.ndarray) -> tuple[np.ndarray, np.ndarray, Controls | None]:
    overlay = site.grid.overlay.pv
    pv = net.sgen["kind"].eq("pv").to_numpy()
    cap = net.sgen["max_p_mw"].fillna(np.inf).to_numpy(dtype=float)
    if overlay.q_v_pu is None:
        return pv, cap, None
    # An inverter is sized to give its capped active power at the power factor of full reactive power.
    rated_mva = cap[pv] / overlay.cos_phi
    curve = Curve.of_corners(overlay.q_v_pu, overlay.cos_phi)
    inverters = InverterControl(tuple(sgen[pv].tolist()), tuple(rated_mva.tolist()), q_of_vm=curve)
    return pv, cap, Controls((inverters,))
