"""Load, ambient and top-oil of several assets side by side, and what the thermal model makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalParameters, roll, steady_state

GAP_S = 3600
SETTLING_S = 6 * 3600
"""Two oil time constants of a distribution transformer (IEC 60076-7:2005, table 5): 86 % of a wrong state is forgotten."""


@dataclass(frozen=True)
class Telemetry:
    """Readings on one grid, NaN where missing, dims (time, asset).

    Attributes:
        start_s: label of the first row, epoch seconds. ``step_s``: between rows [s].
        load_factor: K, 1.0 = rated. ``ambient_c``: cooling air [degC]. ``top_oil_c``: measured [degC].
    """

    start_s: int
    step_s: int
    load_factor: np.ndarray
    ambient_c: np.ndarray
    top_oil_c: np.ndarray

    @property
    def labels_s(self) -> np.ndarray:
        """Label of every row, epoch seconds, dims (time,)."""
        return self.start_s + self.step_s * np.arange(len(self.load_factor), dtype=np.int64)

    @property
    def months(self) -> np.ndarray:
        """Months with readings of all three, dims (asset,)."""
        known = np.isfinite(self.load_factor) & np.isfinite(self.ambient_c) & np.isfinite(self.top_oil_c)
        return known.sum(axis=0) * self.step_s / (365.25 / 12.0 * 86_400.0)


def held(values: np.ndarray) -> np.ndarray:
    """Gaps bridged by the last good value, at the beginning by the first one; a column without any stays NaN.

    Args:
        values: dims (time, asset).
    """
    known = np.isfinite(values)
    row = np.where(known, np.arange(len(values))[:, None], -1)
    last = np.maximum.accumulate(row, axis=0)
    first = np.where(known.any(axis=0), known.argmax(axis=0), 0)
    return np.take_along_axis(values, np.where(last < 0, first[None], last), axis=0)


def modelled_top_oil(parameters: ThermalParameters, telemetry: Telemetry) -> np.ndarray:
    """Mean top-oil of every interval by IEC 60076-7 [degC], dims (time, asset); NaN where it is not known.

    The roll bridges gaps of load and ambient with the last good value. What it says within a gap is not handed out, and
    after one of more than an hour not before the oil has forgotten most of it.

    Args:
        parameters: scalars, or dims (asset,). ``telemetry``: load and ambient are used.
        telemetry: load and ambient are used.
    """
    load, ambient = held(telemetry.load_factor), held(telemetry.ambient_c)
    states = roll(parameters, steady_state(parameters, load[0], ambient[0]), load, ambient, minutes=telemetry.step_s / 60.0)
    middle = 0.5 * (states.top_oil_c[:-1] + states.top_oil_c[1:])
    known = np.isfinite(telemetry.load_factor) & np.isfinite(telemetry.ambient_c)
    return np.where(known & ~_unsettled(known, telemetry.step_s), middle, np.nan)


def _unsettled(known: np.ndarray, step_s: int) -> np.ndarray:
    """Rows too soon after a gap of more than `GAP_S`, dims (time, asset)."""
    row = np.arange(len(known))[:, None]
    last_known = np.maximum.accumulate(np.where(known, row, -1), axis=0)
    gap = (row - last_known) * step_s > GAP_S
    last_gap = np.maximum.accumulate(np.where(gap, row, -(10**9)), axis=0)
    return (row - last_gap) * step_s <= SETTLING_S
