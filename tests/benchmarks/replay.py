"""The year: every engine from element arrays to loading statistics, in turns, and its error on random steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import lightsim2grid_peer
import numpy as np
import own
import pandapower_peer
import power_grid_model_peer
import xarray as xr
from clock import Span
from nets import STEPS, Case
from states import States
from truth import Truth, largest_errors
from turns import attempt, take_turns

MAX_VM_ERROR_PU = 1e-5
"""Beyond it an engine solves another grid; what is asked of ours stands in the targets."""

OURS = "ours float64"
OURS_SINGLE = "ours float32"
OURS_QUANTILES = "ours, quantiles too"
PEERS: dict[str, tuple[Callable[[Case], Any], str]] = {
    pandapower_peer.NAME: (pandapower_peer.Replay, pandapower_peer.VERSION),
    lightsim2grid_peer.NAME: (lightsim2grid_peer.Replay, lightsim2grid_peer.VERSION),
    power_grid_model_peer.NAME: (power_grid_model_peer.Replay, power_grid_model_peer.VERSION),
    OURS: (own.Replay, own.VERSION),
    OURS_SINGLE: (partial(own.Replay, dtype="float32"), own.VERSION),
    OURS_QUANTILES: (partial(own.Replay, quantiles=True), own.VERSION),
}
_US_PER_NODE = {pandapower_peer.NAME: 40.0, lightsim2grid_peer.NAME: 0.25, power_grid_model_peer.NAME: 0.29}
_OWN_US_PER_NODE = 0.02
"""Rough costs [us per node and step], only to size a turn."""
_WARM_STEPS = 64
_MAX_BYTES = 400e6
"""Element arrays of one turn: two of them fit beside everything else in 2 GB."""


def measure(case: Case, *, rounds: int, turn_s: float, random_steps: int) -> dict[str, dict[str, Any]]:
    """Per engine: us_per_step (CPU), us_per_step_wall, steps, largest errors, or ``skipped`` with the reason.

    Args:
        turn_s: CPU time [s] that one turn of one engine may take, about.
        random_steps: steps of the year, drawn with seed 0, on which the errors are taken.
    """
    drawn = np.sort(np.random.default_rng(0).choice(STEPS, size=random_steps, replace=False))
    asked = case.injections(drawn)
    truth = Truth(case).states(asked)
    found: dict[str, dict[str, Any]] = {}
    runs: dict[str, Callable[[], Span]] = {}
    longest = case.injections(slice(0, _most_steps(case)))
    for name, (make, version) in PEERS.items():
        found[name] = {"version": version}
        head = longest.isel(time=slice(0, _turn_steps(name, case, turn_s)))
        ready = attempt(found[name], lambda make=make, head=head: _ready(make(case), head, asked, truth))
        if ready is None:
            continue
        engine, errors = ready
        found[name] |= {"steps": head.sizes["time"], "error": errors}
        if not errors["vm_pu"] <= MAX_VM_ERROR_PU:
            found[name]["wrong"] = f"voltages are {errors['vm_pu']:.1e} pu off"
        runs[name] = lambda engine=engine, head=head: engine.us_per_step(head)
    take_turns(runs, found, rounds=rounds, unit="us_per_step", per_s=1e6)
    return found


def _ready(engine: Any, head: xr.Dataset, asked: xr.Dataset, truth: States) -> tuple[Any, dict[str, float]]:
    """The engine, compiled and warm, and its largest errors on the steps asked for, or on the first few if it is slow."""
    few = asked.isel(time=slice(0, engine.most_compared))
    compared = States(*(values[: few.sizes["time"]] for values in vars(truth).values()))
    errors = largest_errors(engine.states(few), compared)
    engine.us_per_step(head.isel(time=slice(0, _WARM_STEPS)))
    return engine, errors


def _most_steps(case: Case) -> int:
    """Steps whose element arrays fit `_MAX_BYTES`, at most a year."""
    per_step = 8 * sum(len(profiles.column) for profiles in case.profiles.values())
    return int(min(STEPS, _MAX_BYTES // per_step))


def _turn_steps(name: str, case: Case, turn_s: float) -> int:
    cost_us = _US_PER_NODE.get(name, _OWN_US_PER_NODE) * len(case.net.bus)
    return int(np.clip(turn_s * 1e6 / cost_us, _WARM_STEPS, _most_steps(case)))
