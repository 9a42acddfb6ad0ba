"""N-1 over time: every outage, every permitted single closure after it, ranked; with MW unsupplied before and after.

A line's outage opens both its ends. What loses its supply is dark; a closure that joins a dark part with a
supplied one is tried, and the best is the one with the least unsupplied power, then the fewest violations, then
the least losses (each is one switching). The violation of a state is the sum of all loadings beyond the limit [%]
and of all voltages beyond the band [% of nominal voltage].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.ports import GridLimits
from twin.domain.grid import Grid
from twin.domain.problems import Problems
from twin.engines.batch.outage_solver import Case, CaseFigures
from twin.engines.injections import Profiles
from twin.engines.outages.closures import Closure

Outages = str | Iterable[Any]
Solve = Callable[[Sequence[Case], Profiles, GridLimits], CaseFigures]
_TABLES = {"lines": "line", "trafos": "trafo"}
_WATT_MW = 1e-6
"""Unsupplied powers that differ by less rank equal."""


@dataclass(frozen=True)
class Outage:
    """An element that goes: ``table`` "line" or "trafo", its index, and the place in the compiled grid's branches (-1 out)."""

    table: str
    index: int
    branch: int

    @property
    def label(self) -> str:
        """As the ``outage`` coordinate names it, for example "line 12"."""
        return f"{self.table} {self.index}"


def outages_of(grid: Grid, outages: Outages) -> list[Outage]:
    """The outages asked for: "lines", "trafos", line indices, or (table, index) pairs.

    Raises:
        BadInput: naming every unknown table and index.
    """
    problems = Problems()
    wanted: object = outages
    if not isinstance(wanted, (str, Iterable)):
        pairs = []
        problems.add("outages", repr(outages), '"lines", "trafos" or indices', "give a list")
    elif not isinstance(outages, str):
        pairs = [item if isinstance(item, tuple) else ("line", item) for item in outages]
    elif outages in _TABLES:
        pairs = [(_TABLES[outages], index) for index in getattr(grid, _TABLES[outages])]
    else:
        pairs = []
        problems.add("outages", repr(outages), '"lines", "trafos" or indices', "correct the name")
    known = {
        (table, int(index)): int(branch)
        for table in _TABLES.values()
        for index, branch in zip(getattr(grid, table), getattr(grid, f"{table}_branch"), strict=True)
    }
    found = []
    for pair in pairs:
        # True == 1 and 1.0 == 1 to a dict, and neither is an index
        if all(isinstance(part, (str, int, np.integer)) and not isinstance(part, bool) for part in pair) and pair in known:
            found.append(Outage(pair[0], int(pair[1]), known[pair]))
        else:
            problems.add(f"outages, {' '.join(map(str, pair))}", "unknown", "a line or trafo of the net", "correct the list")
    problems.raise_if_any()
    return found


@dataclass(frozen=True)
class Tie:
    """A closure in the compiled grid: the two nodes that the switch joins, and the branch that it stands at (-1: none)."""

    switch: int
    nodes: tuple[int, int]
    branch: int


def ties_of(grid: Grid, closures: Iterable[Closure], z_ohm: Mapping[int, float]) -> tuple[list[Tie], list[int]]:
    """The permitted closures that join two nodes of the compiled grid, and the switches of those that it cannot hold.

    A coupler joins its buses. A line or transformer that is open at one end ends in a node of its own there.

    Args:
        z_ohm: impedance of the couplers that have one, by switch: they join no two nodes to one, and are not tried.
    """
    node = dict(zip(grid.bus.tolist(), grid.bus_node.tolist(), strict=True))
    ties, untried = [], []
    for closure in closures:
        if not closure.permitted:
            continue
        here, branch = node[closure.bus], -1
        if closure.kind == "coupler":
            end = -1 if z_ohm.get(closure.switch, 0.0) > 0.0 else node[closure.other_bus]
        elif closure.kind == "trafo3w":
            end = _open_winding(grid, closure.branch, here)
        else:
            branch = int(getattr(grid, f"{closure.kind}_branch")[getattr(grid, closure.kind) == closure.branch][0])
            ends = () if branch < 0 else (int(grid.branch_from[branch]), int(grid.branch_to[branch]))
            end = next((e for e in ends if e not in (here, node[closure.other_bus])), -1)
        if here >= 0 and end >= 0 and here != end:
            ties.append(Tie(closure.switch, (here, end), branch))
        elif here != end or here < 0:
            untried.append(closure.switch)
    return ties, untried


def _open_winding(grid: Grid, trafo3w: int, here: int) -> int:
    """The end of a three-winding transformer that is a node of its own, not its star point and no bus's; -1 for none."""
    windings = grid.trafo3w_branch[grid.trafo3w == trafo3w][0]
    if (windings < 0).any():
        return -1
    ends = [{int(grid.branch_from[w]), int(grid.branch_to[w])} for w in windings]
    star = set.intersection(*ends)
    own = set.union(*ends) - star - set(grid.bus_node.tolist()) - {here}
    return own.pop() if len(own) == 1 else -1


def contingencies(
    grid: Grid,
    profiles: Profiles,
    outages: Sequence[Outage],
    ties: Sequence[Tie],
    *,
    solve: Solve,
    dark: Callable[[Sequence[Case]], np.ndarray],
    limits: GridLimits,
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """See `twin.engines.model.BatchModel.contingencies`; ``ties`` are the closures to try (none: no restoration)."""
    first = [Case(outage.branch) for outage in outages]
    lost = dark(first)
    tried = [
        (o, tie.switch, Case(first[o].branch, tie.nodes))
        for o in range(len(outages))
        if lost[o].any()
        for tie in ties
        # a switch at the failed branch itself gives nobody supply
        if lost[o, tie.nodes[0]] != lost[o, tie.nodes[1]] and (tie.branch < 0 or tie.branch != first[o].branch)
    ]
    found = solve([*first, *(case for _, _, case in tried)], profiles, limits)
    unsupplied = _unsupplied_mw(grid, profiles, found.dark)
    count = len(outages)
    best = _best(found, unsupplied, count, [o for o, _, _ in tried])
    at = np.where(best >= 0, best, np.arange(count)[:, None])
    steps = np.arange(profiles.steps)[None, :]
    switch = np.append(np.array([-1] * count + [s for _, s, _ in tried], dtype=int), -1)
    data: dict[str, Any] = {
        "unsupplied_before_mw": (("outage", "time"), unsupplied[:count], {"units": "MW"}),
        "unsupplied_after_mw": (("outage", "time"), unsupplied[at, steps], {"units": "MW"}),
        "closure": (("outage", "time"), switch[best]),
    }
    for prefix, rows in (("", np.broadcast_to(np.arange(count)[:, None], at.shape)), ("after_", at)):
        data |= _named(grid, found, rows, steps, prefix)
    data |= _tried(found, unsupplied, count, [(o, s) for o, s, _ in tried])
    data |= _margin(data)
    coords: dict[str, Any] = {
        "outage": [outage.label for outage in outages],
        "table": ("outage", [outage.table for outage in outages]),
        "element": ("outage", [outage.index for outage in outages]),
    }
    if profiles.time is not None:
        coords["time"] = profiles.time
    return xr.Dataset(data, coords=coords, attrs=dict(attrs))


def _unsupplied_mw(grid: Grid, profiles: Profiles, dark: np.ndarray) -> np.ndarray:
    """Load [MW] at dark nodes, dims (case, time)."""
    active = np.flatnonzero((grid.load_node >= 0) & (grid.load_scaling != 0.0))
    off = dark[:, grid.load_node[active]] * grid.load_scaling[active]
    some = off.any(axis=1)
    lost = np.zeros((len(dark), profiles.steps))
    if some.any():
        if "load_p_mw" in profiles.varying:
            power = profiles.chunk(0, profiles.steps)["load_p_mw"][:, active]
        else:
            power = np.broadcast_to(profiles.fixed["load_p_mw"][active], (profiles.steps, len(active)))
        lost[some] = off[some] @ power.T
    return lost


def _best(found: CaseFigures, unsupplied: np.ndarray, count: int, of: Sequence[int]) -> np.ndarray:
    """The best closure's case of every outage and step, -1 for none, dims (outage, time)."""
    best = np.full((count, unsupplied.shape[1]), -1)
    for case, outage in enumerate(of, start=count):
        now = best[outage]
        kept = np.where(now >= 0, now, case)
        everyone = np.arange(len(now))
        rank = [
            (np.round(unsupplied[case] / _WATT_MW), np.round(unsupplied[kept, everyone] / _WATT_MW)),
            (np.round(found.violation[case], 6), np.round(found.violation[kept, everyone], 6)),
            (found.loss_mw[case], found.loss_mw[kept, everyone]),
        ]
        better, equal = np.zeros(len(now), dtype=bool), np.ones(len(now), dtype=bool)
        for mine, theirs in rank:
            better |= equal & (mine < theirs)
            equal &= mine == theirs
        solved = np.isfinite(found.violation[case])
        best[outage] = np.where(solved & ((now < 0) | better), case, now)
    return best


def _named(grid: Grid, found: CaseFigures, rows: np.ndarray, steps: np.ndarray, prefix: str) -> dict[str, Any]:
    """Figures of those cases, dims (outage, time); elements by name."""
    dims = ("outage", "time")
    branch_name, bus_of = branch_names(grid), _bus_of_node(grid)
    values = {
        "loading_percent_max": (found.loading_percent, "%"),
        "vm_pu_min": (found.vm_low_pu, "pu"),
        "vm_pu_max": (found.vm_high_pu, "pu"),
        "violation": (found.violation, "%"),
        "loss_mw": (found.loss_mw, "MW"),
    }
    data: dict[str, Any] = {
        prefix + name: (dims, array[rows, steps], {"units": unit}) for name, (array, unit) in values.items()
    }
    data[f"{prefix}loading_at"] = (dims, branch_name[found.loading_branch[rows, steps]])
    data[f"{prefix}vm_pu_min_bus"] = (dims, bus_of[found.vm_low_node[rows, steps]])
    data[f"{prefix}vm_pu_max_bus"] = (dims, bus_of[found.vm_high_node[rows, steps]])
    data[f"{prefix}converged"] = (dims, np.isfinite(found.violation[rows, steps]))
    return data


def _tried(found: CaseFigures, unsupplied: np.ndarray, count: int, of: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Every closure tried, so that a reader sees what the best was better than, dims (case,) and (case, time)."""
    dims = ("case", "time")
    return {
        "case_outage": ("case", np.array([outage for outage, _ in of], dtype=int)),
        "case_closure": ("case", np.array([switch for _, switch in of], dtype=int)),
        "case_unsupplied_mw": (dims, unsupplied[count:], {"units": "MW"}),
        "case_violation": (dims, found.violation[count:], {"units": "%"}),
        "case_loading_percent_max": (dims, found.loading_percent[count:], {"units": "%"}),
        "case_vm_pu_min": (dims, found.vm_low_pu[count:], {"units": "pu"}),
        "case_loss_mw": (dims, found.loss_mw[count:], {"units": "MW"}),
    }


def _margin(data: Mapping[str, Any]) -> dict[str, Any]:
    """N-1 margin: distance of the worst outage, after restoration, to 100 % loading, dims (time,)."""
    loading = data["after_loading_percent_max"][1]
    solved = np.isfinite(loading).all(axis=0) & (len(loading) > 0)
    worst = np.where(solved, np.nan_to_num(loading, nan=0.0).max(axis=0, initial=0.0), np.nan)
    return {"n1_margin_percent": (("time",), 100.0 - worst, {"units": "%"})}


def branch_names(grid: Grid) -> np.ndarray:
    """Name of every branch of a compiled grid, "line 12"; "" behind the last (for none), dims (branch + 1,)."""
    names = np.full(len(grid.branch_from) + 1, "", dtype="U24")
    for table in ("line", "trafo", "trafo3w"):
        place = getattr(grid, f"{table}_branch").reshape(len(getattr(grid, table)), 3 if table == "trafo3w" else 1)
        for index, branches in zip(getattr(grid, table), place, strict=True):
            names[branches[branches >= 0]] = f"{table} {index}"
    return names


def _bus_of_node(grid: Grid) -> np.ndarray:
    """A bus of every node, -1 for one without (an open line's end) and behind the last, dims (node + 1,)."""
    bus = np.full(grid.nodes + 1, -1)
    at = np.flatnonzero(grid.bus_node >= 0)[::-1]  # the first of a node's buses names it
    bus[grid.bus_node[at]] = grid.bus[at]
    return bus
