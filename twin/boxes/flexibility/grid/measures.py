"""What the rows are made of: watched voltages, branch currents and source power at an AC solution, and how they move.

A branch's current is watched by two numbers, its part along its present direction and its part across, so that a limit on its
magnitude can be laid from any side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Plan
from twin.boxes.flexibility.grid.flow import solve
from twin.boxes.flexibility.grid.network import Network
from twin.boxes.flexibility.grid.proof import Proof, source_power
from twin.boxes.flexibility.grid.screen import Watch
from twin.engines.tangents.watched import NO_CURRENT_PERCENT, Rows, voltage_rows

_PROBE = 1e-4
"""Share by which the source's voltage is moved to see what follows: the second-order error, 1e-8, is below the solver's."""


@dataclass(frozen=True)
class Measures:
    """Watched quantities at a plan.

    Attributes:
        node: of the voltages, dims (n,). ``end``, ``branch``: of the branch ends, dims (m,).
        angle: of what enters at an end against the voltage there [rad], dims (step, m).
        value: voltages [pu], along [%] and across [%] of the ends, source power [MW, Mvar], dims (step, n + 2 m + 2).
        by_p, by_q: per MW and Mvar drawn at a place, dims (step, measure, place).
        by_source: per pu of the first source's voltage, dims (step, measure); None where it is not planned.
        spread: how far each path of the forecast is from the median, dims (quantile, step, measure); None without paths.
    """

    node: np.ndarray
    end: np.ndarray
    branch: np.ndarray
    angle: np.ndarray
    value: np.ndarray
    by_p: np.ndarray
    by_q: np.ndarray
    by_source: np.ndarray | None
    spread: np.ndarray | None

    @property
    def along(self) -> slice:
        """Where the parts along the present direction stand."""
        return slice(len(self.node), len(self.node) + len(self.branch))

    @property
    def across(self) -> slice:
        """Where the parts across it stand."""
        return slice(self.along.stop, self.along.stop + len(self.branch))


def measure(case: Case, proof: Proof, watch: Watch) -> Measures:
    """Values and exact slopes at a proven plan; a step without a solution is NaN.

    The slopes are the tangent of the power flow that was solved, inverters' curves included.
    """
    network, v = case.network, proof.state.v
    rated = network.percent_per_pu[:, watch.branch] > 0.0
    end, position = np.nonzero(rated)
    branch = watch.branch[position]
    with np.errstate(invalid="ignore"):  # NaN in, NaN out
        turn = _directions(network, v, end, branch)
        view = _View(network, watch.node, end, branch, turn)
        rows = Rows.join(voltage_rows(v, watch.node), *_end_rows(view, v), *_source_rows(network, v))
        slopes = network.tangent.slopes(v, case.place, rows, proof.state.following)
    fixed = len(watch.node) + 2 * len(branch)
    by_p, by_q = (-np.concatenate([part[:, :fixed], _source_slopes(part[:, fixed:])], axis=1) for part in slopes)
    at_source = np.isin(case.place, network.grid.source_node)
    by_p[:, -2, at_source] = by_q[:, -1, at_source] = 1.0
    value = view.of(v, proof.state.drawn)
    by_source = _by_source(case, proof.plan, view)
    angle = np.angle(turn * _at_end(network, v, end, branch).conj())
    return Measures(watch.node, end, branch, angle, value, by_p, by_q, by_source, _spread(case, proof.plan, view, value))


@dataclass(frozen=True)
class _View:
    """Quantities as functions of any voltages, the directions of the branch currents held."""

    network: Network
    node: np.ndarray
    end: np.ndarray
    branch: np.ndarray
    turn: np.ndarray

    def of(self, v: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """Values, dims (step, measure)."""
        share = self.network.shares(v)[:, self.end, self.branch] * self.turn.conj()
        source = source_power(self.network, v, drawn)
        return np.concatenate([np.abs(v[:, self.node]), share.real, share.imag, source.real[:, None], source.imag[:, None]], 1)


def _directions(network: Network, v: np.ndarray, end: np.ndarray, branch: np.ndarray) -> np.ndarray:
    """Unit phasor of what enters at each end, dims (step, end); without a current, that of active power."""
    share = network.shares(v)[:, end, branch]
    size = np.abs(share)
    at = _at_end(network, v, end, branch)
    active = at / np.abs(at)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > NO_CURRENT_PERCENT, share / size, active)


def _at_end(network: Network, v: np.ndarray, end: np.ndarray, branch: np.ndarray) -> np.ndarray:
    """What active power that enters there is in phase with: the voltage, or the real axis for power itself."""
    at = v[:, np.where(end == 0, network.grid.branch_from[branch], network.grid.branch_to[branch])]
    return np.where(np.isfinite(at), 1.0, np.nan) * np.ones_like(at) if network.by_power else at


def _end_rows(view: _View, v: np.ndarray) -> tuple[Rows, Rows]:
    """Parts of each end's share along and across its direction, linear in the change of two voltages."""
    grid, end, branch = view.network.grid, view.end, view.branch
    percent = view.network.percent_per_pu[end, branch]
    own = np.where(end == 0, grid.branch_yff[branch], grid.branch_ytt[branch])
    other = np.where(end == 0, grid.branch_yft[branch], grid.branch_ytf[branch])
    at = np.where(end == 0, grid.branch_from[branch], grid.branch_to[branch])
    far = np.where(end == 0, grid.branch_to[branch], grid.branch_from[branch])
    node, found = np.stack([at, far], axis=1), []
    value = np.zeros((len(v), len(branch)))  # only the weights are used
    for turn in (view.turn, 1j * view.turn):
        back = turn.conj() * percent
        if view.network.by_power:
            # S = V conj(I): Re(back dS) = Re(back conj(I) dV) + Re(conj(back) conj(V) dI)
            current = own * v[:, at] + other * v[:, far]
            towards = back.conj() * v[:, at].conj()
            weight = np.stack([back * current.conj() + towards * own, towards * other], axis=2)
        else:
            weight = np.stack([back * own, back * other], axis=2)
        found.append(Rows(value, node, weight))
    return found[0], found[1]


def _source_rows(network: Network, v: np.ndarray) -> tuple[Rows, Rows]:
    """Power drawn from the sources: S = V conj(I), dI = Y dV, one row per neighbour of a source, P rows then Q rows."""
    sources = np.unique(network.grid.source_node)
    entries = network.admittance[sources].tocoo()
    at, far = sources[entries.row], entries.col
    weight = v[:, at].conj() * entries.data * network.grid.base_mva  # Re(V conj(dI)) = Re(conj(V) dI)
    value = np.zeros((len(v), len(far)))
    return Rows(value, far[:, None], weight[:, :, None]), Rows(value, far[:, None], 1j * weight[:, :, None])


def _source_slopes(slopes: np.ndarray) -> np.ndarray:
    """Sums of the rows of `_source_rows`: active and reactive power, dims (step, 2, place)."""
    half = slopes.shape[1] // 2
    return np.stack([slopes[:, :half].sum(axis=1), slopes[:, half:].sum(axis=1)], axis=1)


def _by_source(case: Case, plan: Plan, view: _View) -> np.ndarray | None:
    """By finite difference of the power flow: everything else held, inverters on their curves."""
    if case.source_vm_pu is None:
        return None
    vm = plan.source_vm_pu
    assert vm is not None, "a plan of a case with a planned source voltage states it"
    ends = []
    for way in (1.0 + _PROBE, 1.0 - _PROBE):
        state = solve(case, Plan(plan.p_mw, plan.q_mvar, vm * way))
        ends.append(view.of(state.v, state.drawn))
    return np.nan_to_num((ends[0] - ends[1]) / (2.0 * _PROBE * vm[:, None]))


def _spread(case: Case, plan: Plan, view: _View, median: np.ndarray) -> np.ndarray | None:
    """AC power flow of every path with the same plan."""
    if case.paths is None:
        return None
    found = []
    for consumption in case.paths:
        state = solve(case, plan, consumption)
        found.append(view.of(state.v, state.drawn) - median)
    return np.stack(found)
