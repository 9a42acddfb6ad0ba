"""Ratios to learn from, and ratios turned back into power: what every photovoltaic expert does around its own idea."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.past import Past
from forecasts.sky.features import NEWEST, Design, design, is_weather, local_midnights
from forecasts.sky.reference import SkyReference, learn_reference

FEWEST_ORIGINS = 20
"""Days with a path whose truth is known, below which there is nothing to learn."""

_LIGHT = 0.02  # of the largest reference: dimmer intervals weigh next to nothing and tell less
_FINEST_S = 1800  # neighbours closer than that say the same: every second quarter hour is learnt from
_GAP_SHARE = 0.2  # of the origins is learnt from once more without weather, and another fifth without the last day
_GAP_WEIGHT = 0.4  # of such a copy


@dataclass(frozen=True)
class RatioRows:
    """Rows to learn from.

    Attributes:
        x: dims (row, feature). ``ratio``: power over reference, dims (row,). ``weight``: reference [MW], dims (row,).
        origin: number of the path that a row belongs to, dims (row,).
    """

    x: np.ndarray
    names: tuple[str, ...]
    ratio: np.ndarray
    weight: np.ndarray
    origin: np.ndarray


def ratio_rows(past: Past, *, days_ahead: int) -> tuple[SkyReference, RatioRows]:
    """The reference and the rows of every path of ``past`` whose truth is known, done once for all experts.

    Raises:
        NotEnoughHistory: with fewer than `FEWEST_ORIGINS` days.
    """
    return past.shared(f"sky ratio rows {days_ahead}", lambda: _ratio_rows(past, days_ahead))


def with_gaps(rows: RatioRows, *, seed: int) -> RatioRows:
    """The rows, and copies of some of them as they look when the weather or the last day is missing.

    Without such copies a tree meets its first gap in service, and sends it wherever it sent none before.
    """
    rng = np.random.default_rng(seed)
    weather = np.array([is_weather(name) for name in rows.names])
    newest = np.isin(rows.names, NEWEST)
    origins = np.unique(rows.origin)
    parts, blanks = [np.arange(len(rows.ratio))], [np.zeros(len(rows.names), dtype=bool)]
    for blank in (weather, newest):
        if blank.any():
            chosen = rng.choice(origins, max(1, int(_GAP_SHARE * len(origins))), replace=False)
            parts.append(np.flatnonzero(np.isin(rows.origin, chosen)))
            blanks.append(blank)
    x = np.concatenate([np.where(blank, np.nan, rows.x[part]) for part, blank in zip(parts, blanks, strict=True)])
    at = np.concatenate(parts)
    faint = np.where(np.arange(len(at)) < len(rows.ratio), 1.0, _GAP_WEIGHT)
    return RatioRows(x, rows.names, rows.ratio[at], rows.weight[at] * faint, rows.origin[at])


def path_ahead(past: Past, reference: SkyReference, steps: int) -> Design:
    """Features of the path from as-of on, done once for all experts."""
    key = f"sky path {steps} {reference!r}"
    return past.shared(key, lambda: design(past, reference, np.array([past.rows]), steps))


def as_power(ratio: np.ndarray, path: Design, reference: SkyReference) -> np.ndarray:
    """Power [MW] of ratios, dims as ``ratio``: (time,) or (time, quantile); sorted, 0 at night, never above the ceiling."""
    clear = path.reference_mw[0].reshape(-1, *(1,) * (ratio.ndim - 1))
    ordered = np.sort(ratio, axis=-1) if ratio.ndim > 1 else ratio
    return np.clip(np.where(clear > 0.0, ordered * clear, 0.0), 0.0, reference.ceiling_mw(clear))


def _ratio_rows(past: Past, days_ahead: int) -> tuple[SkyReference, RatioRows]:
    reference = learn_reference(past)
    steps = days_ahead * past.slots_per_day
    origins = local_midnights(past)
    origins = origins[origins < past.rows]
    if len(origins) < FEWEST_ORIGINS:
        raise NotEnoughHistory(f"{len(origins)} days of power are known; learning ratios needs {FEWEST_ORIGINS}")
    paths = design(past, reference, origins, steps)
    known = paths.row < past.rows
    power = np.where(known, past.values[np.minimum(paths.row, past.rows - 1)], np.nan)
    stride = max(1, _FINEST_S // past.step_s)
    chosen = (paths.row + np.arange(len(origins))[:, None]) % stride == 0
    light = paths.reference_mw > _LIGHT * reference.peak_mw
    use = np.isfinite(power) & light & chosen
    origin = np.broadcast_to(np.arange(len(origins))[:, None], use.shape)[use]
    if len(np.unique(origin)) < FEWEST_ORIGINS:
        raise NotEnoughHistory(f"{len(np.unique(origin))} days have power by daylight; learning ratios needs {FEWEST_ORIGINS}")
    weight = paths.reference_mw[use]
    ratio = np.clip(power[use] / weight, 0.0, reference.share)
    return reference, RatioRows(paths.x[use], paths.names, ratio, weight, origin)
