"""A grid with one set of sensors in power-grid-model, kept: new readings go into the same model.

Building a model takes half as long as solving it. The sensors' places and the grid stay; every reading and standard deviation
is written anew each time, and no calculation starts from the one before: an answer does not depend on earlier readings.

power-grid-model starts at 1 pu and has every source at angle 0. Both are a matter of units: in units of the idle voltages it
starts from the idle grid and its angles are the sources' own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from power_grid_model import CalculationMethod, ComponentType, DatasetType, PowerGridModel, initialize_array
from power_grid_model.errors import PowerGridError

from twin.domain.grid import Grid
from twin.engines.estimation.idle_voltages import in_units_of
from twin.engines.estimation.pgm_input import first_free_id, pgm_input
from twin.engines.estimation.sensors import power_sensors, voltage_sensors, write_powers, write_voltages

_TOLERANCE_PU = 1e-9
_ITERATIONS = 40


@dataclass(frozen=True)
class Shown:
    """What the sensors of one set show.

    Attributes:
        vm_pu, vm_sigma: of the voltage sensors [pu], dims (voltage sensor,).
        power, sigma_mva: complex, and the standard deviation of either part [MVA], dims (power sensor,).
    """

    vm_pu: np.ndarray
    vm_sigma: np.ndarray
    power: np.ndarray
    sigma_mva: np.ndarray


class SensorSet:
    """State estimation with sensors at given places.

    Args:
        unit: of the voltages that power-grid-model gets, and so its start [pu], complex, dims (node,).
        load_node: nodes at which something may draw or inject, dims (load,).
        node: of the voltage sensors, dims (voltage sensor,).
        target, terminal: id of the component and power-grid-model's terminal of the power sensors, dims (power sensor,).
    """

    def __init__(
        self,
        grid: Grid,
        unit: np.ndarray,
        load_node: np.ndarray,
        node: np.ndarray,
        target: np.ndarray,
        terminal: np.ndarray,
    ) -> None:
        self._grid = grid
        self._unit, self._metered_unit = unit, np.abs(unit[node])
        self._load_node = load_node
        self._place = node, target, terminal
        self._voltage: np.ndarray = initialize_array(DatasetType.update, ComponentType.sym_voltage_sensor, len(node))
        self._power: np.ndarray = initialize_array(DatasetType.update, ComponentType.sym_power_sensor, len(target))
        first = first_free_id(grid, load_node)
        self._voltage["id"] = first + np.arange(len(node))
        self._power["id"] = first + len(node) + np.arange(len(target))
        self._model: PowerGridModel | None = None

    def voltages(self, shown: Shown, method: CalculationMethod) -> np.ndarray | None:
        """Complex node voltages [pu], dims (node,); None where the readings do not determine them or nothing converges."""
        shown = replace(shown, vm_pu=shown.vm_pu / self._metered_unit, vm_sigma=shown.vm_sigma / self._metered_unit)
        try:
            if self._model is None:
                self._model = self._built(shown)
            else:
                self._update(self._model, shown)
            node = self._model.calculate_state_estimation(
                error_tolerance=_TOLERANCE_PU,
                max_iterations=_ITERATIONS,
                calculation_method=method,
                output_component_types=[ComponentType.node],
            )[ComponentType.node]
        except PowerGridError:
            self._model = None  # what broke off may leave anything behind
            return None
        v: np.ndarray = node["u_pu"] * np.exp(1j * node["u_angle"]) * self._unit
        return v

    def _update(self, model: PowerGridModel, shown: Shown) -> None:
        write_voltages(self._voltage, shown.vm_pu, shown.vm_sigma)
        write_powers(self._power, shown.power, shown.sigma_mva, shown.sigma_mva)
        model.update(update_data={ComponentType.sym_voltage_sensor: self._voltage, ComponentType.sym_power_sensor: self._power})

    def _built(self, shown: Shown) -> PowerGridModel:
        node, target, terminal = self._place
        voltage = voltage_sensors(first_free_id(self._grid, self._load_node), node, shown.vm_pu, shown.vm_sigma)
        power = power_sensors(target, terminal, shown.power, shown.sigma_mva, shown.sigma_mva)
        power["id"] = self._power["id"]
        sensors = {ComponentType.sym_voltage_sensor: voltage, ComponentType.sym_power_sensor: power}
        return pgm_input(in_units_of(self._unit, self._grid), self._load_node, sensors).model
