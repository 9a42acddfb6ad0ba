"""The simulated plant behind the ports: telemetry that looks real, an inbox that devices obey, a referee."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from twin.contracts.messages import Order, SwitchOrder
from twin.contracts.ports import Engine, GridEvent, Readings
from twin.domain import chance
from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.pack import digest
from twin.domain.problems import BadInput, Problem
from twin.domain.sources import source_digest
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s
from twin.plant.billing import annual_energy_mwh
from twin.plant.demand import Demand, Outside
from twin.plant.drives import Drives
from twin.plant.history import Progress, cached_past
from twin.plant.life import Life, Stretch
from twin.plant.machines import built_machines
from twin.plant.meters import meters_of, places_of
from twin.plant.oil import built_transformers
from twin.plant.orders import Inbox
from twin.plant.outages import schedule
from twin.plant.sensors import Disturbance, Sensors, chosen, joined
from twin.plant.state import PlantState
from twin.plant.town import Prepared, Town, town_of
from twin.plant.truth import TrueGrid
from twin.site import Site, rehearsed
from twin.site.locate import Places
from twin.site.tables import Disturbance as DisturbanceTable

LAWS = source_digest([*Path(__file__).parent.glob("*.py"), Path(chance.__file__), Path(rehearsed.__file__)])
"""Digest of everything by which the town lives: a past and a checkpoint belong to the laws they were made by."""


def _silent(_stage: str, _share: float) -> None:
    """Progress that nobody watches."""


class SimulatedPlant:
    """Telemetry, actuator and referee of a simulated site.

    Two of them make the demo: one obeys, its do-nothing twin lives through the same weather, habits and outages without.

    Args:
        site: with a ``[plant]`` table. ``prepared``: its grid and profiles.
        engine: solves the truth. ``outside``: true weather, prices, mix.
        obeys: False for the do-nothing twin, which takes orders from nobody.

    Raises:
        BadInput: when the site declares no plant; naming every channel and event that this town does not have.
    """

    def __init__(self, site: Site, prepared: Prepared, engine: Engine, outside: Outside, *, obeys: bool) -> None:
        if site.plant is None:
            remedy = 'declare what stands behind the loads, or read telemetry from source = "csv"'
            raise BadInput([Problem(f"site {site.name!r}", "no table [plant]", "one for a simulated plant", remedy)])
        net = prepared.net()
        town = town_of(site, site.plant, net, prepared.zones)
        grid = engine.model(NORMAL).grid
        place = {int(index): position for position, index in enumerate(grid.trafo)}
        watched = {trafo.index: number for number, trafo in enumerate(site.trafos)}
        machines = [machine.name for machine in site.machines]
        self._obeys = obeys
        self._folder = prepared.folder / "plant"
        self._buses = len(grid.bus)
        self._life = Life(
            town=town,
            demand=Demand(town, prepared, outside),
            grid=TrueGrid(engine, town),
            schedule=schedule(
                site.plant.events, exists=_exists(net, town), open_in_file=frozenset(net.switch.index[~net.switch["closed"]])
            ),
            oil=built_transformers(site.seed, tuple(t.name for t in site.trafos), tuple(t.size for t in site.trafos)),
            watched=np.array([place[trafo.index] for trafo in site.trafos], dtype=int),
            machines=built_machines(site.seed, site.machines, {t: places_of(getattr(grid, t)) for t in ("sgen", "load")}),
            meters=meters_of(site.channels, town=town, grid=grid, net=net, watched=watched, machines=machines),
            sensors=Sensors(site.seed, site.channels, _disturbance(site.telemetry.disturbance)),
        )
        switched = frozenset(town.devices[device.id] for device in site.devices if device.kind == "heat_pumps")
        self._inbox = Inbox(site.seed, town.devices, switched)
        self._drives = Drives(site.seed)
        self._declared = self._life.schedule
        laws = [LAWS, outside.laws]
        self._identity = digest({"site": _tables(site), "laws": laws})
        model = engine.model(NORMAL)
        self._lasting = {
            "site": _tables(site, but=_PASSING),
            "laws": laws,
            "grid": prepared.folder.name,
            "engine": [model.engine, model.engine_version],
        }
        self._state: PlantState | None = None

    # ------------------------------------------------------------------------------------------ telemetry

    def history(self, start: datetime, end: datetime, progress: Progress = _silent) -> Readings:
        """Every reading with ``start <= valid_time < end`` that was known at ``end``, of a past without orders.

        A plant that has not begun begins at ``end``; one that was restored stays where it is.
        """
        start_s, end_s = _whole_quarters(start), _whole_quarters(end)
        identity = self._identity_of_past(end_s)
        past = cached_past(self._folder, identity, self._life, start_s, end_s, buses=self._buses, progress=progress)
        if self._state is None:
            self._state = past.state
        return past.readings

    def read(self, as_of: datetime) -> Readings:
        """Live up to the last whole quarter hour before ``as_of``; the readings that became known by then."""
        as_of_s = to_epoch_s(as_of)
        state = self._begun(as_of_s)
        while state.position_s + QUARTER_HOUR_S <= as_of_s:
            taken = self._life.step(state, self._inbox if self._obeys else None)
            state.in_flight = joined(state.in_flight, taken)
        arrived = state.in_flight.known_time_s <= as_of_s
        readings = chosen(state.in_flight, arrived)
        state.in_flight = chosen(state.in_flight, ~arrived)
        return readings

    def left_alone(self, start: datetime, end: datetime) -> Iterator[Stretch]:
        """What is true from ``start`` to ``end`` if nobody gives an order, a week at a time; the plant stays where it is.

        Raises:
            DivergedError: naming the first quarter hour without a solution.
        """
        start_s, end_s = _whole_quarters(start), _whole_quarters(end)
        return self._life.stretches(self._life.born(start_s, self._buses), end_s)

    def topology(self, as_of: datetime) -> Topology:
        """Switch positions and outages at ``as_of``."""
        return self._life.schedule.topology(to_epoch_s(as_of))

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first declared change of the grid with ``after < at < until``, or None."""
        return self._life.schedule.next_event(after, until)

    def checkpoint(self) -> bytes:
        """Everything that moves: devices, temperatures, orders, readings in flight, position."""
        state = self._begun(0)
        return state.to_bytes(self._identity, {"inbox": self._inbox.to_meta(), "drives": self._drives.to_meta()})

    def restore(self, checkpoint: bytes) -> None:
        """Continue from a checkpoint, bit for bit.

        Raises:
            BadInput: when it is of another site, seed, or of other laws by which the plant lives.
        """
        self._state, extra = PlantState.from_bytes(checkpoint, self._identity)
        self._inbox.replace(extra["inbox"])
        self._drives.replace(extra["drives"])
        self._move()

    # ------------------------------------------------------------------------------------------ register

    def annual_energy_mwh(self, end: datetime) -> np.ndarray:
        """What each connection was billed for the 52 weeks before ``end`` [MWh], dims (load,): the utility's register."""
        return annual_energy_mwh(self._life.demand, self._life.town, to_epoch_s(end))

    # ------------------------------------------------------------------------------------------ actuator

    def known(self, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` that the plant holds."""
        return self._inbox.known(keys) | self._drives.known(keys)

    def send(self, orders: Sequence[Order]) -> None:
        """Hold orders; they take effect from the next quarter hour on. Unknown devices and expired orders have no effect."""
        if self._obeys:
            self._inbox.receive(orders, self._begun(0).position_s)

    def operate(self, orders: Sequence[SwitchOrder]) -> None:
        """Hold orders to switches; a drive moves within a minute, or never. The switching is an event of the telemetry."""
        if self._obeys:
            stuck = self._declared.refusing
            self._drives.receive(orders, self._begun(0).position_s, lambda at_s: stuck(at_s, "switch"))
            self._move()

    # ------------------------------------------------------------------------------------------ referee

    def vm_rmse_pu(self, vm_pu: np.ndarray) -> float:
        """RMSE of an estimate (dims (bus,), NaN ignored) against the truth of the last interval; NaN without any overlap."""
        error = np.asarray(vm_pu, dtype=float) - self._begun(0).vm_pu
        known = np.isfinite(error)
        return float(np.sqrt(np.mean(error[known] ** 2))) if known.any() else float("nan")

    # ------------------------------------------------------------------------------------------ inside

    def _move(self) -> None:
        """Live on with what the drives do beside what was declared."""
        self._life = replace(self._life, schedule=self._declared.joined(self._drives.changes()))

    def _identity_of_past(self, end_s: int) -> str:
        """Of all that a past up to ``end_s`` depends on: whatever happens later, a town has one past."""
        happened = [list(astuple(change)) for change in self._declared.before(end_s)]
        changed = [change for change in self._life.town.world.changes if to_epoch_s(change.at) < end_s]
        world = [change.model_dump(mode="json", exclude={"foreseen"}) for change in changed]
        return digest({**self._lasting, "happened": happened, "world": world})

    def _begun(self, as_of_s: int) -> PlantState:
        if self._state is None:
            if not as_of_s:
                raise RuntimeError("the plant has not begun: call history(), read() or restore() first")
            start_s = as_of_s - as_of_s % QUARTER_HOUR_S - QUARTER_HOUR_S
            self._state = self._life.born(start_s, self._buses)
        return self._state


def plant_problems(site: Site, net: Any, grid: Grid, places: Places) -> tuple[Problem, ...]:
    """Every event and channel of the site file that its `SimulatedPlant` would refuse.

    Args:
        net, grid: as built and compiled for the site. ``places``: where its file says what.
    """
    if site.plant is None:
        return ()
    town = town_of(site, site.plant, net)
    watched = {trafo.index: number for number, trafo in enumerate(site.trafos)}
    machines = [machine.name for machine in site.machines]
    problems: list[Problem] = []
    for i, event in enumerate(site.plant.events):
        try:
            schedule([event], exists=_exists(net, town), open_in_file=frozenset())
        except BadInput as refused:
            problems += [replace(problem, place=places("plant", "events", i)) for problem in refused.problems]
    channels = iter(site.channels)
    for i, group in enumerate(site.telemetry.channels):
        own = tuple(islice(channels, len(site.channel_names(group))))
        try:
            meters_of(own, town=town, grid=grid, net=net, watched=watched, machines=machines)
        except BadInput as refused:
            place = places("telemetry", "channels", i)
            problems += [replace(problem, place=f"{place} {problem.place}") for problem in refused.problems]
    return tuple(problems)


def _whole_quarters(instant: datetime) -> int:
    seconds = to_epoch_s(instant)
    if seconds % QUARTER_HOUR_S:
        raise ValueError(f"history bound {instant.isoformat()} is not on a quarter hour; give one that is")
    return seconds


_PASSING: dict[str, Any] = {
    "plant": {"events", "world"},  # each counts from its own moment on
    "telemetry": {"silences"},  # what is said, not what is so
}
"""What a past depends on in part, or not at all."""


def _tables(site: Site, *, but: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    """All of the site that its plant depends on; boxes, tariffs and screens may change without a new plant."""
    tables = {"site", "grid", "telemetry", "trafos", "machines", "devices", "plant"}
    names = {name for name, field in type(site).model_fields.items() if (field.alias or name) in tables}
    return site.model_dump(mode="json", by_alias=True, include=names, exclude=dict(but))


def _disturbance(table: DisturbanceTable) -> Disturbance:
    return Disturbance(
        gap_share=table.gap_share,
        gap_steps=max(1, round(table.gap_hours * 4)),
        delay_share=table.delay_share,
        delay_steps=table.delay_steps,
        bad_share=table.bad_share,
    )


def _exists(net: Any, town: Town) -> Any:
    tables = {table: {str(index) for index in net[table].index} for table in ("line", "trafo", "switch")}
    return lambda table, element: element in (town.devices if table == "device" else tables[table])
