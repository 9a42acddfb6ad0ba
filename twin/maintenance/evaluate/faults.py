"""Faults put into readings, by seed: what each one would add to a thermometer in a healthy transformer's oil.

A fault of the cooling adds in proportion to the rise over ambient, a bad contact to K^2 as slow as the oil, a drifting sensor
an offset; sizes are means over the load at hand. Stuck sensors keep a value, spikes are single readings, a swapped sensor
reads the oil of another asset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

DAY_S = 86_400
OIL_S = 3.0 * 3600.0
"""Oil time constant of distribution transformers (IEC 60076-7:2005, table 5)."""
FaultKind = Literal["cooling", "contact", "drift", "stuck", "spike", "swap"]


@dataclass(frozen=True)
class Fault:
    """One injected fault.

    Attributes:
        asset: index. ``kind``: what it is. ``start_s``: when it begins, epoch seconds.
        size_k: at full growth [K]; of a spike its height. ``growth_days``: linear growth from nothing; 0 = at once.
        other: of a swap, the other asset.
    """

    asset: int
    kind: FaultKind
    start_s: int
    size_k: float = 6.0
    growth_days: float = 0.0
    other: int = -1

    @property
    def full_s(self) -> float:
        """When it has reached its size, epoch seconds."""
        return self.start_s + self.growth_days * DAY_S


def inject(
    top_oil_c: np.ndarray, faults: tuple[Fault, ...], *, labels_s: np.ndarray, rise_k: np.ndarray, load_factor: np.ndarray
) -> np.ndarray:
    """Readings with the faults in them, dims (time, asset); missing ones stay missing.

    Args:
        top_oil_c: healthy readings [degC].
        faults: at most one per asset.
        labels_s: of the rows, dims (time,).
        rise_k: top-oil over ambient, true or modelled [K], NaN where unknown.
        load_factor: K, NaN where unknown.
    """
    found = top_oil_c.copy()
    for fault in faults:
        _put(found, top_oil_c, fault, labels_s, rise_k, load_factor)
    return found


def _put(
    found: np.ndarray, healthy: np.ndarray, fault: Fault, labels_s: np.ndarray, rise_k: np.ndarray, load_factor: np.ndarray
) -> None:
    asset = fault.asset
    first = int(np.searchsorted(labels_s, fault.start_s))
    if first >= len(labels_s):
        return
    column = found[:, asset]
    if fault.kind == "stuck":
        known = column[: first + 1][np.isfinite(column[: first + 1])]
        column[first:] = np.where(np.isfinite(column[first:]), known[-1] if len(known) else np.nan, np.nan)
    elif fault.kind == "spike":
        column[first + int(np.isfinite(column[first:]).argmax())] += fault.size_k  # the first reading that there is
    elif fault.kind == "swap":
        column[first:] = healthy[first:, fault.other]
    else:
        squares = slow_squares(load_factor[:, asset], step_s=float(labels_s[1] - labels_s[0]))
        column[first:] += growth(fault, labels_s[first:]) * fault.size_k * _shape(fault.kind, first, rise_k[:, asset], squares)


def growth(fault: Fault, labels_s: np.ndarray) -> np.ndarray:
    """Share of its size that a fault has reached, dims (time,)."""
    since_s = labels_s - fault.start_s
    grown = np.ones(len(labels_s)) if fault.growth_days == 0.0 else since_s / (fault.growth_days * DAY_S)
    return np.clip(np.where(since_s < 0, 0.0, grown), 0.0, 1.0)


def _shape(kind: str, first: int, rise_k: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """How the excess follows the asset's state, mean 1 over the rows before, dims (time,) from ``first`` on."""
    if kind == "drift":
        return np.ones(len(rise_k) - first)
    shape = np.maximum(0.0, rise_k) if kind == "cooling" else squares
    usual = np.nanmean(shape[:first]) if np.isfinite(shape[:first]).any() else np.nanmean(shape)
    return np.nan_to_num(shape[first:] / max(float(usual), 1e-9), nan=1.0)


def slow_squares(load_factor: np.ndarray, *, step_s: float) -> np.ndarray:
    """K^2 as slow as the oil, dims (time,); gaps count as the mean.

    Args:
        load_factor: K, dims (time,).
        step_s: between rows [s].
    """
    from scipy.signal import lfilter

    known = np.isfinite(load_factor)
    squares = np.where(known, load_factor, 0.0) ** 2
    usual = float(squares[known].mean()) if known.any() else 0.0
    slow = float(np.exp(-step_s / OIL_S))
    return lfilter([1.0 - slow], [1.0, -slow], np.where(known, squares, usual) - usual) + usual
