"""Tilt, azimuth and capacity of a plant, from the upper envelope of its power under a computed clear sky.

The best power of each slot of the day among ten days is that of a clear sky, mostly; where clouds filled all ten days it lies
below, so misses from below count little. Planes are tried on a grid and the best is refined; a second plane (east-west
roofs) is kept when it explains clearly more. An inverter's cap shows as many equal maxima and is fitted along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.sky.clear_sky import Sky

FEWEST_DAYS = 20
"""Below, there are too few clear hours to see a tilt."""

_DAY_S = 86_400
_WINDOW_DAYS = 10
_BELOW = 0.15  # weight of an envelope point below the model against one above it
_ROUNDS = 6  # of reweighting
_TILTS_DEG, _AZIMUTHS_DEG = np.arange(0.0, 90.1, 10.0), np.arange(0.0, 360.0, 15.0)
_ROOF_TILTS_DEG = np.array([5.0, 10.0, 20.0, 30.0, 45.0])  # of two planes back to back
_FINER_DEG = (5.0, 2.0, 1.0)  # steps of tilt and azimuth around the best so far
_CLEARLY = 0.85  # of one plane's misfit: what two planes must reach to be believed
_LEAST_SHARE = 0.2  # of the capacity, that a second plane must carry
_LOW_SUN_DEG = 5.0  # below, hills and trees decide
_FEWEST_POINTS = 30
_AT_CAP, _NEAR_CAP, _CAPPED = 0.99, 0.9, 0.4  # of the values above 90 % of the maximum, 40 % within one percent: a flat top


@dataclass(frozen=True)
class Plane:
    """One orientation [deg, 180 = south] and its power [MW] at 1000 W/m2 on the plane, losses included."""

    tilt_deg: float
    azimuth_deg: float
    capacity_mw: float


@dataclass(frozen=True)
class PlantFit:
    """What was learnt of a plant.

    Attributes:
        cap_mw: the inverter's limit [MW], infinite when none shows.
        misfit: weighted root mean square of the envelope's miss, as a share of its maximum.
        points: envelope points used.
    """

    planes: tuple[Plane, ...]
    cap_mw: float
    misfit: float
    points: int

    @property
    def sure(self) -> bool:
        """Whether the planes describe the plant: a misfit under a twelfth leaves azimuth uncertain by about ten degrees."""
        return self.misfit < 0.08

    def power_mw(self, sky: Sky) -> np.ndarray:
        """Clear-sky power [MW], dims (time,)."""
        return clear_sky_power(self.planes, self.cap_mw, sky)


def clear_sky_power(planes: tuple[Plane, ...], cap_mw: float, sky: Sky) -> np.ndarray:
    """Power of all planes under a clear sky, up to the inverter's limit [MW], dims (time,)."""
    power = sum((p.capacity_mw * sky.plane_w_m2(p.tilt_deg, p.azimuth_deg) / 1000.0 for p in planes), np.zeros(len(sky.day)))
    return np.minimum(power, cap_mw)


def fit_plant(values: np.ndarray, sky: Sky, *, step_s: int) -> PlantFit | None:
    """Planes and capacity of a plant; None when its clear hours are too few.

    Args:
        values: mean power [MW], dims (time,), NaN = missing. ``sky``: of the same intervals.
    """
    rows = _envelope_rows(values, sky, _DAY_S // step_s)
    if len(values) * step_s < FEWEST_DAYS * _DAY_S or len(rows) < _FEWEST_POINTS:
        return None
    envelope = _Envelope(values[rows], sky.take(rows), flat_top(values))
    one = envelope.best([(t, (a,)) for t in _TILTS_DEG for a in (_AZIMUTHS_DEG if t else (180.0,))])
    two = envelope.best([(t, (a, a + 180.0)) for t in _ROOF_TILTS_DEG for a in _AZIMUTHS_DEG if a < 180.0])
    shares = two.capacities / max(float(two.capacities.sum()), 1e-12)
    found = two if two.misfit < _CLEARLY * one.misfit and shares.min() >= _LEAST_SHARE else one
    planes = tuple(
        Plane(float(found.tilt), float(azimuth % 360.0), float(capacity))
        for azimuth, capacity in zip(found.azimuths, found.capacities, strict=True)
    )
    return PlantFit(planes=planes, cap_mw=envelope.cap_mw, misfit=found.misfit, points=len(rows))


def _envelope_rows(values: np.ndarray, sky: Sky, per_day: int) -> np.ndarray:
    """Rows of the second best power of each slot in each window: the very best may be light from a cloud's edge."""
    high = np.isfinite(values) & (sky.elevation_deg > _LOW_SUN_DEG)
    days = -(-len(values) // per_day)
    grid = np.full(days * per_day, -np.inf)
    grid[: len(values)] = np.where(high, values, -np.inf)
    rows = []
    for first in range(0, days, _WINDOW_DAYS):
        window = grid[first * per_day : (first + _WINDOW_DAYS) * per_day].reshape(-1, per_day)
        if len(window) < _WINDOW_DAYS // 2:
            continue
        order = np.argsort(window, axis=0, kind="stable")
        second = order[-2]
        known = np.isfinite(window[second, np.arange(per_day)])
        rows.append(((first + second) * per_day + np.arange(per_day))[known])
    return np.sort(np.concatenate(rows)) if rows else np.zeros(0, dtype=np.int64)


def flat_top(values: np.ndarray) -> float:
    """The inverter's cap [MW], infinite when the largest values do not crowd."""
    top = float(np.nanmax(values, initial=0.0))
    near = int((values > _NEAR_CAP * top).sum())
    return top if near and (values > _AT_CAP * top).sum() > _CAPPED * near else np.inf


@dataclass(frozen=True)
class _Candidate:
    tilt: float
    azimuths: tuple[float, ...]
    capacities: np.ndarray  # [MW], dims (plane,)
    misfit: float


@dataclass(frozen=True)
class _Envelope:
    """The points to explain: power [MW] and the sky of each, dims (point,), and the cap [MW]."""

    p_mw: np.ndarray
    sky: Sky
    cap_mw: float

    def best(self, grid: list[tuple[float, tuple[float, ...]]]) -> _Candidate:
        """The best of a grid of tilt and azimuths, refined."""
        best = self._best_of(grid)
        for step in _FINER_DEG:
            moves = (-step, 0.0, step)
            for _ in range(2):
                near = [(best.tilt + t, tuple(x + a for x in best.azimuths)) for t in moves for a in moves]
                best = self._best_of([(t, a) for t, a in near if 0.0 <= t <= 90.0])
        return best

    def _best_of(self, grid: list[tuple[float, tuple[float, ...]]]) -> _Candidate:
        shapes = np.array([[self.sky.plane_w_m2(t, x) / 1000.0 for x in azimuths] for t, azimuths in grid])
        capacities, misfits = self._solve(shapes)
        at = int(np.argmin(misfits))
        return _Candidate(*grid[at], capacities[at], float(misfits[at]))

    def _solve(self, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Capacities [MW], dims (candidate, plane), and misfits, dims (candidate,), of shapes (candidate, plane, point)."""
        weight = np.ones((len(shapes), len(self.p_mw)))
        capacities, misfits = np.zeros(shapes.shape[:2]), np.zeros(len(shapes))
        for _ in range(_ROUNDS):
            gram = np.einsum("cip,cjp,cp->cij", shapes, shapes, weight, optimize=True)
            gram += 1e-9 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(shapes.shape[1])
            right = np.einsum("cip,cp,p->ci", shapes, weight, self.p_mw, optimize=True)
            capacities = np.maximum(np.linalg.solve(gram, right[:, :, None])[:, :, 0], 0.0)
            expected = np.einsum("ci,cip->cp", capacities, shapes)
            short = self.p_mw - np.minimum(expected, self.cap_mw)
            weight = np.where(short > 0.0, 1.0, _BELOW)
            misfits = np.sqrt((weight * short**2).sum(axis=1) / weight.sum(axis=1)) / self.p_mw.max()
            # A capped point bounds the model from below only.
            weight[(self.p_mw >= _AT_CAP * self.cap_mw) & (expected >= self.p_mw)] = 0.0
        return capacities, misfits
