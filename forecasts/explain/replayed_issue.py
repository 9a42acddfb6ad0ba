"""One issue as the champion would have made it at an instant of a measured series, kept whole so that it can be explained.

Experts are trained at the local midnight before, on what was known then; eight weeks of issues before that give weights, bands
and the tick's correction, with an older training, as on air.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from forecasts.champion.settings import ChampionSettings
from forecasts.champion.standing import play
from forecasts.champion.ticks import Ticks, spread_of
from forecasts.expert import Blender, Expert, Fitted
from forecasts.explain.explanation import Issue
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from forecasts.rehearsal.plan import Plan, issue_days
from forecasts.rehearsal.rehearse import ISSUE_DAYS, rehearse
from forecasts.series import Series
from twin.domain.problems import Problem, Problems
from twin.domain.time import from_epoch_s

WARM_DAYS = 56
TRAINING_DAYS = 14
"""Days of values that the first warm-up issue has behind it."""

_MEDIAN = LEVELS.index(0.5)


class _Kept:
    """An expert whose last training is kept."""

    def __init__(self, expert: Expert) -> None:
        self.name, self.kinds = expert.name, expert.kinds
        self._expert = expert
        self.fitted: Fitted | None = None

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> Fitted:
        self.fitted = None
        self.fitted = self._expert.fit(past, days_ahead=days_ahead, seed=seed)
        return self.fitted

    def load(self, data: bytes) -> Fitted:
        return self._expert.load(data)


def issue_at(
    series: Series,
    experts: Mapping[str, Expert | Blender],
    *,
    row: int,
    horizon: int,
    train_days: int,
    settings: ChampionSettings,
    seed: int,
    on_step: Callable[[int, int], None],
) -> Issue:
    """The issue made when row ``row`` of the series began.

    Args:
        horizon: steps that are wanted; whole days are forecast. ``train_days``: days that a training learns from at most.
        on_step: told (done, total) trainings.

    Raises:
        BadInput: when the series does not hold the instant with a local midnight and two weeks of values before it.
    """
    plan = _plan(series, tuple(experts), row, horizon, train_days)
    kept: dict[str, Any] = {name: _Kept(each) if isinstance(each, Expert) else each for name, each in experts.items()}
    campaign = rehearse(series, plan, kept, seed=seed, on_block=lambda number, total, _: on_step(number + 1, total))
    low, high, room = campaign.limits()
    played = play(campaign.truth, campaign.paths(), settings, spread_of(series.values[:row]), low, high)
    ticks = Ticks.of(campaign, played, (low, high, room))
    (issue,), (day,), (slot,) = ticks.place(np.array([row]))
    depth, members = day - issue, played.standing.members
    weights, bands = played.weights[issue], played.bands[issue][:, depth, slot].astype(np.float64)  # (member, time, quantile)
    part = slot * weights.shape[2] // campaign.slots
    shares = np.where(np.isfinite(bands), weights[:, depth, part], 0.0)
    shares = shares / np.maximum(shares.sum(axis=0), np.finfo(float).tiny)
    champion = ticks.at(row)
    return Issue(
        past=campaign.issue(int(issue), ISSUE_DAYS),
        offset=row - int(campaign.days.row[issue]),
        reach=campaign.steps,
        members=members,
        weights=shares.transpose(1, 0, 2),
        said=dict(zip(members, bands, strict=True)),
        champion=champion,
        correction=champion[:, _MEDIAN] - played.quantiles[issue, depth, slot][:, _MEDIAN],
        silent={name: text for name, text in campaign.problems if name not in members},
        fitted={name: each.fitted for name, each in kept.items() if isinstance(each, _Kept) and each.fitted is not None},
    )


def _plan(series: Series, experts: tuple[str, ...], row: int, horizon: int, train_days: int) -> Plan:
    """A plan whose last issue is that of ``row``, and whose last training is at the midnight before it."""
    problems = Problems()
    known = np.flatnonzero(np.isfinite(series.values[: max(0, row)]))
    per_day = 86_400 // series.step_s
    if not 0 < row <= len(series.values) or not len(known) or row - known[0] < TRAINING_DAYS * per_day:
        first = int(np.argmax(np.isfinite(series.values))) + TRAINING_DAYS * per_day
        span = " to ".join(from_epoch_s(series.start_s + at * series.step_s).isoformat() for at in (first, len(series.values)))
        at = from_epoch_s(series.start_s + row * series.step_s).isoformat()
        problems.found.append(Problem("--at", at, f"{span}, with two weeks of values before it", "choose another instant"))
    problems.raise_if_any()
    draft = Plan(train_days, 1, per_day, horizon, row, row, row + 1, experts)
    midnight = issue_days(series, draft).midnight
    midnight = midnight[midnight <= row]
    warm = int((midnight[:-1] >= known[0] + TRAINING_DAYS * per_day).sum())
    refit = max(1, min(warm, WARM_DAYS) // 2)
    warm = refit * (min(warm, WARM_DAYS) // refit)
    first, offset = int(midnight[-1 - warm]), row - int(midnight[-1])
    whole_days = -(-(offset + horizon) // per_day) * per_day  # a stack listens to nobody who leaves part of a day open
    # Two origins: the first warm-up midnight and the instant itself, so that paths reach exactly as far as it needs.
    return replace(draft, horizon=whole_days - offset, refit_days=refit, warm_from=first, issue_every=max(1, row - first))
