"""The same linear programme on four ways to the same solver: written, solved, and written again with a new tick's numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from clock import span_of

from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.loaded import Loaded
from twin.boxes.flexibility.lp.matrix import Matrix
from twin.boxes.flexibility.lp.model import build
from twin.boxes.flexibility.lp.numbers import numbers_of
from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.solution import Limits

LIMITS = Limits(iterations=1_000_000, guard_s=120.0)
_TOLERANCES = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-7}
"""Ours: a looser peer would stop earlier."""


def peers(problem: Problem) -> dict[str, dict[str, Any]]:
    """Seconds by way: ``first_s`` from the problem to its first answer, ``next_s`` of a later tick with other prices.

    A way without a tick of its own begins anew. ``objective_chf`` must agree; "skipped" says why a way was not taken.
    """
    later = replace(problem, site=replace(problem.site, import_chf_per_mwh=1.01 * problem.site.import_chf_per_mwh))
    compiled = CompiledModel(problem)
    ways: dict[str, Callable[[], Callable[[Problem], float]]] = {
        "regie": _ours,
        "highspy": lambda: lambda of: _highspy(compiled.matrix, of),
        "appsi_highs": _appsi,
        "linopy": lambda: _linopy(compiled.matrix),
    }
    return {name: _timed(way, problem, later) for name, way in ways.items()}


def _timed(way: Callable[[], Callable[[Problem], float]], problem: Problem, later: Problem) -> dict[str, Any]:
    found: list[float] = []
    try:
        solve = way()
        first = span_of(lambda: found.append(solve(problem)))
        again = span_of(lambda: found.append(solve(later)))
    except ImportError as missing:
        return {"skipped": f"not installed: {missing.name}"}
    return {"first_s": first.cpu_s, "next_s": again.cpu_s, "first_wall_s": first.wall_s, "next_wall_s": again.wall_s,
            "objective_chf": found[0]}  # fmt: skip


def _ours() -> Callable[[Problem], float]:
    held: list[CompiledModel] = []

    def solve(problem: Problem) -> float:
        held[:] = held or [CompiledModel(problem)]
        return held[0].solve(problem, limits=LIMITS).cost_chf

    return solve


def _highspy(matrix: Matrix, problem: Problem) -> float:
    """Arrays that are there already, handed over anew: the floor, without any modelling."""
    numbers = numbers_of(problem)
    loaded = Loaded(matrix, numbers, {"output_flag": False, "threads": 1, **_TOLERANCES})
    loaded.write(numbers)
    loaded.highs.run()
    return float(loaded.highs.getInfo().objective_function_value)


def _appsi() -> Callable[[Problem], float]:
    """Pyomo's persistent interface; a tick's model is written anew, as its own updates walk every expression."""
    from pyomo.contrib.appsi.solvers.highs import Highs

    def solve(problem: Problem) -> float:
        solver = Highs()
        solver.highs_options = {"threads": 1, **_TOLERANCES}
        solver.config.load_solution = False
        found = solver.solve(build(problem.sets, numbers_of(problem)))
        return float(found.best_feasible_objective)

    return solve


def _linopy(matrix: Matrix) -> Callable[[Problem], float]:
    """The compiled matrix through linopy's arrays: what is timed is its writing, not our numbers' making."""
    import linopy

    return lambda problem: _by_linopy(linopy.Model(), matrix, problem)


def _by_linopy(model: Any, matrix: Matrix, problem: Problem) -> float:
    import xarray as xr

    numbers = numbers_of(problem)
    low, high = matrix.column_bounds(numbers)
    row_low, row_high = matrix.row_bounds(numbers)
    cost = np.zeros(len(low))
    for name, at in matrix.columns.items():
        cost[at] = numbers.cost[name]
    column = np.arange(len(low))
    x = model.add_variables(
        lower=xr.DataArray(low, dims="column"), upper=xr.DataArray(high, dims="column"), coords=[column], name="x"
    )
    by_row = matrix.a.tocsr()
    width = int(np.diff(by_row.indptr).max())
    wide = np.flatnonzero(np.diff(by_row.indptr) > _NARROW)
    narrow = np.flatnonzero(np.diff(by_row.indptr) <= _NARROW)
    for part, size in ((narrow, min(width, _NARROW)), (wide, width)):
        _rows(model, x, by_row, part, size, row_low, row_high)
    model.add_objective((xr.DataArray(cost, dims="column") * x).sum())
    model.solve(solver_name="highs", io_api="direct", output_flag=False, threads=1, **_TOLERANCES)
    return float(model.objective.value)


_NARROW = 12
"""Terms of most rows; the balance of the connection has one per device, and is written apart."""


def _rows(model: Any, x: Any, by_row: Any, rows: np.ndarray, width: int, low: np.ndarray, high: np.ndarray) -> None:
    """Rows of at most ``width`` terms as one block of constraints, padded with nothing."""
    import xarray as xr

    if not len(rows):
        return
    at, value = np.zeros((len(rows), width), dtype=int), np.zeros((len(rows), width))
    for k, row in enumerate(rows):
        inside = slice(by_row.indptr[row], by_row.indptr[row + 1])
        count = inside.stop - inside.start
        at[k, :count], value[k, :count] = by_row.indices[inside], by_row.data[inside]
    left = (xr.DataArray(value, dims=("row", "term")) * x.sel(column=xr.DataArray(at, dims=("row", "term")))).sum("term")
    equal, under, over = low[rows] == high[rows], np.isfinite(high[rows]), np.isfinite(low[rows])
    for which, sign, side in ((equal, "==", high), (under & ~equal, "<=", high), (over & ~equal, ">=", low)):
        if which.any():
            model.add_constraints(left.isel(row=which), sign, xr.DataArray(side[rows][which], dims="row"))
