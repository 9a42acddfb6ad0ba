"""Whether a closure may be recommended: radiality, synchronism, short-circuit current, protection pickup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine
from twin.domain.grid import Topology
from twin.domain.problems import BadInput, Problem, Problems
from twin.engines.outages.closures import Closure
from twin.engines.outages.islands import SupplyGraph
from twin.engines.outages.short_circuit import short_circuit
from twin.engines.outages.wiring import Wiring, read_wiring


@dataclass(frozen=True, kw_only=True)
class ClosureRules:
    """What a site allows, and the limits a closure is held to.

    Attributes:
        meshing: whether supply by two ways is allowed.
        coupled_infeeds: whether the grids above the infeeds are known to be one synchronous grid.
        max_vm_difference_pu, max_va_difference_degree: across the open switch when both sides are live. IEEE 1547-2018, table 5
            (synchronization parameter limits), row of the largest units: 3 % and 10 degrees.
        pickup_factor: least short-circuit current over the largest rating of the lines on the way. 1.3 (pickup above the
            rating, for reset ratio and cold load) times 1.5 (what a relay should see over its pickup): our criterion, 2.0.
    """

    meshing: bool = False
    coupled_infeeds: bool = False
    max_vm_difference_pu: float = 0.03
    max_va_difference_degree: float = 10.0
    pickup_factor: float = 2.0


RADIAL = ClosureRules()
"""A site that declares nothing: no meshing, no coupled infeeds."""


@dataclass(frozen=True)
class ClosureVerdict:
    """One closure under all checks; NaN where a check did not apply.

    Attributes:
        switch: index in net.switch. ``recommended``: no check refuses it.
        refusals: every reason against it. ``assumed``: what the checks had to assume, or could not check.
        ikss_max_ka: greatest current at the buses that the closure touches [kA]. ``ikss_min_ka``: least current where its
            margin over ``pickup_needed_ka`` is smallest.
        vm_difference_pu, va_difference_degree: across the open switch, both sides live.
    """

    switch: int
    recommended: bool
    refusals: tuple[Problem, ...]
    assumed: tuple[Problem, ...]
    ikss_max_ka: float
    ikss_min_ka: float
    pickup_needed_ka: float
    vm_difference_pu: float
    va_difference_degree: float


def check_closure(
    net: Any,
    closure: Closure,
    topology: Topology,
    *,
    engine: Engine,
    injections: xr.Dataset | None = None,
    rules: ClosureRules = RADIAL,
) -> ClosureVerdict:
    """Every check of one closure, none skipped because another refuses.

    Args:
        net: a pandapower net. Optional columns: ``max_ik_ka`` of net.bus and net.switch, the short-circuit current that they
            withstand [kA].
        topology: positions before closing, outages included.
        engine: power flow of the same net; asked only when both sides are live.
        injections: the step at which it would close (see `twin.contracts.ports.GridModel`); the net's own without.

    Where pandapower cannot compute the short circuit, that is a reason against closing.
    """
    wiring = read_wiring(net)
    before = SupplyGraph(wiring, topology)
    after = SupplyGraph(wiring, wiring.switched(topology, closure.switch, closed=True))
    problems, assumed = Problems(), Problems()
    _permission(closure, problems)
    one, two = wiring.node["bus", closure.bus], wiring.node["bus", closure.other_bus]
    across = (np.nan, np.nan)
    if not after.supplied[one]:
        place = f"switch {closure.switch}, bus {closure.bus} and bus {closure.other_bus}"
        problems.add(place, "both without supply", "a side that is supplied", "supply one side first")
    if before.supplied[one] and before.supplied[two]:
        _radiality(closure, before, rules, problems, assumed)
        model = engine.model(topology)
        flow = model.solve(injections if injections is not None else xr.Dataset(), want=("vm_pu", "va_degree"))
        across = _synchronism(closure, flow.isel(time=0), rules, problems)
    currents = _Currents(net, wiring, before, after, closure)
    assumed.found += currents.assumed
    problems.found += currents.failed
    greatest = currents.withstand(problems, assumed)
    least, needed = currents.pickup(rules.pickup_factor, problems)
    return ClosureVerdict(
        switch=closure.switch,
        recommended=not problems,
        refusals=tuple(problems),
        assumed=tuple(assumed),
        ikss_max_ka=greatest,
        ikss_min_ka=least,
        pickup_needed_ka=needed,
        vm_difference_pu=across[0],
        va_difference_degree=across[1],
    )


def _permission(closure: Closure, problems: Problems) -> None:
    place = f"net.switch {closure.switch}"
    if not closure.permitted:
        problems.add(f"{place}, permitted", "False", "a switch that may be operated", "try another closure")
    if closure.switch_type == "DS":
        # IEC 62271-102 (IEV 441-14-05): a disconnector makes and breaks negligible current only
        limit = "a breaker or load switch, to close on load"
        problems.add(f"{place}, type", "DS (disconnector)", limit, "close it without voltage, then a breaker on the way")


def _radiality(closure: Closure, before: SupplyGraph, rules: ClosureRules, problems: Problems, assumed: Problems) -> None:
    part = before.sections()
    place = f"switch {closure.switch}, bus {closure.bus} and bus {closure.other_bus}"
    if not rules.meshing:
        remedy = "open another switch of the loop first, or allow meshing for the site"
        problems.add(place, "both supplied: a second way", "a radial grid", remedy)
    else:
        remedy = "the whole current at the fault was compared; set the relays of the loop for their shares"
        assumed.add(place, "several ways share the current", "the share that each relay sees", remedy)
    one, two = (part[before.wiring.node["bus", bus]] for bus in (closure.bus, closure.other_bus))
    if one != two and not rules.coupled_infeeds:
        remedy = "ask the grid above, or declare the infeeds coupled for the site"
        problems.add(place, "fed by two infeeds, their coupling above unknown", "one synchronous grid above", remedy)


def _synchronism(closure: Closure, flow: xr.Dataset, rules: ClosureRules, problems: Problems) -> tuple[float, float]:
    one, two = flow.sel(bus=closure.bus), flow.sel(bus=closure.other_bus)
    vm = abs(float(one["vm_pu"] - two["vm_pu"]))
    va = abs((float(one["va_degree"] - two["va_degree"]) + 180.0) % 360.0 - 180.0)
    place = f"across switch {closure.switch}"
    # 'not below' and not 'above': an unsolved power flow is NaN, and proves nothing
    if not vm <= rules.max_vm_difference_pu:
        problems.add(
            f"{place}, vm_pu", f"{vm:.4f} apart", f"at most {rules.max_vm_difference_pu:g} pu", "bring the taps closer first"
        )
    if not va <= rules.max_va_difference_degree:
        limit = f"at most {rules.max_va_difference_degree:g} degrees"
        problems.add(f"{place}, va_degree", f"{va:.2f} apart", limit, "do not couple these two; check the vector groups")
    return vm, va


class _Currents:
    """Short-circuit currents once the switch is closed, at the buses that it gives a new way of supply."""

    def __init__(self, net: Any, wiring: Wiring, before: SupplyGraph, after: SupplyGraph, closure: Closure) -> None:
        self._net, self._wiring, self._after = net, wiring, after
        count = len(wiring.bus)
        part = after.sections()
        joined = (part == part[wiring.node["bus", closure.bus]]) & after.supplied
        fresh = joined & ~before.supplied
        self._joined = wiring.bus[joined[:count]]
        touched = fresh if fresh.any() else joined
        vn_kv = net["bus"]["vn_kv"]
        # beyond a transformer other protection looks, and the transformer's impedance outweighs the feeder's
        level = vn_kv.loc[wiring.bus].to_numpy() == vn_kv.at[closure.bus]
        self._level = wiring.bus[touched[:count] & level]
        self.assumed: list[Problem] = []
        self.failed: list[Problem] = []
        self._ikss = None
        if len(self._joined):
            try:
                self._ikss = short_circuit(net, self._joined.tolist(), after.topology)
                self.assumed += self._ikss.attrs["assumed"]
            except BadInput as refused:  # a closure that cannot be checked is not recommended
                self.failed += refused.problems

    def withstand(self, problems: Problems, assumed: Problems) -> float:
        """Greatest current at the touched buses [kA]; refuses where a bus or switch withstands less."""
        if self._ikss is None:
            return float("nan")
        greatest = self._ikss["ikss_max_ka"].to_series()
        for table, at in (("bus", self._net["bus"].index), ("switch", self._net["switch"]["bus"])):
            frame = self._net[table]
            if "max_ik_ka" not in frame or frame["max_ik_ka"].isna().all():
                remedy = f"not compared; give it in net.{table}"
                assumed.add(f"net.{table}, max_ik_ka", "missing", "the current that it withstands, kA", remedy)
                continue
            for index, bus, limit in zip(frame.index, at, frame["max_ik_ka"], strict=True):
                if greatest.get(bus, np.nan) > limit:
                    value = f"ikss_max={greatest[bus]:.2f} kA"
                    problems.add(f"net.{table} {index}", value, f"at most {limit:g} kA", "feed it another way")
        return float(greatest.loc[self._level].max()) if len(self._level) else float("nan")

    def pickup(self, factor: float, problems: Problems) -> tuple[float, float]:
        """Least current and the one needed [kA], where the margin is smallest; refuses where it falls short."""
        if self._ikss is None:
            return float("nan"), float("nan")
        least = self._ikss["ikss_min_ka"].to_series()
        worst = (float("nan"), float("nan"))
        margin = np.inf
        for bus in self._level:
            needed = factor * self._largest_rating_ka(int(bus))
            if not needed or least[bus] / needed >= margin:
                continue
            margin, worst = least[bus] / needed, (float(least[bus]), needed)
            at = int(bus)
        if margin < 1.0:
            limit = f"at least {worst[1]:.3f} kA ({factor:g} times the largest rating of the feeder)"
            problems.add(
                f"bus {at}", f"ikss_min={worst[0]:.3f} kA", limit, "feed it over a shorter way, or set the relay lower"
            )
        return worst

    def _largest_rating_ka(self, bus: int) -> float:
        """Largest rating of the lines between the bus and its transformer or source [kA]; 0 without lines."""
        line, largest = self._net["line"], 0.0
        for node in self._after.feeding(self._wiring.node["bus", bus]):
            table, index = self._wiring.key[node]
            if table in ("trafo", "trafo3w"):
                break
            if table == "line":
                largest = max(largest, float(line.at[index, "max_i_ka"] * line.at[index, "df"] * line.at[index, "parallel"]))
        return largest
