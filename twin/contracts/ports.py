"""Ports: what engines and adapters promise the régie. The régie and the screens know these names, never an implementation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
import xarray as xr

from twin.contracts.messages import Order, SwitchOrder
from twin.domain.controls import Controls
from twin.domain.grid import Grid, Topology

# ---------------------------------------------------------------------------------------------- engines

WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent")


@dataclass(frozen=True)
class Measurements:
    """Measurements and pseudo-measurements of one instant, in the net's sign (loads positive, generation positive).

    Attributes:
        bus, vm_pu, vm_sigma: voltage magnitudes at bus indices [pu] with standard deviation [pu].
        flow_kind: "line_from", "line_to", "trafo_hv" or "trafo_lv" per flow measurement. ``flow_index``: line or transformer
            index. ``flow_p_mw``, ``flow_q_mvar``: power entering the element at that side. ``flow_sigma_mva``.
        load_p_mw, load_q_mvar, load_sigma_mva: per grid.load (same order), consumption positive, after scaling.
        sgen_p_mw, ...: per grid.sgen, generation positive. storage_p_mw, ...: per grid.storage, charging positive.
    """

    bus: np.ndarray
    vm_pu: np.ndarray
    vm_sigma: np.ndarray
    flow_kind: tuple[str, ...]
    flow_index: np.ndarray
    flow_p_mw: np.ndarray
    flow_q_mvar: np.ndarray
    flow_sigma_mva: np.ndarray
    load_p_mw: np.ndarray
    load_q_mvar: np.ndarray
    load_sigma_mva: np.ndarray
    sgen_p_mw: np.ndarray
    sgen_q_mvar: np.ndarray
    sgen_sigma_mva: np.ndarray
    storage_p_mw: np.ndarray
    storage_q_mvar: np.ndarray
    storage_sigma_mva: np.ndarray


QUANTILES = (0.05, 0.5, 0.95)
"""Shares of the steps whose value a replay gives unless asked otherwise."""
Progress = Callable[[int, int], None]
"""Called with steps done and all steps; what it raises ends the work."""


@dataclass(frozen=True)
class GridLimits:
    """What hours and violations are counted beyond: voltage band [pu] and loading [%].

    The defaults are EN 50160's band of +-10 % and the rated current; a site's own stand in its file.
    """

    vm_min_pu: float = 0.9
    vm_max_pu: float = 1.1
    loading_percent: float = 100.0


class GridModel(Protocol):
    """A compiled grid that can be solved; one per topology.

    Attributes:
        reason: why this engine serves the grid and no other.
    """

    grid: Grid
    engine: str
    engine_version: str
    reason: str

    def solve(
        self,
        injections: xr.Dataset,
        *,
        dtype: str = "float64",
        want: Sequence[str] = WANT,
        controls: Controls | None = None,
    ) -> xr.Dataset:
        """AC power flow of every time step.

        Args:
            injections: any of ``load_p_mw(time, load)``, ``load_q_mvar``, ``sgen_p_mw(time, sgen)``, ``sgen_q_mvar``,
                ``storage_p_mw(time, storage)``, ``storage_q_mvar`` before ``scaling``; all elements, matched by label or in
                the net's order. What is missing takes the net's own value.
            dtype: "float64" or "float32" (voltages within 1e-6 pu).
            want: result variables among ``vm_pu``, ``va_degree`` (time, bus), ``line_loading_percent`` (time, line),
                ``trafo_loading_percent`` (time, trafo), ``trafo3w_loading_percent``, ``line_p_from_mw``,
                ``line_q_from_mvar``, ``line_i_ka``, ``line_loss_mw``, ``trafo_p_hv_mw``, ``trafo_q_hv_mvar``,
                ``trafo_p_lv_mw``, ``trafo_q_lv_mvar``, ``trafo_loss_mw``, ``loss_mw`` (time), ``source_p_mw`` (time,
                source), ``sgen_p_mw``, ``sgen_q_mvar`` (before ``scaling``, after what inverters do).
            controls: inverters and tap changers that act by themselves; without, those that the model was made with.

        Returns:
            The wanted variables with units in attrs, plus ``converged(time)`` (bool), ``iterations(time)`` and
            ``engine(time)``: who solved the step; per controlled tap changer ``tap_pos``, ``tap_moves``, ``tap_at_end``,
            ``tap_hunting`` (time, tap). A step that does not converge is NaN and ``converged`` False; it never
            influences the next one. An unsupplied bus is NaN.

        A voltage-dependent load or sgen follows its own voltage by its own shares (`twin.domain.grid.Grid.load_share`);
        pandapower averages the shares of a bus's loads over the bus's whole net power.
        """
        ...

    def replay(
        self,
        injections: xr.Dataset,
        *,
        chunk: int | None = None,
        dtype: str = "float64",
        limits: GridLimits | None = None,
        quantiles: Sequence[float] = QUANTILES,
        step_h: float | None = None,
        controls: Controls | None = None,
        progress: Progress | None = None,
    ) -> xr.Dataset:
        """Statistics of every element over all steps, without keeping any result.

        Args:
            injections: as for `solve`; read ``chunk`` steps at a time (as many as fit 48 MB), so that a lazily opened data
                set of any length passes through constant memory.
            limits: what hours are counted beyond; `GridLimits()` unless stated.
            quantiles: shares, 0..1; within 0.1 % of loading up to 200 %, and 1.3e-4 pu between 0.7 and 1.3 pu; NaN beyond
                (the extremes are exact). Empty: none.
            step_h: length of a step [h]; the time axis tells it if there is one.
            controls: as for `solve`; taps keep their positions from chunk to chunk.
            progress: called after every chunk.

        Returns:
            Per bus ``vm_pu_min``, ``_max``, ``_mean``, ``_quantile``, ``_min_time``, ``_max_time``, ``bus_hours_under``,
            ``bus_hours_over``; per line and transformer ``line_loading_percent_min`` and so on, ``line_hours_over``,
            ``line_loss_mwh``; ``loss_mwh``; ``unsolved_time``: labels of the steps that nobody could solve, which count
            nowhere. In attrs: ``engine``, ``reason``, ``steps``, ``solved``, ``newton``, ``iterations_mean``.

        Raises:
            BadInput: for injections that do not fit, all faults at once.
        """
        ...

    def contingencies(
        self,
        injections: xr.Dataset,
        outages: str | Iterable[Any] = "lines",
        *,
        restore: bool = True,
        limits: GridLimits | None = None,
    ) -> xr.Dataset:
        """Every outage at every step, and the best single closure after it (see `twin.engines.outages.contingency`).

        Taps stand where they are, and inverters inject what is given: what controls itself acts in `solve` and `replay`.

        A closure found here is a candidate: `twin.engines.restore` checks short-circuit power, protection, synchronism and
        radiality before it recommends one.

        Args:
            outages: "lines", "trafos", line indices, or ("line" | "trafo", index) pairs.
            restore: try every permitted closure that gives a dark part its supply back.

        Returns:
            Dims (outage, time): ``unsupplied_before_mw``, ``unsupplied_after_mw``, ``closure`` (switch index, -1 none);
            of what is supplied right after the outage ``loading_percent_max``, ``loading_at``, ``vm_pu_min``,
            ``vm_pu_min_bus``, ``vm_pu_max``, ``vm_pu_max_bus``, ``violation``, ``loss_mw``, ``converged``, and the same as
            ``after_...`` with the closure. Dims (case, time): every closure tried. ``n1_margin_percent(time)``: 100 less the
            highest loading of all outages after restoration. In attrs ``untried_closures``: permitted switches that the
            engine cannot try, couplers with an impedance.

        Raises:
            BadInput: for injections that do not fit, and unknown outages.
        """
        ...

    def estimate(self, measurements: Measurements) -> xr.Dataset:
        """Weighted least squares state estimation of one instant.

        Returns:
            ``vm_pu(bus)``, ``line_loading_percent(line)``, ``trafo_loading_percent(trafo)``, ``line_p_from_mw``,
            ``trafo_p_hv_mw``, ``load_p_mw(load)``, ``sgen_p_mw(sgen)``, ``storage_p_mw(storage)``, ``loss_mw()``,
            ``converged()`` and ``exact()``: False where only an approximation of the weighted least squares converged, a
            state to be questioned.
        """
        ...


class Engine(Protocol):
    """Compiles the site's grid for any topology; keeps compiled models."""

    name: str

    def model(self, topology: Topology) -> GridModel:
        """The model of that topology, compiled once and kept."""
        ...

    def reference_vm_pu(self, topology: Topology, injections: xr.Dataset) -> np.ndarray:
        """``runpp(tolerance 1e-8)`` of a single step: vm_pu, dims (bus,). Independent of the kernel; used to verify it."""
        ...


# ---------------------------------------------------------------------------------------------- telemetry


@dataclass(frozen=True)
class Readings:
    """A batch of telemetry values, one row each.

    Attributes:
        channel: index into the site's channel list, int32, dims (row,).
        valid_time_s: label of the quarter hour (its start), epoch seconds.
        known_time_s: when the value became known; never later than the ``as_of`` it was read with.
        value: in the channel's unit; NaN where the source said 'missing'.
    """

    channel: np.ndarray
    valid_time_s: np.ndarray
    known_time_s: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class GridEvent:
    """Something that cannot wait for the quarter hour: a breaker, protection, earth-fault or P1 signal."""

    at: datetime
    kind: str
    element: str
    detail: Mapping[str, object] = field(default_factory=dict)


class SourceFailed(RuntimeError):
    """A source of telemetry cannot go on; the message names the source, the moment, the cause and the remedy."""


@runtime_checkable
class Telemetry(Protocol):
    """Where measurements come from. ``checkpoint`` says how far the source was read, so that a restart reads on."""

    def history(self, start: datetime, end: datetime) -> Readings:
        """Every reading with ``start <= valid_time < end`` that was known at ``end``."""
        ...

    def read(self, as_of: datetime) -> Readings:
        """Readings that became known since the last call and not later than ``as_of``."""
        ...

    def topology(self, as_of: datetime) -> Topology:
        """Switch positions and taps as telemetered at ``as_of``."""
        ...

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first event with ``after < at < until``, or None."""
        ...

    def checkpoint(self) -> bytes:
        """How far the source was read (for the simulated plant: its state)."""
        ...

    def restore(self, checkpoint: bytes) -> None:
        """Continue from a checkpoint."""
        ...


class Actuator(Protocol):
    """Where orders go. Receivers are idempotent by ``order.key``."""

    def known(self, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` that the receiver already holds; asked after a restart so that no order is sent twice."""
        ...

    def send(self, orders: Sequence[Order]) -> None:
        """Hand orders over; returning means the receiver holds them."""
        ...

    def operate(self, orders: Sequence[SwitchOrder]) -> None:
        """Hand orders to switches over; returning means the receiver holds them. What becomes of them the telemetry shows."""
        ...


class Referee(Protocol):
    """Knows a simulation's hidden truth and answers with scores only."""

    def vm_rmse_pu(self, vm_pu: np.ndarray) -> float:
        """RMSE of an estimate (dims (bus,), NaN ignored) against the truth of the last interval."""
        ...


# ---------------------------------------------------------------------------------------------- outside forecasts


@dataclass(frozen=True)
class Outlook:
    """What is known of the future at ``as_of``: weather forecast, published prices, expected import mix.

    Attributes:
        issued_at: per signal, when it was issued.
        times: labels of the quarter hours ahead, ``datetime64[ns]``, dims (time,), from ``as_of`` on.
        values: signal -> array (time,), NaN where not (yet) published.
        synthetic: True when a generator made it; every screen says so.
    """

    issued_at: Mapping[str, datetime]
    times: np.ndarray
    values: Mapping[str, np.ndarray]
    synthetic: bool


class OutlookSource(Protocol):
    """Weather, prices, mix as published at a given moment."""

    def outlook(self, as_of: datetime, steps: int) -> Outlook:
        """The newest issue not later than ``as_of``, for ``steps`` quarter hours from ``as_of``."""
        ...
