"""What a line bears from now on, against what it will carry: rating, temperature, and how much is to be relieved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.lines.cable import CableModel, bearable_ka, roll
from twin.boxes.maintenance.lines.facts import BEST, COOL, HOT, WatchedLine
from twin.boxes.maintenance.lines.overhead import Weather, ampacity_ka, conductor_c
from twin.boxes.maintenance.lines.weather import QUANTILES, Course, best_guess, ensemble
from twin.boxes.maintenance.thermal.ahead import first_reach
from twin.domain.time import QUARTER_HOUR_S

HOLD_STEPS = 8
"""A rating ahead is what may flow for two hours: long enough to switch over and to call somebody."""
CURVE_H = (1, 2, 4)
"""Of the short-time ratings now [h]."""
LOWEST, MIDDLE = 0, 1
"""Positions in `QUANTILES`: what the line bears in 95 of 100 cases is what findings are raised on."""


@dataclass(frozen=True)
class Room:
    """A line from now on.

    Attributes:
        rating_ka: bearable for two hours from each label on, dims (time, quantile).
        temp_c: of the conductor at the labels and at the end, dims (time + 1, lane).
        curve_ka: bearable for each of `CURVE_H` from now on, lowest quantile, dims (hour,). ``emergency_ka``: likewise at the
            emergency limit, None where nobody allows one.
        current_ka: what it will carry, dims (time, lane).
    """

    rating_ka: np.ndarray
    temp_c: np.ndarray
    curve_ka: np.ndarray
    emergency_ka: np.ndarray | None
    current_ka: np.ndarray


@dataclass(frozen=True)
class Breach:
    """A limit that is reached when nobody acts.

    Attributes:
        step: quarter hours from now until it is reached, between two boundaries for a cable.
        hold_ka: current below which it is not reached. ``peak_ka``: what will flow at most.
        relieve_step: quarter hours from now from which more than ``hold_ka`` would flow.
    """

    step: float
    hold_ka: float
    peak_ka: float
    relieve_step: int


def cable_room(line: WatchedLine, cable: CableModel, rows: np.ndarray, current_ka: np.ndarray, soil_c: np.ndarray) -> Room:
    """A cable's: ``rows`` of its terms ahead, dims (time + 1, lane, term); ``current_ka``, ``soil_c``, dims (time, lane)."""

    def bears(steps: int, rise: np.ndarray, soil: np.ndarray, limit_c: float) -> np.ndarray:
        found = bearable_ka(cable, rise, soil, steps=steps, seconds=QUARTER_HOUR_S, limit_c=limit_c)
        return np.minimum(found, line.cap_i_ka)

    def curve(limit_c: float) -> np.ndarray:
        return np.array([bears(4 * hours, rows[0], soil_c[0], limit_c)[HOT] for hours in CURVE_H])

    rating = bears(HOLD_STEPS, rows[:-1], soil_c, line.limit_c)[:, [HOT, BEST, COOL]]
    undisturbed = np.concatenate([soil_c, soil_c[-1:]])
    return Room(
        rating_ka=np.sort(rating, axis=1),
        temp_c=undisturbed + rows.sum(axis=-1),
        curve_ka=curve(line.limit_c),
        emergency_ka=None if np.isnan(line.emergency_c) else curve(line.emergency_c),
        current_ka=current_ka,
    )


def overhead_room(line: WatchedLine, course: Course, current_ka: np.ndarray, *, seed: int) -> Room:
    """An overhead line's, from the course of the weather; it remembers nothing longer than a quarter hour."""
    assert line.span is not None
    sky = ensemble(course, seed=seed, azimuth_degree=line.azimuth_degree)
    momentary = np.quantile(ampacity_ka(line.span, sky, limit_c=line.limit_c), QUANTILES, axis=0).T
    momentary = np.minimum(momentary, line.cap_i_ka)
    guess = best_guess(course, azimuth_degree=line.azimuth_degree)
    in_lanes = Weather(*(part[:, None] for part in (guess.air_c, guess.wind_m_s, guess.attack_degree, guess.sun_w_m2)))
    temp_c = conductor_c(line.span, in_lanes, current_ka)
    return Room(
        rating_ka=_least_ahead(momentary, HOLD_STEPS),
        temp_c=np.concatenate([temp_c, temp_c[-1:]]),
        curve_ka=np.array([momentary[: 4 * hours, LOWEST].min() for hours in CURVE_H]),
        emergency_ka=None,
        current_ka=current_ka,
    )


def breach(line: WatchedLine, room: Room, rise_k: np.ndarray, soil_c: np.ndarray) -> Breach | None:
    """When the line reaches its limit if nobody acts, and what is to be relieved; None when it does not.

    A cable's limit is its conductor's temperature by the best guess; an overhead line's is the rating that it has in 95 of
    100 cases, for its temperature follows at once. What is in series with the line stands in its rating.

    Args:
        rise_k: a cable's terms now, dims (lane, term). ``soil_c``: dims (time, lane).
    """
    current = room.current_ka[:, BEST]
    if line.cable is None:
        over = np.flatnonzero(current > room.rating_ka[:, LOWEST])
        if not over.size:
            return None
        hold = float(room.rating_ka[over, LOWEST].min())
        return Breach(float(over[0]), hold, float(current[over].max()), int(over[0]))
    step = first_reach(room.temp_c[:, BEST], line.limit_c)
    over = np.flatnonzero(current > line.cap_i_ka)
    if over.size and (step is None or over[0] < step):
        step = float(over[0])
    if step is None:
        return None
    hold = min(line.cap_i_ka, _highest_hold(line, line.cable, rise_k[BEST], current, soil_c[:, BEST]))
    above = np.flatnonzero(current > hold)
    return Breach(step, hold, float(current.max()), int(above[0]) if above.size else 0)


def _highest_hold(line: WatchedLine, cable: CableModel, rise_k: np.ndarray, current: np.ndarray, soil_c: np.ndarray) -> float:
    """The highest current that the course may be held to so that the limit is kept after the first quarter hour [kA]."""
    best = replace(cable, soil_k_m_per_w=cable.soil_k_m_per_w[BEST : BEST + 1])
    low, high = 0.0, float(current.max())
    for _ in range(10):  # to a thousandth of the peak
        middle = 0.5 * (low + high)
        held = np.minimum(current, middle)[:, None]
        rows = roll(best, rise_k[None, :], held, soil_c[:, None], seconds=QUARTER_HOUR_S)
        temp_c = soil_c + rows[1:, 0].sum(axis=-1)
        low, high = (middle, high) if temp_c.max() <= line.limit_c else (low, middle)
    return low


def _least_ahead(rating: np.ndarray, steps: int) -> np.ndarray:
    """The least of each row and the ``steps`` - 1 after it, dims (time, quantile); at the end, of those that are left."""
    padded = np.concatenate([rating, np.full((steps - 1, rating.shape[1]), np.inf)])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, steps, axis=0).min(axis=-1))
