"""Weather ahead as features: each column with its neighbours in time, irradiance as an index to the clear sky.

A column without a known meaning is a feature as it is. An origin sees a column no further than its own path, and near the end
of it the last known value stands for its neighbours, in training as in a forecast.
"""

from __future__ import annotations

import numpy as np

from forecasts.past import Past
from forecasts.sky.reference import ReferenceRows

_DAYLIGHT_W_M2 = 20.0  # below this clear-sky irradiance an index is mostly sensor offset
_HIGHEST_INDEX = 1.3  # a brighter index comes from a low sun


def weather_features(past: Past, sky: ReferenceRows, first: int, origins: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    """Features of each known column, dims (origin, step).

    Args:
        sky: reference from row ``first`` on. ``origins``: rows, dims (origin,).
    """
    hour = max(1, 3600 // past.step_s)
    columns: dict[str, np.ndarray] = {}
    for name in sorted(past.weather):
        column = past.weather[name]
        if not np.isfinite(column).any():
            continue
        paths = _paths(column, origins, steps, hour)
        if name == "ghi_w_m2":
            clear = _paths(_pad(sky.ghi_w_m2, first), origins, steps, hour)
            columns |= _index_features(paths, clear, hour)
        else:
            columns |= _plain_features(name, paths, hour)
    return columns


def _paths(column: np.ndarray, origins: np.ndarray, steps: int, before: int) -> np.ndarray:
    """Values from ``before`` rows before each origin to the end of its path, dims (origin, before + step), NaN = unknown."""
    at = origins[:, None] + np.arange(-before, steps)
    there = (at >= 0) & (at < len(column))
    return np.where(there, column[np.clip(at, 0, len(column) - 1)], np.nan)


def _pad(values: np.ndarray, first: int) -> np.ndarray:
    return np.concatenate([np.full(first, np.nan), values])


def _neighbours(paths: np.ndarray, hour: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each step, an hour before it and an hour after it, dims (origin, step) each."""
    steps = paths.shape[1] - hour
    now, before = paths[:, hour:], paths[:, :steps]
    after = paths[:, np.minimum(np.arange(steps) + 2 * hour, paths.shape[1] - 1)]
    return now, np.where(np.isfinite(before), before, now), np.where(np.isfinite(after), after, now)


def _plain_features(name: str, paths: np.ndarray, hour: int) -> dict[str, np.ndarray]:
    now, before, after = _neighbours(paths, hour)
    return {
        name: now,
        f"{name}_mean_3h": (before + now + after) / 3.0,
        f"{name}_rise": now - before,
        f"{name}_coming": after - now,
    }


def _index_features(ghi: np.ndarray, clear: np.ndarray, hour: int) -> dict[str, np.ndarray]:
    (now, before, after), (sky, sky_before, sky_after) = _neighbours(ghi, hour), _neighbours(clear, hour)
    index, index_before, index_after = (_index(*pair) for pair in ((now, sky), (before, sky_before), (after, sky_after)))
    return {
        "clear_sky_index": index,
        "clear_sky_index_3h": _index(before + now + after, sky_before + sky + sky_after),
        "clear_sky_index_rise": index - index_before,
        "clear_sky_index_coming": index_after - index,
        "clear_sky_index_6h": _around(ghi, clear, hour),
        "ghi_w_m2": now,
    }


def _index(ghi: np.ndarray, clear: np.ndarray) -> np.ndarray:
    light = clear > _DAYLIGHT_W_M2
    return np.where(light, np.clip(ghi / np.where(light, clear, 1.0), 0.0, _HIGHEST_INDEX), np.nan)


def _around(ghi: np.ndarray, clear: np.ndarray, hour: int) -> np.ndarray:
    """Index of the six hours around each step."""
    known = np.isfinite(ghi) & np.isfinite(clear)
    sums = [np.cumsum(np.where(known, x, 0.0), axis=1) for x in (ghi, clear)]
    steps = ghi.shape[1] - hour
    end = np.minimum(np.arange(steps) + hour + 3 * hour, ghi.shape[1] - 1)
    start = np.maximum(np.arange(steps) + hour - 3 * hour, 0)
    light, bright = (total[:, end] - total[:, start] for total in sums)
    return _index(light, bright)
