"""How matters stand before an issue: every expert's band, everybody's weight, the width that held. And how it came to that.

`play` goes through past issues in order, as the days went: an issue is answered with what stood before it, then its truth is
learnt as far as it is in. A backtest is a long play, a nightly training a short one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecasts.champion.bands import hour_offsets, over_slots
from forecasts.champion.settings import ChampionSettings
from forecasts.champion.weights import blended, equal_weights, pinball_of, updated
from forecasts.champion.width import stretch, stretched
from forecasts.quantiles import LEVELS


@dataclass(frozen=True)
class Standing:
    """Before one issue.

    Attributes:
        members: names of the experts. ``offsets``: [MW], dims (expert, depth, hour, quantile).
        weights: dims (expert, depth, part, quantile). ``width``: factor on the band, dims (depth,).
    """

    members: tuple[str, ...]
    offsets: np.ndarray
    weights: np.ndarray
    width: np.ndarray

    def bands(self, paths: Mapping[str, np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Every member's quantiles [MW], dims (expert, depth, slot, quantile); NaN where a member says nothing.

        Args:
            paths: [MW], dims (depth, slot, level), one level for a point forecast.
            low, high: what is possible [MW], dims (depth, slot).
        """
        depths, slots = next(iter(paths.values())).shape[:2]
        found = np.full((len(self.members), depths, slots, len(LEVELS)), np.nan)
        for e, name in enumerate(self.members):
            if name in paths:
                shift = np.stack([over_slots(self.offsets[e, d], slots) for d in range(depths)])
                found[e] = np.sort(np.clip(paths[name] + shift, low[..., None], high[..., None]), axis=-1)
        return found

    def mixed(self, bands: np.ndarray) -> np.ndarray:
        """The weighted experts before the width is set [MW], dims (depth, slot, quantile)."""
        return np.stack([blended(self.weights[:, d], bands[:, d]) for d in range(bands.shape[1])])

    def answer(self, paths: Mapping[str, np.ndarray], low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The issue [MW], dims (depth, slot, quantile); arguments as for `bands`."""
        return stretched(self.mixed(self.bands(paths, low, high)), self.width[:, None, None])


@dataclass(frozen=True)
class Played:
    """What a play left behind.

    Attributes:
        quantiles: the champion's issues [MW], dims (issue, depth, slot, quantile). ``bands``: every member's, dims (issue,
            expert, depth, slot, quantile), float32.
        weights: before each issue, dims (issue, expert, depth, part, quantile).
        standing: after the last issue.
    """

    quantiles: np.ndarray
    bands: np.ndarray
    weights: np.ndarray
    standing: Standing


def play(
    truth: np.ndarray,
    paths: Mapping[str, np.ndarray],
    settings: ChampionSettings,
    spread: float,
    low: np.ndarray,
    high: np.ndarray,
) -> Played:
    """Go through consecutive daily issues.

    Args:
        truth: [MW], dims (issue, depth, slot), NaN = unknown or not in yet.
        paths: of each expert [MW], dims (issue, depth, slot, level).
        spread: standard deviation of a forecast without error history [MW].
        low, high: what is possible [MW], dims (issue, depth, slot).
    """
    issues, depths, slots = truth.shape
    members = tuple(paths)
    mixed = np.full((issues, depths, slots, len(LEVELS)), np.nan)
    quantiles, bands = mixed.copy(), np.full((issues, len(members), depths, slots, len(LEVELS)), np.nan, dtype=np.float32)
    weights = np.stack([equal_weights(len(members), settings.parts)] * depths, axis=1)
    history = np.empty((issues, *weights.shape), dtype=np.float32)
    errors = {name: truth[..., None] - path for name, path in paths.items()}
    for i in range(issues + 1):
        weights = _learnt(weights, i, truth, bands, settings)
        standing = Standing(
            members,
            np.stack([[_offsets(errors[n], i, d, settings, spread) for d in range(depths)] for n in members]),
            weights,
            np.array([_width(truth, mixed, i, d, settings) for d in range(depths)]),
        )
        if i == issues:
            break
        history[i] = weights
        spoken = standing.bands({name: path[i] for name, path in paths.items()}, low[i], high[i])
        bands[i] = spoken
        mixed[i] = standing.mixed(spoken)
        quantiles[i] = stretched(mixed[i], standing.width[:, None, None])
    return Played(quantiles, bands, history, standing)


def _seen(i: int, depth: int) -> int:
    """Issues whose values at ``depth`` were all in when issue ``i`` was made."""
    return max(0, i - depth)


def _learnt(weights: np.ndarray, i: int, truth: np.ndarray, bands: np.ndarray, settings: ChampionSettings) -> np.ndarray:
    """Weights with the one issue per depth that has just become true."""
    found = weights.copy()
    experts, _, parts, levels = weights.shape
    for d in range(truth.shape[1]):
        j = _seen(i, d) - 1
        if j < 0:
            continue
        loss = pinball_of(truth[j, d], bands[j, :, d].astype(np.float64)).reshape(experts, parts, -1, levels)
        count = np.isfinite(loss).sum(axis=2)
        mean = np.where(count > 0, np.nansum(loss, axis=2) / np.maximum(count, 1), np.nan)
        found[:, d] = updated(weights[:, d], mean, eta=settings.eta, share=settings.share)
    return found


def _offsets(errors: np.ndarray, i: int, depth: int, settings: ChampionSettings, spread: float) -> np.ndarray:
    end = _seen(i, depth)
    return hour_offsets(errors[max(0, end - settings.window_days) : end, depth], spread)


def _width(truth: np.ndarray, mixed: np.ndarray, i: int, depth: int, settings: ChampionSettings) -> float:
    end = _seen(i, depth)
    rows = slice(max(0, end - settings.recent_issues), end)
    return stretch(truth[rows, depth], mixed[rows, depth], half_life=settings.half_life, strength=settings.strength)
