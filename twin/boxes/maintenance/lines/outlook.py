"""What the lines will carry in the next 48 hours, by their zones' forecasts and by habit where nobody forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.lines.facts import BEST, COOL, HOT
from twin.boxes.maintenance.thermal.ahead import fit_squares

DAY = 96
Z_BAND = 1.645
"""Standard deviations of the fit that hot and cool lie away from the best guess: 95 and 5 %."""


@dataclass(frozen=True)
class CurrentRelation:
    """Square of a line's current as a function of its zone's power: I^2 = a P^2 + b, whatever the direction.

    Attributes:
        per_mw2: a [kA^2/MW^2]. ``floor``: b, what flows without active power [kA^2].
        spread: standard deviation of what the fit leaves [kA^2]: a feeder does not follow its town exactly.
    """

    per_mw2: float
    floor: float
    spread: float

    def current_ka(self, net_p_mw: np.ndarray) -> np.ndarray:
        """Current in its lanes [kA], dims (time, lane); NaN stays NaN.

        Args:
            net_p_mw: power into the zone: median, upper, lower [MW], dims (time, lane).
        """
        squares = self.per_mw2 * net_p_mw**2 + self.floor
        lanes = np.empty_like(squares)
        lanes[:, BEST] = squares[:, 0]
        # with reverse flow the lower net power is the higher current
        lanes[:, HOT] = squares.max(axis=1) + Z_BAND * self.spread
        lanes[:, COOL] = squares.min(axis=1) - Z_BAND * self.spread
        return np.asarray(np.sqrt(np.maximum(0.0, lanes)))


def fit_relation(i_ka: np.ndarray, net_p_mw: np.ndarray) -> CurrentRelation | None:
    """By `fit_squares`; None where it cannot be fitted.

    Args:
        i_ka: measured currents, dims (time,), NaN where missing.
        net_p_mw: measured power of the zone in the same quarter hours [MW], dims (time,), NaN where missing.
    """
    found = fit_squares(i_ka[:, None], net_p_mw[:, None])
    if not found.fitted[0]:
        return None
    return CurrentRelation(float(found.per_mw2[0]), float(found.floor[0]), float(found.spread[0]))


def habit(i_ka: np.ndarray, last_good: float, steps: int) -> np.ndarray:
    """Currents ahead as they were at that time of day: yesterday's, with the week's highest and lowest, dims (time, lane).

    Args:
        i_ka: measured up to now, dims (time,), NaN where missing.
        last_good: where no day has that quarter hour.
        steps: quarter hours ahead.
    """
    days = min(7, len(i_ka) // DAY)
    lanes = np.full((steps, 3), last_good)
    if not days:
        return lanes
    week = i_ka[-days * DAY :].reshape(days, DAY)
    known = np.isfinite(week)
    yesterday = np.where(known[-1], week[-1], last_good)
    highest = np.where(known, week, -np.inf).max(axis=0)
    lowest = np.where(known, week, np.inf).min(axis=0)
    day = np.stack([yesterday, np.maximum(highest, yesterday), np.minimum(lowest, yesterday)], axis=1)
    return np.asarray(day[np.arange(steps) % DAY])


def current_ahead(relation: CurrentRelation | None, net_p_mw: np.ndarray, habits: np.ndarray) -> tuple[np.ndarray, int]:
    """Current ahead in its lanes [kA], dims (time, lane), and how many quarter hours rest on a forecast.

    Args:
        relation: None where the line does not follow its zone.
        net_p_mw: forecast power of the zone, dims (time, lane); NaN where unknown.
        habits: stands in elsewhere, dims (time, lane).
    """
    if relation is None:
        return habits, 0
    lanes = relation.current_ka(net_p_mw)
    known = np.isfinite(lanes).all(axis=1)
    return np.where(known[:, None], lanes, habits), int(known.sum())
