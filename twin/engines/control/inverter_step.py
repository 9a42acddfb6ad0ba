"""From one power flow to the next: where the inverters' laws and a linear grid meet, solved step by step to the end.

Around a solved state the voltages answer linearly, vm = vm0 + by_p dP + by_q dQ, while the laws have kinks. Newton on
the voltages of the inverters' nodes walks from kink to kink at no cost of a power flow; only nodes whose inverters stand on
a slope are unknowns (most inverters of most quarter hours sit in their dead band).
"""

from __future__ import annotations

import numpy as np

from twin.engines.batch.jit import jit
from twin.engines.control.inverter_law import PLACE, SN_MVA, WEIGHT, act_one

AVAILABLE_P, GIVEN_Q, P, Q = range(4)
"""Rows of a step's powers."""
VM, SEEN, FORESEEN = range(3)
"""Rows of a step's voltages."""
TOLERANCE_PU = 1e-7
"""A step has settled when closing its gaps would move its voltages by less than this [pu]."""
GAP_SHARE = 1e-5
"""... and when no inverter is further from its law than this share of its rated power."""
_TURNS = 60
"""Looks per linear problem: Newton steps, as many as pieces of curves are crossed, and their halvings."""
_MEET_PU = 1e-10
"""Laws and linear grid have met: far below what a power flow tells apart."""
_ENOUGH = 1e-3
"""Or this share of the first distance is left: the next power flow will be off by more, the grid being curved."""
_DIRECTIONS = 12
_SHORTEST = 1e-3
"""Share of a Newton step below which it is taken as it is: the next power flow knows better."""
_AT, _MISS, _FROM, _MOVE, _PULL_P, _PULL_Q, _SLOPE_P, _SLOPE_Q, _WAYS = range(9)
"""Rows of the desk that one step is worked out on: voltages looked at, what the linear grid would add to them, where a move
starts and leads; what the nodes would inject beyond what they do [MW, Mvar] and its slopes over voltage [MW/pu, Mvar/pu];
from the last on: pairs of a direction and what the equations make of it."""


@jit
def advance(
    figures: np.ndarray,
    table: np.ndarray,
    by: np.ndarray,
    power: np.ndarray,
    vm: np.ndarray,
    gain: np.ndarray,
    rows: np.ndarray,
) -> np.ndarray:
    """Which of ``rows`` have settled; the powers of the others are moved to where laws and linear grid meet.

    Args:
        figures, table: the inverters, see `twin.engines.control.inverter_law.Laws`.
        by: change of vm_pu at every place per MW and per Mvar injected at one, dims (2, injecting place, place).
        power: available_p, given_q, p, q of each step and inverter, before scaling [MW, Mvar], dims (time, 4, inverter);
            p and q are changed in place.
        vm: voltages that the power flow found with them; voltages of the last call, and those it expected now (NaN at
            first), dims (time, 3, place); the last two are changed in place for the next call.
        gain: factor on ``by``, dims (time,), 1 at first; changed in place. It follows what the power flow made of the last
            move: a loaded grid is a little softer than an empty one.
        rows: steps to look at, dims (row,).
    """
    places = vm.shape[2]
    settled = np.zeros(len(rows), dtype=np.bool_)
    want = np.empty((2, len(figures)))
    desk = np.empty((_WAYS + 2 * _DIRECTIONS, places))
    for row in range(len(rows)):
        t = rows[row]
        desk[_AT] = vm[t, VM]
        wide = _pull(figures, table, power[t], desk, want)
        _respond(by, desk[_PULL_P], desk[_PULL_Q], desk[_MISS])
        if not wide and _largest(desk[_MISS]) < TOLERANCE_PU:
            settled[row] = True
            continue
        gain[t] *= _firmness(vm[t])
        _meet(figures, table, gain[t] * by, power[t], vm[t], desk, want)
        power[t, P:] = want
        vm[t, SEEN] = vm[t, VM]
        vm[t, FORESEEN] = desk[_AT] + desk[_MISS]
    return settled


@jit
def _meet(
    figures: np.ndarray,
    table: np.ndarray,
    by: np.ndarray,
    power: np.ndarray,
    vm: np.ndarray,
    desk: np.ndarray,
    want: np.ndarray,
) -> None:
    """Voltages at which the linear grid answers what the laws want, and the powers there."""
    missing, enough = np.inf, 0.0
    share = 0.0
    for turn in range(_TURNS):
        if share > 0.0:
            desk[_AT] = desk[_FROM] + share * desk[_MOVE]
        _pull(figures, table, power, desk, want)
        _respond(by, desk[_PULL_P], desk[_PULL_Q], desk[_MISS])
        desk[_MISS] += vm[VM] - desk[_AT]
        now = _dot(desk[_MISS], desk[_MISS])
        if turn == 0:
            enough = max(_ENOUGH * _ENOUGH * now, _MEET_PU * _MEET_PU)
        if now < enough:
            break
        # a full step may leap from one flat piece over the slope to the next and back: halve it until it gains
        if now < missing or share < _SHORTEST:
            desk[_FROM] = desk[_AT]
            _newton(by, desk)
            missing, share = now, 1.0
        else:
            share *= 0.5


@jit
def _pull(figures: np.ndarray, table: np.ndarray, power: np.ndarray, desk: np.ndarray, want: np.ndarray) -> bool:
    """What the laws want at the desk's voltages, and how the nodes pull; True where an inverter is far from its law."""
    desk[_PULL_P:_WAYS] = 0.0
    wide = False
    for i in range(len(figures)):
        j, weight = int(figures[i, PLACE]), figures[i, WEIGHT]
        p, q, slope_p, slope_q = act_one(figures, table, i, desk[_AT, j], power[AVAILABLE_P, i], power[GIVEN_Q, i])
        want[0, i], want[1, i] = p, q
        gap_p, gap_q = p - power[P, i], q - power[Q, i]
        wide |= max(abs(gap_p), abs(gap_q)) > GAP_SHARE * figures[i, SN_MVA]
        desk[_PULL_P, j] += weight * gap_p
        desk[_PULL_Q, j] += weight * gap_q
        desk[_SLOPE_P, j] += weight * slope_p
        desk[_SLOPE_Q, j] += weight * slope_q
    return wide


@jit
def _respond(by: np.ndarray, p: np.ndarray, q: np.ndarray, response: np.ndarray) -> None:
    """Change of every voltage with the injections ``p`` and ``q``, dims (place,); places without cost nothing."""
    response[:] = 0.0
    for j in range(len(response)):
        if p[j] != 0.0:
            for k in range(len(response)):
                response[k] += by[0, j, k] * p[j]
        if q[j] != 0.0:
            for k in range(len(response)):
                response[k] += by[1, j, k] * q[j]


@jit
def _firmness(vm: np.ndarray) -> float:
    """How much of the expected move the power flow made; 1 before the first and where nothing was to move."""
    made, expected = 0.0, 0.0
    for j in range(vm.shape[1]):
        step = vm[FORESEEN, j] - vm[SEEN, j]
        made += (vm[VM, j] - vm[SEEN, j]) * step
        expected += step * step
    # a ratio of two moves that are both rounding says nothing
    if not expected > 1e-12:
        return 1.0
    return min(max(made / expected, 0.5), 2.0)


@jit
def _newton(by: np.ndarray, desk: np.ndarray) -> None:
    """The move with move - by_p slope_p move - by_q slope_q move = miss, by conjugate residuals.

    The equations are the unit matrix plus a few strong directions (whole feeders rise and fall together), so a few
    directions solve them; what they leave over stays in ``miss``.

    Source: Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 6.21 (GCR).
    """
    move, miss = desk[_MOVE], desk[_MISS]
    move[:] = 0.0
    enough = _ENOUGH * _ENOUGH * _dot(miss, miss)
    for n in range(_WAYS, len(desk), 2):
        way, answer = desk[n], desk[n + 1]
        way[:] = miss
        _respond(by, desk[_SLOPE_P] * miss, desk[_SLOPE_Q] * miss, answer)
        for j in range(len(move)):
            answer[j] = miss[j] - answer[j]
        for m in range(_WAYS, n, 2):
            share = _dot(answer, desk[m + 1]) / _dot(desk[m + 1], desk[m + 1])
            for j in range(len(move)):
                way[j] -= share * desk[m, j]
                answer[j] -= share * desk[m + 1, j]
        share = _dot(miss, answer) / _dot(answer, answer)
        for j in range(len(move)):
            move[j] += share * way[j]
            miss[j] -= share * answer[j]
        if not _dot(miss, miss) > enough:
            break


@jit
def _dot(a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    for j in range(len(a)):
        total += a[j] * b[j]
    return total


@jit
def _largest(a: np.ndarray) -> float:
    largest = 0.0
    for j in range(len(a)):
        largest = max(largest, abs(a[j]))
    return largest
