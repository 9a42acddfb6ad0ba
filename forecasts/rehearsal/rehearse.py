"""A rolling-origin rehearsal: experts are refitted now and then, asked every day, and see nothing later than the asking.

The same rehearsal is a backtest of years and the last weeks of a nightly training. Its blocks are independent of how it was
interrupted: a block that was done is not done again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from forecasts.expert import Blender, Expert, Fitted, NotEnoughHistory
from forecasts.past import Past
from forecasts.rehearsal.campaign import Campaign
from forecasts.rehearsal.plan import Plan, issue_days
from forecasts.rehearsal.sane import asked, too_good
from forecasts.series import Series
from twin.contracts.frame import FutureReadError
from twin.domain.problems import Problem

ISSUE_DAYS = 80
"""Days of history that an issue reads: six Sundays, four weeks of weekdays, and some holidays between."""

_SPARE_S = 2 * 3600  # an autumn day is an hour longer


@dataclass
class Block:
    """Raw paths of every expert over the days of one refit period.

    Attributes:
        first: number of the first issue. ``paths``: name -> [MW], float32, dims (issue, depth, slot, level).
        fit_s, predict_s: seconds, by expert. ``problems``: (expert, what happened).
    """

    first: int
    issues: int
    paths: dict[str, np.ndarray] = field(default_factory=dict)
    fit_s: dict[str, float] = field(default_factory=dict)
    predict_s: dict[str, float] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def to_arrays(self) -> tuple[dict[str, object], dict[str, np.ndarray]]:
        """Meta and arrays, for `twin.domain.pack.pack`."""
        meta = {name: getattr(self, name) for name in ("first", "issues", "fit_s", "predict_s")}
        # packing sorts names, and whoever listens to the others depends on their order
        problems = [list(problem) for problem in self.problems]
        return {**meta, "names": list(self.paths), "problems": problems}, self.paths

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Block:
        """Inverse of `to_arrays`."""
        content = dict(meta)
        problems = [(name, text) for name, text in content.pop("problems")]
        paths = {name: arrays[name] for name in content.pop("names")}
        return cls(**content, paths=paths, problems=problems)


def rehearse(
    series: Series,
    plan: Plan,
    experts: Mapping[str, Expert | Blender],
    *,
    seed: int,
    done: Mapping[int, Block] | None = None,
    on_block: Callable[[int, int, Block], None] = lambda _number, _total, _block: None,
) -> Campaign:
    """Every expert's paths over the plan's days.

    Args:
        done: blocks of an earlier, interrupted run, by number. ``on_block``: told each block that was computed, with its number
            and how many there are; what it raises ends the rehearsal.
    """
    days = issue_days(series, plan)
    firsts = list(range(0, len(days.row), plan.refit_days))
    campaign = Campaign.empty(series, plan, days)
    for number, first in enumerate(firsts):
        block = (done or {}).get(number)
        if block is None:
            issues = range(first, min(first + plan.refit_days, len(days.row)))
            block = _block(campaign, experts, issues, seed=seed)
            on_block(number, len(firsts), block)
        campaign.add(block)
    return campaign


def _block(campaign: Campaign, experts: Mapping[str, Expert | Blender], issues: range, *, seed: int) -> Block:
    block = Block(issues.start, len(issues))
    lesson = campaign.lesson(issues.start)
    pasts = [campaign.issue(i, ISSUE_DAYS) for i in issues]
    single = {name: expert for name, expert in experts.items() if isinstance(expert, Expert)}
    for name, expert in single.items():
        _run(block, name, partial(expert.fit, lesson, days_ahead=campaign.depths, seed=seed), pasts, campaign)
    for name, blender in experts.items():
        if not isinstance(blender, Expert):
            _blend(block, name, blender, campaign, pasts, seed)
    _leaks(block, campaign, issues)
    return block


def _run(block: Block, name: str, fit: Callable[[], Fitted], pasts: list[Past], campaign: Campaign) -> None:
    begun = time.perf_counter()
    try:
        fitted = fit()
    except (NotEnoughHistory, FutureReadError) as error:
        block.problems.append((name, _words(error)))
        return
    except Exception as error:  # noqa: BLE001 - an expert may fail in any way, and the others go on
        block.problems.append((name, f"its fit failed: {type(error).__name__}: {error}"))
        return
    begun_asking = time.perf_counter()
    paths, said = [], ""
    for past in pasts:
        try:
            path, fault = asked(fitted, past, campaign.steps)
        except FutureReadError as error:
            block.problems.append((name, _words(error)))
            return
        said = said or fault
        paths.append(campaign.on_grid(path, past))
    if said:
        block.problems.append((name, said))
    levels = max(path.shape[-1] for path in paths)
    wide = [np.broadcast_to(path, (*path.shape[:-1], levels)) for path in paths]
    block.paths[name] = np.stack(wide).astype(np.float32)
    block.fit_s[name] = begun_asking - begun
    block.predict_s[name] = time.perf_counter() - begun_asking


def _blend(block: Block, name: str, blender: Blender, campaign: Campaign, pasts: list[Past], seed: int) -> None:
    """An expert that learns from the others' past issues and answers from their present ones."""
    begun = time.perf_counter()
    try:
        fitted = blender.fit_on(campaign.known_truth(block.first), campaign.paths_until(block.first), seed=seed)
        begun_asking = time.perf_counter()
        answers = [
            fitted.predict({n: p[i].astype(np.float64) for n, p in block.paths.items()}).astype(np.float32)
            for i in range(len(pasts))
        ]
    except NotEnoughHistory as error:
        block.problems.append((name, str(error)))
        return
    except Exception as error:  # noqa: BLE001 - as for an expert
        block.problems.append((name, f"it failed: {type(error).__name__}: {error}"))
        return
    block.paths[name] = np.stack(answers)
    block.fit_s[name] = begun_asking - begun
    block.predict_s[name] = time.perf_counter() - begun_asking


def _leaks(block: Block, campaign: Campaign, issues: range) -> None:
    """Take out whoever repeats the truth: nobody forecasts a noisy series to nine digits."""
    truth = campaign.truth[issues.start : issues.stop]
    for name in list(block.paths):
        if too_good(block.paths[name], truth, block.paths):
            del block.paths[name]
            block.problems.append((name, "leak: it repeats values that were not known yet; it is taken out"))


def _words(error: Exception) -> str:
    return f"leak: {error}" if isinstance(error, FutureReadError) else str(error)


def gated(campaign: Campaign) -> tuple[Problem, ...]:
    """What kept experts out, once each, with the days on which it happened."""
    found: dict[tuple[str, str], int] = {}
    for name, text in campaign.problems:
        found[name, text] = found.get((name, text), 0) + 1
    return tuple(
        Problem(f"expert {name!r}", text, f"an expert that forecasts; {count} times", "read the reason; the others went on")
        for (name, text), count in found.items()
    )
