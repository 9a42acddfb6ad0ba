"""The transformers' load in the next 48 hours by their zones' forecasts, and the temperatures it leads to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.ahead import fit_squares
from twin.boxes.maintenance.thermal.gaps import BEST, HIGH, LOW
from twin.boxes.maintenance.thermal.iec60076 import ThermalState, roll
from twin.boxes.maintenance.thermal.plates import Plates
from twin.boxes.maintenance.transformers.health import STEP_MIN, Health

AHEAD_STEPS = 192
"""Row 0 is now, rows 1 to 191 the quarter hours ahead."""
DAY_STEPS = 96


@dataclass(frozen=True)
class LoadRelation:
    """Load factor of each transformer as a function of its zone's power: K^2 = active K^2 + reactive K^2.

    Attributes:
        per_mw2: rise of K^2 per MW^2. ``floor``: K^2 at zero active power (reactive power). ``fitted``: from
            measurements, not from the rating. All dims (trafo,).
    """

    per_mw2: np.ndarray
    floor: np.ndarray
    fitted: np.ndarray

    def load_factor(self, net_p_mw: np.ndarray) -> np.ndarray:
        """K for power through the transformer [MW], either direction, dims (..., trafo); NaN stays NaN."""
        result: np.ndarray = np.sqrt(self.per_mw2 * net_p_mw**2 + self.floor)
        return result

    def net_p_mw(self, load_factor: np.ndarray) -> np.ndarray:
        """Magnitude of the power that goes with K [MW], dims (..., trafo); 0 where reactive power alone makes more."""
        result: np.ndarray = np.sqrt(np.maximum(0.0, load_factor**2 - self.floor) / self.per_mw2)
        return result


def fit_relation(load_factor: np.ndarray, net_p_mw: np.ndarray, *, sn_mva: np.ndarray) -> LoadRelation:
    """By `fit_squares`, and by the rating where that cannot be fitted.

    Args:
        load_factor: measured K, dims (time, trafo), NaN where missing.
        net_p_mw: measured power of the zone in the same quarter hours [MW].
        sn_mva: rating, dims (trafo,), used when there is too little to fit (then at rated voltage and cos phi 1).
    """
    found = fit_squares(load_factor, net_p_mw)
    per_mw2 = np.where(found.fitted, found.per_mw2, 1.0 / sn_mva**2)
    return LoadRelation(per_mw2, np.where(found.fitted, found.floor, 0.0), found.fitted)


def load_ahead(
    relation: LoadRelation, net_p_mw: np.ndarray, yesterday: np.ndarray, last_good: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Load factor ahead in three lanes, dims (time, lane, trafo), and how many steps have a forecast, dims (trafo,).

    Args:
        relation: of load to power.
        net_p_mw: forecast net power (median, lower, upper) [MW], dims (time, lane, trafo); NaN where unknown.
        yesterday: measured K of the same quarter hours a day before, dims (time, trafo), NaN where missing.
        last_good: measured K now, dims (trafo,); stands in where yesterday is missing too.
    """
    factors = relation.load_factor(net_p_mw)
    one, two, three = factors[:, 0], factors[:, 1], factors[:, 2]
    known = np.isfinite(one) & np.isfinite(two) & np.isfinite(three)
    if not known.all():
        stand_in = np.where(np.isfinite(yesterday), yesterday, last_good)
        one, two, three = (np.where(known, lane, stand_in) for lane in (one, two, three))
    # the lanes of power become lanes of load: with reverse flow the lower net power is the higher load
    lanes = np.empty_like(factors)
    lanes[:, BEST] = one
    lanes[:, LOW], lanes[:, HIGH] = np.minimum(np.minimum(one, two), three), np.maximum(np.maximum(one, two), three)
    return lanes, known.sum(axis=0)


def yesterday_of(load_factor: np.ndarray) -> np.ndarray:
    """Measured K of the last day laid over the two days ahead, dims (`AHEAD_STEPS`, trafo), NaN where missing.

    Args:
        load_factor: measured, up to now, dims (time, trafo).
    """
    day = np.full((DAY_STEPS, load_factor.shape[1]), np.nan)
    rows = load_factor[-DAY_STEPS:]
    day[DAY_STEPS - len(rows) :] = rows
    return np.concatenate([day, day])


def temperatures_ahead(health: Health, plates: Plates, load_factor: np.ndarray, ambient_c: np.ndarray) -> ThermalState:
    """The states at the start of every quarter hour ahead, and at the last one's end: dims (time + 1, lane, trafo).

    Args:
        health: the transformers now.
        plates: their facts.
        load_factor: dims (time, lane, trafo).
        ambient_c: air around the tank [degC], dims (time, trafo).
    """
    return roll(plates.parameters, health.thermal, load_factor, ambient_c[:, None, :], minutes=STEP_MIN)
