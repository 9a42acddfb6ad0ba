"""Switches that could restore supply: every single closure, what it joins, and what it does after an outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from twin.domain.grid import NORMAL, Topology
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.wiring import SWITCHED, Wiring, read_wiring

Operation = Literal["remote", "crew", "unknown"]

NOTHING, RECONNECTS, MESHES = 0, 1, 2
"""Effect of a closure after an outage: none; dark buses back on, radially; a second way, or a second infeed, joined."""


@dataclass(frozen=True)
class Closure:
    """One open switch that a single operation may close.

    Attributes:
        switch: index in net.switch.
        kind: "coupler" between two buses, else "line", "trafo" or "trafo3w": the branch that comes to carry power.
        bus, other_bus: what is joined when it closes: the switch's own bus, and the bus at its far side.
        branch: index of the line or transformer; -1 for a coupler.
        permitted: net.switch.permitted where the net has that column; True where it is silent.
        operation: "remote" or "crew" by net.switch.remote (bool); "unknown" where the net is silent.
        minutes: time to operate by net.switch.minutes; NaN where the net is silent.
        switch_type: pandapower's ``type``: "CB", "LBS", "LS", "DS" or "".
    """

    switch: int
    kind: str
    bus: int
    other_bus: int
    branch: int
    permitted: bool
    operation: Operation
    minutes: float
    switch_type: str


def closures(net: Any, topology: Topology = NORMAL) -> tuple[Closure, ...]:
    """Every open switch whose closing alone joins two buses, in the order of the switch index.

    Couplers between buses, and switches of lines and transformers in service that are open nowhere else: a line open at
    both ends needs two operations and is not among them. Those that are not permitted are listed too, and say so.

    Args:
        net: a pandapower net. Optional columns of net.switch: ``permitted``, ``remote`` (bool), ``minutes``.
        topology: switch positions and outages that differ from the file.
    """
    return closures_of(read_wiring(net), net["switch"], topology)


def closures_of(wiring: Wiring, switch: pd.DataFrame, topology: Topology) -> tuple[Closure, ...]:
    """`closures` of a net whose wiring is known; ``switch`` is net.switch."""
    alive = wiring.alive(topology)
    found = []
    for index, bus, element, et in sorted(switch[["bus", "element", "et"]].itertuples()):
        if wiring.is_closed(int(index), topology):
            continue
        far = int(element) if et == "b" else _far_bus(wiring, topology, int(index), wiring.node[SWITCHED[et], int(element)])
        joined = () if far is None else (("bus", int(bus)), ("bus", far), (SWITCHED.get(et, "bus"), int(element)))
        if far is None or not all(alive[wiring.node[key]] for key in joined):
            continue
        found.append(
            Closure(
                switch=int(index),
                kind=SWITCHED.get(et, "coupler"),
                bus=int(bus),
                other_bus=far,
                branch=-1 if et == "b" else int(element),
                permitted=_told(switch, int(index), "permitted", default=True),
                operation=operation_of(switch, int(index)),
                minutes=minutes_of(switch, int(index)),
                switch_type=wiring.kind[int(index)],
            )
        )
    return tuple(found)


def closure_effects(graph: SupplyGraph, found: Sequence[Closure], table: str, indices: Sequence[int]) -> np.ndarray:
    """What each closure does after each outage: NOTHING, RECONNECTS or MESHES, int8, dims (outage, closure).

    A closure of the failed element itself, or at the failed bus, does nothing. A reconnection adds one way to buses that
    have none: a radial grid stays radial. `MESHES` joins two parts that are both supplied.

    Args:
        graph: supply before the outage. ``found``: closures of the same topology. ``table``: "line", "trafo" or "bus".

    Raises:
        BadInput: naming every index that the net does not have.
    """
    at = {int(bus): position for position, bus in enumerate(graph.wiring.bus)}
    one = np.array([at[closure.bus] for closure in found], dtype=int)
    two = np.array([at[closure.other_bus] for closure in found], dtype=int)
    dark = graph.dark(table, indices)
    on = graph.supplied[: len(at)] & ~dark
    effect = np.where(on[:, one] & on[:, two], MESHES, NOTHING).astype(np.int8)
    back = (dark[:, one] & on[:, two]) | (dark[:, two] & on[:, one])
    effect[back] = RECONNECTS
    for column, closure in enumerate(found):
        for failed in _killed_by(closure, table):
            effect[np.asarray(indices, dtype=int) == failed, column] = NOTHING
    return effect


def operation_of(switch: pd.DataFrame, index: int) -> Operation:
    """Who moves the switch: "remote" or "crew" by the optional column ``remote``."""
    if "remote" not in switch or pd.isna(switch.at[index, "remote"]):
        return "unknown"
    return "remote" if bool(switch.at[index, "remote"]) else "crew"


def minutes_of(switch: pd.DataFrame, index: int) -> float:
    """Time to operate the switch by the optional column ``minutes``; NaN when unknown."""
    return float(switch["minutes"].astype(float).loc[index]) if "minutes" in switch else float("nan")


def coupler_z_ohm(net: Any) -> dict[int, float]:
    """Impedance [ohm] of the bus-bus switches that have one, by switch."""
    switch = net["switch"]
    if "z_ohm" not in switch:
        return {}
    z_ohm = switch.loc[switch["et"] == "b", "z_ohm"].astype(float)
    return {int(index): float(value) for index, value in z_ohm[z_ohm > 0.0].items()}


def is_permitted(switch: pd.DataFrame, index: int) -> bool:
    """Whether the switch may be operated, by the optional column ``permitted``."""
    return _told(switch, index, "permitted", default=True)


def _told(switch: pd.DataFrame, index: int, column: str, *, default: bool) -> bool:
    value = switch.at[index, column] if column in switch else None
    return default if pd.isna(value) else bool(value)


def _killed_by(closure: Closure, table: str) -> tuple[int, ...]:
    """Indices in ``table`` whose outage leaves nothing to close here."""
    if table == "bus":
        return (closure.bus, closure.other_bus)
    return (closure.branch,) if closure.kind == table else ()


def _far_bus(wiring: Wiring, topology: Topology, switch: int, branch: int) -> int | None:
    """The bus at the far side of a branch from its one open ``switch``; None when the branch is open elsewhere too."""
    far = None
    for end in wiring.ends_at(branch):
        is_open = [s for s in end.switches if not wiring.is_closed(s, topology)]
        if set(is_open) - {switch}:
            return None
        if switch not in end.switches and far is None:
            far = wiring.key[end.other(branch)][1]
    return far
