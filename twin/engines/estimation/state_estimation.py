"""The most likely state of a grid from any measurements: for an analyst with a pandapower net and its measurement table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.engines.estimation.bad_data import CONFIDENCE, Cleaned, without_bad_data
from twin.engines.estimation.state_model import Meters, StateModel
from twin.engines.estimation.state_readings import Readings, read_measurements
from twin.engines.flows import UNITS, dim_of

RESULTS = (
    "vm_pu", "va_degree", "line_loading_percent", "line_p_from_mw", "line_q_from_mvar", "line_i_ka",
    "trafo_loading_percent", "trafo_p_hv_mw", "trafo_q_hv_mvar", "trafo_p_lv_mw", "trafo_q_lv_mvar",
)  # fmt: skip


def estimate_state(net: Any, measurements: pd.DataFrame) -> xr.Dataset:
    """Weighted least squares state estimation with bad-data test and the spread of its answer.

    power-grid-model finds the state, a Gauss-Newton step on all measurements proves that it is the minimum of the weighted
    squares (``exact``). A bus with nothing that draws or injects, and without a power measurement, is taken to inject
    nothing; in a net without any load, sgen and storage no bus is. Each island's angles count from its first external grid, or
    from its measured angles.

    Args:
        net: a pandapower net, left unchanged; or a `StateModel` made of it once, for many sets of measurements.
        measurements: pandapower's ``net.measurement``: columns measurement_type (at a bus v [pu], va [degree], p [MW],
            q [Mvar], consumption positive; at a line or trafo p, q, i [kA] entering it), element_type, element, value,
            std_dev (unit of the value), side (from, to, hv, lv). A p without its q is used as it is. NaN: no reading.

    Returns:
        ``vm_pu``, ``va_degree``, ``vm_sigma_pu``, ``observable``, ``zero_injection`` (bus); loading, powers and currents of
        lines and transformers (`twin.engines.flows.UNITS`); ``residual`` (measured minus estimated, in the reading's own unit),
        ``normalised_residual``, ``used``, ``critical``, ``removed`` (measurement; a removed one keeps the normalised residual
        that it was removed with; meters known only as the sum of fused buses share that sum's); ``chi_square``,
        ``chi_square_limit``, ``degrees_of_freedom``, ``chi_square_passed``, ``converged``, ``exact``. What the measurements
        do not determine is NaN and not ``observable``; so is everything where nothing converged. Where only an approximation
        converged (``exact`` False) nothing is known about residuals' and voltages' spread: NaN.

    Raises:
        BadInput: every fault of the net, or every fault of the measurement table.

    Source: A. Abur, A. Gomez Exposito, "Power System State Estimation", 2004, chapters 2, 4 and 5.
    """
    model = net if isinstance(net, StateModel) else StateModel.of_net(net)
    readings = read_measurements(model.grid, model.injects, measurements)
    first = model.meters(readings)
    return _dataset(model, readings, first, without_bad_data(model, first))


def _dataset(model: StateModel, readings: Readings, first: Meters, cleaned: Cleaned) -> xr.Dataset:
    grid, fitness = model.grid, cleaned.fitness
    variables: dict[str, Any] = {}
    found = model.flows.results(cleaned.solution.v[None, :], RESULTS)
    for name, values in found.items():
        dim = dim_of(name)
        variables[name] = (dim, _known(grid, dim, values[0]), {"units": UNITS[name]})
    for name, of_nodes in (
        ("vm_sigma_pu", _vm_sigma(model, cleaned)),
        ("observable", cleaned.meters.observable & cleaned.solution.converged),
        ("zero_injection", cleaned.meters.silent),
    ):
        nothing = np.nan if of_nodes.dtype == float else False
        values = np.where(grid.bus_node >= 0, of_nodes[grid.bus_node], nothing)
        variables[name] = ("bus", values, {"units": "pu"} if name == "vm_sigma_pu" else {})
    variables.update(_of_measurements(readings, first, cleaned))
    free = fitness.degrees_of_freedom if fitness else 0
    variables |= {
        "chi_square": ((), fitness.chi_square if fitness else np.nan, {"units": "1"}),
        "chi_square_limit": ((), fitness.limit if fitness else np.nan, {"units": "1", "confidence": CONFIDENCE}),
        "degrees_of_freedom": ((), free, {"units": "1"}),
        "chi_square_passed": ((), bool(fitness and fitness.passed)),
        "converged": ((), cleaned.solution.converged),
        "exact": ((), cleaned.solution.exact),
    }
    coords: dict[str, Any] = {"bus": grid.bus, "line": grid.line, "trafo": grid.trafo, "measurement": readings.index}
    coords |= {"measurement_name": ("measurement", readings.label)}
    coords |= {f"{t}_name": (t, np.array(grid.names[t], dtype=object)) for t in ("bus", "line", "trafo") if t in grid.names}
    return xr.Dataset(variables, coords=coords)


def _known(grid: Any, dim: str, values: np.ndarray) -> np.ndarray:
    """Nothing flows in what is out of service, whatever else is unknown."""
    if dim == "bus":
        return values
    return np.where(getattr(grid, f"{dim}_branch") >= 0, values, 0.0)


def _vm_sigma(model: StateModel, cleaned: Cleaned) -> np.ndarray:
    if cleaned.fitness is None:
        return np.full(model.grid.nodes, np.nan)
    variance = cleaned.fitness.gain.state_variances()[model.grid.nodes :]
    return np.where(cleaned.meters.observable, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def _of_measurements(readings: Readings, first: Meters, cleaned: Cleaned) -> dict[str, Any]:
    """What became of every measurement, dims (measurement,)."""
    rows, row = len(readings.rows), readings.row
    residual, normalised = np.full(rows + 1, np.nan), np.full(rows + 1, np.nan)
    critical, removed = np.zeros(rows + 1, dtype=bool), np.zeros(rows + 1, dtype=bool)
    solution, fitness = cleaned.solution, cleaned.fitness
    if solution.converged:
        v = solution.fit.v if solution.fit is not None else solution.v
        residual[:rows] = readings.rows.value - first.layout.evaluate(v)[0][:rows]
    if fitness is not None:
        normalised[cleaned.kept] = fitness.normalised
        critical[cleaned.kept] = np.isnan(fitness.normalised)
    for bad, size in cleaned.removed.items():
        removed[bad], normalised[bad] = True, size
    used = (row >= 0) & ~removed[row]
    return {
        "residual": ("measurement", residual[row] * readings.to_unit, {"units": "as measured"}),
        "normalised_residual": ("measurement", normalised[row], {"units": "1"}),
        "critical": ("measurement", critical[row]),
        "removed": ("measurement", removed[row]),
        "used": ("measurement", used),
    }
