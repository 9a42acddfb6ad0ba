"""A grid under one topology with its limits, ready to be solved and linearised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.domain.grid import Grid

if TYPE_CHECKING:
    from twin.engines.batch.solver import Solver
    from twin.engines.tangents.tangent import Tangent


@dataclass(frozen=True)
class Limits:
    """What must hold everywhere.

    Attributes:
        bus_low_pu, bus_high_pu: bands, dims (bus,).
        line_percent, trafo_percent: highest loading, one for all or dims (line,), (trafo,).
    """

    bus_low_pu: np.ndarray
    bus_high_pu: np.ndarray
    line_percent: np.ndarray | float = 100.0
    trafo_percent: np.ndarray | float = 100.0


@dataclass(frozen=True)
class Network:
    """One topology; solver and linear equations are made when first asked for, and kept.

    Attributes:
        grid: the compiled grid.
        percent_per_pu: loading [%] by 1 pu of current at the from and to end of every branch, dims (2, branch), 0 without a
            rating (see `twin.engines.flows.Flows.percent_per_pu`).
        limits: what must hold.
        by_power: ratings limit apparent power: ``percent_per_pu`` is then per pu of apparent power.
    """

    grid: Grid
    percent_per_pu: np.ndarray
    limits: Limits
    by_power: bool = False

    @classmethod
    def of(cls, grid: Grid, limits: Limits) -> Network:
        """With ratings by current, as pandapower's loadings have them."""
        from twin.engines.flows import Flows

        return cls(grid, Flows(grid).percent_per_pu(), limits)

    @cached_property
    def solver(self) -> Solver:
        """The batch kernel on this topology."""
        from twin.engines.batch.solver import Solver

        return Solver(self.grid)

    @cached_property
    def tangent(self) -> Tangent:
        """The linear equations of this topology."""
        from twin.engines.tangents.tangent import Tangent

        return Tangent(self.grid)

    @cached_property
    def admittance(self) -> Any:
        """Bus admittance matrix over nodes [pu], sparse, dims (node, node)."""
        from twin.engines.control.voltage_response import admittance

        return admittance(self.grid)

    @cached_property
    def _responses(self) -> dict[bytes, tuple[np.ndarray, np.ndarray]]:
        return {}

    def response_at(self, node: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How voltages at ``node`` answer to powers there at no load (`twin.engines.control.voltage_response`)."""
        from twin.engines.control.voltage_response import voltage_response

        key = np.ascontiguousarray(node).tobytes()
        if key not in self._responses:
            self._responses[key] = voltage_response(self.grid, node)
        return self._responses[key]

    @cached_property
    def bus_of_node(self) -> np.ndarray:
        """Position in ``grid.bus`` of the first bus at each node, -1 for none (star points, open ends), dims (node,)."""
        found = np.full(self.grid.nodes, -1)
        position = np.flatnonzero(self.grid.bus_node >= 0)[::-1]
        found[self.grid.bus_node[position]] = position
        return found

    @cached_property
    def node_band_pu(self) -> tuple[np.ndarray, np.ndarray]:
        """Tightest band of the buses at each node; unbounded where there is none and at sources, dims (node,) each."""
        low, high = np.full(self.grid.nodes, -np.inf), np.full(self.grid.nodes, np.inf)
        on = self.grid.bus_node >= 0
        np.maximum.at(low, self.grid.bus_node[on], np.asarray(self.limits.bus_low_pu)[on])
        np.minimum.at(high, self.grid.bus_node[on], np.asarray(self.limits.bus_high_pu)[on])
        low[self.grid.source_node], high[self.grid.source_node] = -np.inf, np.inf
        return low, high

    @cached_property
    def elements(self) -> tuple[tuple[str, int, str], ...]:
        """Table, index and name of what each branch belongs to, dims (branch,)."""
        grid = self.grid
        found = [("", -1, "")] * len(grid.branch_from)
        for table, ends in (("line", 1), ("trafo", 1), ("trafo3w", 3)):
            branches = getattr(grid, f"{table}_branch").reshape(-1, ends)
            names = grid.names.get(table, ())
            for position, index in enumerate(getattr(grid, table).tolist()):
                name = names[position] if position < len(names) and names[position] not in {"", "None"} else str(index)
                for branch in branches[position][branches[position] >= 0].tolist():
                    found[branch] = (table, index, name)
        return tuple(found)

    @cached_property
    def branch_limit_percent(self) -> np.ndarray:
        """Highest loading of every branch [%], infinite without a rating, dims (branch,)."""
        limit = np.full(len(self.grid.branch_from), np.inf)
        for table, percent in (("line", self.limits.line_percent), ("trafo", self.limits.trafo_percent)):
            branch = getattr(self.grid, f"{table}_branch")
            on = branch >= 0
            limit[branch[on]] = np.broadcast_to(percent, branch.shape)[on]
        windings = self.grid.trafo3w_branch[self.grid.trafo3w_branch >= 0]
        limit[windings] = np.max(np.asarray(self.limits.trafo_percent), initial=100.0) if windings.size else 100.0
        limit[~(self.percent_per_pu > 0.0).any(axis=0)] = np.inf
        return limit

    def bus_name(self, node: int) -> str:
        """The first bus at a node, by name."""
        position = int(self.bus_of_node[node])
        names = self.grid.names.get("bus", ())
        named = position < len(names) and names[position] not in {"", "None"}
        return names[position] if named else str(self.grid.bus[position])

    def bus_key(self, node: int) -> str:
        """Stable name of a node, "bus:458"."""
        return f"bus:{self.grid.bus[self.bus_of_node[node]]}"

    def shares(self, v: np.ndarray) -> np.ndarray:
        """Loading as a complex number, whose magnitude is the loading of that end [%], dims (step, end, branch).

        It is the current that enters at that end, or, where ratings limit apparent power, the power.
        """
        grid = self.grid
        v_from, v_to = v[:, grid.branch_from], v[:, grid.branch_to]
        entering = np.stack(
            [grid.branch_yff * v_from + grid.branch_yft * v_to, grid.branch_ytf * v_from + grid.branch_ytt * v_to], axis=1
        )
        if self.by_power:
            entering = np.stack([v_from, v_to], axis=1) * entering.conj()
        share: np.ndarray = entering * self.percent_per_pu
        return share

    def loading_percent(self, v: np.ndarray) -> np.ndarray:
        """Loading of every branch, that of its worse end [%], dims (step, branch)."""
        return np.abs(self.shares(v)).max(axis=1)
