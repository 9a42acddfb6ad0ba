"""power-grid-model solves the measured grid: Newton-Raphson, and where that fails its iterative linear method."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from power_grid_model import CalculationMethod, ComponentType, MeasuredTerminalType, PowerGridModel
from power_grid_model.errors import PowerGridBatchError, PowerGridError

from twin.domain.grid import Grid
from twin.engines.estimation.idle_voltages import in_units_of
from twin.engines.estimation.pgm_input import first_free_id, is_loop, pgm_input
from twin.engines.estimation.sensors import RATED_V, UNKNOWN_MVA, power_sensors, voltage_sensors
from twin.engines.estimation.state_equations import P_END, P_NODE, Q_END, Q_NODE, VM, Rows

METHODS = (CalculationMethod.newton_raphson, CalculationMethod.iterative_linear)
_TOLERANCE_PU = 1e-9
_ITERATIONS = 40
_PLAUSIBLE_PU = 0.5
_SEQUENTIAL = -1  # power-grid-model: no threads


class SensorPlan:
    """Which row of the estimate goes into which sensor, for one set of meters.

    p and q of the same place are joined to sensors, the first with the first; the rest stands alone. Angles and currents among
    the rows are passed over: power-grid-model ties an angle's deviation to its magnitude's, and its currents carry an angle.

    power-grid-model starts at 1 pu in the units that it gets: for a series at the idle grid, which is nearest, for one set of
    readings at nominal magnitudes and idle angles, which stand a heavy load better.

    Args:
        idle: the grid's idle voltages [pu], complex, dims (node,).
        silent: nodes at which nothing draws or injects, bool, dims (node,); power-grid-model keeps that exactly.
    """

    def __init__(self, grid: Grid, idle: np.ndarray, quantity: np.ndarray, at: np.ndarray, silent: np.ndarray) -> None:
        self._grid, self._idle, self._nominal = grid, idle, idle / np.abs(idle)
        self._load_node = np.setdiff1d(np.flatnonzero(~silent), grid.source_node)
        self._voltage = np.flatnonzero(quantity == VM)
        self._node = at[self._voltage]
        ends, count = 2 * len(grid.branch_from), max(len(at), 1)
        place = at + np.where((quantity == P_NODE) | (quantity == Q_NODE), ends, 0)
        parts = [np.flatnonzero(np.isin(quantity, pair)) for pair in ((P_END, P_NODE), (Q_END, Q_NODE))]
        keys = [_keys(place[part], count) for part in parts]
        key = np.union1d(*keys)
        target, terminal, sign = _targets(grid, key // count, ends, self._load_node)
        held = target >= 0
        self._target, self._terminal, self._sign = target[held], terminal[held], sign[held]
        moved = np.cumsum(held) - 1
        self._parts = []
        for part, own in zip(parts, keys, strict=True):
            position = np.searchsorted(key, own)
            on = held[position]
            self._parts.append((moved[position[on]], part[on]))

    def voltages(self, rows: Rows) -> Iterator[np.ndarray]:
        """States that explain the rows, best method first: complex node voltages [pu], dims (node,).

        Each island's angles start from a source's, whatever angles were measured. A state that no grid runs at follows a gross
        error in some meter, and is passed over.
        """
        model = self._model(rows, self._nominal)
        if model is None:
            return
        for method in METHODS:
            try:
                node = model.calculate_state_estimation(
                    error_tolerance=_TOLERANCE_PU,
                    max_iterations=_ITERATIONS,
                    calculation_method=method,
                    output_component_types={ComponentType.node: ["u_pu", "u_angle"]},
                )[ComponentType.node]
            except (PowerGridError, PowerGridBatchError):
                continue
            v = node["u_pu"] * np.exp(1j * node["u_angle"]) * self._nominal
            if _plausible(v[None, :])[0]:
                yield v

    def voltages_of_series(self, rows: Rows, values: np.ndarray) -> np.ndarray:
        """Newton-Raphson for many sets of values, dims (time, row): voltages, dims (time, node); NaN where it finds none."""
        model = self._model(rows, self._idle)
        found = np.full((len(values), self._grid.nodes), np.nan + 0j)
        if model is None:
            return found
        p, q = self._powers(values)
        vm = values[:, self._voltage] / np.abs(self._idle[self._node])
        update = {
            ComponentType.sym_voltage_sensor: {"u_measured": np.ascontiguousarray(vm) * RATED_V},
            ComponentType.sym_power_sensor: {"p_measured": p * 1e6, "q_measured": q * 1e6},
        }
        try:
            node = model.calculate_state_estimation(
                update_data=update,
                threading=_SEQUENTIAL,
                error_tolerance=_TOLERANCE_PU,
                max_iterations=_ITERATIONS,
                calculation_method=METHODS[0],
                output_component_types={ComponentType.node: ["u_pu", "u_angle"]},
                continue_on_batch_error=True,
                decode_error=False,
            )[ComponentType.node]
        except PowerGridError:
            return found
        found = node["u_pu"] * np.exp(1j * node["u_angle"]) * self._idle
        if model.batch_error is not None:
            found[np.asarray(model.batch_error.failed_scenarios, dtype=int)] = np.nan
        found[~_plausible(found)] = np.nan
        return found

    def _model(self, rows: Rows, unit: np.ndarray) -> PowerGridModel | None:
        if not len(self._voltage):
            return None
        first = first_free_id(self._grid, self._load_node)
        vm, vm_sigma = (column[self._voltage] / np.abs(unit[self._node]) for column in (rows.value, rows.sigma))
        voltage = voltage_sensors(first, self._node, vm, vm_sigma)
        p, q = self._powers(rows.value[None, :])
        sigma = np.full((2, len(self._target)), UNKNOWN_MVA)
        for part, (sensor, row) in enumerate(self._parts):
            sigma[part, sensor] = rows.sigma[row] * self._grid.base_mva
        power = power_sensors(self._target, self._terminal, p[0] + 1j * q[0], *sigma)
        power["id"] = first + len(voltage) + np.arange(len(power))
        sensors = {ComponentType.sym_voltage_sensor: voltage, ComponentType.sym_power_sensor: power}
        try:
            return pgm_input(in_units_of(unit, self._grid), self._load_node, sensors).model
        except PowerGridError:
            return None

    def _powers(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Active [MW] and reactive power [Mvar] of every sensor, 0 where it has none, dims (time, sensor)."""
        power = np.zeros((2, len(values), len(self._target)))
        for part, (sensor, row) in enumerate(self._parts):
            power[part][:, sensor] = values[:, row] * self._grid.base_mva * self._sign[sensor]
        return power[0], power[1]


def _plausible(v: np.ndarray) -> np.ndarray:
    fine: np.ndarray = np.isfinite(v).all(axis=1)
    fine[fine] = (np.abs(np.abs(v[fine]) - 1.0) < _PLAUSIBLE_PU).all(axis=1)
    return fine


def _keys(place: np.ndarray, base: int) -> np.ndarray:
    """A number per entry, ``base`` times its place plus how many of that place came before."""
    order = np.argsort(place, kind="stable")
    ordered = place[order]
    before = np.arange(len(place)) - np.searchsorted(ordered, ordered)
    keys = np.empty(len(place), dtype=np.int64)
    keys[order] = ordered * base + before
    return keys


def _targets(grid: Grid, place: np.ndarray, ends: int, load_node: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Id and terminal of every sensor, and the sign that its power takes; -1 where power-grid-model has nothing to measure."""
    branches = len(grid.branch_from)
    load_id = np.full(grid.nodes, -1)
    load_id[load_node] = grid.nodes + branches + len(grid.source_node) + np.arange(len(load_node))
    source_id = np.full(grid.nodes, -1)
    source_id[grid.source_node] = grid.nodes + branches + np.arange(len(grid.source_node))
    many = np.bincount(grid.source_node, minlength=grid.nodes) > 1
    source_id[many] = -1  # one sensor cannot tell what several sources give together
    at_branch = place < ends
    node = np.where(at_branch, 0, place - ends)
    branch = np.where(at_branch, place // 2, 0)
    target = np.where(load_id[node] >= 0, load_id[node], source_id[node])
    terminal = np.where(load_id[node] >= 0, int(MeasuredTerminalType.load), int(MeasuredTerminalType.source))
    sign = np.where(load_id[node] >= 0, 1.0, -1.0)
    if branches:
        held = ~is_loop(grid)[branch]
        target = np.where(at_branch, np.where(held, grid.nodes + branch, -1), target)
        from_side = np.where(place % 2 == 0, int(MeasuredTerminalType.branch_from), int(MeasuredTerminalType.branch_to))
        terminal, sign = np.where(at_branch, from_side, terminal), np.where(at_branch, 1.0, sign)
    return target, terminal, sign
