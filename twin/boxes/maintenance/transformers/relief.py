"""The other direction: what must be taken off a transformer, from when and for how long, so that it keeps its limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalState, roll_to, steady_state
from twin.boxes.maintenance.thermal.plates import Plates
from twin.boxes.maintenance.transformers.health import STEP_MIN
from twin.boxes.maintenance.transformers.outlook import LoadRelation
from twin.domain.time import HOURS_PER_STEP

_SECTIONS = 16
_ROUNDS = 3
"""Sixteen levels at once, three times: the level is found within 1/4096 of the highest loading."""


@dataclass(frozen=True)
class Relief:
    """What must be relieved, dims (trafo,).

    Attributes:
        level_percent: the loading that the forecast is to be cut off at: the highest one that keeps all limits over the
            look-ahead; 0 where even that does not suffice.
        relieve_mw, relieve_percent: most that is above the level, in power and in percent of the rated current.
        first, steps: quarter hour ahead in which relief begins, and over how many it lasts, pauses included; 0 steps where
            nothing is to do.
    """

    level_percent: np.ndarray
    relieve_mw: np.ndarray
    relieve_percent: np.ndarray
    first: np.ndarray
    steps: np.ndarray

    @property
    def hours(self) -> np.ndarray:
        """How long relief lasts [h], dims (trafo,)."""
        return self.steps * HOURS_PER_STEP


def relief(
    plates: Plates, state: ThermalState, load_factor: np.ndarray, ambient_c: np.ndarray, relation: LoadRelation
) -> Relief:
    """The least relief that keeps hot-spot, top-oil and the weakest component within their limits.

    Only the load ahead can be changed: a limit that is exceeded now counts from where it can be kept again.

    Args:
        plates: of the transformers.
        state: now, dims (trafo,).
        load_factor: forecast K, dims (time, trafo).
        ambient_c: air around the tank ahead [degC], dims (time, trafo).
        relation: of load to power, for the figure in MW.
    """
    most = load_factor.max(axis=0)
    low, high = np.zeros_like(most), np.minimum(most, plates.cap_percent / 100.0)
    goal = steady_state(plates.parameters, load_factor, ambient_c)
    reachable = _kept(plates, state, goal, ambient_c, high[None])[0]
    low = np.where(reachable, high, low)
    for _ in range(_ROUNDS):
        if reachable.all():
            break
        levels = low + (high - low) * (np.arange(1, _SECTIONS + 1) / _SECTIONS)[:, None]
        kept = _kept(plates, state, goal, ambient_c, levels)
        count = kept.sum(axis=0)  # the lower levels: what a level keeps, every lower one keeps
        width = (high - low) / _SECTIONS
        low, high = np.where(reachable, low, low + count * width), np.where(reachable, high, low + (count + 1) * width)
    above = load_factor > low * (1.0 + 1e-9)
    first = np.where(above.any(axis=0), above.argmax(axis=0), 0)
    last = np.where(above.any(axis=0), len(above) - above[::-1].argmax(axis=0), 0)
    over = np.where(above, relation.net_p_mw(load_factor) - relation.net_p_mw(low), 0.0)
    return Relief(100.0 * low, over.max(axis=0), 100.0 * np.maximum(0.0, most - low), first, last - first)


def _kept(plates: Plates, state: ThermalState, goal: ThermalState, ambient_c: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Which levels keep both temperature limits, dims (level, trafo).

    The steady states grow with the load factor, so those of a load that is cut off are the lesser of two.
    """
    cut = steady_state(plates.parameters, levels, np.zeros_like(levels))
    oil_c = np.minimum(goal.top_oil_c[:, None], ambient_c[:, None] + cut.top_oil_c)
    fast_k, slow_k = np.minimum(goal.fast_k[:, None], cut.fast_k), np.minimum(goal.slow_k[:, None], cut.slow_k)
    start = ThermalState(*(np.broadcast_to(array, levels.shape) for array in (state.top_oil_c, state.fast_k, state.slow_k)))
    states = roll_to(plates.parameters, start, ThermalState(oil_c, fast_k, slow_k), minutes=STEP_MIN)
    excess_k = np.maximum(states.hot_spot_c - plates.hot_spot_limit_c, states.top_oil_c - plates.top_oil_limit_c)
    return np.asarray(_coming_down(excess_k).all(axis=0))


def _coming_down(excess_k: np.ndarray) -> np.ndarray:
    """Within the limit; or still above it from the start on and falling, which no relief can hasten by much."""
    above_so_far = np.logical_and.accumulate(excess_k[:-1] > 0.0, axis=0)
    result: np.ndarray = (excess_k[1:] <= 0.0) | (above_so_far & (excess_k[1:] < excess_k[:-1]))
    return result
