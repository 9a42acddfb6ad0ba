"""Which true quantity each telemetry channel measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.domain.channels import Channel
from twin.domain.grid import Topology
from twin.domain.problems import Problems
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.plant.devices import DeviceTrace
from twin.plant.town import Town
from twin.plant.truth import Truth

_GRID = {
    ("bus", "vm_pu"): "vm_pu",
    ("line", "p_mw"): "line_p_from_mw",
    ("line", "q_mvar"): "line_q_from_mvar",
    ("line", "i_ka"): "line_i_ka",
    ("trafo", "p_mw"): "trafo_p_hv_mw",
    ("trafo", "q_mvar"): "trafo_q_hv_mvar",
    ("load", "p_mw"): "load_p_mw",
    ("sgen", "p_mw"): "sgen_p_mw",
    ("sgen", "q_mvar"): "sgen_q_mvar",
    ("storage", "p_mw"): "storage_p_mw",
}
_MACHINE = ("vibration_mm_s", "bearing_c")
"""What the plant's machines have sensors for."""
_DEVICE = ("p_mw", "soc_percent", "available", "energy_required_mwh", "departure_h", "limit_mw")


@dataclass(frozen=True)
class Meters:
    """Channels by source.

    Attributes:
        grid: truth variable -> (channel positions, element positions). ``bus_p``, ``bus_q``: channels of net consumption with
            incidence of (load, sgen, storage) on their buses. ``switch``, ``tap``: (channel, net index) pairs.
        oil: (channel, watched transformer). ``machine``: quantity -> (channel, machine).
        device: quantity -> (channel, device). ``outside``: (channel, signal).
    """

    count: int
    grid: Mapping[str, tuple[np.ndarray, np.ndarray]]
    bus: Mapping[str, tuple[np.ndarray, Mapping[str, np.ndarray]]]
    switch: tuple[tuple[int, int], ...]
    tap: tuple[tuple[int, int], ...]
    oil: tuple[np.ndarray, np.ndarray]
    machine: Mapping[str, tuple[np.ndarray, np.ndarray]]
    device: Mapping[str, tuple[np.ndarray, np.ndarray]]
    outside: tuple[tuple[int, str], ...]
    normally_closed: frozenset[int]
    normal_tap: Mapping[int, float]

    def read(
        self,
        truth: Truth,
        topologies: Sequence[Topology],
        *,
        oil_c: np.ndarray,
        machines: Mapping[str, np.ndarray],
        trace: DeviceTrace,
        town: Town,
        outside: Mapping[str, np.ndarray],
    ) -> np.ndarray:
        """True value of every channel, dims (time, channel).

        Args:
            topologies: one per quarter hour. ``oil_c``: dims (time, watched transformer).
            machines: quantity -> dims (time, machine). ``outside``: signal -> (time,).
        """
        values = np.full((len(topologies), self.count), np.nan)
        for name, (channels, elements) in self.grid.items():
            values[:, channels] = truth[name][:, elements]
        for quantity, (channels, near) in self.bus.items():
            powers = (
                (("load", 1.0), ("sgen", -1.0)) if quantity == "q_mvar" else (("load", 1.0), ("sgen", -1.0), ("storage", 1.0))
            )
            values[:, channels] = sum(sign * truth[f"{table}_{quantity}"] @ near[table].T for table, sign in powers)
        for channel, switch in self.switch:
            values[:, channel] = [float(self._closed(switch, topology)) for topology in topologies]
        for channel, trafo in self.tap:
            values[:, channel] = [dict(topology.tap_pos).get(trafo, self.normal_tap[trafo]) for topology in topologies]
        values[:, self.oil[0]] = oil_c[:, self.oil[1]]
        for quantity, (channels, watched) in self.machine.items():
            values[:, channels] = machines[quantity][:, watched]
        states = _device_states(trace, town)
        for quantity, (channels, devices) in self.device.items():
            values[:, channels] = states[quantity][:, devices]
        for channel, signal in self.outside:
            values[:, channel] = outside[signal]
        return values

    def _closed(self, switch: int, topology: Topology) -> bool:
        if switch in topology.open_switches:
            return False
        return switch in self.normally_closed or switch in topology.closed_switches


def _device_states(trace: DeviceTrace, town: Town) -> dict[str, np.ndarray]:
    """Quantities of all devices, dims (time, device): cars, batteries, plants, ripple groups.

    What a car still wants is counted in its battery, behind the charger's efficiency, as the announcement of a car is.
    """
    batteries, plants, groups = (np.ones_like(part) for part in (trace.soc_percent, trace.plant_mw, trace.group_mw))
    cars = np.full_like(trace.car_mw, np.nan)
    steady = np.hstack([batteries, plants, groups])  # always connected; who obeys nobody says nothing of it
    others = np.full_like(steady, np.nan)
    plugged = (trace.departure_h > 0.0).astype(float)
    return {
        "p_mw": np.hstack([trace.car_mw, trace.battery_mw, trace.plant_mw, trace.group_mw]),
        "soc_percent": np.hstack([cars, trace.soc_percent, np.nan * plants, np.nan * groups]),
        "available": np.hstack([plugged, steady]),
        "energy_required_mwh": np.hstack([trace.missing_mwh * town.car_efficiency, others]),
        "departure_h": np.hstack([trace.departure_h, others]),
        "limit_mw": np.hstack([cars, np.nan * batteries, trace.limit_mw, np.nan * groups]),
    }


def meters_of(
    channels: Sequence[Channel],
    *,
    town: Town,
    grid: Any,
    net: Any,
    watched: Mapping[int, int],
    machines: Sequence[str],
) -> Meters:
    """The plan for a site's channels.

    Args:
        grid: compiled grid of the normal topology. ``watched``: transformer index -> position among the watched ones.
        machines: names of the machines under watch, in the site's order.

    Raises:
        BadInput: naming every channel that the plant cannot measure.
    """
    problems = Problems()
    columns = {table: places_of(getattr(grid, table)) for table in ("bus", "line", "trafo", "load", "sgen", "storage")}
    found: dict[str, list[tuple[int, Any]]] = {}
    for number, channel in enumerate(channels):
        element = _element(channel, columns, town, net, watched, machines)
        if element is None:
            problems.add(f"channel {channel.name}", channel.element, "an element of the simulated site", "correct the channel")
            continue
        key = (channel.table, channel.quantity)
        found.setdefault(_GRID.get(key, ".".join(key)), []).append((number, element))
    problems.raise_if_any()

    def pair(name: str) -> tuple[np.ndarray, np.ndarray]:
        rows = found.get(name, [])
        return np.array([n for n, _ in rows], dtype=int), np.array([e for _, e in rows], dtype=int)

    near = {table: net[table]["bus"].to_numpy() for table in ("load", "sgen", "storage")}
    bus = {}
    for quantity in ("p_mw", "q_mvar"):
        rows = found.get(f"bus.{quantity}", [])
        at = np.array([int(grid.bus[e]) for _, e in rows], dtype=int)
        matrix = {table: (at[:, None] == near[table][None, :]).astype(float) for table in near}
        bus[quantity] = (np.array([n for n, _ in rows], dtype=int), matrix)
    return Meters(
        count=len(channels),
        grid={name: pair(name) for name in _GRID.values() if name in found},
        bus=bus,
        switch=tuple(found.get("switch.closed", [])),
        tap=tuple(found.get("trafo.tap_pos", [])),
        oil=pair("trafo.top_oil_c"),
        machine={quantity: pair(f"machine.{quantity}") for quantity in _MACHINE if f"machine.{quantity}" in found},
        device={quantity: pair(f"device.{quantity}") for quantity in _DEVICE if f"device.{quantity}" in found},
        outside=tuple(
            (n, s) for s in OUTSIDE_SIGNALS for table in ("weather", "market") for n, _ in found.get(f"{table}.{s}", [])
        ),
        normally_closed=frozenset(int(i) for i in net.switch.index[net.switch["closed"].to_numpy(dtype=bool)]),
        normal_tap={int(index): float(tap) for index, tap in net.trafo["tap_pos"].items()},
    )


def places_of(indices: np.ndarray) -> dict[str, int]:
    """Index, as channels write it -> position in the grid."""
    return {str(int(index)): position for position, index in enumerate(indices)}


def _element(
    channel: Channel,
    columns: Mapping[str, Mapping[str, int]],
    town: Town,
    net: Any,
    watched: Mapping[int, int],
    machines: Sequence[str],
) -> int | None:
    """What the channel's plan needs of its element: a position, or the net's own index for switches and taps."""
    if channel.table in {"weather", "market"}:
        return 0 if channel.quantity in OUTSIDE_SIGNALS and channel.element == "site" else None
    if channel.table == "device":
        return town.devices.get(channel.element)
    if channel.table == "machine":
        return machines.index(channel.element) if channel.quantity in _MACHINE and channel.element in machines else None
    if channel.table == "switch":
        return int(channel.element) if channel.element.isdigit() and int(channel.element) in net.switch.index else None
    position = columns[channel.table].get(channel.element)
    if channel.quantity == "top_oil_c":
        return watched.get(int(channel.element)) if position is not None else None
    return int(channel.element) if channel.quantity == "tap_pos" and position is not None else position
