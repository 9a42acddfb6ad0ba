"""How far what can be set moves the measures, and which of many limits matter within that reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.measures import Measures

_SAME_WAY = 0.97
"""Cosine between two rows, controls counted by their range, beyond which one stands for the other."""
_HITS = 8
"""Limits looked for in one direction."""
_HOLDS = 0.5
"""Places with this share of a hit limit's largest slope stop there."""


@dataclass(frozen=True, eq=False)
class Reach:
    """What can be set, and how far, in every step.

    Attributes:
        slopes: of the measures by every control: active power of each place, reactive power of each, the source's voltage where
            it is planned, dims (step, measure, control).
        up, down: by how much each control can still be raised and lowered, >= 0, dims (step, control).
        places: number of places.
    """

    slopes: np.ndarray
    up: np.ndarray
    down: np.ndarray
    places: int

    @classmethod
    def of(cls, case: Case, plan: Plan, measures: Measures, within: Ranges) -> Reach:
        """From where the units are, between what they may be set."""
        high = Plan(within.high_p_mw, within.high_q_mvar, within.high_vm_pu)
        low = Plan(within.low_p_mw, within.low_q_mvar, within.low_vm_pu)
        slopes = [measures.by_p, measures.by_q]
        if measures.by_source is not None:
            slopes.append(measures.by_source[:, :, None])
        up, down = (np.maximum(way, 0.0) for way in (_controls(case, high, plan), _controls(case, plan, low)))
        return cls(np.concatenate(slopes, axis=2), up, down, len(case.place))

    def controls(self, case: Case, plan: Plan, point: Plan) -> np.ndarray:
        """How far a plan moves every control from a point, dims (step, control)."""
        return _controls(case, plan, point)

    def span(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Middle and half width of what the controls can change, dims (step, row), from slopes, dims (step, row, control)."""
        middle = 0.5 * np.matmul(slopes, (self.up - self.down)[:, :, None])[:, :, 0]
        return middle, 0.5 * np.matmul(np.abs(slopes), (self.up + self.down)[:, :, None])[:, :, 0]


def _controls(case: Case, plan: Plan, point: Plan) -> np.ndarray:
    moved = [(plan.p_mw - point.p_mw).T @ case.at_place, (plan.q_mvar - point.q_mvar).T @ case.at_place]
    if plan.source_vm_pu is not None and point.source_vm_pu is not None:
        moved.append((plan.source_vm_pu - point.source_vm_pu)[:, None])
    return np.concatenate(moved, axis=1)


def first_hit(slopes: np.ndarray, gap: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Limits that are hit one after the other when all places move the same share of their way at once.

    At each hit the places that move that limit most stop, and the others go on.

    Args:
        slopes: dims (row, place). ``gap``: beyond the limit, negative within, dims (row,).
        way: how far each place can go, signed, dims (place,).
    """
    going, gap, share = way.copy(), gap.copy(), 0.0
    found: list[int] = []
    for _ in range(_HITS):
        rate = slopes @ going
        left = np.divide(-gap, rate, out=np.full(len(gap), np.inf), where=rate > 0.0)
        left[found] = np.inf
        row = int(left.argmin())
        if not left[row] <= 1.0 - share:
            break
        step = max(float(left[row]), 0.0)
        gap += step * rate
        share += step
        found.append(row)
        pull = slopes[row] * np.sign(going)
        going[pull >= _HOLDS * pull.max(initial=0.0)] = 0.0
    return np.array(found, dtype=int)


def most_apart(slopes: np.ndarray, gap: np.ndarray, width: np.ndarray, most: int) -> np.ndarray:
    """The tightest limits, at most ``most``, no two of which pull the controls the same way.

    Args:
        slopes: dims (row, control). ``gap``: beyond the limit, dims (row,). ``width``: range of each control, dims (control,).
    """
    scaled = slopes * width
    size = np.sqrt((scaled * scaled).sum(axis=1))
    scaled /= np.maximum(size, np.finfo(float).tiny)[:, None]
    left = np.ones(len(gap), dtype=bool)
    found: list[int] = []
    for row in np.argsort(-gap / np.maximum(size, np.finfo(float).tiny), kind="stable"):
        if left[row]:
            found.append(int(row))
            left &= scaled @ scaled[row] < _SAME_WAY
        if len(found) == most or not left.any():
            break
    return np.array(found, dtype=int)
