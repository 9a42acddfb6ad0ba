"""Who takes what from whom in the town, traced through its estimated grid: zones, storages and export from every source.

Sources are photovoltaics, hydro, other plants by carrier, each storage and the import; sinks are what each zone consumes beside
the zones within it, each storage that charges, and the export. The grid's losses belong to the consumption of the town.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from twin.domain.grid import Grid, Topology
from twin.domain.zones import Zone
from twin.origin.tracing import share
from twin.origin.wires import Wires

_KEPT = 8
"""Compiled topologies: the normal one, those of our side and of the do-nothing twin, and of a switching under way."""


@dataclass(frozen=True)
class Store:
    """A storage of the town. ``elements``: of the grid's storages. ``capacity_mwh``: 0 where nobody told it."""

    id: str
    elements: tuple[int, ...]
    capacity_mwh: float
    efficiency: float


@dataclass(frozen=True)
class Plants:
    """The town's plants of one carrier. ``sgens``: of the grid; ``kw``: installed."""

    carrier: str
    sgens: tuple[int, ...]
    kw: float
    renewable: float
    co2_g_per_kwh: float


@dataclass(frozen=True)
class TownFacts:
    """What tracing must know of a site.

    Attributes:
        zones: those with a balance, the root first, parents before their children.
        pv, has_hydro: whether there are any. ``pv_sgens``, ``hydro``: the grid's sgens that are.
        loads: of the grid, by the smallest zone with a balance that holds them.
        others: further plants, one entry a carrier. ``stores``: metered storages; one without a name, last, stands for all that
            have no meter of their own.
        co2_g_per_kwh: life-cycle factors of "pv" and "hydro".
    """

    zones: tuple[Zone, ...]
    pv: bool
    pv_sgens: tuple[int, ...]
    loads: Mapping[str, tuple[int, ...]]
    has_hydro: bool
    hydro: tuple[int, ...]
    others: tuple[Plants, ...]
    stores: tuple[Store, ...]
    co2_g_per_kwh: Mapping[str, float]

    @property
    def root(self) -> str:
        """The zone that is the town."""
        return self.zones[0].name

    @cached_property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """``(kind, name)`` of every source that the site has, the import last."""
        return (
            *([("pv", "")] if self.pv else []),
            *([("hydro", "")] if self.has_hydro else []),
            *(("other", plants.carrier) for plants in self.others),
            *(("storage", store.id) for store in self.stores),
            ("import", ""),
        )

    @cached_property
    def inside(self) -> dict[str, tuple[int, ...]]:
        """Zone -> positions in ``zones`` of itself and of every zone within it."""
        names = [zone.name for zone in self.zones]
        parents = {zone.name: zone.parent for zone in self.zones}

        def holds(outer: str, inner: str | None) -> bool:
            return inner is not None and (outer == inner or holds(outer, parents.get(inner)))

        return {name: tuple(i for i, other in enumerate(names) if holds(name, other)) for name in names}


@dataclass(frozen=True)
class Pattern:
    """What tracing found in one quarter hour's estimated grid.

    Attributes:
        taken_mw: dims (sink, source): the zones' own consumption in their order, the root's with the losses; what each storage
            charges; the export. Sources as in `TownFacts.sources`.
        losses_mw: of the grid. ``transit_mw``: what enters the town at one connection while it leaves at another.
    """

    taken_mw: np.ndarray
    losses_mw: float
    transit_mw: float

    def to_array(self) -> np.ndarray:
        """For the journal, dims (sink * source + 2,)."""
        return np.append(self.taken_mw.ravel(), (self.losses_mw, self.transit_mw))

    @classmethod
    def from_array(cls, values: np.ndarray, sources: int) -> Pattern:
        """Inverse of `to_array`."""
        return cls(values[:-2].reshape(-1, sources).copy(), float(values[-2]), float(values[-1]))


class Town:
    """The town's network, compiled once for each topology."""

    def __init__(self, facts: TownFacts) -> None:
        self.facts = facts
        self._compiled: dict[Topology, _Compiled] = {}

    def pattern(self, grid: Grid, state: xr.Dataset) -> Pattern | None:
        """Trace one estimated grid; None when it was not solved, or holds no voltage angles.

        Args:
            grid: compiled for the topology of ``state``. ``state``: `twin.contracts.ports.GridModel.estimate`.
        """
        if "va_degree" not in state or not bool(state["converged"]):
            return None
        if grid.topology not in self._compiled:
            while len(self._compiled) >= _KEPT:
                self._compiled.pop(next(iter(self._compiled)))
            self._compiled[grid.topology] = _Compiled(self.facts, grid)
        return self._compiled[grid.topology].pattern(state)


class _Compiled:
    """The town on one topology. Rows of ``drawn``: zones, stores, export, shunts; of ``injected``: sources, undeclared."""

    def __init__(self, facts: TownFacts, grid: Grid) -> None:
        self._grid, self._wires = grid, Wires(grid)
        zones, stores = len(facts.zones), facts.stores
        self._sources, self._zones, self._sinks = len(facts.sources), zones, zones + len(stores) + 1
        kinds = {source: i for i, source in enumerate(facts.sources)}
        undeclared = self._sources
        sgen_of = dict.fromkeys(facts.pv_sgens, kinds.get(("pv", ""), undeclared))
        sgen_of |= dict.fromkeys(facts.hydro, kinds.get(("hydro", ""), undeclared))
        for plants in facts.others:
            sgen_of |= dict.fromkeys(plants.sgens, kinds["other", plants.carrier])
        load_of = {load: row for row, zone in enumerate(facts.zones) for load in facts.loads[zone.name]}
        store_of = {element: i for i, store in enumerate(stores) for element in store.elements}
        first = kinds.get(("storage", stores[0].id), undeclared) if stores else undeclared
        # A plant that takes is consumption; what gives although nobody declared it is nobody's production.
        self._tables = (
            _Elements(grid.load, grid.load_node, {i: (load_of.get(i, 0), undeclared) for i in grid.load.tolist()}, 1.0),
            _Elements(grid.sgen, grid.sgen_node, {i: (0, sgen_of.get(i, undeclared)) for i in grid.sgen.tolist()}, -1.0),
            _Elements(
                grid.storage,
                grid.storage_node,
                {
                    i: (zones + store_of[i], first + store_of[i]) if i in store_of else (0, undeclared)
                    for i in grid.storage.tolist()
                },
                1.0,
            ),
        )
        self._source_node = np.unique(grid.source_node)

    def pattern(self, state: xr.Dataset) -> Pattern:
        grid, nodes = self._grid, self._grid.nodes
        p_from, p_to, shunt = self._wires.powers(state["vm_pu"].values, state["va_degree"].values)
        drawn, injected = np.zeros((self._sinks + 1, nodes)), np.zeros((self._sources + 1, nodes))
        for table, elements in zip(("load", "sgen", "storage"), self._tables, strict=True):
            elements.put(state[f"{table}_p_mw"].values, drawn, injected)
        drawn[-1] = np.maximum(shunt, 0.0)
        # What the town's balance leaves at a source's node comes from above, or goes there.
        leaving = np.bincount(grid.branch_from, p_from, nodes) + np.bincount(grid.branch_to, p_to, nodes)
        supplied = (leaving + drawn.sum(axis=0) - injected.sum(axis=0))[self._source_node]
        injected[self._sources - 1, self._source_node] = np.maximum(supplied, 0.0)
        drawn[self._sinks - 1, self._source_node] = np.maximum(-supplied, 0.0)
        traced = share(
            branch_from=grid.branch_from,
            branch_to=grid.branch_to,
            p_from_mw=p_from,
            p_to_mw=p_to,
            injected_mw=injected,
            drawn_mw=drawn,
        )
        taken = np.maximum(traced.taken_mw[: self._sinks, : self._sources], 0.0)
        lost = traced.lost_mw + traced.taken_mw[-1]
        taken[0] = np.maximum(taken[0] + lost[: self._sources], 0.0)
        imported, exported = np.maximum(supplied, 0.0).sum(), np.maximum(-supplied, 0.0).sum()
        return Pattern(taken, float(p_from.sum() + p_to.sum() + drawn[-1].sum()), float(min(imported, exported)))


class _Elements:
    """Where the elements of one table stand, and in which row each counts when it takes and when it gives."""

    def __init__(self, index: np.ndarray, node: np.ndarray, rows: Mapping[int, tuple[int, int]], sign: float) -> None:
        self._on = np.flatnonzero(node >= 0)
        self._node, self._sign = node[self._on], sign
        taking, giving = zip(*(rows[i] for i in index[self._on].tolist()), strict=True) if len(self._on) else ((), ())
        self._taking, self._giving = np.array(taking, dtype=int), np.array(giving, dtype=int)

    def put(self, p_mw: np.ndarray, drawn: np.ndarray, injected: np.ndarray) -> None:
        """Add the elements' powers [MW], in the net's sign, to both sides."""
        power = self._sign * p_mw[self._on]
        np.add.at(drawn, (self._taking, self._node), np.maximum(power, 0.0))
        np.add.at(injected, (self._giving, self._node), np.maximum(-power, 0.0))


def loads_of(zones: Sequence[Zone]) -> dict[str, tuple[int, ...]]:
    """Loads by the smallest zone with a balance that holds them."""
    parents = {zone.name: zone.parent for zone in zones}
    balanced = {zone.name for zone in zones if zone.boundary}
    found: dict[str, list[int]] = {name: [] for name in balanced}
    for zone in zones:
        name: str | None = zone.name
        while name is not None and name not in balanced:
            name = parents[name]
        if name is not None:
            found[name] += zone.loads
    return {name: tuple(sorted(loads)) for name, loads in found.items()}
