"""The most likely states of a grid through time, from the same meters read again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.domain.problems import BadInput, Problem
from twin.engines.estimation.bad_data import fitness_of
from twin.engines.estimation.state_estimation import RESULTS
from twin.engines.estimation.state_model import Meters, Solution, StateModel
from twin.engines.estimation.state_readings import read_measurements
from twin.engines.flows import to_dataset


def estimate_series(net: Any, measurements: pd.DataFrame, values: xr.DataArray) -> xr.Dataset:
    """Weighted least squares of every time step; the meters and the grid are prepared once, the steps solved in one batch.

    Bad data is detected at every step and removed at none: look closer with `twin.engines.estimate_state` where
    ``chi_square_passed`` is False.

    Args:
        net: a pandapower net, left unchanged; or a `StateModel` made of it once.
        measurements: the meters (see `twin.engines.estimate_state`); the column value is not read.
        values: what they showed, in the table's units and order, dims (time, measurement); NaN is a meter that says nothing.

    Returns:
        ``vm_pu``, ``va_degree`` (time, bus), loading, powers and currents of lines and transformers (time, line | trafo),
        ``chi_square``, ``chi_square_limit``, ``chi_square_passed``, ``converged``, ``exact`` (time,). What a step's meters do
        not determine is NaN there; ``exact`` says that the weighted squares are at their minimum.

    Raises:
        BadInput: every fault of the net or the table, or values that do not fit the table.
    """
    if values.dims != ("time", "measurement") or values.sizes["measurement"] != len(measurements):
        wanted = f"('time', 'measurement'), {len(measurements)} measurements"
        raise BadInput([Problem("estimate_series, values", f"{dict(values.sizes)}", wanted, "give every meter of the table")])
    if "measurement" in values.coords and not np.array_equal(values["measurement"].to_numpy(), measurements.index.to_numpy()):
        wanted, remedy = "the table's index, in its order", "reindex the values by the table's index"
        raise BadInput([Problem("estimate_series, values, measurement", "other labels", wanted, remedy)])
    model = net if isinstance(net, StateModel) else StateModel.of_net(net)
    shown = values.to_numpy().astype(float)
    v = np.full((len(shown), model.grid.nodes), np.nan + 0j)
    found = {name: np.full(len(shown), np.nan) for name in ("chi_square", "chi_square_limit")}
    converged, exact = np.zeros(len(shown), dtype=bool), np.zeros(len(shown), dtype=bool)
    patterns, which = np.unique(np.isfinite(shown), axis=0, return_inverse=True)
    for number in range(len(patterns)):
        steps = np.flatnonzero(which.reshape(-1) == number)
        readings = read_measurements(model.grid, model.injects, measurements.assign(value=shown[steps[0]]))
        limit = float("nan")
        for step, meters, solution in _solutions(model, model.meters(readings), steps, readings.series(shown[steps])):
            v[step], converged[step], exact[step] = solution.v, solution.converged, solution.exact
            if solution.fit is not None:
                # the redundancy is that of the meters, whatever they show
                limit = fitness_of(meters, solution).limit if np.isnan(limit) else limit
                weighted = solution.fit.residual[: meters.count] / meters.rows.sigma[: meters.count]
                found["chi_square"][step], found["chi_square_limit"][step] = weighted @ weighted, limit
    passed = exact & ~(found["chi_square"] > found["chi_square_limit"])
    results = model.flows.results(v, RESULTS) | found
    results |= {"chi_square_passed": passed, "converged": converged, "exact": exact}
    return to_dataset(model.grid, results, time=values["time"].to_numpy())


def _solutions(
    model: StateModel, meters: Meters, steps: np.ndarray, rows: np.ndarray
) -> Iterator[tuple[int, Meters, Solution]]:
    """Every step of one set of meters, ``rows`` dims (step, row): power-grid-model's batch first, one by one what it left."""
    starts = meters.plan.voltages_of_series(meters.readings.rows, rows)
    for step, shown, start in zip(steps.tolist(), rows, starts, strict=True):
        now = meters.showing(shown)
        fit = None if np.isnan(start).any() or not meters.determined.all() else now.fit(model.turned(start))
        yield step, now, model.solve(now) if fit is None else Solution(fit.v, True, True, fit)
