"""How good a setup is on two spans: the one that the search may look at, and a later one that it never sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from forecasts.champion.standing import play
from forecasts.champion.ticks import spread_of
from forecasts.champion.weights import pinball_of
from forecasts.on_air.setup import Setup
from forecasts.quantiles import LEVELS
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import rehearse
from forecasts.series import Series
from forecasts.tune.remembered import Memory

_INNER = slice(1, len(LEVELS) - 1)  # levels .1 to .9
_FEWEST_ISSUES = 7


@dataclass(frozen=True)
class Spans:
    """Rows of the series that are local midnights, ascending.

    Attributes:
        warm: first issue, which warms up weights and bands. ``validation``: first issue that the search is judged by.
        test: first issue that it never sees, and end of the validation. ``end``: issues lie before it.
    """

    warm: int
    validation: int
    test: int
    end: int


@dataclass
class Judge:
    """Judges setups on one series; it remembers what experts answered.

    Attributes:
        horizon: steps of an issue. ``refit_days``: days between two trainings. ``seed``: of everything that is drawn.
    """

    series: Series
    spans: Spans
    horizon: int
    refit_days: int
    seed: int
    memory: Memory = field(default_factory=Memory)

    def loss(self, setup: Setup, *, test: bool, on_training: Callable[[], None] = lambda: None) -> np.ndarray:
        """Mean pinball loss .1 to .9 [MW] of the champion in each issue of a span, dims (issue,); NaN without truth.

        Args:
            test: judge on the span that the search never sees. ``on_training``: called after each; what it raises ends it.
        """
        first, end = (self.spans.test, self.spans.end) if test else (self.spans.validation, self.spans.test)
        experts = setup.make(self.series.kind)
        plan = Plan(
            train_days=setup.train_days,
            refit_days=self.refit_days,
            issue_every=86_400 // self.series.step_s,
            horizon=self.horizon,
            warm_from=self.spans.warm,
            scored_from=first,
            end=end,
            experts=tuple(experts),
        )
        seen = self.series if test else _blind_from(self.series, end)
        remembering = self.memory.around(experts, _settings_of(setup, experts))
        campaign = rehearse(seen, plan, remembering, seed=self.seed, on_block=lambda *_: on_training())
        low, high, _ = campaign.limits()
        spread = spread_of(seen.values[: self.spans.warm])
        played = play(campaign.truth, campaign.paths(), setup.champion, spread, low, high)
        said = np.sort(np.clip(played.quantiles, low[..., None], high[..., None]), axis=-1)
        issues = campaign.days.row >= first
        depth, slot = np.divmod(np.arange(self.horizon), campaign.slots)
        losses = pinball_of(campaign.truth[issues][:, depth, slot], said[issues][:, depth, slot])[..., _INNER]
        return np.array([float(np.nanmean(each)) if np.isfinite(each).any() else np.nan for each in losses])


def mean_loss(losses: np.ndarray) -> float:
    """Over the issues with truth; infinite where there are fewer than a week of them."""
    known = losses[np.isfinite(losses)]
    return float(known.mean()) if len(known) >= _FEWEST_ISSUES else float("inf")


def spans_of(midnights: np.ndarray, *, test: int, end: int, validation_days: int, warm_days: int) -> Spans:
    """Spans by local midnights (rows, ascending): the test as given, the validation before it, the warm-up before that."""
    at = int(np.searchsorted(midnights, test))
    validation = max(0, at - validation_days)
    return Spans(int(midnights[max(0, validation - warm_days)]), int(midnights[validation]), int(midnights[at]), end)


def _blind_from(series: Series, row: int) -> Series:
    """The series without its values from a row on: the last issues of the search reach into the span it must not see."""
    values = series.values.copy()
    values[row:] = np.nan
    return replace(series, values=values)


def _settings_of(setup: Setup, experts: Any) -> dict[str, str]:
    tables = {"ridge": setup.ridge, "boosted": setup.boosted}
    found = {}
    for name in experts:
        table = next((settings for prefix, settings in tables.items() if name.startswith(prefix)), None)
        found[name] = json.dumps([setup.train_days, vars(table) if table is not None else None])
    return found
