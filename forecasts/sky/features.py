"""What a photovoltaic expert looks at: the sun, the weather ahead and the plant's own ratios of the days before.

Everything is relative to an origin (a local midnight): nothing measured at or after it enters, and weather is what the series
carries for the rows ahead. Lags count whole days of 24 hours, because the sun knows no summer time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.past import Past
from forecasts.sky.reference import ReferenceRows, SkyReference
from forecasts.sky.weather import weather_features

BACK_DAYS = 31
"""Days before an origin that features may look at."""

NEWEST = ("slot_ratio_1", "day_ratio_1", "recent_ratio")
"""Features of the last day before the origin: those that a late meter leaves unknown."""

_SLOT_DAYS = (2, 7, 15)  # means of a slot's ratio over so many days
_DAY_DAYS = (1, 3, 7, 30)  # means of all slots
_RECENT_H = 3.0  # e-folding time of the ratio that the plant shows just before the origin
_BRIGHT = 0.02  # of the largest reference: dimmer intervals tell no ratio


@dataclass(frozen=True)
class Design:
    """Features of paths.

    Attributes:
        x: dims (origin, step, feature), NaN = unknown. ``names``: of the features.
        reference_mw: clear-sky power, dims (origin, step), 0 at night.
        row: row of each step, dims (origin, step).
    """

    x: np.ndarray
    names: tuple[str, ...]
    reference_mw: np.ndarray
    row: np.ndarray

    def pick(self, names: tuple[str, ...]) -> np.ndarray:
        """Features by name, dims (origin, step, feature); one that is not there is NaN."""
        missing = np.full((*self.x.shape[:2], 1), np.nan)
        at = [self.names.index(name) if name in self.names else len(self.names) for name in names]
        return np.concatenate([self.x, missing], axis=2)[:, :, at]


_OWN = ("clear_share", "utc_hour", "lead_h", "elevation_deg", "azimuth_deg")
_OWN_RATIOS = ("slot_ratio_", "day_ratio_", "recent_ratio")


def is_weather(name: str) -> bool:
    """Whether a feature comes from the weather columns."""
    return name not in _OWN and not name.startswith(_OWN_RATIOS)


def local_midnights(past: Past, first: int = 0) -> np.ndarray:
    """Rows at or after ``first`` at which a local day begins, row ``first`` and as-of not included."""
    day, _ = past.place.calendar.locate(past.labels(first, past.rows))
    return first + 1 + np.flatnonzero(np.diff(day) > 0)


def design(past: Past, reference: SkyReference, origins: np.ndarray, steps: int) -> Design:
    """Features of ``steps`` intervals from each origin row on.

    Args:
        origins: rows at which nothing later is known, dims (origin,).
    """
    first = max(0, int(origins.min()) - BACK_DAYS * past.slots_per_day)
    sky = reference.rows(past, first, int(origins.max()) + steps)
    row = origins[:, None] + np.arange(steps)
    columns = _sun(past, sky, reference.peak_mw, row - first, row)
    columns |= weather_features(past, sky, first, origins, steps)
    columns |= _ratios(past, sky, _BRIGHT * reference.peak_mw, first, origins, steps)
    return Design(np.stack(list(columns.values()), axis=2), tuple(columns), sky.p_mw[row - first], row)


def _sun(past: Past, sky: ReferenceRows, peak_mw: float, at: np.ndarray, row: np.ndarray) -> dict[str, np.ndarray]:
    day_s = (past.start_s + row * past.step_s) % 86_400
    columns = {
        "clear_share": sky.p_mw[at] / peak_mw,
        "utc_hour": day_s / 3600.0,
        "lead_h": (row - row[:, :1]) * past.step_s / 3600.0,
    }
    if np.isfinite(sky.elevation_deg).any():
        columns |= {"elevation_deg": sky.elevation_deg[at], "azimuth_deg": sky.azimuth_deg[at]}
    return columns


def _ratios(past: Past, sky: ReferenceRows, floor: float, first: int, origins: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    """The plant's ratios before each origin: of the same slot, of whole days, and just before.

    Args:
        floor: clear-sky power [MW] below which there is no ratio.
    """
    per_day = past.slots_per_day
    power, clear = _known_energy(past.values[first:], sky.p_mw, floor)
    half = max(1, 1800 // past.step_s)  # neighbours within half an hour (one step, if longer) steady a slot's ratio
    near_power, near_clear = _around(power, half), _around(clear, half)
    steps_ahead = np.arange(steps)
    lagged = origins[:, None] - first + steps_ahead % per_day - per_day  # the newest known day's same slot
    lagged = np.minimum(lagged, (origins - first - 1 - half)[:, None])  # whose neighbours are known as well
    days = np.arange(max(_SLOT_DAYS))[:, None, None] * per_day
    at = lagged - days
    there = at >= 0
    slot_power = np.where(there, near_power[np.maximum(at, 0)], 0.0)
    slot_clear = np.where(there, near_clear[np.maximum(at, 0)], 0.0)
    single = _ratio(slot_power, slot_clear, floor)
    columns = {"slot_ratio_1": single[0], "slot_ratio_2": single[1]}
    for n in _SLOT_DAYS[1:]:
        columns[f"slot_ratio_mean_{n}"] = _ratio(slot_power[:n].sum(axis=0), slot_clear[:n].sum(axis=0), floor)
    columns["slot_ratio_best"] = np.fmax.reduce(single, axis=0)

    def whole(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values[:, None], (len(origins), steps))

    total_power, total_clear = (np.concatenate([[0.0], np.cumsum(x)]) for x in (power, clear))
    at_origin = origins - first
    for n in _DAY_DAYS:
        since = np.maximum(at_origin - n * per_day, 0)
        mean = _ratio(total_power[at_origin] - total_power[since], total_clear[at_origin] - total_clear[since], floor)
        columns[f"day_ratio_{n}"] = whole(mean)
    recent = _ratio(_fading(power, at_origin, past), _fading(clear, at_origin, past), floor)
    columns["recent_ratio"] = whole(recent)
    return columns


def _known_energy(values: np.ndarray, reference: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Power and clear-sky power of the intervals where both tell something, 0 elsewhere, dims (time,) of ``reference``."""
    power = np.full(len(reference), np.nan)
    power[: min(len(values), len(reference))] = values[: len(reference)]
    known = np.isfinite(power) & (reference > floor)
    return np.where(known, power, 0.0), np.where(known, reference, 0.0)


def _around(values: np.ndarray, half: int) -> np.ndarray:
    """Sum over ``half`` neighbours to both sides, dims (time,)."""
    return np.convolve(values, np.ones(2 * half + 1), mode="same")


def _fading(values: np.ndarray, at: np.ndarray, past: Past) -> np.ndarray:
    """Sum over the day before each row ``at``, fading into the past."""
    age = np.arange(1, past.slots_per_day + 1)
    weight = np.exp(-(age - 0.5) * past.step_s / 3600.0 / _RECENT_H)
    rows = at[:, None] - age
    return np.where(rows >= 0, values[np.maximum(rows, 0)], 0.0) @ weight


def _ratio(power: np.ndarray, clear: np.ndarray, floor: float) -> np.ndarray:
    return np.where(clear > floor, power / np.where(clear > floor, clear, 1.0), np.nan)
