"""The site's grid around the plan: the zones' forecasts spread over its loads and plants, the limits, the planned devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Inverters, Plan, Ranges
from twin.boxes.flexibility.grid.linear import linearise
from twin.boxes.flexibility.grid.network import Limits, Network
from twin.boxes.flexibility.grid.outage import Element, outage_cases
from twin.boxes.flexibility.grid.proof import prove
from twin.contracts.box import BoxContext
from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.grid import Grid

if TYPE_CHECKING:
    from twin.engines.control.inverter_law import Laws


@dataclass(frozen=True)
class Totals:
    """What the zones draw and give, children included [MW], dims (step,) by zone; ``hydro``: all that runs on in the site."""

    load: Mapping[str, np.ndarray]
    pv: Mapping[str, np.ndarray]
    hydro: np.ndarray


class Wires:
    """One site's grid, read once.

    Args:
        zones: those with a forecast; what stands in another counts to the nearest of them above it.
        outages: lines and transformers that a plan must survive.

    Raises:
        BadInput: naming every outage that the grid does not have.

    A plant that is planned is not part of its zone's spread: its unit stands for it.
    """

    def __init__(self, context: BoxContext, zones: Sequence[str], outages: Sequence[Element] = ()) -> None:
        from twin.engines.flows import Flows

        self._grid = grid = Grid.from_bytes(context.grid)
        self.network = Network(grid, Flows(grid).percent_per_pu(), _limits(grid, context.bands))
        nobody = Case(network=self.network, consumption=np.zeros((1, grid.nodes)), unit_node=np.zeros(0, dtype=int))
        self._without = {name: out.network for name, out in outage_cases(nobody, outages).items()}
        self._zones = tuple(zones)
        self._children = {z: [c for c in zones if context.zones[c].get("parent") == z] for z in zones}
        self._devices = {device["id"]: device for device in context.devices}
        self._plants = {device["id"] for device in context.devices if device["table"] == "sgen"}
        self._spreads: dict[tuple[str, frozenset[int]], dict[str, np.ndarray]] = {}
        self._nearest = {name: _nearest(name, context.zones, self._zones) for name in context.zones}
        self._members = context.members
        self._pv_shares = self._shares_of_pv()
        self._stand: dict[tuple[str, ...], tuple[np.ndarray, np.ndarray]] = {}

    def warm_up(self, units: Sequence[str]) -> None:
        """Compile or load what a plan's power flow needs, while nobody waits: the first time on a machine it takes seconds.

        With all panels at their rated power, so that inverters answer; and slopes are asked for wherever units stand, whether a
        limit is near or not.
        """
        from twin.engines.tangents.watched import loading_rows, voltage_rows

        rated = {zone: np.full(1, self._rated_mw(zone)) for zone in self._zones}
        sunny = Totals({zone: np.zeros(1) for zone in self._zones}, rated, np.zeros(1))
        case = self.case(units, sunny, (sunny, sunny))
        none = np.zeros((len(units), 1))
        proof = prove(case, Plan(none, none))
        linearise({"": case}, {"": proof}, Ranges(none - 1.0, none + 1.0, none, none))
        network, v = self.network, proof.state.v
        branches = self._grid.line_branch[self._grid.line_branch >= 0][:1].reshape(-1, 1)
        for rows in (voltage_rows(v, case.place), loading_rows(self._grid, v, branches, network.percent_per_pu)):
            network.tangent.slopes(v, case.place, rows, proof.state.following)

    def _rated_mw(self, zone: str) -> float:
        """Installed photovoltaics of a zone, children included [MW]."""
        table = self._members["pv"]
        own = [w for near, w in zip(table["zone"], table["weight"], strict=True) if self._nearest[near] == zone]
        return float(sum(own)) + sum(self._rated_mw(child) for child in self._children[zone])

    def case(self, units: Sequence[str], middle: Totals, paths: Sequence[Totals]) -> Case:
        """The grid of one plan.

        Args:
            units: planned devices, in the plan's order.
            middle: expected totals. ``paths``: those that the plan shall stand.
        """
        planned = frozenset(int(self._devices[name]["element"]) for name in units if name in self._plants)
        node, spread = self._standing(tuple(units))
        return Case(
            network=self.network,
            consumption=self._consumption(middle, planned),
            unit_node=node,
            spread=spread,
            inverters=self._inverters(units, middle, planned),
            paths=np.stack([self._consumption(path, planned) for path in paths]),
        )

    def outages(self, case: Case) -> dict[str, Case]:
        """``case`` with each of the outages, by name."""
        return {name: replace(case, network=network) for name, network in self._without.items()}

    def pv_share(self, sgen: int) -> tuple[str, float]:
        """The forecast zone of a plant and its share of that zone's own photovoltaics, 0..1."""
        return self._pv_shares[sgen]

    def _shares_of_pv(self) -> dict[int, tuple[str, float]]:
        table = self._members["pv"]
        zones = [self._nearest[zone] for zone in table["zone"]]
        members = list(zip(table["element"], zones, table["weight"], strict=True))
        own = {zone: sum(weight for _, near, weight in members if near == zone) for zone in zones}
        return {int(sgen): (zone, float(weight) / own[zone] if own[zone] > 0.0 else 0.0) for sgen, zone, weight in members}

    def _standing(self, units: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Node of every unit, dims (unit,), and the share of its power at every node, dims (unit, node)."""
        if units not in self._stand:
            devices = [self._devices[name] for name in units]
            node = np.array([self._node(device) for device in devices], dtype=int)
            self._stand[units] = node, np.stack([self._places(device) for device in devices])
        return self._stand[units]

    @cached_property
    def _laws(self) -> Laws | None:
        """Curves of the inverters that the site declares; None for none."""
        from twin.engines.control.inverter_law import laws_of

        follows = self._members.get("inverters") or {}
        if not follows:
            return None
        curve = Curve(tuple(follows["vm_pu"]), tuple(follows["share"]))
        control = InverterControl(tuple(follows["element"]), tuple(follows["sn_mva"]), q_of_vm=curve)
        return laws_of(self._grid, Controls((control,)))

    def _consumption(self, totals: Totals, planned: frozenset[int]) -> np.ndarray:
        """Everything but the planned units [MVA], complex, dims (step, node)."""
        drawn = np.zeros((len(totals.hydro), self._grid.nodes), dtype=complex)
        load, pv, hydro = (self._spread(name, frozenset() if name == "load" else planned) for name in ("load", "pv", "hydro"))
        for zone in self._zones:
            drawn += np.maximum(self._own(totals.load, zone), 0.0)[:, None] * load[zone]
            drawn -= np.maximum(self._own(totals.pv, zone), 0.0)[:, None] * pv[zone]
            drawn -= totals.hydro[:, None] * hydro[zone]
        return drawn

    def _own(self, totals: Mapping[str, np.ndarray], zone: str) -> np.ndarray:
        return totals[zone] - sum((totals[child] for child in self._children[zone]), np.zeros_like(totals[zone]))

    def _spread(self, table: str, without: frozenset[int]) -> dict[str, np.ndarray]:
        """Power at every node by 1 MW of a zone's own total, complex where it draws reactive power too, dims (node,)."""
        if (table, without) not in self._spreads:
            self._spreads[table, without] = self._spread_anew(table, without)
        return self._spreads[table, without]

    def _spread_anew(self, table: str, without: frozenset[int]) -> dict[str, np.ndarray]:
        members, grid = self._members[table], self._grid
        kind = "load" if table == "load" else "sgen"
        position = {int(index): at for at, index in enumerate(getattr(grid, kind))}
        found = {zone: np.zeros(grid.nodes, dtype=complex) for zone in self._zones}
        total = dict.fromkeys(self._zones, 0.0)
        tan_phi = members.get("tan_phi", [0.0] * len(members["element"]))
        for element, zone, weight, tan in zip(members["element"], members["zone"], members["weight"], tan_phi, strict=True):
            near = self._nearest[zone]
            total[near] += weight
            node = int(getattr(grid, f"{kind}_node")[position[element]])
            if node >= 0 and element not in without:
                found[near][node] += weight * (1.0 + 1j * tan)
        return {zone: array / total[zone] if total[zone] > 0.0 else array for zone, array in found.items()}

    def _inverters(self, units: Sequence[str], totals: Totals, planned: frozenset[int]) -> Inverters | None:
        laws = self._laws
        if laws is None:
            return None
        sgens = self._grid.sgen[laws.position].tolist()
        scaling = self._grid.sgen_scaling[laws.position]
        unit_of = {int(self._devices[name]["element"]): at for at, name in enumerate(units) if name in self._plants}
        p_mw = np.zeros((len(totals.hydro), len(sgens)))
        for at, sgen in enumerate(sgens):
            if sgen in self._pv_shares and scaling[at] > 0.0:
                zone, share = self.pv_share(sgen)
                p_mw[:, at] = share * np.maximum(self._own(totals.pv, zone), 0.0) / scaling[at]
        unit = np.array([unit_of.get(sgen, -1) if sgen in planned else -1 for sgen in sgens], dtype=int)
        return Inverters(laws=laws, p_mw=p_mw, unit=unit)

    def _places(self, device: Mapping[str, Any]) -> np.ndarray:
        """Share of a device's power at every node, dims (node,)."""
        table, share = str(device["table"]), np.zeros(self._grid.nodes)
        index, nodes = getattr(self._grid, table), getattr(self._grid, f"{table}_node")
        elements = device.get("elements") or (device["element"],)
        for element, part in zip(elements, device.get("shares") or (1.0,), strict=True):
            found = np.flatnonzero(index == element)
            if found.size and nodes[found[0]] >= 0:
                share[nodes[found[0]]] += part
        return share

    def _node(self, device: Mapping[str, Any]) -> int:
        table = str(device["table"])
        found = np.flatnonzero(getattr(self._grid, table) == device["element"])
        return int(getattr(self._grid, f"{table}_node")[found[0]]) if found.size else -1


def _nearest(zone: str, zones: Mapping[str, Mapping[str, Any]], forecast: Sequence[str]) -> str:
    while zone not in forecast and zones[zone].get("parent"):
        zone = str(zones[zone]["parent"])
    return zone if zone in forecast else forecast[0]


def _limits(grid: Grid, bands: Mapping[str, Any]) -> Limits:
    low, high = np.zeros(len(grid.bus)), np.full(len(grid.bus), np.inf)
    for band in sorted(bands["voltage"], key=lambda band: -band["up_to_kv"]):
        at = grid.bus_vn_kv <= band["up_to_kv"]
        low[at], high[at] = band["vm_min_pu"], band["vm_max_pu"]
    loading = bands["loading"]
    return Limits(low, high, float(loading["line_percent"]), float(loading["trafo_percent"]))
