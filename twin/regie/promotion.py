"""Has a shadow earned its champion's place? The rule, and the proposal that a dispatcher accepts or refuses.

Nothing is promoted by itself. An accepted proposal exchanges the roles at the next regular tick; refusing it later, as long as
it stands on the list, exchanges them back. A shadow and its champion make one group with all other shadows of that champion:
while one proposal of a group is alive, whatever became of it, nothing else is proposed for the group.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from scipy.special import stdtr

from twin.contracts.messages import Recommendation
from twin.regie.outcome import Memory
from twin.regie.shadow import DayScore, Pair
from twin.site.rules import Promote

EARNED = "earned"
TIME_TO_DECIDE = timedelta(days=7)
TIME_TO_TAKE_BACK = timedelta(days=7)
"""After the last moment to accept; a refusal keeps the group still for as long."""
_GROUP = "box:"


@dataclass(frozen=True)
class Trial:
    """How a shadow stands against its champion over the days on which both were scored.

    Attributes:
        ratio: mean pinball of the shadow by that of the champion; below 1 it is better. NaN where there is none yet.
        days_better: share of the days. ``p_value``: of the paired test that the shadow is no better, one-sided.
        coverage_90: share of the values inside the shadow's 90 % band.
        code: "earned", or the first reason why not. ``rule``: under which.
    """

    instance: str
    champion: str
    days: int
    pinball_mw: float
    champion_pinball_mw: float
    ratio: float
    days_better: float
    p_value: float
    coverage_90: float
    code: str
    rule: Promote


def trials(pairs: Iterable[Pair], rule: Promote) -> dict[str, Trial]:
    """How every shadow stands, by instance."""
    return {pair.instance: judged(pair, rule) for pair in pairs}


def judged(pair: Pair, rule: Promote) -> Trial:
    """One shadow under the rule."""
    theirs = {day.day: day for day in pair.champion_days}
    both: list[tuple[DayScore, DayScore]] = [(day, theirs[day.day]) for day in pair.days if day.day in theirs]
    mine, other = (np.array([days[side].pinball_mw for days in both]) for side in (0, 1))
    nan = float("nan")
    trial = Trial(
        instance=pair.instance,
        champion=pair.champion,
        days=len(both),
        pinball_mw=float(mine.mean()) if both else nan,
        champion_pinball_mw=float(other.mean()) if both else nan,
        ratio=float(mine.mean() / other.mean()) if both and other.mean() > 0.0 else nan,
        days_better=float((mine < other).mean()) if both else nan,
        p_value=diebold_mariano(other, mine)[1],
        coverage_90=float(np.mean([day.covered_90 for day, _ in both])) if both else nan,
        code="",
        rule=rule,
    )
    return replace(trial, code=_code(pair, trial))


def diebold_mariano(losses: np.ndarray, other_losses: np.ndarray) -> tuple[float, float]:
    """Statistic and one-sided p of "the second forecast is no better than the first", from losses of the same days.

    One issue a day, scored over its own day: the horizon is one step, so that the long-run variance is the variance and the
    small-sample factor (n + 1 - 2h + h(h - 1)/n)/n of Harvey, Leybourne and Newbold is (n - 1)/n; the statistic is held against
    Student's t with n - 1 degrees of freedom. Fewer than two days, or differences without any variance, test nothing: NaN, p 1.

    Source: Diebold and Mariano (1995), Comparing predictive accuracy, J. Bus. Econ. Stat. 13(3), eq. (S1); Harvey, Leybourne
    and Newbold (1997), Testing the equality of prediction mean squared errors, Int. J. Forecasting 13(2), eq. (9).
    """
    gain = losses - other_losses
    n = len(gain)
    variance = float(gain.var()) if n > 1 else 0.0
    if variance <= 0.0:
        return float("nan"), 1.0
    statistic = float(gain.mean()) / math.sqrt(variance / n) * math.sqrt((n - 1) / n)
    return statistic, float(stdtr(n - 1, -statistic))


def _code(pair: Pair, trial: Trial) -> str:
    rule = trial.rule
    low, high = rule.coverage_90
    if not pair.scored:
        return "not_scored"
    if trial.days < rule.min_days:
        return "too_few_days"
    if not trial.ratio <= 1.0 - rule.min_gain_share:
        return "no_better"
    if trial.days_better < rule.min_days_better_share and not trial.p_value < rule.max_p_value:
        return "not_steady"
    if not low <= trial.coverage_90 <= high:
        return "band_off"
    return "not_answering" if pair.failing else EARNED


# ---------------------------------------------------------------------------------------------- what people are asked


def proposed(memory: Memory, found: Mapping[str, Trial], as_of: datetime) -> Memory:
    """The memory with a proposal for every group in which a shadow has earned it, and without those that no longer hold."""
    held = dict(memory.recommendations)
    earned = {name: trial for name, trial in found.items() if trial.code == EARNED}
    for key, item in held.items():
        if is_promotion(item) and item.state == "open":
            trial = earned.get(str(item.params["box"]))
            held[key] = replace(item, state="expired", until=as_of) if trial is None else _with(item, trial, as_of)
    busy = {item.group for item in held.values() if is_promotion(item)}
    for trial in sorted(earned.values(), key=lambda t: (t.ratio, t.instance)):
        group = _group(trial.champion, found)
        if group not in busy:
            busy.add(group)
            item = _new(group, trial, as_of)
            held[item.id] = item
    return replace(memory, recommendations=held)


def is_promotion(item: Recommendation) -> bool:
    """True for a proposal about boxes, not about devices."""
    return item.group.startswith(_GROUP)


def wanted(held: Mapping[str, Recommendation]) -> list[tuple[str, str]]:
    """(champion, shadow) as people's answers want them; a pair that stands so already, or does not exist, stays as it is."""
    pairs = []
    for item in held.values():
        if is_promotion(item):
            rising, falling = str(item.params["box"]), str(item.params["instance"])
            if item.state == "accepted":
                pairs.append((rising, falling))
            elif item.state == "refused":
                pairs.append((falling, rising))
    return pairs


def in_force(exchanged: Sequence[tuple[str, str]]) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """Journal lines of the roles that were exchanged."""
    return tuple([("box_promoted", {"box": rising, "instance": falling}) for rising, falling in exchanged])


def _group(champion: str, found: Mapping[str, Trial]) -> str:
    """One name for a champion and all of its shadows, whoever of them is the champion."""
    return _GROUP + min([champion, *(trial.instance for trial in found.values() if trial.champion == champion)])


def _new(group: str, trial: Trial, as_of: datetime) -> Recommendation:
    item = Recommendation(
        id=f"{group}@{as_of.strftime('%Y%m%dT%H%MZ')}",
        group=group,
        devices=(),
        reason="promotion_earned",
        params={},
        p_mw_now=0.0,
        effect={},
        confidence=0.0,
        decide_before=as_of + TIME_TO_DECIDE,
        until=as_of + TIME_TO_DECIDE + TIME_TO_TAKE_BACK,
        planned_at=as_of,
        state="open",
    )
    return _with(item, trial, as_of)


def _with(item: Recommendation, trial: Trial, as_of: datetime) -> Recommendation:
    """The proposal with today's figures."""
    return replace(item, params=shown(trial), confidence=1.0 - trial.p_value, planned_at=as_of)


def shown(trial: Trial) -> dict[str, Any]:
    """A trial's figures, and the rule's, as their words take them: percent, NaN where there is none yet."""
    rule = trial.rule
    return {
        "box": trial.instance,
        "instance": trial.champion,
        "days": trial.days,
        "ratio_percent": 100.0 * trial.ratio,
        "better_percent": 100.0 * trial.days_better,
        "coverage_percent": 100.0 * trial.coverage_90,
        "needed_days": rule.min_days,
        "most_percent": 100.0 * (1.0 - rule.min_gain_share),
        "needed_percent": 100.0 * rule.min_days_better_share,
        "low_percent": 100.0 * rule.coverage_90[0],
        "high_percent": 100.0 * rule.coverage_90[1],
    }
