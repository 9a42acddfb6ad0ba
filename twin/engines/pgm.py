"""The batch kernel: power-grid-model solves the nodes, numpy does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr
from power_grid_model import CalculationMethod, ComponentType
from power_grid_model.errors import PowerGridError

from twin.contracts.ports import WANT, Measurements, VoltVar
from twin.domain.grid import NORMAL, Topology
from twin.engines.compile import compile_net
from twin.engines.estimate import Estimator
from twin.engines.flows import Flows, check_want, to_dataset
from twin.engines.injections import ElementPowers, Gather, read_injections
from twin.engines.pgm_input import pgm_input
from twin.engines.volt_var import Inverters, locate, sensitivity, settle

_TOLERANCE_PU = 1e-10
_SEQUENTIAL = -1  # power-grid-model: no threads
_ATTEMPTS = ((CalculationMethod.iterative_current, 25), (CalculationMethod.newton_raphson, 25))
"""Iterative current is twice as fast; what it leaves unsettled goes to Newton-Raphson."""


class PgmModel:
    """A compiled grid on power-grid-model."""

    engine = "power-grid-model"
    engine_version = version("power-grid-model")

    def __init__(self, net: Any, topology: Topology = NORMAL) -> None:
        compiled = compile_net(net, topology)
        self.grid = compiled.grid
        self.flows = Flows(self.grid, compiled.trafo_vn_kv)
        self._own = compiled.own
        self._gather = Gather(self.grid)
        self._input = pgm_input(self.grid, self._gather.nodes_with_elements())
        self._estimator: Estimator | None = None
        self._volt_var: dict[tuple[Any, ...], tuple[Inverters, np.ndarray]] = {}

    def solve(self, injections: xr.Dataset, *, want: Sequence[str] = WANT, volt_var: VoltVar | None = None) -> xr.Dataset:
        """AC power flow of every step (see `twin.contracts.ports.GridModel`).

        ``iterations`` counts power flows per step: 1, or the passes that Q(U) needed. A step with a NaN
        injection is not
        converged: nobody knows its power flow. ``sgen_q_mvar`` is before ``scaling``, as the injections are.
        """
        check_want(want)
        powers = read_injections(self.grid, self._own, injections)
        if volt_var is None:
            consumption = self._gather.consumption(powers.values)
            v, converged = self.solve_nodes(consumption)
            passes = np.ones(powers.steps, dtype=int)
        else:
            v, converged, passes, consumption = self._solve_volt_var(powers, volt_var)
        values = self.flows.results(v, want, consumption)
        if "sgen_q_mvar" in want:
            values["sgen_q_mvar"] = np.where(converged[:, None], powers.values["sgen"].imag, np.nan)
        values["converged"], values["iterations"] = converged, passes
        return to_dataset(self.grid, values, time=powers.time)

    def estimate(self, measurements: Measurements) -> xr.Dataset:
        """Weighted least squares state estimation (see `twin.contracts.ports.GridModel`)."""
        if self._estimator is None:
            self._estimator = Estimator(self.grid, self.flows)
        return self._estimator.estimate(measurements)

    def solve_nodes(self, consumption: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Complex node voltages [pu] for node consumption [MVA], dims (time, node), and converged (time,).

        Each step starts from power-grid-model's own start, never from another step.
        """
        steps = len(consumption)
        v = np.full((steps, self.grid.nodes), np.nan + 0j)
        converged = np.zeros(steps, dtype=bool)
        # power-grid-model reads NaN as 'unchanged' and would solve another step's power
        todo = np.flatnonzero(np.isfinite(consumption).all(axis=1))
        if not len(self.grid.source_node):
            return v, converged
        for method, iterations in _ATTEMPTS:
            if not todo.size:
                break
            found = self._attempt(consumption[todo], method, iterations)
            fine = np.isfinite(found).all(axis=1)
            v[todo[fine]], converged[todo[fine]] = found[fine], True
            todo = todo[~fine]
        return v, converged

    def _attempt(self, consumption: np.ndarray, method: CalculationMethod, iterations: int) -> np.ndarray:
        model, node = self._input.model, self._input.load_node
        drawn = consumption[:, node] * 1e6
        update = {
            "p_specified": np.ascontiguousarray(drawn.real),
            "q_specified": np.ascontiguousarray(drawn.imag),
        }
        try:
            result = model.calculate_power_flow(
                update_data={ComponentType.sym_load: update},
                calculation_method=method,
                error_tolerance=_TOLERANCE_PU,
                max_iterations=iterations,
                threading=_SEQUENTIAL,
                output_component_types={ComponentType.node: ["u_pu", "u_angle"]},
                continue_on_batch_error=True,
                decode_error=False,
            )[ComponentType.node]
        except PowerGridError:
            return np.full((len(consumption), self.grid.nodes), np.nan + 0j)
        v = result["u_pu"] * np.exp(1j * result["u_angle"])
        error = model.batch_error
        if error is not None:
            v[np.asarray(error.failed_scenarios, dtype=int)] = np.nan
        return v

    def _solve_volt_var(
        self, powers: ElementPowers, volt_var: VoltVar
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        where, dvm_dq = self._inverters(volt_var)
        sgen = powers.values["sgen"]
        sgen[:, where.position] = sgen[:, where.position].real
        without = self._gather.consumption(powers.values)
        v = np.full(without.shape, np.nan + 0j)

        def solve(todo: np.ndarray, q_mvar: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            drawn = without[todo]
            np.subtract.at(drawn.T, where.node, 1j * q_mvar.T)
            v[todo], fine = self.solve_nodes(drawn)
            return np.abs(v[np.ix_(todo, where.node)]), fine

        settled = settle(solve, powers.steps, volt_var, where, dvm_dq)
        v[~settled.converged] = np.nan
        sgen[:, where.position] += 1j * settled.q_mvar / self.grid.sgen_scaling[where.position]
        return v, settled.converged, settled.passes, self._gather.consumption(powers.values)

    def _inverters(self, volt_var: VoltVar) -> tuple[Inverters, np.ndarray]:
        key = (np.asarray(volt_var.sgen).tobytes(), np.asarray(volt_var.sn_mva).tobytes(), volt_var.v_pu)
        if key not in self._volt_var:
            where = locate(self.grid, volt_var)
            self._volt_var[key] = where, sensitivity(self.grid, np.unique(where.node))
        return self._volt_var[key]
