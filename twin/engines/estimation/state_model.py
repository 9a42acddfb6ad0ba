"""A grid made ready for state estimation: which nodes are silent, where its angles start, what its meters determine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from twin.domain.grid import NORMAL, Grid, Topology
from twin.domain.problems import BadInput
from twin.engines.compile import compile_net
from twin.engines.estimation.gain import GainPattern
from twin.engines.estimation.gauss_newton import Fit, fit
from twin.engines.estimation.idle_voltages import idle_voltages
from twin.engines.estimation.state_equations import I_END, P_END, P_NODE, Q_END, Q_NODE, VA, VM, Equations, Layout, Rows
from twin.engines.estimation.state_readings import Readings
from twin.engines.estimation.state_start import SensorPlan
from twin.engines.flows import Flows
from twin.engines.net_problems import not_held, structure_problems

_REFERENCE_SIGMA = 1e-4
"""Of the angle [rad] that an island without any measured angle starts from; nothing contradicts it, so it biases nothing."""
_PRIOR_VM_PU = 0.05
"""Of a voltage that nothing determines, about the idle grid's: EN 50160 allows +-10 % (4.2.2.2), taken as two sigma."""
_PRIOR_VA_RAD = 0.1
"""Likewise of an angle: some six degrees, more than any feeder turns it."""
_STRUCTURES = 8
"""Sets of meters whose structure is kept: a removed or silent meter makes another set."""
_ZERO_PIVOT = 1e-12
"""Of rows of length 1 and states scaled to a unit diagonal. Determined states of 5,500 buses in one tree stay above 2e-9, of
mv_oberrhein above 4e-4 (measured); rounding leaves 1e-15."""
_STILL = 1e-6
"""Of a state while the assumed ones, scaled alike, move by 1 to 2: what rounding leaves."""
_PROBES, _SEED = 2, 20240229


@dataclass(frozen=True)
class Meters:
    """One set of readings on a model, ready to be solved.

    Attributes:
        rows: the readings' rows, then silent nodes, then angle references, then priors of what nothing determines.
        plan: how power-grid-model gets them. ``silent``: nodes that neither draw nor inject, bool, dims (node,).
        determined: states that the rows determine, bool, dims (state,); ``observable`` nodes: both of theirs.
    """

    readings: Readings
    rows: Rows
    layout: Layout
    pattern: GainPattern
    determined: np.ndarray
    plan: SensorPlan
    silent: np.ndarray

    @property
    def count(self) -> int:
        """Number of rows that meters gave."""
        return len(self.readings.rows)

    @property
    def observable(self) -> np.ndarray:
        """Nodes whose voltage the meters determine, bool, dims (node,)."""
        return np.logical_and(*self.determined.reshape(2, -1))

    def showing(self, values: np.ndarray) -> Meters:
        """The same meters with other values, dims (row of the readings,)."""
        measured = replace(self.readings.rows, value=values)
        rows = replace(self.rows, value=np.concatenate([values, self.rows.value[self.count :]]))
        return replace(self, readings=replace(self.readings, rows=measured), rows=rows)

    def fit(self, start: np.ndarray) -> Fit | None:
        """The minimum of the weighted squares from ``start``, complex node voltages [pu]; None where none is found."""
        try:
            found = fit(self.layout, self.pattern, self.rows, start)
        except np.linalg.LinAlgError:
            return None
        return found if found.converged and np.isfinite(found.v).all() else None


_Structure = tuple[Layout, GainPattern, np.ndarray, SensorPlan]


@dataclass(frozen=True)
class Solution:
    """The state that explains the meters best.

    Attributes:
        v: complex node voltages [pu], dims (node,); NaN where not determined, everywhere when nothing converged.
        exact: the weighted squares are at their minimum; False where only the iterative linear method found a state.
        fit: the last Gauss-Newton step, None where none converged.
    """

    v: np.ndarray
    converged: bool
    exact: bool
    fit: Fit | None


class StateModel:
    """A grid compiled for state estimation. Keep it where many sets of measurements come from the same grid.

    Attributes:
        injects: buses at which a load, generator, storage or source is connected and in service, bool, dims (bus,). A net
            without any load, generator and storage says nothing about what its buses do: there, every bus may inject.
    """

    def __init__(self, grid: Grid, flows: Flows, injects: np.ndarray) -> None:
        self.grid = grid
        self.flows = flows
        self.injects = injects
        self.equations = Equations(grid)
        self.idle = idle_voltages(grid)
        self._structures: dict[bytes, _Structure] = {}
        graph = sparse.coo_array(
            (np.ones(len(grid.branch_from)), (grid.branch_from, grid.branch_to)), shape=(grid.nodes, grid.nodes)
        )
        self.island: np.ndarray = connected_components(graph, directed=False)[1]
        _, first = np.unique(self.island[grid.source_node], return_index=True)
        self._reference, self._angle = grid.source_node[first], np.radians(grid.source_va_degree[first])

    @classmethod
    def of_net(cls, net: Any, topology: Topology = NORMAL) -> StateModel:
        """Compile a pandapower net, which is left unchanged.

        Raises:
            BadInput: naming every fault of the net (see `twin.engines.net_problems`).
        """
        if found := structure_problems(net) or not_held(net):
            raise BadInput(found)
        compiled = compile_net(net, topology)
        return cls(compiled.grid, Flows(compiled.grid), _injects(net, compiled.grid))

    def meters(self, readings: Readings) -> Meters:
        """Add what is known without a meter, and find out what all that determines."""
        grid, measured = self.grid, readings.rows
        drawing = np.zeros(grid.nodes, dtype=bool)
        drawing[grid.bus_node[self.injects & (grid.bus_node >= 0)]] = True
        power = (measured.quantity == P_NODE) | (measured.quantity == Q_NODE)
        drawing[measured.at[power]] = True
        silent = ~drawing
        silent[grid.source_node] = False
        rows = measured.followed_by(self._silent_rows(silent, measured)).followed_by(self._reference_rows(measured))
        layout, pattern, determined, plan = self._structure(rows, len(measured), silent)
        if not determined.all():
            rows = rows.followed_by(self._prior_rows(determined))
            layout, pattern, _, plan = self._structure(rows, len(measured), silent)
        return Meters(readings, rows, layout, pattern, determined, plan, silent)

    def solve(self, meters: Meters) -> Solution:
        """power-grid-model's answer, taken to the minimum of the weighted squares."""
        approximate: np.ndarray | None = None
        for start in meters.plan.voltages(meters.readings.rows) if meters.determined.all() else ():
            approximate = self.turned(start)
            found = meters.fit(approximate)
            if found is not None:
                return Solution(found.v, True, True, found)
        found = meters.fit(self.idle) if meters.observable.any() else None
        if found is not None:
            return Solution(np.where(meters.observable, found.v, np.nan), True, True, found)
        if approximate is not None:
            return Solution(approximate, True, False, None)
        return Solution(np.full(self.grid.nodes, np.nan + 0j), False, False, None)

    def _structure(self, rows: Rows, count: int, silent: np.ndarray) -> _Structure:
        """All that does not depend on what the meters show; kept, because the same meters report again and again."""
        key = b"%d " % count + silent.tobytes() + rows.quantity.tobytes() + rows.at.tobytes()
        if key not in self._structures:
            layout = self.equations.layout(rows)
            exact = np.zeros(len(rows), dtype=bool)
            exact[count : count + 2 * int(silent.sum())] = True
            pattern = GainPattern(layout.indptr, layout.indices, 2 * self.grid.nodes, exact)
            while len(self._structures) >= _STRUCTURES:
                self._structures.pop(next(iter(self._structures)))
            plan = SensorPlan(self.grid, self.idle, rows.quantity[:count], rows.at[:count], silent)
            self._structures[key] = layout, pattern, _determined(layout, pattern, rows, self.idle), plan
        return self._structures[key]

    def turned(self, v: np.ndarray) -> np.ndarray:
        """The same state with every island's reference at its angle."""
        turn = np.zeros(int(self.island.max(initial=-1)) + 1)
        turn[self.island[self._reference]] = self._angle - np.angle(v[self._reference])
        turned: np.ndarray = v * np.exp(1j * turn[self.island])
        return turned

    def _silent_rows(self, silent: np.ndarray, measured: Rows) -> Rows:
        """They hold exactly; their standard deviation, that of the best power meter, is only a scale."""
        node = np.flatnonzero(silent)
        power = measured.sigma[np.isin(measured.quantity, (P_END, Q_END, P_NODE, Q_NODE))]
        sigma = float(power.min()) if len(power) else 1.0
        quantity = np.repeat([P_NODE, Q_NODE], len(node))
        return Rows(quantity, np.tile(node, 2), np.zeros(2 * len(node)), np.full(2 * len(node), sigma))

    def _prior_rows(self, determined: np.ndarray) -> Rows:
        """What is known of nodes that nothing determines: enough to solve for the others, too little to move them."""
        blind = np.flatnonzero(~determined.reshape(2, -1).all(axis=0))
        count = len(blind)
        return Rows(
            np.repeat([VM, VA], count),
            np.tile(blind, 2),
            np.concatenate([np.abs(self.idle)[blind], np.angle(self.idle)[blind]]),
            np.repeat([_PRIOR_VM_PU, _PRIOR_VA_RAD], count),
        )

    def _reference_rows(self, measured: Rows) -> Rows:
        known = np.isin(self.island[self._reference], self.island[measured.at[measured.quantity == VA]])
        node, angle = self._reference[~known], self._angle[~known]
        return Rows(np.full(len(node), VA), node, angle, np.full(len(node), _REFERENCE_SIGMA))


def _determined(layout: Layout, pattern: GainPattern, rows: Rows, idle: np.ndarray) -> np.ndarray:
    """States that the rows determine, bool, dims (state,).

    Numerical observability at the voltages of the idle grid: a zero pivot belongs to a state that has to be assumed, and
    whatever moves with the assumed values is not determined (A. Monticelli, F. F. Wu, "Network observability: theory", IEEE
    Trans. PAS 104(5), 1985; Abur and Exposito, section 4.6). A current's magnitude determines nothing: it says neither which
    way it flows, nor how much of it is reactive.
    """
    _, entries = layout.evaluate(idle)
    size = np.sqrt(np.bincount(pattern.row_of_entry, entries**2, len(rows)))
    sigma = np.where((rows.quantity == I_END) | (size == 0.0), np.inf, size)
    gain = pattern.factor(entries, sigma, least=_ZERO_PIVOT)
    values = np.random.default_rng(_SEED).uniform(1.0, 2.0, (_PROBES, pattern.states)) * gain.assumed
    scale = gain.scale[: pattern.states]
    return np.logical_and.reduce(np.abs(gain.solve(values / scale) / scale) < _STILL)


def _injects(net: Any, grid: Grid) -> np.ndarray:
    drawing = [net[table].loc[net[table]["in_service"].astype(bool), "bus"] for table in ("load", "sgen", "storage")]
    if not sum(len(net[table]) for table in ("load", "sgen", "storage")):
        return np.ones(len(grid.bus), dtype=bool)
    source = net["ext_grid"].loc[net["ext_grid"]["in_service"].astype(bool), "bus"]
    return np.isin(grid.bus, np.concatenate([*drawing, source]).astype(int))
