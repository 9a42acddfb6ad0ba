"""The baseline's own error: the same rule, at the same clock, on days when nobody was called.

What a baseline says on such a day was delivered, is its error. California's ISO judges baselines so ("California ISO Baseline
Accuracy Assessment", J. Bode and A. Ciccone, 20 November 2017, section on the selection of placebo event days).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.verify.baseline import adjusted, choose, mean_of_days
from twin.boxes.flexibility.verify.hours import REACH_DAYS, Hours
from twin.boxes.flexibility.verify.rule import Rule

FEWEST_DAYS = 5
"""Fewer say nothing of a spread: with five, the interval at 95 % is already half as wide again as with many."""

_ENOUGH_CUSTOMERS = 0.9
"""A day counts where that share of the customers is complete; their error is scaled to all."""


@dataclass(frozen=True)
class Placebo:
    """What the rule finds on days without a call, all customers together.

    Attributes:
        called_mwh, after_mwh: baseline less meters over the hours called and over those of the rebound [MWh], dims (day,).
    """

    called_mwh: np.ndarray
    after_mwh: np.ndarray


def placebo(hours: Hours, rule: Rule) -> Placebo:
    """Errors on every day of the event day's type within `REACH_DAYS` of it, before and after, that has days to choose from."""
    near = np.abs(hours.day - hours.day[hours.at]) <= REACH_DAYS
    errors = [_errors(hours, int(at), rule) for at in np.flatnonzero(hours.candidate & near)]
    found = np.array([each for each in errors if each is not None]).reshape(-1, 2)
    return Placebo(found[:, 0], found[:, 1])


def _errors(hours: Hours, at: int, rule: Rule) -> tuple[float, float] | None:
    """Errors of one day [MWh], or None where too few customers are complete."""
    chosen, found = choose(hours, at, rule)
    sound = hours.whole[at] & (found >= rule.of)
    called, after, before = (mean_of_days(values, chosen) for values in (hours.called_mw, hours.after_mw, hours.before_mw))
    if rule.adjustment == "multiplicative":
        sound &= before > 0
    if sound.mean() < _ENOUGH_CUSTOMERS:
        return None
    moved = adjusted(np.stack([called, after]), called=called, before=before, metered_before=hours.before_mw[at], rule=rule)
    errors = (moved - np.stack([hours.called_mw[at], hours.after_mw[at]]))[:, sound].sum(axis=1) / sound.mean()
    lengths = np.array([hours.called.sum(), hours.after.sum()]) * hours.step_h
    return float(errors[0] * lengths[0]), float(errors[1] * lengths[1])
