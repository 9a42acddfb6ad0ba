"""A power curve from history: what a plant makes of the wind that was forecast, by bins, never falling up to its cut-out.

Bins are half a metre per second wide, as in IEC 61400-12-1; each keeps its median, which neither an outage nor a curtailment
moves, and isotonic regression makes the medians rise. It is a curve of the *forecast* wind, so it is flatter at its knees than
the maker's: that is right for forecasting.

Source: IEC 61400-12-1 (method of bins); R. Barlow et al., Statistical Inference under Order Restrictions (1972), for pooling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BIN_M_S = 0.5
SECTORS = 12
"""Wind directions are told apart by 30 degrees, as wakes and hills do."""

CUT_OUT_M_S = 25.0
"""Where turbines of IEC classes I to III usually stop; used when no storm is in the history."""

_FEWEST_IN_BIN = 4
_STOPPED = 0.5  # of the plateau: below it, at more than rated wind, most machines stand
_RISES = 0.01  # of the plateau: less is own consumption and noise
_RATED = 0.98  # of the plateau
_SECTOR_FACTORS = np.linspace(0.8, 1.2, 41)
_ROUNDS = 3  # a curve of all directions is blurred until their factors are known
_TRUST_ROWS = 100.0  # rows of a sector that weigh as much as the assumption that it is like all others
_CUBE = 3.0


@dataclass(frozen=True)
class PowerCurve:
    """Power over wind speed.

    Attributes:
        speed_m_s, p_mw: knots, dims (knot,); ``p_mw`` never falls. ``cut_out_m_s``: nothing is made from there on.
        sector: factor on the speed for each direction that the wind blows towards, dims (sector,); 1 = like all others.
        capacity_mw: nothing above it.
    """

    speed_m_s: np.ndarray
    p_mw: np.ndarray
    cut_out_m_s: float
    sector: np.ndarray
    capacity_mw: float

    @property
    def cut_in_m_s(self) -> float:
        """Wind at which the curve leaves zero."""
        return float(np.interp(_RISES * self.p_mw[-1], self.p_mw, self.speed_m_s))

    @property
    def rated_m_s(self) -> float:
        """Wind at which the highest power that was seen is all but reached."""
        return float(np.interp(_RATED * self.p_mw[-1], self.p_mw, self.speed_m_s))

    def power(self, speed_m_s: np.ndarray, east: np.ndarray | None, north: np.ndarray | None) -> np.ndarray:
        """Power [MW] of each wind, same dims; NaN where the speed is; beyond the winds seen it goes on with their cube."""
        felt = speed_m_s * sector_factor(self.sector, east, north)
        beyond = np.maximum(felt / max(self.speed_m_s[-1], BIN_M_S), 1.0) ** _CUBE
        made = np.clip(np.interp(felt, self.speed_m_s, self.p_mw) * beyond, 0.0, self.capacity_mw)
        made = np.where(speed_m_s >= self.cut_out_m_s, 0.0, made)
        return np.where(np.isfinite(speed_m_s), made, np.nan)


def fit_curve(
    p_mw: np.ndarray, speed_m_s: np.ndarray, east: np.ndarray | None, north: np.ndarray | None, capacity_mw: float
) -> PowerCurve:
    """The curve of known pairs, dims (time,) each, no NaN in power and speed.

    With a direction, each sector's factor on the speed is the one that fits its own rows best, drawn towards 1 where these are
    few.
    """
    curve = _curve(p_mw, speed_m_s, np.ones(SECTORS), capacity_mw)
    if east is None or north is None:
        return curve
    which = np.floor(np.degrees(np.arctan2(east, north)) % 360.0 / (360.0 / SECTORS))
    for _ in range(_ROUNDS):
        sector = np.ones(SECTORS)
        for s in range(SECTORS):
            rows = which == s
            if rows.any():
                tried = np.interp(speed_m_s[rows] * _SECTOR_FACTORS[:, None], curve.speed_m_s, curve.p_mw)
                best = _SECTOR_FACTORS[np.argmin(np.abs(tried - p_mw[rows]).mean(axis=1))]
                sector[s] = 1.0 + rows.sum() / (rows.sum() + _TRUST_ROWS) * (best - 1.0)
        curve = _curve(p_mw, speed_m_s * sector_factor(sector, east, north), sector, capacity_mw)
    return curve


def sector_factor(sector: np.ndarray, east: np.ndarray | None, north: np.ndarray | None) -> np.ndarray:
    """Factor of each row, interpolated between sector centres, dims (time,); 1 where the direction is unknown."""
    if east is None or north is None:
        return np.ones(())
    position = np.degrees(np.arctan2(east, north)) % 360.0 / (360.0 / len(sector)) - 0.5
    around = np.concatenate([sector[-1:], sector, sector[:1]])
    return np.nan_to_num(np.interp(position, np.arange(-1, len(sector) + 1), around), nan=1.0)


def _curve(p_mw: np.ndarray, speed_m_s: np.ndarray, sector: np.ndarray, capacity_mw: float) -> PowerCurve:
    from scipy.optimize import isotonic_regression

    which = np.floor(speed_m_s / BIN_M_S).astype(np.int64)
    order = np.argsort(which, kind="stable")
    bins, start, count = np.unique(which[order], return_index=True, return_counts=True)
    full = count >= min(_FEWEST_IN_BIN, int(count.max()))
    groups = [order[start[i] : start[i] + count[i]] for i in np.flatnonzero(full)]
    median = np.array([np.median(p_mw[rows]) for rows in groups])
    centre = np.array([np.median(speed_m_s[rows]) for rows in groups])
    weight = count[full].astype(np.float64)
    cut_out, rising = _cut_out(bins[full], centre, median)
    risen = isotonic_regression(median[:rising], weights=weight[:rising]).x
    return PowerCurve(centre[:rising], np.maximum(risen, 0.0), cut_out, sector, capacity_mw)


def _cut_out(bins: np.ndarray, centre: np.ndarray, median: np.ndarray) -> tuple[float, int]:
    """Where most machines stop [m/s], and how many leading bins lie below that."""
    plateau = np.maximum.accumulate(median)
    stands = (median < _STOPPED * plateau) & (plateau >= _RATED * median.max())
    # The last bins standing, without a running one above: a single standing bin lower down is an outage.
    first = len(median) - int(np.argmin(np.append(stands[::-1], False)))
    if first == len(median):
        return max(CUT_OUT_M_S, float(centre[-1]) + BIN_M_S), len(median)
    return float(bins[first] * BIN_M_S), first
