"""N-1 over time: every line out in every state, in turns, and the voltages of some outages against runpp."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import lightsim2grid_peer
import numpy as np
import own
import pandapower_peer
import power_grid_model_peer
import xarray as xr
from clock import Span, span_of
from nets import STEPS, Case
from replay import MAX_VM_ERROR_PU
from truth import Truth, largest_error
from turns import attempt, take_turns

GRIDS = ("MV urban", "demo", "mv_oberrhein")
_COMPARED = 6
"""Outages that are compared with runpp, spread over the lines."""
PEERS: dict[str, tuple[Callable[[Case, np.ndarray], Any], str]] = {
    pandapower_peer.NAME: (pandapower_peer.Outages, pandapower_peer.VERSION),
    lightsim2grid_peer.NAME: (lightsim2grid_peer.Outages, lightsim2grid_peer.VERSION),
    power_grid_model_peer.NAME: (power_grid_model_peer.Outages, power_grid_model_peer.VERSION),
    own.NAME: (own.Outages, own.VERSION),
}


def measure(case: Case, *, rounds: int) -> dict[str, dict[str, Any]]:
    """Per engine: us_per_outage (CPU, per outage and state), states, outages, largest voltage error, or ``skipped``."""
    lines = _in_service(case)
    compared = np.unique(np.linspace(0, len(lines) - 1, _COMPARED).astype(int))
    longest = case.injections(np.linspace(0, STEPS - 1, own.Outages.largest_states).astype(int))
    truth = _truth(case, longest, lines[compared])
    found: dict[str, dict[str, Any]] = {}
    runs: dict[str, Callable[[], Span]] = {}
    for name, (make, version) in PEERS.items():
        found[name] = {"version": version}
        ready = attempt(found[name], lambda make=make: _ready(make(case, lines), longest, compared, truth))
        if ready is None:
            continue
        engine, head, errors = ready
        outages = min(len(lines), engine.largest_outages)
        found[name] |= {"states": head.sizes["time"], "outages": outages, "error": errors}
        if not errors["vm_pu"] <= MAX_VM_ERROR_PU:
            found[name]["wrong"] = "other buses dark, or other voltages, than pandapower's"
        runs[name] = lambda engine=engine, head=head: engine.us_per_outage(head)
    take_turns(runs, found, rounds=rounds, unit="us_per_outage", per_s=1e6)
    return found


def _ready(engine: Any, longest: xr.Dataset, compared: np.ndarray, truth: _Truth) -> tuple[Any, xr.Dataset, dict[str, float]]:
    """The engine, compiled and warm, the states of its turn, and its largest errors."""
    head = longest.isel(time=slice(0, engine.largest_states))
    errors = _errors(engine, longest, compared, truth)
    engine.us_per_outage(head.isel(time=slice(0, 1)))
    return engine, head, errors


def live_state_ms(case: Case, repeats: int) -> dict[str, Any]:
    """N-1 of one state with restoration: median CPU time [ms] of a call, compiled and warm."""
    found: dict[str, Any] = {"lines": len(_in_service(case))}

    def calls() -> list[float]:
        model, state = own.own_model(case, "contingencies"), case.injections(slice(72, 73))
        once = partial(model.contingencies, state, "lines", restore=True)
        return [span_of(once).cpu_s for _ in range(repeats + 1)]

    if (seconds := attempt(found, calls)) is not None:
        found["ms"] = 1e3 * statistics.median(seconds[1:])
    return found


def _in_service(case: Case) -> np.ndarray:
    line = case.net.line
    return line.index[line["in_service"].astype(bool)].to_numpy(dtype=int)


@dataclass(frozen=True)
class _Truth:
    """runpp with each of some lines out: vm_pu, dims (outage, bus), and the highest loading of all [%], dims (outage,)."""

    vm_pu: np.ndarray
    loading_percent_max: np.ndarray


def _truth(case: Case, injections: xr.Dataset, lines: np.ndarray) -> _Truth:
    truth, vm, loading = Truth(case), [], []
    for line in lines:
        truth.net.line.loc[line, "in_service"] = False
        truth.solve(injections, 0)
        vm.append(truth.net.res_bus["vm_pu"].to_numpy(dtype=float).copy())
        loading.append(max(np.nanmax(truth.net[f"res_{table}"]["loading_percent"]) for table in ("line", "trafo")))
        truth.net.line.loc[line, "in_service"] = True
    return _Truth(np.array(vm), np.array(loading))


def _errors(engine: Any, injections: xr.Dataset, compared: np.ndarray, truth: _Truth) -> dict[str, float]:
    """Largest differences: of every voltage, or of the extremes where an engine keeps nothing else."""
    if hasattr(engine, "vm_pu"):
        return {"vm_pu": largest_error(engine.vm_pu(injections, 0, compared), truth.vm_pu)}
    low, high, loading = engine.extremes(injections, 0, compared)
    spread = np.stack([np.nanmin(truth.vm_pu, axis=1), np.nanmax(truth.vm_pu, axis=1)])
    return {
        "vm_pu": largest_error(np.stack([low, high]), spread),
        "loading_percent_max": largest_error(loading, truth.loading_percent_max),
    }
