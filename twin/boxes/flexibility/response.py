"""How much of what is asked of a device arrives: measured, remembered, and counted on the wires."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.flexibility.lp.rows import GridRow, Linear, Trust

LEAST = 0.3
"""Nobody is believed less: a device that gives a third is worth asking, and one that gives nothing has failed."""
LEARNS = 0.2
"""Weight of the newest order: what lies some ten orders back has gone."""
ASKED_MW = 5e-4
"""A move below half a kilowatt drowns in what a house does besides."""


def delivered(before: float, *, asked_mw: float, own_mw: float, measured_mw: float) -> float:
    """The believed share after one more order was measured, 0..1.

    Args:
        before: the share believed so far.
        asked_mw: what was ordered. ``own_mw``: what it would have done, both for the same quarter hour as ``measured_mw``. A
            move too small to be seen, or one that nobody measured (NaN), changes nothing.
    """
    moved = asked_mw - own_mw
    if abs(moved) < ASKED_MW or not np.isfinite(measured_mw):
        return before
    share = min(max((measured_mw - own_mw) / moved, 0.0), 1.0)
    return (1.0 - LEARNS) * before + LEARNS * share


@dataclass(frozen=True)
class Response:
    """What the wires may expect of every unit: ``own_mw + share * (p_mw - own_mw)``, dims (unit, step).

    Attributes:
        share: dims (unit,), 0..1. ``own_mw``: what the units do by themselves, dims (unit, step).
    """

    share: np.ndarray
    own_mw: np.ndarray

    def expected(self, p_mw: np.ndarray) -> np.ndarray:
        """What ``p_mw`` becomes in the field, dims (unit, step)."""
        return self.own_mw + self._share * (p_mw - self.own_mw)

    def believed(self, linear: Linear) -> Linear:
        """The same grid in terms of what is asked for instead of what arrives."""
        trust = linear.trust
        return replace(
            linear,
            rows=tuple(self._row(row) for row in linear.rows),
            loss_by_p=None if linear.loss_by_p is None else linear.loss_by_p * self._share,
            trust=None if trust is None else self._asked(trust),
        )

    @property
    def _share(self) -> np.ndarray:
        share: np.ndarray = np.maximum(self.share, LEAST)[:, None]
        return share

    def _row(self, row: GridRow) -> GridRow:
        by_itself = (row.by_p * (1.0 - self._share) * self.own_mw).sum(axis=0)
        return replace(row, by_p=row.by_p * self._share, room_mw=row.room_mw - by_itself)

    def _asked(self, trust: Trust) -> Trust:
        low, high = (self.own_mw + (bound - self.own_mw) / self._share for bound in (trust.low_mw, trust.high_mw))
        return replace(trust, low_mw=low, high_mw=high)
