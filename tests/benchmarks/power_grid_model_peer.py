"""power-grid-model at its fastest: iterative current, one batch without threads, one load per node.

The model is the twin's own exact one (`twin.engines.estimation.pgm_input`). Its loading of a generic branch is by power,
pandapower's by current, so the currents of both ends are asked for: 4 % of the time.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr
from clock import Span, span_of
from nets import Case
from node_powers import NodePowers
from power_grid_model import CalculationMethod, ComponentType, DatasetType, initialize_array
from states import LOADING_LIMIT_PERCENT, States, all_statistics, at_buses, ratings

from twin.engines.compile import compile_net
from twin.engines.estimation.pgm_input import is_loop, pgm_input

NAME = "power-grid-model"
VERSION = version("power-grid-model")
_BASE_A = 1e6 / (np.sqrt(3.0) * 1e3)
"""Current base [A] of the model's 1 MVA and 1 kV."""
_WANTED = {ComponentType.node: ["u_pu"], ComponentType.generic_branch: ["i_from", "i_to"]}
_OPTIONS: dict[str, Any] = {
    "calculation_method": CalculationMethod.iterative_current,
    "error_tolerance": 1e-8,
    "max_iterations": 50,
    "threading": -1,
    "output_component_types": _WANTED,
}


class PgmModel:
    """A power-grid-model of the compiled grid."""

    def __init__(self, case: Case) -> None:
        compiled = compile_net(case.net)
        self.grid = compiled.grid
        self.powers = NodePowers(self.grid, dict(compiled.own))
        self.model = pgm_input(self.grid, self.powers.node).model
        # the model leaves out branches that a closed coupler shorts; none of these grids has one with a rating
        assert not is_loop(self.grid).any()
        self._ratings = ratings(self.grid, compiled.grid.trafo_vn_kv)
        self._pu_per_a = 1.0 / (_BASE_A * self.grid.base_mva)

    def loads(self, injections: xr.Dataset) -> dict[str, np.ndarray]:
        """The update of all loads [W, var], dims (time, load)."""
        p, q = self.powers.consumption(injections)
        p *= 1e6
        q *= 1e6
        return {"p_specified": p, "q_specified": q}

    def calculate(self, update: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Node voltages [pu], line and transformer loading [%], dims (scenario, element)."""
        result = self.model.calculate_power_flow(update_data=update, **_OPTIONS)
        branch = result[ComponentType.generic_branch]
        i_from, i_to = branch["i_from"] * self._pu_per_a, branch["i_to"] * self._pu_per_a
        line, trafo = self._ratings.line_loading(i_from, i_to), self._ratings.trafo_loading(i_from, i_to)
        return result[ComponentType.node]["u_pu"], line, trafo


class Replay:
    """A batch of steps."""

    most_compared = 1_000_000

    def __init__(self, case: Case) -> None:
        self._pgm = PgmModel(case)

    def us_per_step(self, injections: xr.Dataset) -> Span:
        """Time of one step [s], element arrays to statistics."""
        return span_of(lambda: all_statistics(*self._solved(injections))).per(injections.sizes["time"])

    def states(self, injections: xr.Dataset) -> States:
        """Every step, for comparison."""
        vm, line, trafo = self._solved(injections)
        return States(at_buses(self._pgm.grid, vm), line, trafo)

    def _solved(self, injections: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._pgm.calculate({ComponentType.sym_load: self._pgm.loads(injections)})


class Outages:
    """A batch of states times a batch of branch states: power-grid-model multiplies the two itself."""

    largest_states = 8
    largest_outages = 1_000_000

    def __init__(self, case: Case, lines: np.ndarray) -> None:
        self._pgm = PgmModel(case)
        grid = self._pgm.grid
        out = initialize_array(DatasetType.update, ComponentType.generic_branch, (len(lines), 1))
        out["id"] = (grid.nodes + grid.line_branch[np.searchsorted(grid.line, lines)])[:, None]
        out["from_status"] = out["to_status"] = 0
        self._out = out

    def us_per_outage(self, injections: xr.Dataset) -> Span:
        """Time of one outage and state [s]."""

        def all_states() -> None:
            vm, line, trafo = self._solved(injections, self._out)
            worst = vm.min(axis=1), vm.max(axis=1), line.max(axis=1), trafo.max(axis=1)
            assert len(worst[0]) == injections.sizes["time"] * len(self._out)
            np.count_nonzero(line > LOADING_LIMIT_PERCENT, axis=1)

        return span_of(all_states).per(injections.sizes["time"] * len(self._out))

    def vm_pu(self, injections: xr.Dataset, step: int, outages: np.ndarray) -> np.ndarray:
        """Voltages with each of ``outages`` (positions among the lines) out, dims (outage, bus); NaN without supply."""
        vm, _, _ = self._solved(injections.isel(time=[step]), self._out[outages])
        return at_buses(self._pgm.grid, np.where(vm == 0.0, np.nan, vm))

    def _solved(self, injections: xr.Dataset, out: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        states = {ComponentType.sym_load: self._pgm.loads(injections)}
        return self._pgm.calculate([states, {ComponentType.generic_branch: out}])
