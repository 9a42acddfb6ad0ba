"""The grid of a document: its own loads and generators, its limits, and where the devices stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.boxes.flexibility.document.build import Built
from twin.boxes.flexibility.document.check import NO_BUS
from twin.boxes.flexibility.document.connection import GridPath, GridTable
from twin.boxes.flexibility.document.read import Draft
from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.network import Limits, Network
from twin.boxes.flexibility.lp.problem import steps_of
from twin.domain.grid import Topology
from twin.domain.problems import Problems

if TYPE_CHECKING:
    from twin.domain.grid import Grid
    from twin.engines.compile import Compiled

ReadNet = Callable[[GridTable, Path], Any]
"""Reads the pandapower net that a [grid] names, relative to a folder; the outside world hands it in."""


class DocumentGrid:
    """A document's grid, compiled.

    Args:
        draft: a document with a grid. ``read``: reads its net.

    Raises:
        BadInput: naming every fault of the net, or every bus and line that it does not have.
    """

    def __init__(self, draft: Draft, read: ReadNet) -> None:
        from twin.engines.compile import compile_net

        table = draft.document.grid
        assert table is not None, "the document has a grid"
        net = _sound(read(table, draft.folder))
        self.table = table
        self._steps = len(draft.document.hours)
        self._compiled = compile_net(net)
        problems = Problems()
        self._bus_by_id = _places(draft, self._compiled.grid, problems)
        lines = _outages(draft, self._compiled.grid, problems)
        problems.raise_if_any()
        self._outages = {name: compile_net(net, Topology(out_lines=frozenset([at]))) for name, at in lines.items()}

    @property
    def base_mw(self) -> np.ndarray:
        """Net import of the grid's own loads and generators, without losses [MW], dims (step,)."""
        return np.asarray(self._consumption(self._compiled, self.table).real.sum(axis=1))

    def case(self, built: Built) -> Case:
        """The grid with everything that is not planned, and the units at their buses."""
        return self._case(built, self._compiled)

    def outages(self, built: Built) -> dict[str, Case]:
        """The same without each line that may fail, by "line:<number>"."""
        return {name: self._case(built, compiled) for name, compiled in self._outages.items()}

    def _case(self, built: Built, compiled: Compiled) -> Case:
        from twin.engines.flows import Flows

        grid = compiled.grid
        low, high = (np.full(len(grid.bus), limit) for limit in (self.table.vm_min_pu, self.table.vm_max_pu))
        limits = Limits(low, high, self.table.line_percent, self.table.trafo_percent)
        position = [self._bus_by_id.get(unit.id, -1) if unit.electric else -1 for unit in built.problem.parts.units]
        return Case(
            network=Network(grid, Flows(grid).percent_per_pu(), limits),
            consumption=self._consumption(compiled, self.table),
            paths=np.stack([self._consumption(compiled, path) for path in self.table.path]) if self.table.path else None,
            unit_node=np.array([grid.bus_node[at] if at >= 0 else -1 for at in position], dtype=int),
        )

    def _consumption(self, compiled: Compiled, path: GridTable | GridPath) -> np.ndarray:
        """Own loads less generators, constant power [MVA], complex, dims (step, node)."""
        grid, total = compiled.grid, np.zeros((self._steps, compiled.grid.nodes), dtype=complex)
        factors = {"load": path.load_factor, "sgen": path.sgen_factor, "storage": 1.0}
        for name, factor in factors.items():
            node = getattr(grid, f"{name}_node")
            power = compiled.own[f"{name}_p_mw"] + 1j * compiled.own[f"{name}_q_mvar"]
            power = (power * getattr(grid, f"{name}_scaling") * (-1.0 if name == "sgen" else 1.0))[node >= 0]
            steps = steps_of(np.asarray(factor, dtype=float), self._steps)
            np.add.at(total.T, node[node >= 0], power[:, None] * steps[None, :])
        return total


def _sound(net: Any) -> Any:
    from twin.domain.problems import BadInput
    from twin.engines.net_problems import not_held, structure_problems

    if found := structure_problems(net) or not_held(net):
        raise BadInput(found)
    return net


def _places(draft: Draft, grid: Grid, problems: Problems) -> dict[str, int]:
    """Position of every device's bus in ``grid.bus``.

    Faults: every device without a bus, or at one that does not exist, that is not unique, or that nothing supplies.
    """
    names = grid.names.get("bus", ())
    count = Counter(names)
    by_name = {name: at for at, name in enumerate(names) if count[name] == 1}
    by_index = {int(index): at for at, index in enumerate(grid.bus)}
    found = dict[str, int]()
    for table, at, entry in draft.document.devices():
        place, bus = draft.places(table, at, "bus"), entry.bus
        position = by_index.get(bus) if isinstance(bus, int) else by_name.get(str(bus))
        if bus is None:
            problems.add(place, *NO_BUS)
        elif position is None:
            value = f"bus = {bus!r}" + (f", which {count[str(bus)]} buses bear" if count[str(bus)] > 1 else "")
            problems.add(place, value, "a bus of the grid", f"such as {_some(grid)}")
        elif grid.bus_node[position] < 0:
            problems.add(place, f"bus = {bus!r}, which nothing supplies", "a bus in service", "correct bus or grid")
        else:
            found[entry.id] = position
    return found


def _outages(draft: Draft, grid: Grid, problems: Problems) -> dict[str, int]:
    """Lines that may fail, by "line:<number>"; every one that the grid does not have is a fault."""
    table, names = draft.document.grid, grid.names.get("line", ("",) * len(grid.line))
    found = dict[str, int]()
    for asked in () if table is None else table.outages:
        known = [
            int(index) for at, index in enumerate(grid.line) if asked in {int(index), names[at] if at < len(names) else ""}
        ]
        if len(known) == 1:
            found[f"line:{known[0]}"] = known[0]
        else:
            value = f"{asked!r}" + (f", which {len(known)} lines bear" if known else "")
            some = ", ".join([str(index) for index in grid.line[:3]])
            problems.add(draft.places("grid", "outages"), value, "a line of the grid", f"such as {some}")
    return found


def _some(grid: Grid) -> str:
    names = [name for name in grid.names.get("bus", ())[:3] if name not in {"", "None"}]
    return ", ".join(map(repr, names)) if names else ", ".join(str(index) for index in grid.bus[:3])
