"""Changes on a state: held against the grid first, then carried out one after the other, each switching with its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.contracts.preview import Changes, Closing, Objection, Redispatch, SwitchChange
from twin.domain.grid import Topology
from twin.domain.problems import Problem, Problems
from twin.engines.outages.closure_checks import ClosureVerdict, check_closure
from twin.engines.outages.closures import closures_of, is_permitted
from twin.preview.present import Present
from twin.preview.warm import Powers, WarmGrid

_CURRENT_PERCENT = 0.5
"""Loading below which a line counts as without current for a disconnector."""
_PLACES = {
    "permitted": "not_permitted",
    "type": "disconnector",
    "vm_pu": "voltage_across",
    "va_degree": "angle_across",
}
_VALUES = {
    "both supplied": "second_way",
    "fed by two infeeds": "two_infeeds",
    "both without supply": "no_supply",
    "ikss_max": "withstand",
    "ikss_min": "pickup",
}


def check_changes(warm: WarmGrid, present: Present, steps: Sequence[Changes], places: Sequence[str]) -> None:
    """Refuse what the grid does not have or cannot do.

    Raises:
        BadInput: naming every fault of every step.
    """
    problems = Problems()
    for changes, place in zip(steps, places, strict=True):
        _check_switches(warm, changes, place, problems)
        for number, outage in enumerate(changes.outages):
            if (outage.table, outage.index) not in warm.wiring.node:
                where = f"{place}outages.{number}: {outage.table} {outage.index}"
                problems.add(where, "unknown", f"a {outage.table} of the net", "take its index from the diagram")
        for number, move in enumerate(changes.redispatch):
            _check_move(warm, present, move, f"{place}redispatch.{number}", problems)
    problems.raise_if_any()


def _check_switches(warm: WarmGrid, changes: Changes, place: str, problems: Problems) -> None:
    seen: set[int] = set()
    for number, change in enumerate(changes.switch):
        where = f"{place}switch.{number}: switch {change.switch}"
        if change.switch not in warm.wiring.closed:
            problems.add(where, "unknown", "a switch of the net", "take its index from the diagram")
        elif change.switch in seen:
            problems.add(where, "named twice", "one position per step", "put the second one into the next step")
        seen.add(change.switch)


def _check_move(warm: WarmGrid, present: Present, move: Redispatch, place: str, problems: Problems) -> None:
    if move.bus is not None:
        where = f"{place}: bus {move.bus}"
        if ("bus", move.bus) not in warm.wiring.node:
            problems.add(where, "unknown", "a bus of the net", "take its index from the diagram")
        elif _place_at(warm, move.bus) is None:
            problems.add(where, "no load, plant or storage", "a bus where power can change", "name a bus with one of them")
        return
    device = warm.devices.get(move.device or "")
    where = f"{place}: device {move.device!r}"
    if device is None:
        problems.add(where, "unknown", "a device of the site", "take its name from the site's devices")
        return
    if not device.p_min_mw <= move.p_mw <= device.p_max_mw:
        limit = f"{device.p_min_mw:g} to {device.p_max_mw:g} MW"
        problems.add(where, f"p_mw={move.p_mw:g}", limit, "stay within the device's limits")
    if np.isnan(device_p_mw(warm, present, device.id)):
        problems.add(where, "its power is not known now", "a device that is heard of", "change the power at its bus instead")


def device_p_mw(warm: WarmGrid, present: Present, device: str) -> float:
    """Metered power of a device in the state [MW], NaN when it is not known."""
    column = ("device_p_mw", device)
    if column not in warm.kit.columns:
        return float("nan")
    return float(present.arrays["signals"][warm.kit.columns.index(column)])


def _place_at(warm: WarmGrid, bus: int) -> tuple[str, int] | None:
    """(table, element) through which a bus can draw more: a load, else a storage, else a plant, in service."""
    grid = warm.grid
    node = int(grid.bus_node[grid.bus == bus][0])
    for table in ("load", "storage", "sgen"):
        at = np.flatnonzero((getattr(grid, f"{table}_node") == node) & (getattr(grid, f"{table}_scaling") != 0.0))
        if node >= 0 and len(at):
            return table, int(getattr(grid, table)[at[0]])
    return None


def redispatched(warm: WarmGrid, present: Present, powers: Powers, moves: Sequence[Redispatch]) -> Powers:
    """The powers with devices standing where they are told, and buses drawing more."""
    for move in moves:
        if move.bus is not None:
            place = _place_at(warm, move.bus)
            if place is not None:
                powers = warm.moved(powers, *place, move.p_mw)
            continue
        device = warm.devices[move.device or ""]
        by_mw = move.p_mw - device_p_mw(warm, present, device.id)
        for element, share in device.places:
            powers = warm.moved(powers, device.table, element, share * by_mw)
    return powers


def outages_applied(topology: Topology, changes: Changes) -> Topology:
    """The topology with lines and transformers taken out, or brought back."""
    out = {"line": set(topology.out_lines), "trafo": set(topology.out_trafos)}
    for change in changes.outages:
        (out[change.table].add if change.out else out[change.table].discard)(change.index)
    return replace(topology, out_lines=frozenset(out["line"]), out_trafos=frozenset(out["trafo"]))


class Switchings:
    """Carries out the switchings of one step after the other.

    Attributes:
        topology: after the last. ``closings``, ``objections``: of all so far.
    """

    def __init__(self, warm: WarmGrid, topology: Topology, powers: Powers) -> None:
        self.topology = topology
        self.closings: list[Closing] = []
        self.objections: list[Objection] = []
        self._warm, self._injections = warm, warm.injections(powers)

    def move(self, change: SwitchChange) -> None:
        """One switch; one that stands there already stays, and the step says so."""
        switch, warm = change.switch, self._warm
        if warm.wiring.is_closed(switch, self.topology) == change.closed:
            self._object("already_so", switch)
            return
        if change.closed:
            self._close(switch)
        else:
            self._open(switch)
        self.topology = warm.wiring.switched(self.topology, switch, closed=change.closed)

    def _open(self, switch: int) -> None:
        net = self._warm.kit.net
        if not is_permitted(net["switch"], switch):
            self._object("not_permitted", switch)
        if self._warm.wiring.kind[switch] == "DS" and self._carries(switch):
            self._object("disconnector", switch)

    def _carries(self, switch: int) -> bool:
        """Whether current flows through a closed switch: of a line by its loading, of a coupler when both sides stay live."""
        net, model = self._warm.kit.net, self._warm.engine.model(self.topology)
        et, element, bus = (net["switch"].at[switch, name] for name in ("et", "element", "bus"))
        if et == "b":
            after = self._warm.engine.model(self._warm.wiring.switched(self.topology, switch, closed=False)).grid
            was, ends = model.grid, np.isin(model.grid.bus, [bus, element])
            return bool((was.bus_node[ends] >= 0).all() and (after.bus_node[ends] >= 0).any())
        table = "line" if et == "l" else "trafo"
        if et not in ("l", "t"):
            return True
        flow = model.solve(self._injections, want=(f"{table}_loading_percent",), controls=self._warm.kit.controls)
        loading = flow[f"{table}_loading_percent"].sel({table: element}).item()
        return bool(np.nan_to_num(loading) > _CURRENT_PERCENT)

    def _close(self, switch: int) -> None:
        warm, net = self._warm, self._warm.kit.net
        closure = next((c for c in closures_of(warm.wiring, net["switch"], self.topology) if c.switch == switch), None)
        if closure is None:
            if not is_permitted(net["switch"], switch):
                self._object("not_permitted", switch)
            self.closings.append(_joins_nothing(switch))
            return
        verdict = check_closure(net, closure, self.topology, engine=warm.engine, injections=self._injections)
        self.objections += [_of_closure(switch, verdict, problem) for problem in verdict.refusals]
        buses = [closure.bus, closure.other_bus]
        before = warm.currents(self.topology)["ikss_max_ka"].sel(bus=buses).values
        node = self._warm.engine.model(self.topology).grid
        live = [bool(node.bus_node[node.bus == bus][0] >= 0) for bus in buses]
        self.closings.append(
            Closing(
                switch=switch,
                joins_live=all(live),
                vm_difference_pu=_number(verdict.vm_difference_pu),
                va_difference_degree=_number(verdict.va_difference_degree),
                ikss_max_ka=_number(verdict.ikss_max_ka),
                ikss_before_max_ka=_number(float(np.nanmax(before)) if np.isfinite(before).any() else float("nan")),
                ikss_min_ka=_number(verdict.ikss_min_ka),
                withstand_ka=self._withstand_ka(switch, buses),
                pickup_needed_ka=_number(verdict.pickup_needed_ka),
                assumed=tuple(map(str, verdict.assumed)),
            )
        )

    def _withstand_ka(self, switch: int, buses: Sequence[int]) -> float | None:
        net = self._warm.kit.net
        declared = [
            float(net[table].at[index, "max_ik_ka"])
            for table, index in [("switch", switch), *(("bus", bus) for bus in buses)]
            if "max_ik_ka" in net[table]
        ]
        known = [value for value in declared if np.isfinite(value)]
        return min(known) if known else None

    def _object(self, code: str, switch: int) -> None:
        self.objections.append(Objection(code=code, element=f"switch {switch}", value=None, limit=None, unit=""))


def _of_closure(switch: int, verdict: ClosureVerdict, problem: Problem) -> Objection:
    """A reason against closing, with the figures behind it."""
    code = _PLACES.get(problem.place.rpartition(", ")[2]) or next(
        (code for begin, code in _VALUES.items() if problem.value.startswith(begin)), "not_checked"
    )
    figures = {
        "voltage_across": (verdict.vm_difference_pu, "pu"),
        "angle_across": (verdict.va_difference_degree, "degree"),
        "withstand": (verdict.ikss_max_ka, "kA"),
        "pickup": (verdict.ikss_min_ka, "kA"),
    }
    value, unit = figures.get(code, (float("nan"), ""))
    limit = _number(verdict.pickup_needed_ka) if code == "pickup" else None
    return Objection(code=code, element=f"switch {switch}", value=_number(value), limit=limit, unit=unit, detail=str(problem))


def _joins_nothing(switch: int) -> Closing:
    return Closing(
        switch=switch,
        joins_live=False,
        vm_difference_pu=None,
        va_difference_degree=None,
        ikss_max_ka=None,
        ikss_before_max_ka=None,
        ikss_min_ka=None,
        withstand_ka=None,
        pickup_needed_ka=None,
        assumed=(),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
