"""How much photovoltaic power hides behind a meter: what a net load loses on bright days against dull ones of one type.

Days of one type within four weeks share a load profile; its level drops out when each slot's mean is taken off, and what
remains follows the sun. Temperature goes along as a nuisance, because bright days are also warm ones, or frosty ones. Where
irradiance was measured, one slope is the capacity. Where not, each day has its own clearness; the spread between the clearest
and the dullest days, which is much the same in every climate with both, then takes the place of the irradiance, and the answer
is a rough one.

Source: the slope's standard error is clustered by day (K.-Y. Liang, S. Zeger, Biometrika 73 (1986)); robust weights by P.
Huber, Annals of Mathematical Statistics 35 (1964).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

WINDOW_DAYS = 28
"""Days that share a load profile: four weeks hold four Saturdays."""

_COMFORT_C = (15.0, 22.0)  # below the first is heated, above the second cooled
_PARTS_OF_DAY = 4  # heating and cooling act otherwise at night than at noon
_HUBER = 1.345  # of a robust standard deviation: 95 % efficient on normal errors
_ROUNDS = 4
_DULL, _BRIGHT = 0.12, 1.0  # clearness of the 5 % dullest and 5 % brightest days where both occur
_MODEL_ERROR = (0.07, 0.2)  # of the capacity: transposition of irradiance from nearby; clearness of unmeasured days
_LAMPS = 0.03  # of the mean load [MW per MW of sun]: lamps go out when the sun comes out, and look like panels; assumed
_STRONG_SUN = 0.3  # of nominal power: from here on feed-in bounds the capacity from below
_NO_SUN = 0.02  # of nominal power
_OWN_ERROR = 1.0  # of the spread that the load alone would show: its days may vary twice as much as its nights
_LEVEL_ERROR = 0.25  # of a capacity that rests on the mean feed-in: clearness is not known at all
_SEASONS_DAYS = 180  # by then every kind of sky has been seen
_FEWEST_DAYS = 14
_TOLD = 2.5  # standard errors from zero


@dataclass(frozen=True)
class Capacity:
    """An estimate of what hides behind a meter.

    Attributes:
        capacity_mw: power at 1000 W/m2 on the plane, losses included. ``std_mw``: its standard error, model errors included.
        which: index of the orientation that explains most. ``per_mw``: its shape, dims (day, slot).
        clearness: of each day, dims (day,); None where the irradiance was measured.
        told: whether the data could tell; ``reason``: why not, or what the answer rests on.
    """

    capacity_mw: float
    std_mw: float
    which: int
    per_mw: np.ndarray
    clearness: np.ndarray | None
    told: bool
    reason: str


def estimate_capacity(
    net_mw: np.ndarray, per_mw: np.ndarray, types: np.ndarray, temp_c: np.ndarray | None, *, clear_only: bool
) -> Capacity:
    """Capacity behind a net load on a grid of local days.

    Args:
        net_mw: load minus generation [MW], dims (day, slot), NaN = missing. ``types``: day type, dims (day,).
        per_mw: power of one megawatt [MW], dims (orientation, day, slot); of a clear sky when ``clear_only``.
        temp_c: dims (day, slot) [degC], None when unknown.
    """
    group = np.arange(len(types)) // WINDOW_DAYS * 3 + types
    departure = without_mean(net_mw, group)
    days = int((np.isfinite(departure).mean(axis=1) > 0.5).sum())
    if days < _FEWEST_DAYS:
        return Capacity(0.0, np.inf, 0, per_mw[0], None, False, f"{days} days with a comparable one; {_FEWEST_DAYS} are needed")
    nuisance = _nuisance(temp_c, group)
    found = _from_spread(departure, per_mw, nuisance) if clear_only else _from_slope(departure, per_mw, nuisance, group)
    lamps_mw = _LAMPS * max(float(np.nanmean(net_mw)), 0.0)
    found = replace(found, std_mw=float(np.hypot(found.std_mw, lamps_mw)))
    if found.told and found.capacity_mw >= _TOLD * found.std_mw:
        return _at_least_fed_in(found, net_mw)
    return _from_level(found, net_mw, per_mw.max(axis=0) <= _NO_SUN)


def without_mean(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Departure from the mean of the group's days in each slot, dims (..., day, slot); NaN where no other day is known.

    Args:
        values: dims (..., day, slot). ``group``: of each day, dims (day,).
    """
    result = np.full(values.shape, np.nan)
    for one in np.unique(group):
        days = np.flatnonzero(group == one)
        part = values[..., days, :]
        known = np.isfinite(part)
        count = known.sum(axis=-2, keepdims=True)
        mean = np.where(known, part, 0.0).sum(axis=-2, keepdims=True) / np.maximum(count, 1)
        result[..., days, :] = np.where(count > 1, part - mean, np.nan)
    return result


def _nuisance(temp_c: np.ndarray | None, group: np.ndarray) -> np.ndarray:
    """Departures of heating and cooling degrees in each part of the day, dims (term, day, slot); none without temperature."""
    if temp_c is None:
        return np.zeros((0, 1, 1))
    mean = np.nanmean(temp_c, axis=1, keepdims=True)
    degrees = (np.maximum(_COMFORT_C[0] - mean, 0.0), np.maximum(temp_c - _COMFORT_C[1], 0.0))
    part = np.arange(temp_c.shape[1]) * _PARTS_OF_DAY // temp_c.shape[1]
    terms = [np.where(part == p, d + 0.0 * temp_c, 0.0) for d in degrees for p in range(_PARTS_OF_DAY)]
    return np.nan_to_num(without_mean(np.stack(terms), group))


def _from_slope(departure: np.ndarray, per_mw: np.ndarray, nuisance: np.ndarray, group: np.ndarray) -> Capacity:
    """Measured irradiance: the slope of the net load on it, for the orientation that leaves least unexplained."""
    sun = without_mean(per_mw, group)
    known = np.isfinite(departure) & np.isfinite(sun).all(axis=0)
    y = departure[known]
    z = [term[known] for term in nuisance]
    left = np.array([_solve(y, np.column_stack([-s[known], *z]), np.ones(len(y)))[1] for s in sun])
    which = int(np.argmin(np.sum(left**2, axis=1)))
    x = np.column_stack([-sun[which][known], *z])
    w = np.column_stack([-_whole_days(per_mw[which], group)[known], *z])
    weight = np.ones(len(y))
    for _ in range(_ROUNDS):
        slope, error = _solve(y, x, weight, w)
        spread = 1.4826 * float(np.median(np.abs(error))) + 1e-12
        weight = np.minimum(1.0, _HUBER * spread / np.maximum(np.abs(error), 1e-12))
    day = np.broadcast_to(np.arange(len(departure))[:, None], departure.shape)[known]
    score = np.zeros((len(departure), w.shape[1]))
    np.add.at(score, day, w * (weight * error)[:, None])
    inverse = np.linalg.pinv((w * weight[:, None]).T @ x)
    std = float(np.sqrt((inverse @ (score.T @ score) @ inverse.T)[0, 0]))
    capacity = float(slope[0])
    told = bool(np.isfinite(std)) and std > 0.0
    return Capacity(
        capacity, float(np.hypot(std, _MODEL_ERROR[0] * capacity)), which, per_mw[which], None, told, "measured irradiance"
    )


def _from_spread(departure: np.ndarray, per_mw: np.ndarray, nuisance: np.ndarray) -> Capacity:
    """Unmeasured irradiance: each day's own slope on the clear sky, and the spread between dull and bright days."""
    known = np.isfinite(departure)
    y = np.where(known, departure, 0.0)
    dark = per_mw.max(axis=0) <= _NO_SUN
    if len(nuisance):
        # Heating is learnt by night: by day, warmth and an unknown sun cannot be told apart.
        heating = nuisance[:_PARTS_OF_DAY].sum(axis=0)
        night = known & dark
        y -= np.where(known, heating * _solve(y[night], heating[night][:, None], np.ones(int(night.sum())))[0][0], 0.0)
    sun = np.where(known, per_mw, 0.0)
    energy = np.sum(sun**2, axis=2)
    slopes = -np.sum(sun * y, axis=2) / np.maximum(energy, 1e-12)
    explained = np.sum(slopes**2 * energy, axis=1)
    which = int(np.argmax(explained))
    slope, enough = slopes[which], energy[which] > 0.2 * np.median(energy[which])
    low, high = np.quantile(slope[enough], (0.05, 0.95))
    capacity = float(high - low) / (_BRIGHT - _DULL)
    # What the load itself would pass for: the same reading of the other half of the day, where no sun is.
    false = np.roll(sun[which], sun.shape[2] // 2, axis=1) * dark
    weight = np.sum(false**2, axis=1)
    nights = weight > 0.2 * np.median(weight)
    low_own, high_own = np.quantile(-np.sum(false * y, axis=1)[nights] / np.maximum(weight[nights], 1e-12), (0.05, 0.95))
    own = float(high_own - low_own) / (_BRIGHT - _DULL)
    told = capacity > own
    capacity = float(np.sqrt(max(capacity**2 - own**2, 0.0)))
    clearness = np.clip(_BRIGHT - (high - slope) / max(capacity, 1e-12), 0.0, 1.1)
    few = np.sqrt(max(_SEASONS_DAYS / max(int(enough.sum()), 1), 1.0))
    std = float(np.hypot(_MODEL_ERROR[1] * few * capacity, _OWN_ERROR * own))
    return Capacity(
        capacity, std, which, per_mw[which], clearness, told, "no irradiance was measured: clear and dull days compared"
    )


def _whole_days(per_mw: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Departure of each day's sun as a whole, spread over its slots as the group's mean day has it, dims (day, slot).

    The instrument of the slope: a cloud passes the sensor and the panels at different times, and a regression on single hours
    would be flattened by that; over a day it evens out.
    """
    mean = per_mw - without_mean(per_mw, group)
    whole = np.nansum(np.where(np.isfinite(mean), per_mw, 0.0), axis=1) / np.maximum(np.nansum(mean, axis=1), 1e-12)
    return without_mean(whole[:, None] * mean, group)


def _solve(
    y: np.ndarray, x: np.ndarray, weight: np.ndarray, instrument: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares, by instruments where given: (slopes, errors)."""
    scaled = (x if instrument is None else instrument) * weight[:, None]
    slope = np.linalg.pinv(scaled.T @ x) @ (scaled.T @ y)
    return slope, y - x @ slope


def _fed_in(found: Capacity, net_mw: np.ndarray) -> float:
    """Capacity that feed-in under a strong sun proves [MW].

    A clear sky is the most there is, so nearly every hour counts; a measured sun may be mistaken by half, so the middle one.
    """
    strong = np.isfinite(net_mw) & (found.per_mw > _STRONG_SUN)
    level = 0.5 if found.clearness is None else 0.98
    return float(np.quantile(-net_mw[strong] / found.per_mw[strong], level)) if strong.any() else 0.0


def _at_least_fed_in(found: Capacity, net_mw: np.ndarray) -> Capacity:
    """What was fed in was made: a smaller capacity had its sun from too far away, or never saw the dullest days."""
    bound = _fed_in(found, net_mw)
    if bound <= found.capacity_mw:
        return found
    clearness = None if found.clearness is None else _BRIGHT - (_BRIGHT - found.clearness) * found.capacity_mw / bound
    std = float(np.hypot(found.std_mw, 0.5 * (bound - found.capacity_mw)))
    reason = f"{found.reason}; raised to what was fed in"
    return replace(found, capacity_mw=bound, std_mw=std, clearness=clearness, reason=reason)


def _from_level(found: Capacity, net_mw: np.ndarray, dark: np.ndarray) -> Capacity:
    """Days do not tell. Where the sun turns the meter back, the night's load stands for the day's; else there is no answer."""
    strong = np.isfinite(net_mw) & (found.per_mw > _STRONG_SUN)
    night = net_mw[np.isfinite(net_mw) & dark]
    if strong.any() and len(night) and np.median(net_mw[strong]) < 0.0:
        load = max(float(np.mean(night)), 0.0)
        reach = float(np.mean(found.per_mw[strong]))
        usual = (load - float(np.mean(net_mw[strong]))) / reach
        capacity = max(usual, _fed_in(found, net_mw))
        std = float(np.hypot(_LEVEL_ERROR * capacity, load / reach))
        reason = "feed-in against the night's load: days do not differ as the sun does"
        clearness = None if found.clearness is None else np.full(len(net_mw), usual / capacity)
        return replace(found, capacity_mw=capacity, std_mw=std, clearness=clearness, told=True, reason=reason)
    reason = f"{found.capacity_mw:.3g} MW with a standard error of {found.std_mw:.2g} MW cannot be told from none"
    return replace(found, capacity_mw=max(found.capacity_mw, 0.0), told=False, reason=reason)
