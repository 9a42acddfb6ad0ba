"""State estimation: the same measurements of the demo town's states to ours and to pandapower's, in turns."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import own
import pandapower_peer
from clock import Span, span_of
from nets import Case
from states import Skipped
from truth import Truth
from turns import attempt, take_turns

from twin.contracts.ports import Measurements
from twin.domain.grid import Grid
from twin.engines.compile import compile_net
from twin.engines.topology import with_topology

GRIDS = ("MV urban", "demo")
_VM_SIGMA_PU = 0.002
_FLOW_SIGMA_SHARE = 0.01
"""Class 1 instrument transformers, of the reading; at least 1 kW."""
_PSEUDO_SIGMA_SHARE = 0.3
"""Pseudo-measurements: a profile's guess is off by about a third, at least 1 kW."""
_FLOOR_MVA = 1e-3
_METERED_SHARE = 0.2
"""Buses with a voltmeter, spread over the grid."""


def measure(case: Case, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Per engine: ms per estimate (CPU), rmse of vm_pu against the true state, or ``skipped``."""
    grid = compile_net(case.net).grid
    measured, truth = _measured(case, grid, step=72)
    found: dict[str, dict[str, Any]] = {}
    runs = {}
    for name, version, make in (
        (pandapower_peer.NAME, pandapower_peer.VERSION, _pandapower),
        (own.NAME, own.VERSION, _own),
    ):
        found[name] = {"version": version}
        ready = attempt(found[name], lambda make=make: _ready(make(case, grid, measured)))
        if ready is None:
            continue
        estimate, vm_pu = ready
        found[name]["rmse_vm_pu"] = float(np.sqrt(np.mean((vm_pu - truth) ** 2)))
        runs[name] = lambda estimate=estimate: estimate()[1]
    take_turns(runs, found, rounds=rounds, unit="ms", per_s=1e3)
    return found


def _ready(estimate: Any) -> tuple[Any, np.ndarray]:
    """The estimator, compiled and warm, and its vm_pu.

    Raises:
        Skipped: when it finds no state.
    """
    vm_pu, _ = estimate()
    if not np.isfinite(vm_pu).all():
        raise Skipped("it does not converge on these measurements")
    return estimate, vm_pu


def _own(case: Case, _grid: Grid, measured: Measurements) -> Any:
    model = own.own_model(case, "estimate")

    def estimate() -> tuple[np.ndarray, Span]:
        results = []
        span = span_of(lambda: results.append(model.estimate(measured)))
        return results[0]["vm_pu"].values, span

    return estimate


def _pandapower(case: Case, grid: Grid, measured: Measurements) -> Any:
    """The twin writes the table of measurements; only pandapower's own ``estimate`` is timed."""
    from pandapower import estimation

    from twin.engines import pandapower_estimate

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

        estimation.estimate = timed
        try:
            found = pandapower_estimate.estimate(net, grid, measured)
        finally:
            estimation.estimate = whole
        return found["vm_pu"].values, spent[0]

    return estimate


def _measured(case: Case, grid: Grid, step: int) -> tuple[Measurements, np.ndarray]:
    """Noisy measurements (seed 0) of one step, and its true vm_pu, dims (bus,)."""
    random = np.random.default_rng(0)
    injections = case.injections(slice(step, step + 1))
    truth = Truth(case)
    truth.solve(injections, 0)
    net = truth.net
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
    measured = Measurements(
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
    return measured, vm
