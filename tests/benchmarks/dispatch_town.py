"""A SimBench grid of scenario 2 under stress: PV times three, more heat pumps and cars, and a fleet that may help.

The rule that adds them is seeded; voltage and loading limits then bind on most days. Whoever plans knows what comes: the
question here is what the wires carry, not how well somebody forecasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from dispatch_fleet import QUARTER_H, THERMOSTAT_C, Fleet, Place, drawn_fleet

from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.network import Limits, Network
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.engines.compile import compile_net
from twin.engines.topology import mend_taps

if TYPE_CHECKING:
    from twin.domain.grid import Grid

HOURS: tuple[float, ...] = (QUARTER_H,) * 16 + (1.0,) * 20
"""A day ahead: quarter hours near, whole hours later, as the box's own grid."""
AHEAD = 96
"""Quarter hours that a plan looks ahead."""
PV_FACTOR = 3.0
LOW_PU, HIGH_PU = 0.95, 1.05
PEAK_CHF_PER_MW = 6_000.0
COS_PHI = 0.98
"""Of heat pumps (DEMO_TOWN.md)."""


@dataclass(frozen=True, kw_only=True)
class Added:
    """Shares of the customers that get a device: in the fleet, and besides, where nobody moves them.

    Attributes:
        batteries, cars, pumps: moved. ``other_cars``, ``other_pumps``: not moved.
    """

    batteries: float = 0.15
    cars: float = 0.15
    pumps: float = 0.12
    other_cars: float = 0.25
    other_pumps: float = 0.3


@dataclass(frozen=True)
class Town:
    """The grid and a stretch of quarter hours.

    Attributes:
        net: pandapower's, for whoever wants to check. ``network``: the same, compiled.
        rows: of SimBench's year, dims (quarter,).
        load_mva: of every load of the net, dims (quarter, load). ``other_mva``: what was added and is not moved, less plants
            other than roofs, dims (quarter, bus).
        sun: of every roof's peak, dims (quarter, roof). ``temp_c``, ``price``: dims (quarter,).
        arriving_mw: what the fleet's cars would draw, dims (car, quarter).
    """

    net: Any
    network: Network
    rows: np.ndarray
    fleet: Fleet
    load_mva: np.ndarray
    other_mva: np.ndarray
    sun: np.ndarray
    temp_c: np.ndarray
    price_chf_per_mwh: np.ndarray
    arriving_mw: np.ndarray

    @property
    def ticks(self) -> int:
        """Quarter hours from which a whole plan can still be made."""
        return len(self.rows) - AHEAD

    def problem(self, state: dict[str, float], now: int, peak_so_far_mw: float) -> tuple[Problem, Case]:
        """The plan's problem at quarter hour ``now``, and the grid that it must fit into."""
        temp_c, sun, price = (means(values[now : now + AHEAD]) for values in (self.temp_c, self.sun, self.price_chf_per_mwh))
        consumption = means(self.consumption(now))
        devices = self.fleet.devices(state, now, HOURS, temp_c=temp_c, sun=sun.T)
        site = Site(
            net_p_mw=consumption.real.sum(axis=1), import_chf_per_mwh=price, export_chf_per_mwh=0.5 * price,
            peak_chf_per_mw=PEAK_CHF_PER_MW, peak_so_far_mw=peak_so_far_mw,
        )  # fmt: skip
        problem = Problem(hours=HOURS, devices=devices, site=site, penalties=Penalties.above(PEAK_CHF_PER_MW / QUARTER_H))
        node = self.node_of([place.bus for place in self.fleet.places])
        return problem, Case(network=self.network, consumption=consumption, unit_node=node)

    def consumption(self, now: int) -> np.ndarray:
        """Everything but the fleet, and its cars that are still to come [MVA], dims (quarter, node)."""
        ahead, grid = slice(now, now + AHEAD), self.network.grid
        total = np.zeros((AHEAD, grid.nodes), dtype=complex)
        node = self.node_of(self.net.load.bus)
        np.add.at(total.T, node, self.load_mva[ahead].T)
        np.add.at(total.T, grid.bus_node, self.other_mva[ahead].T)
        for at, car in enumerate(self.fleet.cars):
            here = self.fleet.here(car.id, now)
            first = now if here is None else min(here.leave, now + AHEAD)
            total[first - now :, self.node_of([car.bus])[0]] += self.arriving_mw[at, first : now + AHEAD]
        return total

    def node_of(self, buses: Sequence[int]) -> np.ndarray:
        """Nodes of pandapower's buses."""
        position = {int(bus): at for at, bus in enumerate(self.network.grid.bus)}
        return np.array([self.network.grid.bus_node[position[int(bus)]] for bus in buses], dtype=int)


def means(quarters: np.ndarray) -> np.ndarray:
    """Mean of quarter hours in every step, dims (96, ...) -> (36, ...)."""
    near, far = quarters[:16], quarters[16:AHEAD]
    return np.concatenate([near, far.reshape(-1, 4, *far.shape[1:]).mean(axis=1)])


def stressed_month(days: int = 30) -> Town:
    """March on 129 buses: cold nights and sun, so that both ends of the band and the transformer bind."""
    return town_of("1-LV-rural3--2-sw", first_row=60 * 96, days=days, added=Added())


def town_of(
    code: str, *, first_row: int, days: int, added: Added, seed: int = 7, band_pu: tuple[float, float] = (LOW_PU, HIGH_PU)
) -> Town:
    """The stressed grid from ``first_row`` of SimBench's year on.

    Args:
        code: SimBench's, of scenario 2. ``days``: of ticks; one more day is kept to look ahead into.
        band_pu: of every bus.
    """
    import simbench

    net = simbench.get_simbench_net(code)
    mend_taps(net)
    for table in ("load", "sgen", "storage"):
        net[table][["p_mw", "q_mvar"]] = net[table][["p_mw", "q_mvar"]].astype(float)
    net.storage = net.storage.iloc[:0]
    rng = np.random.default_rng(seed)
    rows = first_row + np.arange(96 * (days + 1))
    loads, generation = net.profiles["load"], net.profiles["renewables"]
    load_mva = np.stack(
        [
            float(row.p_mw) * loads[f"{row.profile}_pload"].to_numpy()[rows]
            + 1j * float(row.q_mvar) * loads[f"{row.profile}_qload"].to_numpy()[rows]
            for row in net.load.itertuples()
        ],
        axis=1,
    )
    solar = net.sgen.profile.str.startswith("PV")
    roofs = [
        Place(id=f"roof_{row.Index}", bus=int(row.bus), p_max_mw=PV_FACTOR * float(row.p_mw))
        for row in net.sgen[solar].itertuples()
    ]
    sun = np.stack([np.maximum(generation[name].to_numpy()[rows], 0.0) for name in net.sgen[solar].profile], axis=1)
    customers = [int(bus) for bus in net.load.bus]
    count = len(customers)
    fleet = drawn_fleet(
        customers, batteries=round(added.batteries * count), cars=round(added.cars * count), pumps=round(added.pumps * count),
        roofs=roofs, days=days + 1, seed=seed,
    )  # fmt: skip
    temp_c = _outdoors(rows, rng)
    grid = compile_net(net).grid
    other = _others(grid, net, added, temp_c=temp_c, generation=generation, rows=rows, seed=seed)
    low, high = (np.full(len(grid.bus), limit) for limit in band_pu)
    arriving = fleet.on_arrival_mw(len(rows))
    return Town(
        net=net, network=Network.of(grid, Limits(low, high)), rows=rows, fleet=fleet, load_mva=load_mva, other_mva=other,
        sun=sun, temp_c=temp_c, price_chf_per_mwh=_price(rows, rng),
        arriving_mw=np.stack([arriving[car.id] for car in fleet.cars]),
    )  # fmt: skip


def _others(
    grid: Grid, net: Any, added: Added, *, temp_c: np.ndarray, generation: Any, rows: np.ndarray, seed: int
) -> np.ndarray:
    """Cars and heat pumps that nobody moves, and plants other than roofs, at every bus [MVA], dims (quarter, bus)."""
    customers, quarters = [int(bus) for bus in net.load.bus], len(temp_c)
    count = len(customers)
    position = {int(bus): at for at, bus in enumerate(grid.bus)}
    found = np.zeros((quarters, len(grid.bus)), dtype=complex)
    rest = drawn_fleet(
        customers, batteries=0, cars=round(added.other_cars * count), pumps=round(added.other_pumps * count),
        days=quarters // 96, seed=seed + 1,
    )  # fmt: skip
    on_arrival = rest.on_arrival_mw(quarters)
    for car in rest.cars:
        found[:, position[car.bus]] += on_arrival[car.id]
    cop = np.clip(2.6 + 0.08 * (temp_c + 8.0), 2.2, 4.6)
    for pump in rest.pumps:
        heat = pump.size * np.maximum(THERMOSTAT_C - temp_c, 0.0)
        found[:, position[pump.bus]] += np.minimum(heat / cop, pump.p_max_mw) * (1.0 + 1j * np.tan(np.arccos(COS_PHI)))
    for row in net.sgen[~net.sgen.profile.str.startswith("PV")].itertuples():
        found[:, position[int(row.bus)]] -= float(row.p_mw) * generation[row.profile].to_numpy()[rows]
    return found


def _outdoors(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Outdoor temperature [°C]: the year's and the day's course and an AR(1) of two days (DEMO_TOWN.md), dims (quarter,)."""
    noise, drift = np.zeros(len(rows)), 0.0
    for k in range(len(rows)):
        drift = 0.995 * drift + 0.25 * rng.standard_normal()
        noise[k] = drift
    year, hour = 2.0 * np.pi * (rows / 35_136.0 - 0.04), rows / 4.0 % 24.0
    return np.asarray(9.8 - 9.3 * np.cos(year) - 3.5 * np.cos(2.0 * np.pi * (hour - 3.0) / 24.0) + noise)


def _price(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Day-ahead price [CHF/MWh]: dear mornings and evenings, cheap noons, another level every day, dims (quarter,)."""
    hour, day = rows / 4.0 % 24.0, rows // 96 - rows[0] // 96
    level = 100.0 + 25.0 * rng.standard_normal(day[-1] + 1)[day]
    morning, evening, noon = (np.exp(-(((hour - at) / width) ** 2)) for at, width in ((8.0, 2.0), (19.0, 2.5), (13.0, 3.0)))
    return np.asarray(level + 40.0 * morning + 60.0 * evening - 40.0 * noon)
