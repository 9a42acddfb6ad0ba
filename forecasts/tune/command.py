"""``regie tune`` from flags to exit code: 0 done, 1 stopped or failed, 2 refused."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecasts.backtest.flags import Flags, jobs_of
from forecasts.backtest.options import DAY_S, BacktestOptions
from forecasts.backtest.plan import local_midnights, make_plan
from forecasts.backtest.store import run_key
from forecasts.data.reading import read_series
from forecasts.on_air.setup import Setup
from forecasts.rehearsal.plan import Plan
from forecasts.series import Series
from forecasts.tune.judge import Judge, mean_loss, spans_of
from forecasts.tune.outcome import Outcome, as_json, as_lines
from forecasts.tune.progress import Bar
from forecasts.tune.proposal import Target, append, snippet, target_of
from forecasts.tune.space import Space
from forecasts.tune.study import Found, open_study, search
from twin.domain.pack import digest
from twin.domain.problems import BadInput, Problems
from twin.site.files import cache_folder

DONE, STOPPED, REFUSED = 0, 1, 2
TEST_DAYS = 28
VALIDATION_DAYS = 42
WARM_DAYS = 56
_TEST_SHARE = 0.2  # of a short series


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is wanted of a search.

    Attributes:
        minutes: budget of wall time. ``site``, ``box``: the champion that a shadow is proposed for, both or none.
        study: folder of trials; None: below the cache folder.
    """

    minutes: float
    site: Path | None = None
    box: str | None = None
    study: Path | None = None
    json_line: bool = False

    def check(self, problems: Problems) -> None:
        """Note every fault of these flags."""
        if not 0.0 < self.minutes <= 7 * 24 * 60:
            problems.add("--minutes", self.minutes, "above 0, a week at most", "10 is a start, an hour finds more")
        if (self.site is None) != (self.box is None):
            problems.add("--site/--box", f"{self.site}/{self.box}", "both or none", "name the file and the champion in it")


def tune(flags: Flags, options: BacktestOptions, asked: Asked) -> int:
    """Search, judge on the span that the search never saw, propose. Words go to standard error. Returns the exit code."""
    try:
        return _tune(flags, options, asked)
    except BadInput as error:
        for problem in error.problems:
            _say(str(problem))
        return error.exit_code
    except KeyboardInterrupt:
        _say("stopped; the trials that were done are kept: the same command goes on from there")
        return STOPPED
    except OSError as error:
        _say(f"{error.filename or 'study'}: {error.strerror or error}; make room or permit it: the same command goes on")
        return STOPPED


def _tune(flags: Flags, options: BacktestOptions, asked: Asked) -> int:
    problems = Problems()
    asked.check(problems)
    jobs = jobs_of(flags, options, cache_folder(), problems)
    if len(jobs) > 1:
        problems.add("FILE/--value", f"{len(jobs)} series", "one series", "tune one after the other")
    target = None
    if asked.site is not None and asked.box is not None:
        target = target_of(asked.site, asked.box, flags.kind or "", problems)
    problems.raise_if_any()
    loaded = read_series(jobs[0].spec)
    given = target.setup if target else Setup(experts=options.names or None, train_days=options.train_days)
    judge = _judge(loaded.series, options, given)
    space = Space(loaded.series.kind, given, days=judge.spans.warm * loaded.series.step_s // DAY_S)
    study = open_study(asked.study or cache_folder() / "tune", _name(judge, given))
    with Bar(sys.stderr, asked.minutes * 60.0) as bar:
        found = search(
            study, space, judge, seconds=asked.minutes * 60.0, clock=time.monotonic, seed=options.seed, on_trial=bar.trial
        )
        if found.stopped:
            raise KeyboardInterrupt
        bar.words("judging on the span that the search never saw")
        outcome = _judged(judge, given, found)
    return _tell(outcome, asked, target)


def _judge(series: Series, options: BacktestOptions, given: Setup) -> Judge:
    plan = make_plan(options, series, given.experts or ())
    midnights = local_midnights(series)
    before = midnights[midnights < plan.end]
    days = min(TEST_DAYS, max(1, int(_TEST_SHARE * len(before))))
    test = plan.scored_from if options.start is not None else int(before[-days])
    first = midnights[midnights >= np.flatnonzero(np.isfinite(series.values))[0]]
    spans = spans_of(first, test=test, end=plan.end, validation_days=VALIDATION_DAYS, warm_days=WARM_DAYS)
    return Judge(series, spans, plan.horizon, options.refit_days, options.seed)


def _name(judge: Judge, given: Setup) -> str:
    """Of everything that losses depend on: series, spans, seed, code, and what the search starts from."""
    spans, per_day = judge.spans, DAY_S // judge.series.step_s
    plan = Plan(given.train_days, judge.refit_days, per_day, judge.horizon, spans.warm, spans.validation, spans.test, ())
    return digest({"run": run_key(judge.series, plan, judge.seed), "given": given.to_config()})[:24]


def _judged(judge: Judge, given: Setup, found: Found) -> Outcome:
    if not found.best_loss < found.given_loss:
        return Outcome(judge, given, found, None, None)
    ours, theirs = judge.loss(found.best, test=True), judge.loss(given, test=True)
    both = np.isfinite(ours) & np.isfinite(theirs)
    return Outcome(judge, given, found, mean_loss(ours[both]), mean_loss(theirs[both]))


def _tell(outcome: Outcome, asked: Asked, target: Target | None) -> int:
    text = None
    if outcome.proposes:
        if target is not None:
            names: dict[str, Any] = {"name": target.name, "use": target.box.use, "shadows": target.box.name}
            text = snippet(outcome.found.best, **names, config=target.box.config, why=outcome.why)
            append(target.path, text)
        else:
            kind = outcome.judge.series.kind
            text = snippet(
                outcome.found.best, name=f"{kind}_tuned", use=kind, shadows=kind, config={"zone": "ZONE"}, why=outcome.why
            )
    for line in as_lines(outcome):
        _say(line)
    if text is not None and target is not None:
        _say(f"shadow box {target.name!r} stands in {target.path} now; check it: regie site check {target.path}")
    if asked.json_line:
        found = as_json(outcome, site=target.path if target else None, box=target.name if target else None, text=text)
        sys.stdout.write(json.dumps(found, separators=(",", ":"), allow_nan=False) + "\n")
    elif text is not None and target is None:
        sys.stdout.write(text)
    return DONE


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
