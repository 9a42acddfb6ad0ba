"""The transformer's load in the next 24 hours by its zone's forecasts, and the temperatures it leads to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalState, roll
from twin.boxes.maintenance.thermal.nameplate import Nameplate
from twin.boxes.maintenance.transformers.health import BEST, HIGH, LOW, STEP_MIN, Health

AHEAD_STEPS = 96
"""Row 0 is now, rows 1 to 95 the quarter hours ahead."""
MIN_FIT = 96
"""Quarter hours of measured zone power that make the relation of load to power trustworthy."""


@dataclass(frozen=True)
class LoadRelation:
    """Load factor of the transformer as a function of its zone's power: K^2 = active K^2 + reactive K^2.

    Attributes:
        per_mw2: rise of K^2 per MW^2. ``floor``: K^2 at zero active power (reactive power). ``fitted``: from
            measurements, not from the rating.
    """

    per_mw2: float
    floor: float
    fitted: bool

    def load_factor(self, net_p_mw: np.ndarray) -> np.ndarray:
        """K for power through the transformer [MW], either direction; NaN stays NaN."""
        return np.sqrt(self.per_mw2 * net_p_mw**2 + self.floor)


def fit_relation(load_factor: np.ndarray, net_p_mw: np.ndarray, *, sn_mva: float) -> LoadRelation:
    """Least squares of K^2 over P^2, which stays sound where power changes sign (a plain ratio does not).

    Args:
        load_factor: measured K, dims (time,), NaN where missing.
        net_p_mw: measured power of the zone in the same quarter hours [MW].
        sn_mva: rating, used when there is too little to fit (then at rated voltage and cos phi 1).
    """
    good = np.isfinite(load_factor) & np.isfinite(net_p_mw)
    x, y = net_p_mw[good] ** 2, load_factor[good] ** 2
    rated = LoadRelation(1.0 / sn_mva**2, 0.0, fitted=False)
    spread = x - x.mean() if good.sum() >= MIN_FIT else np.zeros(0)
    if not spread.any():
        return rated
    per_mw2 = float(spread @ y / (spread @ spread))
    floor = float(y.mean() - per_mw2 * x.mean())
    if floor < 0.0:
        per_mw2, floor = float(x @ y / (x @ x)), 0.0
    return LoadRelation(per_mw2, floor, fitted=True) if per_mw2 > 0.0 else rated


def load_ahead(relation: LoadRelation, net_p_mw: np.ndarray, yesterday: np.ndarray, last_good: float) -> tuple[np.ndarray, int]:
    """Load factor ahead in three lanes, dims (time, lane), and how many steps have a forecast.

    Args:
        relation: of load to power.
        net_p_mw: forecast net power (median, lower, upper) [MW], dims (time, lane); NaN where unknown.
        yesterday: measured K of the same quarter hours a day before, dims (time,), NaN where missing.
        last_good: measured K now; stands in where yesterday is missing too.
    """
    factors = relation.load_factor(net_p_mw)
    known = np.isfinite(factors).all(axis=1)
    stand_in = np.where(np.isfinite(yesterday), yesterday, last_good)
    factors = np.where(known[:, None], factors, stand_in[:, None])
    # the lanes of power become lanes of load: with reverse flow the lower net power is the higher load
    lanes = np.empty_like(factors)
    lanes[:, BEST] = factors[:, BEST]
    lanes[:, LOW], lanes[:, HIGH] = factors.min(axis=1), factors.max(axis=1)
    return lanes, int(known.sum())


def temperatures_ahead(health: Health, nameplate: Nameplate, load_factor: np.ndarray, ambient_c: np.ndarray) -> ThermalState:
    """The states at the start of every quarter hour ahead, and at the last one's end: dims (time + 1, lane).

    Args:
        health: the transformer now.
        nameplate: its facts.
        load_factor: dims (time, lane). ``ambient_c``: air around the tank [degC], dims (time,).
        ambient_c: air around the tank [degC], dims (time,).
    """
    air = np.repeat(ambient_c[:, None], 3, axis=1)
    return roll(nameplate.parameters, health.thermal, load_factor, air, minutes=STEP_MIN)


def first_reach(hot_spot_c: np.ndarray, limit_c: float) -> float | None:
    """Quarter hours until ``limit_c`` is reached, interpolated between boundaries; None when it is not.

    Args:
        hot_spot_c: at quarter-hour boundaries [degC], dims (time,), row 0 now.
        limit_c: the limit [degC].
    """
    above = np.flatnonzero(hot_spot_c >= limit_c)
    if not above.size:
        return None
    row = int(above[0])
    if row == 0:
        return 0.0
    before, after = float(hot_spot_c[row - 1]), float(hot_spot_c[row])
    return row - 1 + (limit_c - before) / (after - before)
