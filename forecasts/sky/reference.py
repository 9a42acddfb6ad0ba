"""What a plant would generate under a clear sky: the reference that every photovoltaic forecast is a ratio of.

With a position, declared or estimated, the sun is computed and the plant's planes are fitted; without one, the plant's own
upper envelope serves. A reference is learnt once per training and travels with what was learnt from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.past import Past
from forecasts.sky.clear_sky import Sky, clear_sky
from forecasts.sky.envelope import WINDOW_DAYS, upper_envelope
from forecasts.sky.plant_fit import Plane, clear_sky_power, fit_plant
from forecasts.sky.position import estimate_position

HEADROOM = 1.05
"""A forecast may go this far above the best observed share of the reference."""

FEWEST_DAYS = 1
"""Of power, below which there is nothing to be a ratio of."""

_DIM = 0.1  # of the largest reference: below, a ratio says more about the horizon than about the sky
_BEST = 0.995  # quantile of the ratios that counts as the best observed one
_STEEPEST_SHARE = 1.5  # cloud edges lift a quarter hour that far above the clear sky; beyond lies bad telemetry
_USUAL_TILT_DEG = 30.0  # of a plant too young to show its own, facing the equator


@dataclass(frozen=True)
class ReferenceRows:
    """The reference of consecutive rows, dims (time,).

    Attributes:
        p_mw: clear-sky power [MW], exactly 0 at night. ``ghi_w_m2``: clear-sky irradiance on the horizontal.
        elevation_deg, azimuth_deg: of the sun [deg]; without a position NaN.
    """

    p_mw: np.ndarray
    ghi_w_m2: np.ndarray
    elevation_deg: np.ndarray
    azimuth_deg: np.ndarray


@dataclass(frozen=True)
class SkyReference:
    """A plant's clear-sky reference.

    Attributes:
        position: (latitude, longitude) [deg], None when only the envelope is known.
        planes, cap_mw: as in `forecasts.sky.plant_fit`; empty without a position.
        share: best observed ratio to the reference. ``peak_mw``: largest reference of the training.
    """

    position: tuple[float, float] | None
    planes: tuple[Plane, ...]
    cap_mw: float
    share: float
    peak_mw: float

    def rows(self, past: Past, first: int, end: int) -> ReferenceRows:
        """The reference of rows ``first`` .. ``end`` of ``past``; rows after as-of are the clear sky to come."""
        return past.shared(f"{self!r} {first} {end}", lambda: self._rows(past, first, end))

    def ceiling_mw(self, p_mw: np.ndarray) -> np.ndarray:
        """Most that is ever forecast of a clear-sky power ``p_mw``, same dims."""
        return HEADROOM * self.share * p_mw

    def meta(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "position": list(self.position) if self.position else None,
            "planes": [[p.tilt_deg, p.azimuth_deg, p.capacity_mw] for p in self.planes],
            "cap_mw": self.cap_mw if np.isfinite(self.cap_mw) else None,
            "share": self.share,
            "peak_mw": self.peak_mw,
        }

    @classmethod
    def read(cls, meta: Mapping[str, Any]) -> SkyReference:
        """Inverse of `meta`."""
        position, cap = meta["position"], meta["cap_mw"]
        return cls(
            position=(position[0], position[1]) if position else None,
            planes=tuple(Plane(*plane) for plane in meta["planes"]),
            cap_mw=np.inf if cap is None else cap,
            share=meta["share"],
            peak_mw=meta["peak_mw"],
        )

    def _rows(self, past: Past, first: int, end: int) -> ReferenceRows:
        if self.position is not None:
            sky = _sky(past, self.position, first, end)
            power = clear_sky_power(self.planes, self.cap_mw, sky)
            return ReferenceRows(power, sky.ghi_w_m2, sky.elevation_deg, sky.azimuth_deg)
        start = max(0, first - WINDOW_DAYS * past.slots_per_day)
        ghi = past.weather.get("ghi_w_m2", np.zeros(0))[start : past.rows]
        power, bright = (
            upper_envelope(column, per_day=past.slots_per_day, rows=end - start)[first - start :]
            for column in (past.values[start:], ghi)
        )
        unknown = np.full(end - first, np.nan)
        return ReferenceRows(power, bright, unknown, unknown)


def learn_reference(past: Past) -> SkyReference:
    """The reference of a plant, done once for all experts of one ``past``.

    Raises:
        NotEnoughHistory: with less than a day of power, or none that is positive.
    """
    return past.shared("sky reference", lambda: _learn(past))


def _learn(past: Past) -> SkyReference:
    known = np.isfinite(past.values)
    if known.sum() < FEWEST_DAYS * past.slots_per_day or not (past.values[known] > 0.0).any():
        raise NotEnoughHistory(
            f"{int(known.sum())} intervals of power are known; a clear-sky reference needs {FEWEST_DAYS} day with sun"
        )
    position = _position(past)
    planes: tuple[Plane, ...] = ()
    cap_mw = np.inf
    if position is not None and past.planes:
        planes = declared_planes(past)
    elif position is not None:
        sky = _sky(past, position, 0, past.rows)
        fit = fit_plant(past.values, sky, step_s=past.step_s)
        planes, cap_mw = (fit.planes, fit.cap_mw) if fit is not None else (_usual_plane(past.values, sky, position[0]), np.inf)
    clear = SkyReference(position, planes, cap_mw, 1.0, 1.0).rows(past, 0, past.rows).p_mw
    return SkyReference(position, planes, cap_mw, _best_share(past.values, clear), float(clear.max()))


def _position(past: Past) -> tuple[float, float] | None:
    if past.place.latitude is not None and past.place.longitude is not None:
        return past.place.latitude, past.place.longitude
    found = estimate_position(past.values, start_s=past.start_s, step_s=past.step_s)
    return (found.latitude, found.longitude) if found is not None and found.sure else None


def _sky(past: Past, position: tuple[float, float], first: int, end: int) -> Sky:
    return clear_sky(*position, start_s=past.start_s + first * past.step_s, step_s=past.step_s, rows=end - first)


def _usual_plane(values: np.ndarray, sky: Sky, latitude: float) -> tuple[Plane, ...]:
    """A plane towards the equator that the best observed power reaches."""
    azimuth = 180.0 if latitude >= 0.0 else 0.0
    shape = sky.plane_w_m2(_USUAL_TILT_DEG, azimuth) / 1000.0
    bright = np.isfinite(values) & (shape > 0.5 * shape.max(initial=0.0))
    capacity = float(np.quantile(values[bright] / shape[bright], 0.98)) if bright.any() else float(np.nanmax(values))
    return (Plane(_USUAL_TILT_DEG, azimuth, max(capacity, 1e-9)),)


def _best_share(values: np.ndarray, reference: np.ndarray) -> float:
    bright = np.isfinite(values) & (reference > _DIM * reference.max(initial=0.0))
    if not bright.any():
        raise NotEnoughHistory("no interval with power falls into daylight; check the time zone and the position of the series")
    return float(np.clip(np.quantile(values[bright] / reference[bright], _BEST), 0.05, _STEEPEST_SHARE))


def declared_planes(past: Past) -> tuple[Plane, ...]:
    """The planes that the plant's owner states."""
    return tuple(Plane(tilt, azimuth, peak_mw) for tilt, azimuth, peak_mw in past.planes)


def declared_clear_sky(past: Past, steps: int) -> np.ndarray:
    """Clear-sky power [MW] of the ``steps`` intervals from as-of on by the declared planes alone, dims (time,).

    Raises:
        NotEnoughHistory: when no planes or no position are declared.
    """
    if not past.planes or past.place.latitude is None or past.place.longitude is None:
        raise NotEnoughHistory("no generation was measured yet and no planes are declared: declare the plant's planes or wait")
    sky = _sky(past, (past.place.latitude, past.place.longitude), past.rows, past.rows + steps)
    return clear_sky_power(declared_planes(past), np.inf, sky)
