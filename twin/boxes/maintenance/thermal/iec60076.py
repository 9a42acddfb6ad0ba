"""Temperatures and ageing of oil-immersed transformers (IEC 60076-7), over intervals of constant load.

The standard's thermal model is three first-order lags in parallel (IEC 60076-7:2005, 8.2.3): the top-oil
temperature, a fast hot-spot term (the winding) and a slow one (the oil's sluggish start, which makes the
winding overshoot). Over an interval of constant load factor and ambient each lag has the exact solution
x_end = x_inf + (x_start - x_inf) exp(-t / tau), for any t. The standard's own difference equations are
forward Euler: they need a step below half the shortest time constant (a few minutes) and go badly wrong at
a quarter hour.

All functions are elementwise: arrays of any matching shape, the last axis being the transformers.
Limits of loading stand in `twin.boxes.maintenance.thermal.limits`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np


class Paper(StrEnum):
    """Insulation paper of the winding."""

    NORMAL = "normal"
    UPGRADED = "upgraded"  # thermally upgraded


@dataclass(frozen=True)
class ThermalParameters:
    """What the thermal model needs to know of a transformer; scalars, or arrays with dims (trafo,).

    Attributes:
        top_oil_rise_k: top-oil rise over ambient at rated losses, steady state [K].
        hot_spot_gradient_k: hot-spot over top-oil at rated current, steady state, hot-spot factor within [K].
        loss_ratio: load losses at rated current over no-load losses (R).
        oil_exponent, winding_exponent: x and y.
        k11, k21, k22: thermal model constants.
        tau_oil_min, tau_winding_min: average oil and winding time constants [min].
    """

    top_oil_rise_k: float | np.ndarray
    hot_spot_gradient_k: float | np.ndarray
    loss_ratio: float | np.ndarray
    oil_exponent: float | np.ndarray
    winding_exponent: float | np.ndarray
    k11: float | np.ndarray
    k21: float | np.ndarray
    k22: float | np.ndarray
    tau_oil_min: float | np.ndarray
    tau_winding_min: float | np.ndarray


_DISTRIBUTION = ThermalParameters(55.0, 23.0, 5.0, 0.8, 1.6, 1.0, 1.0, 2.0, 180.0, 4.0)
_ONAN = ThermalParameters(52.0, 26.0, 6.0, 0.8, 1.3, 0.5, 2.0, 2.0, 210.0, 10.0)
_ONAF = replace(_ONAN, tau_oil_min=150.0, tau_winding_min=7.0)
_OF = ThermalParameters(56.0, 22.0, 6.0, 1.0, 1.3, 1.0, 1.3, 1.0, 90.0, 7.0)
_OD = ThermalParameters(49.0, 29.0, 6.0, 1.0, 2.0, 1.0, 1.0, 1.0, 90.0, 7.0)

TYPICAL: dict[tuple[str, str], ThermalParameters] = {
    ("distribution", "ONAN"): _DISTRIBUTION,
    ("power", "ONAN"): _ONAN,
    ("power", "ONAF"): _ONAF,
    ("power", "OFAN"): _OF,
    ("power", "OFAF"): _OF,
    ("power", "ODAN"): _OD,
    ("power", "ODAF"): _OD,
}
"""(distribution or power, cooling) -> typical values, where no test report is at hand.

The table has one column for forced (OF) and one for directed oil (OD), whatever moves the air; water coolers have no ambient.

Source: IEC 60076-7:2005, table 5 (exponents, k, time constants) and table E.1 (rises, loss ratio).
"""

RESTRICTED_K21 = {"ONAN": 3.0, "ONAF": 3.0, "OFAN": 1.45, "OFAF": 1.45}
"""k21 of a power transformer whose windings let the oil through with difficulty (zigzag washers): the hot-spot overshoots
more. The other characteristics are those of the class. Source: IEC 60076-7:2005, table 5, columns "restricted".
"""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
_QUADRATURE = tuple(zip(((_NODES + 1.0) / 2.0).tolist(), (_WEIGHTS / 2.0).tolist(), strict=True))
"""(instant as a share of the interval, weight): four points keep a load step of 1.1 within 0.1 %."""


@dataclass(frozen=True)
class ThermalState:
    """The three states of the model; arrays of one shape.

    Attributes:
        top_oil_c: temperature, not rise, so that ambient too passes through the oil's inertia [degC].
        fast_k, slow_k: the two hot-spot terms; hot-spot = top-oil + fast - slow [K].
    """

    top_oil_c: np.ndarray
    fast_k: np.ndarray
    slow_k: np.ndarray

    @property
    def hot_spot_c(self) -> np.ndarray:
        """Winding hot-spot temperature [degC] (IEC 60076-7:2005, equation 10)."""
        return self.top_oil_c + self.fast_k - self.slow_k

    def at(self, row: int) -> ThermalState:
        """The states of one row of a roll over time."""
        return ThermalState(self.top_oil_c[row], self.fast_k[row], self.slow_k[row])


def rebased(parameters: ThermalParameters, ratio: float) -> ThermalParameters:
    """The parameters for a load factor counted in another rating: ``ratio`` times the load factor meant so far.

    A transformer whose fans stand has the smaller rating of its natural cooling, while its loading is still told in the
    larger one; both statements are the same function of the current.

    Args:
        parameters: at their own rating.
        ratio: the rating that load factors are given in over the parameters' own.
    """
    p = parameters
    return replace(
        p,
        top_oil_rise_k=p.top_oil_rise_k * ((1.0 + p.loss_ratio * ratio**2) / (1.0 + p.loss_ratio)) ** p.oil_exponent,
        hot_spot_gradient_k=p.hot_spot_gradient_k * ratio**p.winding_exponent,
        loss_ratio=p.loss_ratio * ratio**2,
    )


def steady_state(parameters: ThermalParameters, load_factor: np.ndarray, ambient_c: np.ndarray) -> ThermalState:
    """Where the three states settle under constant load and ambient.

    Args:
        parameters: of the transformers.
        load_factor: load current over rated current (K), 1.0 = rated, dims (..., trafo); NaN gives NaN.
        ambient_c: cooling air [degC], same shape.

    Source: IEC 60076-7:2005, equations 8 to 10 (their limits for t to infinity).
    """
    p, K = parameters, np.ascontiguousarray(load_factor, dtype=np.float64)
    losses = (1.0 + K**2 * p.loss_ratio) / (1.0 + p.loss_ratio)
    gradient_k = p.hot_spot_gradient_k * K**p.winding_exponent
    return ThermalState(
        ambient_c + p.top_oil_rise_k * losses**p.oil_exponent,
        p.k21 * gradient_k,
        (p.k21 - 1.0) * gradient_k,
    )


def advance(
    parameters: ThermalParameters,
    state: ThermalState,
    load_factor: np.ndarray,
    ambient_c: np.ndarray,
    *,
    minutes: float,
) -> ThermalState:
    """The states after ``minutes`` of constant load and ambient: exact, whatever the length of the interval.

    Args:
        parameters: of the transformers.
        state: at the interval's start.
        load_factor: K, 1.0 = rated, shape of the state's arrays.
        ambient_c: cooling air [degC], same shape.
        minutes: length of the interval.
    """
    return _towards(parameters, state, steady_state(parameters, load_factor, ambient_c), minutes=minutes)


def _towards(parameters: ThermalParameters, state: ThermalState, goal: ThermalState, *, minutes: float) -> ThermalState:
    oil, fast, slow = decay(parameters, minutes)
    return ThermalState(
        goal.top_oil_c + (state.top_oil_c - goal.top_oil_c) * oil,
        goal.fast_k + (state.fast_k - goal.fast_k) * fast,
        goal.slow_k + (state.slow_k - goal.slow_k) * slow,
    )


def roll(
    parameters: ThermalParameters,
    state: ThermalState,
    load_factor: np.ndarray,
    ambient_c: np.ndarray,
    *,
    minutes: float,
) -> ThermalState:
    """The states at every interval's boundary: dims (time + 1, ..., trafo), row 0 being ``state``.

    Rolling in one go, in pieces, or by `advance` gives the same bits.

    Args:
        parameters: of the transformers.
        state: at the first interval's start, dims (..., trafo).
        load_factor: K per interval, 1.0 = rated, dims (time, ..., trafo).
        ambient_c: cooling air [degC], dims (time, ..., trafo).
        minutes: length of every interval.
    """
    return roll_to(parameters, state, steady_state(parameters, load_factor, ambient_c), minutes=minutes)


def roll_to(parameters: ThermalParameters, state: ThermalState, goal: ThermalState, *, minutes: float) -> ThermalState:
    """As `roll`, where the steady state that each interval strives for is known already.

    Args:
        parameters: of the transformers.
        state: at the first interval's start, dims (..., trafo).
        goal: what `steady_state` says of each interval, dims (time, ..., trafo).
        minutes: length of every interval.
    """
    steps, *shape = goal.top_oil_c.shape
    states = np.empty((steps + 1, 3, *shape))
    states[0] = state.top_oil_c, state.fast_k, state.slow_k
    # every row holds its goal before the loop adds what is left of the distance to it
    states[1:, 0], states[1:, 1], states[1:, 2] = goal.top_oil_c, goal.fast_k, goal.slow_k
    left = np.stack([np.broadcast_to(factor, shape) for factor in decay(parameters, minutes)])
    distance = np.empty((3, *shape))
    for step in range(steps):
        np.subtract(states[step], states[step + 1], out=distance)
        np.multiply(distance, left, out=distance)
        np.add(states[step + 1], distance, out=states[step + 1])
    return ThermalState(states[:, 0], states[:, 1], states[:, 2])


def ageing_rate(hot_spot_c: np.ndarray, paper: Paper | np.ndarray) -> np.ndarray:
    """Relative ageing of the paper, 1.0 = normal (98 degC for normal, 110 degC for thermally upgraded paper).

    Args:
        hot_spot_c: winding hot-spot temperature [degC], dims (..., trafo); NaN stays NaN.
        paper: of all windings, or True where it is thermally upgraded, dims (trafo,).

    Source: IEC 60076-7:2005, equations 2 (normal: doubles every 6 K) and 3 (upgraded: Arrhenius, 15,000 K).

    >>> float(ageing_rate(np.array(104.0), Paper.NORMAL))
    2.0
    """
    if isinstance(paper, np.ndarray):
        # both exponents are cheap, the exponential is taken once
        return np.exp2(np.where(paper, _doublings_upgraded(hot_spot_c), _doublings_normal(hot_spot_c)))
    return np.exp2(_doublings_normal(hot_spot_c) if paper is Paper.NORMAL else _doublings_upgraded(hot_spot_c))


def _doublings_normal(hot_spot_c: np.ndarray) -> np.ndarray:
    return (hot_spot_c - 98.0) / 6.0


def _doublings_upgraded(hot_spot_c: np.ndarray) -> np.ndarray:
    return (15_000.0 / (110.0 + 273.0) - 15_000.0 / (hot_spot_c + 273.0)) * np.log2(np.e)


def loss_of_life_h(
    parameters: ThermalParameters,
    states: ThermalState,
    load_factor: np.ndarray,
    ambient_c: np.ndarray,
    *,
    minutes: float,
    paper: Paper | np.ndarray,
) -> np.ndarray:
    """Life used up in each interval [h at normal ageing], dims (time, ..., trafo).

    Gauss-Legendre quadrature over the exact hot-spot within the interval: the ageing rate is exponential in
    the temperature, so the end value alone would count a whole quarter hour at a temperature reached only in
    its last minutes.

    Args:
        parameters: of the transformers.
        states: what `roll` returned for the same load, ambient and ``minutes``, dims (time + 1, ..., trafo).
        load_factor: K per interval, 1.0 = rated, dims (time, ..., trafo).
        ambient_c: cooling air [degC], dims (time, ..., trafo).
        minutes: length of every interval.
        paper: of all windings, or True where it is thermally upgraded, dims (trafo,).
    """
    start = ThermalState(states.top_oil_c[:-1], states.fast_k[:-1], states.slow_k[:-1])
    goal = steady_state(parameters, load_factor, ambient_c)
    lost = np.zeros_like(start.top_oil_c)
    for node, weight in _QUADRATURE:
        within = _towards(parameters, start, goal, minutes=node * minutes)
        lost += weight * (minutes / 60.0) * ageing_rate(within.hot_spot_c, paper)
    return lost


def decay(p: ThermalParameters, minutes: float | np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share left after ``minutes`` of each state's distance to its goal: time constants k11 tau_o, k22 tau_w, tau_o / k22."""
    return (
        np.exp(-minutes / np.multiply(p.k11, p.tau_oil_min)),
        np.exp(-minutes / np.multiply(p.k22, p.tau_winding_min)),
        np.exp(-minutes * np.divide(p.k22, p.tau_oil_min)),
    )
