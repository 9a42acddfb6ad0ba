"""Permissible short-time overload: the constant loading that may be held from now on, against how long.

The model is linear in the two heat sources, so a temperature at an instant is what the present state and the forecast air
leave of it, plus the sources times factors of time alone:

    top-oil(t)  = idle oil(t) + rise(K) a(t)          a = 1 - exp(-t / k11 tau_o)
    hot-spot(t) = idle hot-spot(t) + rise(K) a(t) + gradient(K) b(t)
                                  b = k21 (1 - exp(-t / k22 tau_w)) - (k21 - 1) (1 - exp(-t k22 / tau_o))

Both grow with K at every instant, and the hot-spot may overshoot on the way; so what may be held for a while is the least of
what every quarter hour of it allows. Source: IEC 60076-7:2005, equations 8 to 10, for constant load factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalParameters, ThermalState, ageing_rate, decay, steady_state
from twin.boxes.maintenance.thermal.plates import CAPS, Plates
from twin.domain.time import HOURS_PER_STEP

DURATIONS_H = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 24.0)
_ROWS = [round(hours / HOURS_PER_STEP) - 1 for hours in DURATIONS_H]
_STEPS = _ROWS[-1] + 1
STEP_MIN = 60.0 * HOURS_PER_STEP
BINDING = ("hot_spot", "top_oil", "ageing", *CAPS)
"""What can bound a loading; `Room.binding` holds positions in it."""
_ITERATIONS = 8
"""Newton steps: the function is concave and starts from a tight upper bound, so the fifth is exact to 1e-9 from 0 to 400 %."""
_HALVINGS = 20
"""Of the interval of loadings in which the allowed ageing is sought: to 0.0004 %."""
_LEAST = 1e-12


@dataclass(frozen=True)
class Room:
    """What may be held for `DURATIONS_H`, dims (duration, trafo).

    Attributes:
        percent: constant loading [% of rated current]; 0 where even an idle transformer is too hot. NaN without a state.
        binding: which limit is the lowest, position in `BINDING`.
    """

    percent: np.ndarray
    binding: np.ndarray


@dataclass(frozen=True)
class _Response:
    """How temperatures answer to heat at every quarter hour ahead, dims (time, trafo); see the module."""

    oil_c: np.ndarray
    hot_spot_c: np.ndarray
    a: np.ndarray
    b: np.ndarray


def permissible(plates: Plates, state: ThermalState, ambient_c: np.ndarray, *, allowed_loss_h: float | None = None) -> Room:
    """The curve of percent against hours.

    Args:
        plates: of the transformers.
        state: now, dims (trafo,).
        ambient_c: air around the tank ahead [degC], dims (time, trafo), a day at least.
        allowed_loss_h: life that the overload may use up [h at normal ageing]; None = as much as the temperatures allow.
    """
    response = _respond(plates.parameters, state, ambient_c[:_STEPS])
    hot = plates.hot_spot_limit_c - response.hot_spot_c
    oil = plates.top_oil_limit_c - response.oil_c
    q_oil = _square_for_oil(plates.parameters, oil, response.a)
    q_hot = _square_for_hot_spot(plates.parameters, hot, response.a, response.b)
    by_temperature = [100.0 * np.sqrt(np.minimum.accumulate(q, axis=0)[_ROWS]) for q in (q_hot, q_oil)]
    caps = np.broadcast_to(plates.caps[:, None, :], (len(CAPS), *by_temperature[0].shape))
    caps = np.where(np.isnan(caps), np.inf, caps)
    percent = np.concatenate([*(lane[None] for lane in by_temperature), np.full_like(caps[:1], np.inf), caps])
    if allowed_loss_h is not None:
        percent[2] = _for_ageing(plates, response, percent.min(axis=0), allowed_loss_h)
    return Room(percent.min(axis=0), percent.argmin(axis=0))


def _respond(p: ThermalParameters, state: ThermalState, air_c: np.ndarray) -> _Response:
    minutes = STEP_MIN * np.arange(1, len(air_c) + 1)[:, None]
    oil_left, fast_left, slow_left = decay(p, minutes)
    step_left = decay(p, STEP_MIN)[0]
    oil_c = np.empty_like(air_c)
    before = state.top_oil_c
    for row, air in enumerate(air_c):
        before = air + (before - air) * step_left
        oil_c[row] = before
    hot_spot_c = oil_c + state.fast_k * fast_left - state.slow_k * slow_left
    b = p.k21 * (1.0 - fast_left) - (p.k21 - 1.0) * (1.0 - slow_left)
    return _Response(oil_c, hot_spot_c, 1.0 - oil_left, b)


def _square_for_oil(p: ThermalParameters, allowed_k: np.ndarray, a: np.ndarray) -> np.ndarray:
    """K^2 at which rise(K) a is ``allowed_k``: the closed inverse; 0 where even no load exceeds it, NaN stays NaN."""
    losses = (np.maximum(allowed_k, 0.0) / (p.top_oil_rise_k * a)) ** (1.0 / p.oil_exponent)
    result: np.ndarray = np.maximum((losses * (1.0 + p.loss_ratio) - 1.0) / p.loss_ratio, 0.0)
    return result


def _square_for_hot_spot(p: ThermalParameters, allowed_k: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """K^2 at which rise(K) a + gradient(K) b is ``allowed_k``; 0 where even no load exceeds it, NaN stays NaN.

    With x <= 1 and y <= 2 the sum is concave in q = K^2, so a Newton step lands below the root and then climbs to it.
    """
    oil_k, winding_k, half_y = p.top_oil_rise_k * a, p.hot_spot_gradient_k * b, 0.5 * p.winding_exponent
    target = np.maximum(allowed_k, _LEAST)
    # either source alone would need more
    q = np.minimum(_square_for_oil(p, target, a), (target / winding_k) ** (1.0 / half_y))
    share = p.loss_ratio / (1.0 + p.loss_ratio)
    idle = oil_k * (1.0 / (1.0 + p.loss_ratio)) ** p.oil_exponent
    q = np.maximum(q, _LEAST)
    for _ in range(_ITERATIONS):
        losses = (1.0 + p.loss_ratio * q) / (1.0 + p.loss_ratio)
        oil = oil_k * losses**p.oil_exponent
        winding = winding_k * q**half_y
        slope = p.oil_exponent * oil * share / losses + half_y * winding / q
        # a step beyond zero is cut: the root is positive, and near it the slope is steep
        q = np.maximum(q + (target - oil - winding) / slope, 0.05 * q)
    return np.where(allowed_k > idle, q, np.where(np.isnan(allowed_k), np.nan, 0.0))


def _for_ageing(plates: Plates, response: _Response, most: np.ndarray, allowed_loss_h: float) -> np.ndarray:
    """Loading that uses up no more than the allowed life in each duration [%], dims (duration, trafo); ``most`` if less."""
    result = np.empty_like(most)
    for row, last in enumerate(_ROWS):
        rows = slice(0, last + 1)
        low, high = np.zeros_like(most[row]), most[row]
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            settled = steady_state(plates.parameters, middle / 100.0, np.zeros_like(middle))
            gradient_k = settled.fast_k - settled.slow_k
            hot_spot_c = response.hot_spot_c[rows] + settled.top_oil_c * response.a[rows] + gradient_k * response.b[rows]
            # each quarter hour counts at its hotter end
            ends = np.maximum(hot_spot_c, np.concatenate([hot_spot_c[:1], hot_spot_c[:-1]]))
            lost_h = HOURS_PER_STEP * ageing_rate(ends, plates.upgraded).sum(axis=0)
            low, high = np.where(lost_h <= allowed_loss_h, middle, low), np.where(lost_h <= allowed_loss_h, high, middle)
        result[row] = np.where(high == most[row], np.inf, low)
    return result
