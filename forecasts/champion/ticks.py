"""The champion at any instant of a campaign: the day's path, bent by what had been measured until then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.champion.correction import Correction, fit, newest, oldest_age, predictors
from forecasts.champion.standing import Played
from forecasts.champion.width import stretched
from forecasts.quantiles import LEVELS
from forecasts.rehearsal.campaign import Campaign

_WINDOW = 56  # issues whose errors teach how errors fade
_MIDDLE = LEVELS.index(0.5)


def spread_of(values: np.ndarray) -> float:
    """Standard deviation of a forecast without error history: that of what is known, at least 20 % of its level [MW].

    A profile can hardly be worse than the mean, whose error is the standard deviation itself; a fifth of the level keeps the
    band wide on the first morning, when the few known values lie close together.
    """
    known = values[np.isfinite(values)]
    return float(max(np.std(known), 0.2 * np.mean(np.abs(known)))) if known.size else 0.0


def bent(
    path: np.ndarray, correction: Correction, errors: tuple[float, float], age: int, scale: np.ndarray, step_s: int
) -> np.ndarray:
    """A path's quantiles after correction [MW], dims (lead, quantile).

    Args:
        path: the day's quantiles from now on, dims (lead, quantile). ``scale``: of the errors, dims (lead,).
        errors, age: of `correction.newest`.
    """
    oldest = oldest_age(step_s)
    leads = len(path)
    shift = correction.shift(errors, age, oldest)[:leads] * scale
    return stretched(path, correction.remaining(errors, age, oldest)[:leads, None]) + shift[:, None]


def within(quantiles: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Quantiles ascending and inside their limits, dims (time, quantile); limits dims (time,)."""
    return np.sort(np.clip(quantiles, low[:, None], high[:, None]), axis=-1)


@dataclass(frozen=True)
class Ticks:
    """Corrected forecasts of a campaign.

    Attributes:
        low, high, room: lower and upper limit and error scale of every issue [MW], dims (issue, depth, slot).
        error: truth minus the median of the same day's path [MW], dims (time,) over slots of consecutive days.
        scale: of it, same dims.
    """

    campaign: Campaign
    played: Played
    low: np.ndarray
    high: np.ndarray
    room: np.ndarray
    error: np.ndarray
    scale: np.ndarray
    _fits: dict[int, Correction]

    @classmethod
    def of(cls, campaign: Campaign, played: Played, limits: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Ticks:
        """Ready to be asked; factors are fitted when an issue is first asked for.

        Args:
            limits: of `Campaign.limits`.
        """
        issues = len(played.quantiles)
        low, high, room = limits
        error = (campaign.truth[:issues, 0] - played.quantiles[:, 0, :, _MIDDLE]).reshape(-1)
        return cls(campaign, played, low, high, room, error, room[:issues, 0].reshape(-1), {})

    def place(self, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Issue of each origin, dims (origin,); issue day and slot of each of its steps, dims (origin, step)."""
        days = self.campaign.days
        rows = origins[:, None] + np.arange(self.campaign.plan.horizon)
        day = days.day[rows] - days.first
        return days.day[origins] - days.first, day, days.slot[rows]

    def at(self, row: int) -> np.ndarray:
        """The champion's quantiles from that origin on [MW], dims (step, quantile)."""
        issue, day, slot = (part[0] for part in self.place(np.array([row])))
        depth = day - issue
        path = self.played.quantiles[issue, depth, slot]
        slots = self.campaign.slots
        now = int(issue) * slots + int(self.campaign.days.slot[row])
        back = slice(max(0, now - slots), now)
        errors, age = newest(self.error[back], self.scale[back], slots)
        correction = self.correction(int(issue))
        step_s = self.campaign.series.step_s
        quantiles = bent(path, correction, errors, age, self.room[issue, depth, slot], step_s)
        return within(quantiles, self.low[issue, depth, slot], self.high[issue, depth, slot])

    def correction(self, issue: int) -> Correction:
        """How errors fade, as learnt from the issues before one."""
        if issue not in self._fits:
            self._fits[issue] = self._fit(issue)
        return self._fits[issue]

    def _fit(self, issue: int) -> Correction:
        slots, depths = self.campaign.slots, self.campaign.depths
        first = max(0, issue - _WINDOW)
        truth = self.campaign.known_truth(issue)[first:]
        whole = (truth - self.played.quantiles[first:issue, ..., _MIDDLE]).reshape(len(truth), depths * slots)
        scale = self.room[first:issue].reshape(len(truth), depths * slots)
        horizon = self.campaign.plan.horizon
        hourly = np.arange(0, slots, max(1, slots // 24))
        lead = np.minimum(hourly[:, None] + np.arange(horizon), depths * slots - 1)
        rows = slice(first * slots, issue * slots)
        seen = predictors(self.error[rows], self.scale[rows], slots)
        at = (np.arange(len(truth))[:, None] * slots + hourly).reshape(-1)
        fresh = np.isfinite(np.concatenate([[np.nan], self.error[rows]]))[at]
        errors, scales = (a[:, lead].reshape(-1, horizon) for a in (whole, scale))
        return fit(errors, scales, seen[:, at], fresh, self.campaign.series.step_s)
