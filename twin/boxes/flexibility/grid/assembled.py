"""Chosen limits as rows over the units' powers, scaled to MW of the most effective unit."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.grid.pool import Pool
from twin.boxes.flexibility.grid.reach import Reach
from twin.boxes.flexibility.lp.rows import GridRow


class Assembled:
    """The rows of a pool.

    Args:
        keep: where which limit is a row, dims (step, candidate).

    Attributes:
        rows: one per limit that is kept in any step.
        places: what each is about, "node", "branch" or "source", and its number.
        by_source: slopes by the source's voltage, dims (row, step) [MW/pu]; None where it is not planned.
    """

    def __init__(self, pool: Pool, keep: np.ndarray) -> None:
        self._pool = pool
        self._chosen = np.flatnonzero(keep.any(axis=0))
        self._keep = keep[:, self._chosen]
        shape, controls = self._keep.shape, pool.reach.slopes.shape[2]
        self._scale, self._slopes = np.ones(shape), np.zeros((*shape, controls))
        step, at = np.nonzero(self._keep)
        slopes = pool.limits.slopes(step, self._chosen[at], pool.reach.slopes)
        self._scale[step, at] = scale = _scale(slopes, pool.reach, step)
        self._slopes[step, at] = slopes / scale[:, None]
        self.rows = tuple(self._row(k) for k in range(len(self._chosen)))
        self.places = tuple(pool.limits.named(number).place for number in self._chosen.tolist())
        planned = pool.measures.by_source is not None
        self.by_source: np.ndarray | None = self._slopes[:, :, -1].T if planned else None

    def _row(self, k: int) -> GridRow:
        pool, number, keep, scale = self._pool, int(self._chosen[k]), self._keep[:, k], self._scale[:, k]
        limits, places = pool.limits, pool.reach.places
        by_p = pool.case.at_place @ self._slopes[:, k, :places].T
        by_q = pool.case.at_place @ self._slopes[:, k, places : 2 * places].T
        at_point = (by_p * pool.plan.p_mw + by_q * pool.plan.q_mvar).sum(axis=0)
        margin = np.where(keep, pool.margin[:, number] / scale, 0.0)
        room = (limits.limit[number] - pool.value[:, number]) / scale - margin + at_point
        named = limits.named(number)
        sign = -1.0 if named.below else 1.0
        return GridRow(
            name=pool.name + named.key,
            kind=named.kind,
            element=named.element,
            limit=sign * float(limits.limit[number]),
            unit=named.unit,
            by_p=by_p,
            by_q=by_q,
            room_mw=np.where(keep, room, np.inf),
            margin_mw=margin,
            unit_per_mw=sign * scale,
            paths_mw=None if pool.paths is None else np.where(keep, pool.paths[:, :, number] / scale, 0.0),
        )


def _scale(slopes: np.ndarray, reach: Reach, step: np.ndarray) -> np.ndarray:
    """Largest slope by a MW or Mvar of a unit that can move there; 1 where none moves anything, dims (row,).

    Args:
        slopes: dims (row, control). ``step``: of each row, dims (row,).
    """
    size = np.abs(slopes[:, : 2 * reach.places])
    can_move = (reach.up + reach.down)[:, : 2 * reach.places] > 0.0
    moving = np.where(can_move[step], size, 0.0).max(axis=1, initial=0.0)
    found = np.where(moving > 0.0, moving, size.max(axis=1, initial=0.0))
    return np.where(found > 0.0, found, 1.0)
