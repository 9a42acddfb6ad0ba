"""What an inverter injects at a voltage and an available power: its curves and its limit as arrays, compiled by numba."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.domain.controls import Controls, Curve
from twin.domain.grid import Grid
from twin.domain.problems import Problems
from twin.engines.batch.jit import jit

PLACE, WEIGHT, SN_MVA, S_MAX_MVA, Q_FIRST, Q_CURVE, PHI_CURVE, P_CURVE = range(8)
"""Columns of `Laws.figures`."""
_NONE = -1.0
_STEEP = 1e-3
"""sin phi below which the slope of tan phi over cos phi (infinite at cos phi = 1) is held."""


@dataclass(frozen=True)
class Laws:
    """Inverters in service and supplied, and their curves.

    Attributes:
        position: positions in grid.sgen, dims (inverter,).
        node: distinct nodes that inverters stand at, ascending, dims (place,).
        figures: per inverter its place (position in ``node``), weight (by which a column becomes an injection), rated power,
            apparent power limit (infinite without), 1 where the limit keeps reactive power, and the curves of Q(U),
            cos phi(P) and P(U) (-1 for none), dims (inverter, 8).
        table: the curves' inputs and outputs, dims (2, curve, point); the last point is followed by one at infinity. cos phi
            is held as sign (1 - |cos phi|), which runs through 0 from underexcited to overexcited.
    """

    position: np.ndarray
    node: np.ndarray
    figures: np.ndarray
    table: np.ndarray


def check_inverters(grid: Grid, controls: Controls, problems: Problems) -> None:
    """Note every index that the net does not have."""
    known = set(grid.sgen.tolist())
    for number, control in enumerate(controls.inverters):
        for index in control.sgen:
            if index not in known:
                place = f"inverter control {number}, sgen {index}"
                problems.add(place, "unknown", "an index of net.sgen", "correct the inverter list")


def laws_of(grid: Grid, controls: Controls) -> Laws:
    """The inverters of checked ``controls`` that are in service and supplied in ``grid``; the others inject nothing."""
    curves: list[Curve] = []
    rows: list[tuple[float, ...]] = []
    sgen: list[int] = []
    for control in controls.inverters:
        at = [_row(curves, c) for c in (control.q_of_vm, _excess(control.cos_phi_of_p), control.p_of_vm)]
        limits = control.s_max_mva or (math.inf,) * len(control.sgen)
        sgen.extend(control.sgen)
        for sn, s_max in zip(control.sn_mva, limits, strict=True):
            rows.append((0.0, 0.0, sn, s_max, control.priority == "q", *at))
    order = np.argsort(grid.sgen, kind="stable")
    position = order[np.searchsorted(grid.sgen[order], sgen)] if sgen else np.zeros(0, dtype=int)
    on = (grid.sgen_node[position] >= 0) & (grid.sgen_scaling[position] != 0.0)
    position = position[on]
    figures = np.array(rows, dtype=float).reshape(len(rows), 8)[on]
    node, figures[:, PLACE] = np.unique(grid.sgen_node[position], return_inverse=True)
    figures[:, WEIGHT] = grid.sgen_scaling[position]
    return Laws(position, node, figures, table_of(curves))


def table_of(curves: Sequence[Curve]) -> np.ndarray:
    """`Laws.table` of these curves."""
    table = np.full((2, len(curves), 1 + max((len(c.x) for c in curves), default=0)), np.inf)
    for row, curve in enumerate(curves):
        points = len(curve.x)
        table[0, row, :points], table[1, row, :points], table[1, row, points:] = curve.x, curve.y, curve.y[-1]
    return table


def _row(curves: list[Curve], curve: Curve | None) -> float:
    if curve is None:
        return _NONE
    if curve not in curves:
        curves.append(curve)
    return curves.index(curve)


def _excess(cos_phi: Curve | None) -> Curve | None:
    if cos_phi is None:
        return None
    return Curve(cos_phi.x, tuple(math.copysign(1.0 - abs(value), value) for value in cos_phi.y))


@jit
def act(figures: np.ndarray, table: np.ndarray, power: np.ndarray) -> None:
    """What the inverters do at 1 pu, where most dead bands are.

    Args:
        figures, table: see `Laws`.
        power: available p_mw, given q_mvar, and, changed in place, p_mw and q_mvar before scaling, dims (time, 4, inverter).
            NaN gives NaN.
    """
    for t in range(len(power)):
        for i in range(len(figures)):
            power[t, 2, i], power[t, 3, i], _, _ = act_one(figures, table, i, 1.0, power[t, 0, i], power[t, 1, i])


@jit
def act_one(
    figures: np.ndarray, table: np.ndarray, i: int, vm: float, p_mw: float, q_mvar: float
) -> tuple[float, float, float, float]:
    """Power of inverter ``i`` and its slopes over voltage: p_mw, q_mvar [MW, Mvar], dp, dq [1/pu]."""
    sn = figures[i, SN_MVA]
    p, q, dp, dq = p_mw, q_mvar, 0.0, 0.0
    if figures[i, P_CURVE] >= 0.0:
        cap, slope = _interpolate(table, int(figures[i, P_CURVE]), vm)
        if p > cap * sn:
            p, dp = cap * sn, slope * sn
    if figures[i, Q_CURVE] >= 0.0:
        share, slope = _interpolate(table, int(figures[i, Q_CURVE]), vm)
        q, dq = share * sn, slope * sn
    elif figures[i, PHI_CURVE] >= 0.0:
        tan_phi, slope = _tan_phi(table, int(figures[i, PHI_CURVE]), max(p, 0.0) / sn)
        # NaN stays NaN: max(NaN, 0) would be 0
        q, dq = tan_phi * (p if p > 0.0 else 0.0 * p), (tan_phi + slope * p / sn) * dp
    if p * p + q * q > figures[i, S_MAX_MVA] ** 2:
        return _limited(p, q, dp, dq, figures[i, S_MAX_MVA], figures[i, Q_FIRST] != 0.0)
    return p, q, dp, dq


@jit
def slopes_at(figures: np.ndarray, table: np.ndarray, vm: np.ndarray, p_mw: np.ndarray) -> np.ndarray:
    """How the inverters' powers follow their voltage, before scaling [MW/pu, Mvar/pu], dims (2, step, inverter).

    Args:
        figures, table: see `Laws`. ``vm``: at each inverter, dims (step, inverter). ``p_mw``: available there.
    """
    found = np.empty((2, *vm.shape))
    for t in range(len(vm)):
        for i in range(len(figures)):
            _, _, found[0, t, i], found[1, t, i] = act_one(figures, table, i, vm[t, i], p_mw[t, i], 0.0)
    return found


@jit
def _tan_phi(table: np.ndarray, curve: int, share: float) -> tuple[float, float]:
    excess, slope = _interpolate(table, curve, share)
    cos_phi = 1.0 - abs(excess)
    sin_phi = math.sqrt(max(1.0 - cos_phi * cos_phi, 0.0))
    tan_phi = math.copysign(sin_phi / cos_phi, excess)
    return tan_phi, slope / (cos_phi * cos_phi * max(sin_phi, _STEEP))


@jit
def _limited(p: float, q: float, dp: float, dq: float, s_max: float, q_first: bool) -> tuple[float, float, float, float]:
    """Within the apparent power limit, by reducing active (``q_first``) or reactive power."""
    if q_first:
        if abs(q) >= s_max:
            return 0.0, math.copysign(s_max, q), 0.0, 0.0
        left = math.sqrt(s_max * s_max - q * q)
        return math.copysign(left, p), q, -math.copysign(q / left, p) * dq, dq
    if abs(p) >= s_max:
        return math.copysign(s_max, p), 0.0, 0.0, 0.0
    left = math.sqrt(s_max * s_max - p * p)
    return p, math.copysign(left, q), dp, -math.copysign(p / left, q) * dp


@jit
def _interpolate(table: np.ndarray, curve: int, at: float) -> tuple[float, float]:
    """A curve's output and slope; flat outside its points."""
    if at <= table[0, curve, 0]:
        return table[1, curve, 0], 0.0
    k = 0
    while table[0, curve, k + 1] < at:
        k += 1
    x0, y0 = table[0, curve, k], table[1, curve, k]
    slope = (table[1, curve, k + 1] - y0) / (table[0, curve, k + 1] - x0)
    return y0 + slope * (at - x0), slope
