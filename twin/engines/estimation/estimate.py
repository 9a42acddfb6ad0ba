"""Weighted least squares state estimation of one instant on power-grid-model (Newton-Raphson).

The loads, generators and storages of a node appear to the estimator as one power with their summed variance;
a node without any is a zero injection, which power-grid-model keeps as a constraint. Afterwards the
estimated node power goes back to the elements: what the estimate moved is shared in proportion to each
element's variance, which is what least squares itself would do with them.

The same meters report tick after tick: where they sit and the model that holds them are kept, what they show is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from power_grid_model import CalculationMethod, MeasuredTerminalType

from twin.contracts.ports import Measurements
from twin.domain.grid import Grid
from twin.engines.estimation.idle_voltages import idle_voltages
from twin.engines.estimation.measured import (
    FLOW_KINDS,
    MIN_SIGMA_MVA,
    Elements,
    Pseudo,
    check_element_powers,
    check_measurements,
)  # fmt: skip
from twin.engines.estimation.pgm_input import is_loop
from twin.engines.estimation.sensor_set import SensorSet, Shown
from twin.engines.flows import Flows, to_dataset

_TERMINAL = {
    "line_from": MeasuredTerminalType.branch_from,
    "line_to": MeasuredTerminalType.branch_to,
    "trafo_hv": MeasuredTerminalType.branch_from,
    "trafo_lv": MeasuredTerminalType.branch_to,
}
RESULTS = (
    "vm_pu", "va_degree", "line_loading_percent", "trafo_loading_percent", "line_p_from_mw", "trafo_p_hv_mw",
    "loss_mw",
)  # fmt: skip
_PLAUSIBLE_PU = 0.5
_KEPT = 8
"""Lists of meters whose places, and sets of sensors whose models are kept: a silent meter makes another set."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class _Places:
    """Where the meters of one list sit.

    Attributes:
        node: of each voltmeter, -1 without supply, dims (voltmeter,).
        branch, terminal: of each flow meter, branch -1 where there is nothing to measure, dims (flow meter,).
    """

    node: np.ndarray
    branch: np.ndarray
    terminal: np.ndarray


class Estimator:
    """State estimation of one compiled grid."""

    def __init__(self, grid: Grid, flows: Flows) -> None:
        self.grid = grid
        self.flows = flows
        self._elements = Elements(grid)
        idle = idle_voltages(grid)
        # Method, start, exact. Newton-Raphson minimises the weighted squares; the idle grid is its nearest start, but a heavy
        # load is nearer to nominal magnitudes. Where contradicting sensors make it diverge from both, the iterative linear
        # method, which weighs currents instead of powers, still finds a state close by.
        self._attempts = (
            (CalculationMethod.newton_raphson, idle, True),
            (CalculationMethod.newton_raphson, idle / np.abs(idle), True),
            (CalculationMethod.iterative_linear, idle / np.abs(idle), False),
        )
        self._load_node = self._elements.node
        self._load_id = grid.nodes + len(grid.branch_from) + len(grid.source_node) + np.arange(len(self._load_node))
        self._load_terminal = np.full(len(self._load_node), MeasuredTerminalType.load)
        self._places: dict[tuple[Any, ...], _Places] = {}
        self._sets: dict[tuple[Any, ...], SensorSet] = {}
        self._labelled: xr.Dataset | None = None

    def estimate(self, m: Measurements) -> xr.Dataset:
        """The most likely state (see `twin.contracts.ports.GridModel`), plus ``va_degree(bus)``.

        ``exact`` is False where only the iterative linear method found one. A measurement that is NaN, or sits
        on something out of service, is left out. When the rest does not determine the state, or no iteration
        converges, everything is NaN and ``converged`` False.
        """
        places = self._checked(m)
        pseudo = self._elements.pseudo(m)
        v, exact = self._voltages(places, m, pseudo)
        values = self.flows.results(v, RESULTS)
        values.update(self._elements.share_out(pseudo, -self.flows.node_injection(v)))
        values["converged"], values["exact"] = np.isfinite(v).all(axis=1), np.array([exact])
        return self._dataset(values)

    def _dataset(self, values: dict[str, np.ndarray]) -> xr.Dataset:
        """Labels and units are the same every time, and take as long to make as the rest; values have dims (1, element)."""
        if self._labelled is None:
            self._labelled = to_dataset(self.grid, values, time=None).isel(time=0)
        return self._labelled.copy(data={name: value[0] for name, value in values.items()})

    def _checked(self, m: Measurements) -> _Places:
        """The places of ``m``'s meters, and every fault of ``m`` refused."""
        bus, flow = np.asarray(m.bus), np.asarray(m.flow_index)
        key = (bus.dtype.str, bus.tobytes(), tuple(m.flow_kind), flow.dtype.str, flow.tobytes())
        if key in self._places:
            check_element_powers(self.grid, m)
            return self._places[key]
        check_measurements(self.grid, m)
        return _keep(self._places, key, self._places_of(m))

    def _places_of(self, m: Measurements) -> _Places:
        grid = self.grid
        position = {int(bus): i for i, bus in enumerate(grid.bus)}
        node = grid.bus_node[[position[int(bus)] for bus in m.bus]]
        branch, terminal = np.full(len(m.flow_kind), -1), np.zeros(len(m.flow_kind), dtype=int)
        for i, (kind, index) in enumerate(zip(m.flow_kind, m.flow_index, strict=True)):
            table = FLOW_KINDS[kind]
            branch[i] = getattr(grid, f"{table}_branch")[getattr(grid, table) == index][0]
            terminal[i] = _TERMINAL[kind]
        there = np.append(~is_loop(grid), False)  # the last for branch -1
        return _Places(node, np.where(there[branch], branch, -1), terminal)

    def _voltages(self, places: _Places, m: Measurements, pseudo: Pseudo) -> tuple[np.ndarray, bool]:
        """Node voltages [pu], dims (1, node), and whether they minimise the weighted squares."""
        shown, *where = self._sensors(places, m, pseudo)
        if len(shown.vm_pu):
            for number, (method, unit, exact) in enumerate(self._attempts):
                v = self._set(number, unit, where).voltages(shown, method)
                # A method that converges to voltages no grid runs at has followed a gross error in some meter.
                if v is not None and np.isfinite(v).all() and (np.abs(np.abs(v) - 1.0) < _PLAUSIBLE_PU).all():
                    return v[None, :], exact
        return np.full((1, self.grid.nodes), np.nan + 0j), False

    def _set(self, number: int, unit: np.ndarray, where: list[np.ndarray]) -> SensorSet:
        key: tuple[Any, ...] = (number, *(part.tobytes() for part in where))
        if key not in self._sets:
            _keep(self._sets, key, SensorSet(self.grid, unit, self._load_node, *where))
        return self._sets[key]

    def _sensors(self, places: _Places, m: Measurements, pseudo: Pseudo) -> tuple[Shown, np.ndarray, np.ndarray, np.ndarray]:
        """What the sensors show that say something, and where they are: ``node``, ``target``, ``terminal`` of `SensorSet`."""
        power, variance = (of_node[self._load_node] for of_node in self._elements.node_sums(pseudo))
        flow = m.flow_p_mw + 1j * m.flow_q_mvar
        voltage_on = (places.node >= 0) & np.isfinite(m.vm_pu) & (m.vm_sigma > 0.0)
        flow_on = (places.branch >= 0) & np.isfinite(flow) & (m.flow_sigma_mva > 0.0)
        load_on = np.isfinite(power) & np.isfinite(variance)
        sigma = np.concatenate([m.flow_sigma_mva[flow_on], np.sqrt(variance[load_on])])
        shown = Shown(
            vm_pu=m.vm_pu[voltage_on],
            vm_sigma=m.vm_sigma[voltage_on],
            power=np.concatenate([flow[flow_on], power[load_on]]),
            sigma_mva=np.maximum(sigma, MIN_SIGMA_MVA),
        )
        node = places.node[voltage_on]
        target = np.concatenate([self.grid.nodes + places.branch[flow_on], self._load_id[load_on]])
        terminal = np.concatenate([places.terminal[flow_on], self._load_terminal[load_on]])
        return shown, node, target, terminal


def _keep(kept: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    """Note it, in place of the oldest where there is no more room."""
    while len(kept) >= _KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value
    return value
