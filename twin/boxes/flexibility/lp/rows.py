"""Limits of the wires and of the connection, as rows that are linear in the devices' power."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.boxes.flexibility.lp.parts import PerStep


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One one-sided limit: ``sum(by_p * p_mw) + sum(by_q * q_mvar) <= room_mw``, softened in two tiers.

    A transformer is two rows (by_p +1 and -1); a voltage is a row whose slopes are sensitivities divided by the largest one, so
    that its slack reads in MW of the most effective device.

    Attributes:
        name: "import:trafo:T", "high_voltage:bus:458" ...; stable, it keys findings.
        kind: "trafo", "line", "voltage" or "site". ``element``: the element's name. ``limit``: in ``unit``, for messages.
        by_p: slopes by every electric unit's power, dims (unit, step) in the problem's order of units. Units that are not
            electric have 0. ``by_q``: the same by reactive power, None for none.
        room_mw: what the planned devices may add up to, margin already deducted, dims (step,); infinite where nobody watches.
        margin_mw: part of the limit held back for the forecast's error, >= 0.
        unit_per_mw: one MW of excess in ``unit`` (percent of rating, pu; negative below a lower limit).
        paths_mw: how far each of the forecast's paths uses more of the row than the median, dims (quantile, step).
    """

    name: str
    kind: str
    element: str
    limit: float
    unit: str
    by_p: np.ndarray
    room_mw: np.ndarray
    by_q: np.ndarray | None = None
    margin_mw: PerStep = 0.0
    unit_per_mw: PerStep = 1.0
    paths_mw: np.ndarray | None = field(default=None)


@dataclass(frozen=True, kw_only=True)
class Trust:
    """How far from the last point a linearisation is believed: bounds on every unit, dims (unit, step) each."""

    low_mw: np.ndarray
    high_mw: np.ndarray
    low_mvar: np.ndarray | None = None
    high_mvar: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The grid around one operating point.

    Attributes:
        rows: limits in reach.
        loss_by_p, loss_by_q: marginal losses per MW and Mvar that a unit draws, dims (unit, step).
        trust: None where the linearisation is believed everywhere.
    """

    rows: tuple[GridRow, ...] = ()
    loss_by_p: np.ndarray | None = None
    loss_by_q: np.ndarray | None = None
    trust: Trust | None = None


NOWHERE = Linear()
"""No grid: the connection alone."""
