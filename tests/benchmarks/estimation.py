"""State estimation: the same measurements of the demo town's states to ours and to pandapower's, in turns.

Ours has two ways in: ``model.estimate``, one instant after the other as the control room's loop asks, and `estimate_series`,
the same meters read again and again. pandapower has one; only its own ``estimate`` is timed, not the writing of its table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import own
import pandapower_peer
import pandas as pd
import xarray as xr
from clock import Span, span_of
from nets import Case
from states import Skipped
from truth import Truth
from turns import attempt, take_turns

from twin.contracts.ports import Measurements
from twin.domain.grid import Grid
from twin.engines.compile import compile_net
from twin.engines.topology import with_topology

GRIDS = ("MV urban", "demo", "mv_oberrhein")
OURS = "ours, model.estimate"
OURS_SERIES = "ours, estimate_series"
_FIRST_STEP = 72
_SERIES = 64
"""Steps of a series; every engine's rmse is that of the first."""
_CALLS = 40
"""Estimates in one turn of ``model.estimate``: together they take as long as pandapower's one."""
_VM_SIGMA_PU = 0.002
_FLOW_SIGMA_SHARE = 0.01
"""Class 1 instrument transformers, of the reading; at least 1 kW."""
_PSEUDO_SIGMA_SHARE = 0.3
"""Pseudo-measurements: a profile's guess is off by about a third, at least 1 kW."""
_FLOOR_MVA = 1e-3
_METERED_SHARE = 0.2
"""Buses with a voltmeter, spread over the grid."""


def measure(case: Case, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Per engine: ms per estimate (CPU), rmse of vm_pu against the true state, ratio to pandapower, or ``skipped``."""
    grid = compile_net(case.net).grid
    measured, truth = _measured(case, grid)
    found: dict[str, dict[str, Any]] = {}
    runs = {}
    for name, version, make in (
        (pandapower_peer.NAME, pandapower_peer.VERSION, _pandapower),
        (OURS, own.VERSION, _own),
        (OURS_SERIES, own.VERSION, _own_series),
    ):
        found[name] = {"version": version}
        ready = attempt(found[name], lambda make=make: _ready(make(case, grid, measured)))
        if ready is None:
            continue
        estimate, vm_pu = ready
        found[name]["rmse_vm_pu"] = float(np.sqrt(np.mean((vm_pu - truth) ** 2)))
        runs[name] = lambda estimate=estimate: estimate()[1]
    take_turns(runs, found, rounds=rounds, unit="ms", per_s=1e3)
    theirs = found[pandapower_peer.NAME]
    for name in (OURS, OURS_SERIES):
        if "ms" in theirs and "ms" in found[name]:
            found[name]["ratio"] = theirs["ms"] / found[name]["ms"]
            found[name]["rmse_ratio"] = found[name]["rmse_vm_pu"] / theirs["rmse_vm_pu"]
    return found


_Estimate = Callable[[], tuple[np.ndarray, Span]]
"""Gives vm_pu of the first step, dims (bus,), and the time of one estimate."""


def _ready(estimate: _Estimate) -> tuple[_Estimate, np.ndarray]:
    """The estimator, compiled and warm, and its vm_pu.

    Raises:
        Skipped: when it finds no state.
    """
    vm_pu, _ = estimate()
    if not np.isfinite(vm_pu).all():
        raise Skipped("it does not converge on these measurements")
    return estimate, vm_pu


def _own(case: Case, _grid: Grid, measured: list[Measurements]) -> _Estimate:
    model = own.own_model(case, "estimate")

    def estimate() -> tuple[np.ndarray, Span]:
        results: list[xr.Dataset] = []
        span = span_of(lambda: results.extend(model.estimate(measured[0]) for _ in range(_CALLS)))
        return results[0]["vm_pu"].values, span.per(_CALLS)

    return estimate


def _own_series(case: Case, grid: Grid, measured: list[Measurements]) -> _Estimate:
    """The table that pandapower gets, with the values of every step."""
    from twin.engines.estimation.state_model import StateModel
    from twin.engines.estimation.state_series import estimate_series

    model, net = StateModel.of_net(case.net), with_topology(case.net)
    tables = [_table(net, grid, of_step) for of_step in measured]
    shown = np.array([table["value"].to_numpy(dtype=float) for table in tables])
    values = xr.DataArray(shown, dims=("time", "measurement"), coords={"time": np.arange(len(shown))})

    def estimate() -> tuple[np.ndarray, Span]:
        results: list[xr.Dataset] = []
        span = span_of(lambda: results.append(estimate_series(model, tables[0], values)))
        if not results[0]["exact"].all():
            raise Skipped("it does not find the minimum at every step")
        return results[0]["vm_pu"].values[0], span.per(len(shown))

    return estimate


def _pandapower(case: Case, grid: Grid, measured: list[Measurements]) -> _Estimate:
    """The twin writes the table of measurements; only pandapower's own ``estimate`` is timed."""
    from pandapower import estimation

    from twin.engines.estimation import pandapower_estimate

    net = with_topology(case.net)
    whole = estimation.estimate

    def estimate() -> tuple[np.ndarray, Span]:
        spent: list[Span] = []

        def timed(*args: Any, **options: Any) -> Any:
            cpu, wall = time.process_time(), time.perf_counter()
            try:
                return whole(*args, **options)
            finally:
                spent.append(Span(time.process_time() - cpu, time.perf_counter() - wall))

        with _instead(timed):
            found = pandapower_estimate.estimate(net, grid, measured[0])
        return found["vm_pu"].values, spent[0]

    return estimate


def _table(net: Any, grid: Grid, measured: Measurements) -> pd.DataFrame:
    """pandapower's table of those measurements, as the twin writes it for pandapower."""
    from twin.engines.estimation import pandapower_estimate

    with _instead(lambda *_, **__: False):
        pandapower_estimate.estimate(net, grid, measured)
    return net["measurement"].copy()


@contextmanager
def _instead(other: Callable[..., Any]) -> Iterator[None]:
    """pandapower's ``estimate`` replaced for a while."""
    from pandapower import estimation

    whole = estimation.estimate
    estimation.estimate = other
    try:
        yield
    finally:
        estimation.estimate = whole


def _measured(case: Case, grid: Grid) -> tuple[list[Measurements], np.ndarray]:
    """Noisy measurements (seed 0) of every step of the series, and the true vm_pu of the first, dims (bus,)."""
    random = np.random.default_rng(0)
    injections = case.injections(slice(_FIRST_STEP, _FIRST_STEP + _SERIES))
    truth = Truth(case)
    measured, vm_pu = [], []
    for step in range(_SERIES):
        truth.solve(injections, step)
        vm_pu.append(truth.net.res_bus["vm_pu"].to_numpy(dtype=float).copy())
        measured.append(_noisy(truth.net, grid, random))
    return measured, vm_pu[0]


def _noisy(net: Any, grid: Grid, random: np.random.Generator) -> Measurements:
    """Noisy measurements of the state that stands in ``net``."""
    vm = net.res_bus["vm_pu"].to_numpy(dtype=float)
    bus = np.linspace(0, len(vm) - 1, max(2, int(_METERED_SHARE * len(vm)))).astype(int)
    trafo = net.trafo.index[grid.trafo_branch >= 0].to_numpy(dtype=int)
    flow = net.res_trafo.loc[trafo]
    flow_mva = flow["p_hv_mw"].to_numpy() + 1j * flow["q_hv_mvar"].to_numpy()
    flow_sigma = np.maximum(_FLOW_SIGMA_SHARE * np.abs(flow_mva), _FLOOR_MVA)

    def noisy(values: np.ndarray, sigma: np.ndarray | float) -> np.ndarray:
        return values + sigma * random.standard_normal(len(values))

    parts: dict[str, np.ndarray] = {}
    for table in ("load", "sgen", "storage"):
        p, q = (net[table][c].to_numpy(dtype=float) * net[table]["scaling"].to_numpy(dtype=float) for c in ("p_mw", "q_mvar"))
        sigma = np.maximum(_PSEUDO_SIGMA_SHARE * np.abs(p + 1j * q), _FLOOR_MVA)
        parts |= {f"{table}_p_mw": noisy(p, sigma), f"{table}_q_mvar": noisy(q, sigma), f"{table}_sigma_mva": sigma}
    return Measurements(
        bus=grid.bus[bus],
        vm_pu=noisy(vm[bus], _VM_SIGMA_PU),
        vm_sigma=np.full(len(bus), _VM_SIGMA_PU),
        flow_kind=("trafo_hv",) * len(trafo),
        flow_index=trafo,
        flow_p_mw=noisy(flow_mva.real, flow_sigma),
        flow_q_mvar=noisy(flow_mva.imag, flow_sigma),
        flow_sigma_mva=flow_sigma,
        **parts,
    )
