"""Proof: the plan against AC power flow over the whole horizon, before and after; trimmed until it harms nothing.

The forecast of each zone is shared over its loads and roofs as in the estimate; devices then move from what they would do by
themselves to what is planned. All cases go through the engine in one batch: nobody moved, everybody who may, and for each group
the plan without it (or, where it waits for an answer, with it), which is what its recommendation is worth to the grid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xarray as xr

from twin.contracts.devices import Device
from twin.contracts.messages import Proposal
from twin.contracts.ports import Engine, GridModel
from twin.domain.controls import Controls
from twin.domain.grid import Grid, Topology
from twin.domain.time import quarter_hours

HORIZON_STEPS = 96
TRIM_FACTORS = (0.5, 0.25)
"""Shares of the movement that are tried when the whole of it does harm, before none of it is left."""
TOLERANCE_PERCENT = 0.1
TOLERANCE_PU = 1e-4
"""A plan that worsens no loading by 0.1 % and no voltage by 1e-4 pu beyond its limit counts as harmless (DISPATCH.md)."""
Moves = Mapping[str, np.ndarray]
"""Movement by element table ("load", "sgen", "storage") [MW], drawing more positive, dims (time, element)."""
_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "sgen_q_mvar")


@dataclass(frozen=True)
class Limits:
    """Bands per bus [pu], dims (bus,), and loading limits [%]."""

    bus_low_pu: np.ndarray
    bus_high_pu: np.ndarray
    line_percent: float
    trafo_percent: float


@dataclass(frozen=True)
class Outlooks:
    """The coming quarter hours that the proof needs, devices left to themselves: element powers [MW], dims (time, element)."""

    load_p_mw: np.ndarray
    sgen_p_mw: np.ndarray
    storage_p_mw: np.ndarray
    co2_g_per_kwh: np.ndarray


@dataclass(frozen=True)
class Effect:
    """What one group does for the grid over the horizon: highest loading [%] without and with it, and on which element."""

    without_percent: float
    with_percent: float
    element: str


@dataclass(frozen=True)
class Proof:
    """What the AC check found.

    Attributes:
        before, after: per quarter hour ``loading_percent``, ``vm_min_pu``, ``vm_max_pu`` (worst over elements), dims (time,).
        worst_element: per quarter hour, the most loaded element after the plan ("trafo 2").
        factor: share of the proposed movement that survived trimming, 0..1.
        max_vm_error_pu: deciding engine against the reference on one step; NaN where it was not asked.
        solved: False when the power flow diverged somewhere; then nothing is dispatched.
        loading: after, per element, dims (time, line + trafo); ``vm_pu``: after, dims (time, bus).
        effects: by group, of those that move anything.
    """

    before: Mapping[str, np.ndarray]
    after: Mapping[str, np.ndarray]
    worst_element: tuple[str, ...]
    factor: float
    max_vm_error_pu: float
    solved: bool
    loading: np.ndarray
    vm_pu: np.ndarray
    effects: Mapping[str, Effect]

    def horizon(self, as_of: datetime) -> xr.Dataset:
        """The look-ahead for the decision and the screen."""
        times = quarter_hours(as_of, len(self.worst_element))
        data = {
            "loading_before_percent": ("time", self.before["loading_percent"], {"units": "%"}),
            "loading_after_percent": ("time", self.after["loading_percent"], {"units": "%"}),
            "vm_min_pu": ("time", self.after["vm_min_pu"], {"units": "pu"}),
            "vm_max_pu": ("time", self.after["vm_max_pu"], {"units": "pu"}),
        }
        return xr.Dataset(data, coords={"time": times})


class Prover:
    """Checks plans on one site.

    Args:
        load_tan_phi: reactive over active power, dims (load,).
        checks: the reference power flow looks over every proof; otherwise over the first alone.
    """

    def __init__(
        self,
        engine: Engine,
        limits: Limits,
        controls: Controls | None,
        devices: Mapping[str, Device],
        *,
        load_tan_phi: np.ndarray,
        checks: bool = True,
    ) -> None:
        self._engine = engine
        self._limits = limits
        self._controls = controls
        self._devices = devices
        self._load_tan_phi = load_tan_phi
        self._checks = checks
        self._checked = False

    def prove(
        self,
        topology: Topology,
        outlooks: Outlooks,
        ordered: Mapping[str, Proposal],
        waiting: Mapping[str, Proposal],
        as_of: datetime,
    ) -> Proof:
        """AC power flow of the horizon without and with the plan.

        Args:
            ordered: movements to prove, by device. ``waiting``: those that nobody has accepted yet.
        """
        model = self._engine.model(topology)
        stack = Stack(outlooks, self._load_tan_phi)
        grid, steps = model.grid, stack.steps
        moves = self._moves(grid, ordered, steps)
        groups = {g: self._moves(grid, members, steps) for g, members in self._groups({**ordered, **waiting}).items()}
        accepted = {self._devices[name].group for name in ordered}
        others = [_added(moves, move, -1.0 if group in accepted else 1.0) for group, move in groups.items()]
        before, after, *compared = self._solve(model, stack, [_scaled(moves, 0.0), moves, *others])
        effects = {
            group: _effect(grid, *((case, after) if group in accepted else (after, case)))
            for group, case in zip(groups, compared, strict=True)
        }
        factor = 1.0
        if ordered and harms(self._limits, before, after):
            # A ripple group is moved whole or not at all: what is trimmed goes without it.
            moves = self._moves(grid, {n: p for n, p in ordered.items() if self._devices[n].ripple is None}, steps)
            trimmed = self._solve(model, stack, [_scaled(moves, f) for f in TRIM_FACTORS])
            tried = zip(TRIM_FACTORS, trimmed, strict=True)
            factor, after = next(((f, case) for f, case in tried if not harms(self._limits, before, case)), (0.0, before))
        step = int.from_bytes(hashlib.sha256(as_of.isoformat().encode()).digest()[:4], "big") % steps
        error = float("nan")
        if self._checks or not self._checked:
            error, self._checked = self._error(topology, stack, _scaled(moves, factor), after, step), True
        return Proof(
            before=_worst(before),
            after=_worst(after),
            worst_element=_worst_elements(grid, after),
            factor=factor,
            max_vm_error_pu=error,
            solved=bool(before["converged"].all() and after["converged"].all()),
            loading=_loading(after),
            vm_pu=after["vm_pu"],
            effects=effects,
        )

    def breaks_limits(self, topology: Topology, outlooks: Outlooks, steps: int) -> bool:
        """Whether the next ``steps`` quarter hours break a limit if nobody is moved, or have no solution."""
        first = Outlooks(*(values[:steps] for values in vars(outlooks).values()))
        model, stack = self._engine.model(topology), Stack(first, self._load_tan_phi)
        (alone,) = self._solve(model, stack, [self._moves(model.grid, {}, steps)])
        return self._exceeds(alone) or not bool(alone["converged"].all())

    def _exceeds(self, case: Mapping[str, np.ndarray]) -> bool:
        """True when anything lies beyond its limit, whoever moved it there."""
        limits = self._limits
        over = max(
            np.nanmax(case["line_loading_percent"], initial=0.0) - limits.line_percent,
            np.nanmax(case["trafo_loading_percent"], initial=0.0) - limits.trafo_percent,
        )
        vm = case["vm_pu"]
        outside = max(np.nanmax(vm - limits.bus_high_pu, initial=-np.inf), np.nanmax(limits.bus_low_pu - vm, initial=-np.inf))
        return bool(over > TOLERANCE_PERCENT or outside > TOLERANCE_PU)

    def _groups(self, proposals: Mapping[str, Proposal]) -> dict[str, dict[str, Proposal]]:
        groups: dict[str, dict[str, Proposal]] = {}
        for name, proposal in sorted(proposals.items()):
            groups.setdefault(self._devices[name].group, {})[name] = proposal
        return groups

    def _moves(self, grid: Grid, proposals: Mapping[str, Proposal], steps: int) -> Moves:
        return moves_of(self._devices, grid, proposals, steps)

    def _solve(self, model: GridModel, stack: Stack, cases: Sequence[Moves]) -> list[dict[str, np.ndarray]]:
        """One batch for all cases; per case plain arrays, dims (time, element)."""
        solved = model.solve(stack.dataset(model.grid, cases), want=_WANT, controls=self._controls)
        steps = stack.steps
        arrays = {name: solved[name].values for name in (*_WANT, "converged")}
        return [{name: a[i * steps : (i + 1) * steps] for name, a in arrays.items()} for i in range(len(cases))]

    def _error(
        self,
        topology: Topology,
        stack: Stack,
        moves: Moves,
        after: Mapping[str, np.ndarray],
        step: int,
    ) -> float:
        """Largest difference to the reference on one step, with the reactive power that the inverters settled at."""
        injections = stack.dataset(self._engine.model(topology).grid, [moves]).isel(time=[step])
        injections["sgen_q_mvar"] = (("time", "sgen"), np.nan_to_num(after["sgen_q_mvar"][[step]]))
        reference = self._engine.reference_vm_pu(topology, injections)
        difference = np.abs(after["vm_pu"][step] - reference)
        return float(np.nanmax(difference)) if np.isfinite(difference).any() else float("nan")


@dataclass(frozen=True)
class Stack:
    """Forecast element powers, repeated once per case."""

    outlooks: Outlooks
    load_tan_phi: np.ndarray

    @property
    def steps(self) -> int:
        """Quarter hours."""
        return len(self.outlooks.load_p_mw)

    def dataset(self, grid: Grid, cases: Sequence[Moves]) -> xr.Dataset:
        """Injections for the engine, one case after the other, each with its movements."""
        alone = self.outlooks
        load = np.concatenate([alone.load_p_mw + moves["load"] for moves in cases])
        storage = np.concatenate([alone.storage_p_mw + moves["storage"] for moves in cases])
        q = np.tile(alone.load_p_mw * self.load_tan_phi, (len(cases), 1))
        sgen = np.concatenate([_curtailed(alone.sgen_p_mw, moves["sgen"]) for moves in cases])
        load, q = before_scaling(load, grid.load_scaling), before_scaling(q, grid.load_scaling)
        sgen, storage = before_scaling(sgen, grid.sgen_scaling), before_scaling(storage, grid.storage_scaling)
        return xr.Dataset(
            {
                "load_p_mw": (("time", "load"), load),
                "load_q_mvar": (("time", "load"), q),
                "sgen_p_mw": (("time", "sgen"), sgen),
                "storage_p_mw": (("time", "storage"), storage),
            },
            coords={"time": np.arange(len(load)), "load": grid.load, "sgen": grid.sgen, "storage": grid.storage},
        )


def harms(limits: Limits, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> bool:
    """True when ``after`` makes any element worse beyond its limit, or does not converge."""
    if not after["converged"].all():
        return True
    for name, limit in (("line_loading_percent", limits.line_percent), ("trafo_loading_percent", limits.trafo_percent)):
        over = np.maximum(after[name], limit) - np.maximum(before[name], limit)
        if np.nanmax(over, initial=0.0) > TOLERANCE_PERCENT:
            return True
    high = np.maximum(after["vm_pu"], limits.bus_high_pu) - np.maximum(before["vm_pu"], limits.bus_high_pu)
    low = np.minimum(before["vm_pu"], limits.bus_low_pu) - np.minimum(after["vm_pu"], limits.bus_low_pu)
    return bool(max(np.nanmax(high, initial=0.0), np.nanmax(low, initial=0.0)) > TOLERANCE_PU)


def moves_of(devices: Mapping[str, Device], grid: Grid, proposals: Mapping[str, Proposal], steps: int) -> Moves:
    """Planned minus unconstrained power per element table, dims (time, element)."""
    moves = {table: np.zeros((steps, len(getattr(grid, table)))) for table in ("load", "sgen", "storage")}
    for name, proposal in proposals.items():
        device = devices[name]
        n = min(steps, len(proposal.p_mw))
        moved = (proposal.p_mw[:n] - proposal.unconstrained_p_mw[:n])[:, None]
        for element, share in device.places:
            at = np.flatnonzero(getattr(grid, device.table) == element)
            moves[device.table][:n, at] += share * moved
    return moves


def _curtailed(sgen_p_mw: np.ndarray, move_mw: np.ndarray) -> np.ndarray:
    """Generation with plants moved; a plant of which less is forecast here than is curtailed stands still."""
    return np.where(move_mw == 0.0, sgen_p_mw, np.maximum(sgen_p_mw - move_mw, 0.0))


def _scaled(moves: Moves, factor: float) -> Moves:
    return {table: factor * move for table, move in moves.items()}


def _added(moves: Moves, more: Moves, factor: float) -> Moves:
    return {table: move + factor * more[table] for table, move in moves.items()}


def _effect(grid: Grid, without: Mapping[str, np.ndarray], with_it: Mapping[str, np.ndarray]) -> Effect:
    highest = [_worst(case)["loading_percent"] for case in (without, with_it)]
    if not all(np.isfinite(path).any() for path in highest):
        return Effect(float("nan"), float("nan"), "")
    at = int(np.nanargmax(highest[0]))
    return Effect(float(np.nanmax(highest[0])), float(np.nanmax(highest[1])), _worst_elements(grid, without)[at])


def before_scaling(power_mw: np.ndarray, scaling: np.ndarray) -> np.ndarray:
    """Metered or forecast element powers, dims (time, element), as an engine takes them: it multiplies them by ``scaling``.

    An element out of service (factor 0) has no power.
    """
    return np.divide(power_mw, scaling, out=np.zeros_like(power_mw), where=scaling != 0.0)


def _loading(case: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([case["line_loading_percent"], case["trafo_loading_percent"]], axis=1)


def _worst(case: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    with np.errstate(all="ignore"):
        return {
            "loading_percent": np.fmax.reduce(_loading(case), axis=1),
            "vm_min_pu": np.fmin.reduce(case["vm_pu"], axis=1),
            "vm_max_pu": np.fmax.reduce(case["vm_pu"], axis=1),
        }


def _worst_elements(grid: Grid, case: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    names = [f"line {i}" for i in grid.line] + [f"trafo {i}" for i in grid.trafo]
    return tuple(names[i] for i in np.nan_to_num(_loading(case), nan=-1.0).argmax(axis=1))
