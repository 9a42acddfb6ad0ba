"""How badly states break their limits: the figure that every remedy is judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from scenarios.risk.held import HELD, WANT, Held
from scenarios.risk.states import States, topologies_in
from twin.contracts.ports import Engine
from twin.domain.controls import Controls
from twin.domain.grid import Topology
from twin.domain.time import HOURS_PER_STEP

Change = Callable[[Topology], Topology]
_WATT_MW = 1e-6


@dataclass(frozen=True)
class Harm:
    """Violations by state, dims (time,).

    Attributes:
        overload_percent: sum over lines and transformers of the loading above their limit. ``voltage_percent``: sum over buses
            of the distance from their band, in % of nominal. ``unserved_mw``: load without supply.
        solved: whether a power flow exists.
    """

    overload_percent: np.ndarray
    voltage_percent: np.ndarray
    unserved_mw: np.ndarray
    solved: np.ndarray

    @property
    def bad(self) -> np.ndarray:
        """Rows in which anything is broken."""
        broken = (self.overload_percent > HELD) | (self.voltage_percent > HELD) | (self.unserved_mw > _WATT_MW)
        return np.flatnonzero(broken | ~self.solved)

    def figures(self) -> dict[str, float]:
        """Summed over time: %.h, %.h, MWh, and quarter hours without solution."""
        return {
            "overload_percent_h": HOURS_PER_STEP * float(self.overload_percent.sum()),
            "voltage_percent_h": HOURS_PER_STEP * float(self.voltage_percent.sum()),
            "unserved_mwh": HOURS_PER_STEP * float(self.unserved_mw.sum()),
            "unsolved": float((~self.solved).sum()),
        }

    def with_rows(self, rows: np.ndarray, other: Harm) -> Harm:
        """The same with ``other`` in the places of those rows."""
        parts = []
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            copied = mine.copy()
            copied[rows] = theirs
            parts.append(copied)
        return Harm(*parts)


@dataclass(frozen=True)
class Judge:
    """Solves the states of a scenario as they are, or as something would change them."""

    engine: Engine
    held: Held
    controls: Controls | None

    def harm(self, states: States, change: Change | None = None, engine: Engine | None = None) -> Harm:
        """Violations of every state.

        Args:
            change: of the topology in force. ``engine``: of another grid with the same elements.
        """
        return self.look(states, change, engine)[0]

    def look(self, states: States, change: Change | None = None, engine: Engine | None = None) -> tuple[Harm, np.ndarray]:
        """As `harm`, and the excess over every limit (`Held.excess`), dims (time, limit)."""
        count = len(states)
        excess = np.full((count, len(self.held.all)), -np.inf)
        unserved = np.zeros(count)
        for topology, rows in topologies_in(states).items():
            model = (engine or self.engine).model(topology if change is None else change(topology))
            given = states.injections.isel(time=rows).drop_vars("time", errors="ignore")
            excess[rows] = self.held.excess(model.solve(given, want=WANT, controls=self.controls))
            unserved[rows] = self._dark_mw(given, model.grid.load_node < 0)
        return self.of_excess(excess, unserved), excess

    def of_excess(self, excess: np.ndarray, unserved_mw: np.ndarray) -> Harm:
        """Violations from the excess over every limit, dims (time, limit)."""
        solved = np.asarray(~np.isposinf(excess).any(axis=1))
        beyond = np.where(solved[:, None], np.maximum(excess, 0.0), 0.0)
        branches = len(self.held.grid.line) + len(self.held.grid.trafo)
        return Harm(beyond[:, :branches].sum(axis=1), beyond[:, branches:].sum(axis=1), unserved_mw, solved)

    def _dark_mw(self, given: xr.Dataset, dark: np.ndarray) -> np.ndarray:
        # scaling of the normal grid: an element without supply has none in its own
        return np.asarray((given["load_p_mw"].to_numpy() * self.held.grid.load_scaling)[:, dark].sum(axis=1))
