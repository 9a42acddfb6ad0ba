"""How far each unit may move in each step around the last point."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.grid.case import Plan, Ranges

_WIDER = 1.5
"""Growth of the room where a unit went to its end of it twice the same way; below 2, so that a halving outweighs it."""
_STILL = 1e-9
"""Share of its range below which a unit has not moved."""


class Trust:
    """Room to move of every control: active power of the units, their reactive power, the source's voltage.

    Args:
        radius: share of its range that a unit may move at first, None for all of it.
    """

    def __init__(self, ranges: Ranges, start: Plan, radius: float | None) -> None:
        self._ranges = ranges
        self._low, self._high = _stacked_ranges(ranges)
        self._units = len(start.p_mw)
        self._width = self._high - self._low
        self._radius = np.full(self._low.shape, np.inf) if radius is None else radius * self._width
        self._at = _stacked(start)
        self._last = np.zeros(self._low.shape)

    def bounds(self) -> Ranges | None:
        """The room around the last point within the units' ranges; None where it is all of them."""
        if np.isinf(self._radius).all():
            return None
        at = np.clip(self._at, self._low, self._high)
        low, high = np.maximum(self._low, at - self._radius), np.minimum(self._high, at + self._radius)
        n = self._units
        vm = (None, None) if self._ranges.low_vm_pu is None else (low[2 * n], high[2 * n])
        return Ranges(low[:n], high[:n], low[n : 2 * n], high[n : 2 * n], *vm)

    def moved(self, before: Plan, after: Plan, was: np.ndarray, now: np.ndarray, *, first: bool) -> None:
        """Settle at ``after``; halve the room where a unit turned round, or in steps whose violation grew.

        Args:
            was, now: largest violation of each step in tolerances, dims (step,).
            first: the first leap, which says nothing about growth: nothing was planned before it.
        """
        step = _stacked(after) - _stacked(before)
        small = np.abs(step) <= _STILL * self._width
        turned = (step * self._last < 0.0) & ~small
        grew = (now > 1.0) & (now > was) & (not first)
        halve = turned | (grew & ~small)
        at_end = (np.abs(step) >= 0.99 * self._radius) & (step * self._last > 0.0)
        reach = np.minimum(self._radius, np.maximum(np.abs(step), np.abs(self._last)))
        self._radius = np.where(halve, 0.5 * reach, np.where(at_end, _WIDER * self._radius, self._radius))
        self._last = np.where(small, self._last, step)
        self._at = _stacked(after)

    def retreat(self, tried: Plan, diverged: np.ndarray) -> None:
        """Stay, with half the way that led to no solution, in the steps that have none."""
        way = np.abs(_stacked(tried) - self._at)
        self._radius = np.where(diverged & (way > 0.0), np.minimum(self._radius, 0.5 * way), self._radius)


def _stacked(plan: Plan) -> np.ndarray:
    """All controls of a plan, dims (control, step)."""
    vm = [] if plan.source_vm_pu is None else [plan.source_vm_pu[None]]
    return np.concatenate([plan.p_mw, plan.q_mvar, *vm])


def _stacked_ranges(ranges: Ranges) -> tuple[np.ndarray, np.ndarray]:
    low, high = [ranges.low_p_mw, ranges.low_q_mvar], [ranges.high_p_mw, ranges.high_q_mvar]
    if ranges.low_vm_pu is not None and ranges.high_vm_pu is not None:
        low.append(ranges.low_vm_pu[None])
        high.append(ranges.high_vm_pu[None])
    return np.concatenate(low), np.concatenate(high)
