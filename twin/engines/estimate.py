"""Weighted least squares state estimation of one instant on power-grid-model (Newton-Raphson).

The loads, generators and storages of a node appear to the estimator as one power with their summed variance;
a node without any is a zero injection, which power-grid-model keeps as a constraint. Afterwards the
estimated node power goes back to the elements: what the estimate moved is shared in proportion to each
element's variance, which is what least squares itself would do with them.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from power_grid_model import CalculationMethod, ComponentType, MeasuredTerminalType
from power_grid_model.errors import PowerGridBatchError, PowerGridError

from twin.contracts.ports import Measurements
from twin.domain.grid import Grid
from twin.engines.flows import Flows, to_dataset
from twin.engines.injections import Gather
from twin.engines.measured import (
    FLOW_KINDS,
    MIN_SIGMA_MVA,
    ElementPseudo,
    check_measurements,
    node_sums,
    pseudo_of,
    share_out,
)  # fmt: skip
from twin.engines.pgm_input import first_free_id, is_loop, pgm_input
from twin.engines.sensors import power_sensors, voltage_sensors

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
_TOLERANCE_PU = 1e-9
_ITERATIONS = 40
_PLAUSIBLE_PU = 0.5
_METHODS = {CalculationMethod.newton_raphson: True, CalculationMethod.iterative_linear: False}
"""Method -> exact. Newton-Raphson minimises the weighted squares; where contradicting sensors make it diverge, the iterative
linear method, which weighs currents instead of powers, still finds a state close by."""


class Estimator:
    """State estimation of one compiled grid."""

    def __init__(self, grid: Grid, flows: Flows) -> None:
        self.grid = grid
        self.flows = flows
        self._load_node = Gather(grid).nodes_with_elements()
        self._load_id = grid.nodes + len(grid.branch_from) + len(grid.source_node) + np.arange(len(self._load_node))
        self._first_id = first_free_id(grid, self._load_node)
        self._bus_position = {int(bus): i for i, bus in enumerate(grid.bus)}

    def estimate(self, m: Measurements) -> xr.Dataset:
        """The most likely state (see `twin.contracts.ports.GridModel`), plus ``va_degree(bus)``.

        ``exact`` is False where only the iterative linear method found one. A measurement that is NaN, or sits
        on something out of service, is left out. When the rest does not determine the state, or no iteration
        converges, everything is NaN and ``converged`` False.
        """
        check_measurements(self.grid, m)
        pseudo = pseudo_of(self.grid, m)
        v, exact = self._voltages(m, pseudo)
        values = self.flows.results(v, RESULTS)
        values.update(share_out(self.grid, pseudo, -self.flows.node_injection(v)))
        converged = np.isfinite(v).all(axis=1)
        values["converged"], values["exact"] = converged, np.array([exact])
        return to_dataset(self.grid, values, time=None).isel(time=0)

    def _voltages(self, m: Measurements, pseudo: dict[str, ElementPseudo]) -> tuple[np.ndarray, bool]:
        """Node voltages [pu], dims (1, node), and whether they minimise the weighted squares."""
        lost = np.full((1, self.grid.nodes), np.nan + 0j)
        voltage = self._voltage_sensors(m)
        if not len(voltage):
            return lost, False
        power = np.concatenate([self._flow_sensors(m), self._load_sensors(pseudo)])
        power["id"] = self._first_id + len(voltage) + np.arange(len(power))
        sensors = {ComponentType.sym_voltage_sensor: voltage, ComponentType.sym_power_sensor: power}
        try:
            model = pgm_input(self.grid, self._load_node, sensors).model
        except PowerGridError:
            return lost, False
        for method, exact in _METHODS.items():
            try:
                node = model.calculate_state_estimation(
                    error_tolerance=_TOLERANCE_PU,
                    max_iterations=_ITERATIONS,
                    calculation_method=method,
                    output_component_types={ComponentType.node: ["u_pu", "u_angle"]},
                )[ComponentType.node]
            except (PowerGridError, PowerGridBatchError):
                continue
            v = (node["u_pu"] * np.exp(1j * node["u_angle"]))[None, :]
            # A method that converges to voltages no grid runs at has followed a gross error in some meter.
            if np.isfinite(v).all() and (np.abs(np.abs(v) - 1.0) < _PLAUSIBLE_PU).all():
                return v, exact
        return lost, False

    def _voltage_sensors(self, m: Measurements) -> np.ndarray:
        node = self.grid.bus_node[[self._bus_position[int(bus)] for bus in m.bus]]
        use = np.flatnonzero((node >= 0) & np.isfinite(m.vm_pu) & (m.vm_sigma > 0.0))
        return voltage_sensors(self._first_id, node[use], m.vm_pu[use], m.vm_sigma[use])

    def _flow_sensors(self, m: Measurements) -> np.ndarray:
        branch, side = np.full(len(m.flow_kind), -1), np.zeros(len(m.flow_kind), dtype=int)
        for i, (kind, index) in enumerate(zip(m.flow_kind, m.flow_index, strict=True)):
            table, terminal = FLOW_KINDS[kind], _TERMINAL[kind]
            branch[i] = getattr(self.grid, f"{table}_branch")[getattr(self.grid, table) == index][0]
            side[i] = terminal
        measured = np.isfinite(m.flow_p_mw) & np.isfinite(m.flow_q_mvar) & (m.flow_sigma_mva > 0.0)
        on = (branch >= 0) & ~is_loop(self.grid)[branch] if len(branch) else np.zeros(0, dtype=bool)
        use = np.flatnonzero(on & measured)
        return _power_sensors(
            self.grid.nodes + branch[use],
            side[use],
            (m.flow_p_mw + 1j * m.flow_q_mvar)[use],
            m.flow_sigma_mva[use],
        )

    def _load_sensors(self, pseudo: dict[str, ElementPseudo]) -> np.ndarray:
        power, variance = node_sums(self.grid, pseudo)
        use = np.flatnonzero(np.isfinite(power[self._load_node]) & np.isfinite(variance[self._load_node]))
        node = self._load_node[use]
        kind = np.full(len(use), MeasuredTerminalType.load)
        return _power_sensors(self._load_id[use], kind, power[node], np.sqrt(variance[node]))


def _power_sensors(target: np.ndarray, terminal: np.ndarray, power: np.ndarray, sigma_mva: np.ndarray) -> np.ndarray:
    sigma = np.maximum(sigma_mva, MIN_SIGMA_MVA)
    return power_sensors(target, terminal, power, sigma, sigma)
