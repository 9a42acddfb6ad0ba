"""The town living through time: one quarter hour at a time, or nine weeks in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from twin.contracts.ports import Readings
from twin.domain.grid import Topology
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.domain.time import QUARTER_HOUR_S
from twin.plant.clock import DAY_S
from twin.plant.demand import Day, Demand
from twin.plant.devices import DeviceTrace, live_quarter_hour
from twin.plant.machines import Machines
from twin.plant.meters import Meters
from twin.plant.oil import Oil
from twin.plant.orders import Inbox
from twin.plant.outages import Schedule
from twin.plant.sensors import Sensors, nothing
from twin.plant.state import PlantState
from twin.plant.town import Town
from twin.plant.truth import TrueGrid, Truth

CHUNK = 672  # a week: large enough for the batch solver, small enough for memory
WARM_UP_STEPS = 192  # two days: cars have come and gone, batteries have found their rhythm

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Stretch:
    """Some consecutive quarter hours of the truth, and what the meters would read without any fault, dims (time, channel)."""

    first_s: int
    truth: Truth
    trace: DeviceTrace
    oil_c: np.ndarray
    metered: np.ndarray


@dataclass(frozen=True)
class Life:
    """Everything fixed about a living town; what moves is in `PlantState`."""

    town: Town
    demand: Demand
    grid: TrueGrid
    schedule: Schedule
    oil: Oil
    watched: np.ndarray
    machines: Machines
    meters: Meters
    sensors: Sensors

    def born(self, start_s: int, buses: int) -> PlantState:
        """The state at ``start_s``: devices have lived two days before it, oil has settled on the first quarter hour."""
        warm_s = start_s - WARM_UP_STEPS * QUARTER_HOUR_S
        state = PlantState(
            position_s=warm_s,
            cars=self.town.cars.away(),
            batteries=self.town.batteries.half_full(),
            plants=self.town.plants.idle(),
            groups=self.town.groups.free(),
            top_oil_c=np.full(len(self.watched), np.nan),
            bearing_c=np.full(len(self.machines.powers), np.nan),
            held=np.full(len(self.sensors.channels), np.nan),
            in_flight=nothing(),
            vm_pu=np.full(buses, np.nan),
        )
        trace = DeviceTrace.empty(self.town, 1)
        for label_s in range(warm_s, start_s, QUARTER_HOUR_S):
            self._devices(state, label_s, None, trace, 0)
        state.position_s = start_s
        return state

    def step(self, state: PlantState, inbox: Inbox | None) -> Readings:
        """Live through the next quarter hour under the orders of ``inbox``; every reading taken, arrived or not."""
        trace = DeviceTrace.empty(self.town, 1)
        self._devices(state, state.position_s, inbox, trace, 0)
        topology = self.topology(state.position_s)
        stretch = self._stretch(state, state.position_s, [(topology, 1)], trace)
        readings, state.held = self.sensors.measure(stretch.metered, stretch.first_s, state.held)
        return readings

    def stretches(self, state: PlantState, end_s: int) -> Iterator[Stretch]:
        """Live without orders from ``state.position_s`` to ``end_s``, a week at a time; ``state`` moves along."""
        while state.position_s < end_s:
            first_s = state.position_s
            steps = min(CHUNK, (end_s - first_s) // QUARTER_HOUR_S)
            trace = DeviceTrace.empty(self.town, steps)
            topologies = []
            for row in range(steps):
                self._devices(state, first_s + row * QUARTER_HOUR_S, None, trace, row)
                topologies.append(self.topology(first_s + row * QUARTER_HOUR_S))
            runs = [(topology, len(list(group))) for topology, group in groupby(topologies)]
            yield self._stretch(state, first_s, runs, trace)

    def topology(self, label_s: int) -> Topology:
        """In force at the end of the quarter hour: an outage shows in the very next telemetry."""
        return self.schedule.topology(label_s + QUARTER_HOUR_S - 1)

    def _devices(self, state: PlantState, label_s: int, inbox: Inbox | None, trace: DeviceTrace, row: int) -> None:
        if inbox is None:
            wanted = np.full(len(self.town.devices), np.nan)
        else:
            kinds = (state.cars, state.batteries, state.plants, state.groups)
            before = np.concatenate([kind.power_mw for kind in kinds])
            wanted = inbox.wanted_mw(label_s, before, self.schedule.refusing(label_s))
        supply = self.grid.supply(self.topology(label_s))
        day = self.demand.day(label_s)
        live_quarter_hour(self.town, state, label_s, day=day, supply=supply, wanted_mw=wanted, trace=trace, row=row)

    def _stretch(self, state: PlantState, first_s: int, runs: list[tuple[Topology, int]], trace: DeviceTrace) -> Stretch:
        labels = first_s + QUARTER_HOUR_S * np.arange(len(trace.car_mw))
        truth, at = [], 0
        for topology, steps in runs:
            part = slice(at, at + steps)
            truth.append(self.grid.solve(labels[part], self._days(labels[part]), trace.tail(at, at + steps), topology))
            at += steps
        joined = truth[0] if len(truth) == 1 else {n: np.concatenate([t[n] for t in truth]) for n in truth[0]}
        outside = self._outside(labels)
        oil_c = self._oil(state, joined["trafo_loading_percent"][:, self.watched] / 100.0, outside["temp_c"])
        topologies = [topology for topology, steps in runs for _ in range(steps)]
        machines = self._machines(state, joined, labels, outside["temp_c"])
        metered = self.meters.read(
            joined, topologies, oil_c=oil_c, machines=machines, trace=trace, town=self.town, outside=outside
        )
        state.vm_pu = joined["vm_pu"][-1]
        state.position_s = first_s + QUARTER_HOUR_S * len(labels)
        return Stretch(first_s, joined, trace, oil_c, metered)

    def _oil(self, state: PlantState, load_factor: np.ndarray, ambient_c: np.ndarray) -> np.ndarray:
        path = np.empty_like(load_factor)
        for row, (k, ambient) in enumerate(zip(load_factor, ambient_c, strict=True)):
            unknown = np.isnan(state.top_oil_c)
            start = np.where(unknown, self.oil.final_c(k, ambient), state.top_oil_c)
            state.top_oil_c = path[row] = self.oil.step(start, k, ambient)
        return path

    def _machines(self, state: PlantState, truth: Truth, labels: np.ndarray, ambient_c: np.ndarray) -> dict[str, np.ndarray]:
        """What the sensors of the machines would read without any fault, by quantity, dims (time, machine)."""
        share = self.machines.share(truth)
        bearing_c = np.empty_like(share)
        for row, ambient in enumerate(ambient_c):
            state.bearing_c = bearing_c[row] = self.machines.step(state.bearing_c, share[row], ambient)
        return {"vibration_mm_s": self.machines.vibration_mm_s(share, labels), "bearing_c": bearing_c}

    def _days(self, labels: np.ndarray) -> list[Day]:
        return [self.demand.day(int(label)) for label in np.unique(labels // DAY_S) * DAY_S]

    def _outside(self, labels: np.ndarray) -> dict[str, np.ndarray]:
        days = self._days(labels)
        rows = (labels - days[0].start_s) // QUARTER_HOUR_S
        return {signal: np.concatenate([day.outside[signal] for day in days])[rows] for signal in OUTSIDE_SIGNALS}
